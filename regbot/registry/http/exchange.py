"""What goes to a registry and what comes back: the values of one exchange over HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx
import trio

from regbot.registry.api import nobody
from regbot.registry.errors import RegistryError, Where
from regbot.registry.http import causes, faults, urls
from regbot.registry.http.outgoing import Stream, Whole
from regbot.registry.http.pace import Pace
from regbot.registry.reference import is_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from regbot.registry.credentials import Secret

_BODILESS: Final = frozenset({"GET", "HEAD", "DELETE"})
"""Methods of which nobody expects a body."""
REPEATABLE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE", "POST"})
"""Methods that may be sent again after an error that may pass; a POST that was not wanted leaves an unused upload."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds of silence that are borne.  To *store* what it was sent may take a registry minutes."""

    connect: float = 30.0
    read: float = 120.0
    store: float = 300.0

    def of(self, method: str) -> dict[str, float | None]:
        """Return them for a request, as httpcore names them."""
        read = self.read if method in {"GET", "HEAD"} else self.store
        return {"connect": self.connect, "read": read, "write": self.store, "pool": None}


TIMEOUTS: Final = Timeouts()


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a registry, or to where it told us to go."""

    method: str
    url: httpx.URL
    registry: str
    repository: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | AsyncIterator[bytes] = b""
    ok: frozenset[int] = frozenset({200})
    """Statuses that are no error."""
    leased: bool = False
    """Whether the caller holds a slot already."""
    mount_from: str = ""
    """The path, prefix and all, of a repository that the request mounts a blob from."""
    anywhere: bool = False
    """Whether any other host may answer in the registry's stead: what comes is verified before a script sees it."""
    once: bool = False
    """Whether the client leaves it to others to try again."""

    secrets: tuple[Secret, ...] = ()
    """What it holds that no error may repeat."""

    @property
    def streams(self) -> bool:
        """Whether the body is gone once it was sent."""
        return not isinstance(self.body, bytes)

    @property
    def repeatable(self) -> bool:
        """Whether the client may send it again by itself."""
        return self.method in REPEATABLE and not self.streams and not self.once

    @property
    def kind(self) -> str:
        """What others must be like to be slowed by what is said of this one, such as "GET manifests"."""
        return f"{self.method} {self.url.path.split('/')[-2]}"

    @property
    def shown(self) -> str:
        """Method and URL, for people."""
        return faults.shown(self.method, self.url)

    @property
    def where(self) -> Where:
        """What errors carry."""
        return {"registry": self.registry, "repository": self.repository, "request": self.shown}

    def wire(self, url: httpx.URL, headers: dict[str, str], timeouts: Timeouts) -> httpx.Request:
        """Return what is sent for it to *url*; *headers* come besides its own."""
        headers = {"Host": url.netloc.decode(), **headers, **self.headers}
        stream: httpx.AsyncByteStream
        if isinstance(self.body, bytes):
            stream = Whole(self.body)
            if self.body or self.method not in _BODILESS:
                headers["Content-Length"] = str(len(self.body))
        else:
            stream = Stream(self.body)
        extensions = {"timeout": timeouts.of(self.method)}
        return httpx.Request(self.method, url, headers=headers, stream=stream, extensions=extensions)

    def target(self, url: httpx.URL, location: str) -> httpx.URL:
        """Return where a Location or Link leads from *url*; RegistryError if that is nowhere to go to.

        From https that is https: what is read or sent there is a registry's all the same.
        """
        try:
            found = urls.join(url, location)
        except urls.BadUrl as exc:
            message = f"the answer leads to what is no URL, or has more than {urls.MAX_URL} characters"
            raise self.fault(RegistryError, "REDIRECTED", message) from exc
        schemes = {"https"} if url.scheme == "https" else {"http", "https"}
        if not location or found.scheme not in schemes or not found.raw_host:
            shown = faults.shown("the answer leads to", found)
            raise self.fault(RegistryError, "REDIRECTED", f"{shown}, which is not followed")
        return found

    def may_lead_to(self, url: httpx.URL) -> bool:
        """Say whether a redirect to another host may be followed: to the same resource of some repository there.

        There are registries that only say where another one has it.  A script could name that one itself, so it learns
        nothing of other services that happen to be within our reach.
        """
        asked, found = self.url.path.rsplit("/", 2), url.path.rsplit("/", 2)
        top, repository = found[0][:4], found[0][4:]
        same = asked[1:] == found[1:] and (found[0] == asked[0] or (top == "/v2/" and is_path(repository)))
        return self.anywhere or same

    def fault(self, kind: type[RegistryError], code: str, message: str) -> RegistryError:
        """Return an error of this request."""
        return kind(f"{self.shown}: {message}", code=code, **self.where)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that was read whole.  *url* is what was asked for, before any redirect."""

    status: int
    headers: httpx.Headers
    body: bytes
    url: httpx.URL


Send: TypeAlias = "Callable[[Request], Awaitable[Answer]]"
"""Sends a request with no credentials but those in it, and returns any answer that is `ok` for it."""


class Body:
    """The bytes of an answer as they come; Unreachable (temporary) where they break off.

    *received* is told the bytes of each piece.

    A class and not a generator: one that is not run to its end has to be closed, and this may simply be dropped.
    """

    def __init__(self, request: Request, response: httpx.Response, received: Callable[[int], None] = nobody) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self._received = received
        self.headers = response.headers
        self._request, self._stream = request, response.stream
        self._chunks = aiter(response.stream)
        self._pace = Pace()
        self._count = 0

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        before = trio.current_time()
        try:
            chunk = await anext(self._chunks)
            self._count += len(chunk)
            self._received(len(chunk))
            self._pace.note(len(chunk), trio.current_time() - before)
        except causes.NETWORK_ERRORS as exc:
            raise faults.broken_off(exc, self._request.where, self._count) from exc
        return chunk

    async def read(self, limit: int) -> bytes:
        """Return all of it, or the first *limit* bytes and perhaps some more."""
        chunks, size = [], 0
        async for chunk in self:
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                break
        return b"".join(chunks)

    async def aclose(self) -> None:
        """Be done with it: a connection that it was not read from to the end is closed."""
        await self._stream.aclose()
