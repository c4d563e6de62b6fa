"""Registries that misbehave: in memory as a transport for the client, and on a socket for what only a socket can do.

A `FakeRegistry` answers from a table and keeps what it was asked.  A `RawServer` listens on loopback and says, to each
connection, exactly the bytes it was given: broken connections, lying lengths, silence.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx
import trio

from regbot.registry import mediatype
from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.retry import Retries
from regbot.registry.http.transport import open_transport
from regbot.registry.observer import Silent
from regbot.registry.remote.remote import Remote
from tests.images import Image

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.registry.observer import Observer

NAME: Final = "registry.test"
CANARY: Final = "c4n4ry-passw0rd"
"""A password that must never be seen but at its own registry."""
NOW: Final = 1_800_000_000.0
"""The time of day: Fri, 15 Jan 2027 08:00:00 GMT."""
AT_ONCE: Final = Retries(first=0.0)
"""As often as ever, without waiting between."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came: *path* with query."""

    method: str
    url: str
    headers: httpx.Headers
    body: bytes

    @property
    def line(self) -> str:
        """Method, and path with query."""
        return f"{self.method} {httpx.URL(self.url).raw_path.decode()}"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to give."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Answerer: TypeAlias = Reply | Exception | Callable[[Asked], Reply]


class Pieces(httpx.AsyncByteStream):
    """A body of given pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = iter(pieces)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        await trio.lowlevel.checkpoint()
        try:
            return next(self._pieces)
        except StopIteration:
            raise StopAsyncIteration from None


class FakeRegistry(httpx.AsyncBaseTransport):
    """Answers "METHOD URL" or "METHOD /path" from what `on` was told, in turn; the last answer stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.elsewhere: list[bool] = []
        self._answers: defaultdict[str, list[Answerer]] = defaultdict(list)

    def on(self, line: str, *answers: Answerer) -> None:
        """Say what to answer to *line*: "GET /v2/x" without query, or with a whole URL for another host."""
        self._answers[line] += answers

    def instead(self, line: str, *answers: Answerer) -> None:
        """Say what to answer to *line*, whatever was said before."""
        self._answers[line] = list(answers)

    def serve(self, repository: str, tag: str, image: Image) -> None:
        """Answer GET and HEAD of an image and of all below it; every blob exists."""
        headers = {"Content-Type": image.media_type, "Docker-Content-Digest": image.digest}
        for name in (tag, image.digest):
            path = f"/v2/{repository}/manifests/{name}"
            self.on(f"GET {path}", Reply(200, image.manifest, headers))
            self.on(f"HEAD {path}", Reply(200, b"", {**headers, "Content-Length": str(len(image.manifest))}))
        for name, data in image.blobs.items():
            self.on(f"GET /v2/{repository}/blobs/{name}", Reply(200, data))
        for child in image.children:
            self.serve(repository, child.digest, child)

    @property
    def lines(self) -> list[str]:
        """Everything asked so far: method, and path with query."""
        return [asked.line for asked in self.asked]

    def __call__(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:  # noqa: ARG002 -- a Connect
        """Be the transport to every host."""
        self.elsewhere.append(elsewhere)
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Take down a request and answer it."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        body = b"".join([chunk async for chunk in request.stream])
        asked = Asked(request.method, str(request.url), request.headers, body)
        self.asked.append(asked)
        reply = self._reply(asked)
        headers = {"Content-Length": str(len(reply.body)), **reply.headers}
        content = b"" if request.method == "HEAD" else reply.body
        return httpx.Response(reply.status, headers=headers, stream=Pieces(content))

    def _reply(self, asked: Asked) -> Reply:
        url = httpx.URL(asked.url)
        for line in (f"{asked.method} {asked.url}", f"{asked.method} {url.path}"):
            if answers := self._answers.get(line):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                if isinstance(answer, Exception):
                    raise answer
                return answer if isinstance(answer, Reply) else answer(asked)
        return Reply(404, error("MANIFEST_UNKNOWN"))


def served(image: Image) -> FakeRegistry:
    """Return a registry that has *image* as team/app:v1."""
    fake = FakeRegistry()
    fake.serve("team/app", "v1", image)
    return fake


def index_of(*entries: Mapping[str, object], children: tuple[Image, ...] = ()) -> Image:
    """Return an index of *entries*, whatever they are; of *children*, some may be what they name."""
    body = json.dumps({"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": entries}).encode()
    return Image(mediatype.OCI_INDEX, body, {}, children)


def error(code: str, message: str = "no") -> bytes:
    """Return an error body of the specification's form."""
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def host(*, tls: Tls = Tls.ENABLED, user: str = "") -> Host:
    """Return how the fake is reached; *user* has the canary as password."""
    return Host(NAME, tls=tls, login=Login(user, Secret(CANARY)) if user else ANONYMOUS)


def client(
    fake: FakeRegistry,
    *hosts: Host,
    read_only: bool = False,
    retries: Retries = AT_ONCE,
    observer: Observer | None = None,
) -> Client:
    """Return a client that reaches only *fake*, whatever the host; it tries again without waiting."""
    return Client(
        Hosts(hosts or (host(),)),
        user_agent="regbot/test",
        read_only=read_only,
        connect=fake,
        retries=retries,
        observer=observer,
        wall=lambda: NOW,
    )


def remote(fake: FakeRegistry, *hosts: Host) -> Remote:
    """Return a Remote that reaches only *fake*."""
    return Remote(client(fake, *hosts))


@asynccontextmanager
async def raw_server(*answers: bytes, hang: bool = False) -> AsyncIterator[str]:
    """Serve on loopback: the n-th connection gets the n-th of *answers* once it has asked, then it is closed.

    With *hang* it stays open, silent.  Gives "127.0.0.1:PORT".
    """
    waiting = iter(answers)

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some()
            await stream.send_all(next(waiting, b""))
            if hang:
                await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, serve, 0, host="127.0.0.1"))
        yield f"127.0.0.1:{listeners[0].socket.getsockname()[1]}"
        nursery.cancel_scope.cancel()


class Listener(Silent):
    """An Observer that keeps what it was told."""

    def __init__(self) -> None:
        self.debugged: list[str] = []
        self.warned: list[str] = []

    def debug(self, text: str) -> None:
        """Keep it."""
        self.debugged.append(text)

    def warn(self, text: str) -> None:
        """Keep it."""
        self.warned.append(text)


class Tap:
    """A Connect to real registries that calls *notice* before each request, which may well raise."""

    def __init__(self, notice: Callable[[httpx.Request], None]) -> None:
        self.notice = notice

    def __call__(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:
        """Return a transport that is listened to."""
        return _Tapped(self, open_transport(host, elsewhere=elsewhere))


class _Tapped(httpx.AsyncBaseTransport):
    def __init__(self, tap: Tap, inner: httpx.AsyncBaseTransport) -> None:
        self._tap, self._inner = tap, inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._tap.notice(request)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()
