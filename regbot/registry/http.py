"""The one place that sends anything to a registry over HTTP.

It adds credentials, waits for a slot, follows redirects, answers one challenge, bounds what it reads, and turns
everything that is not wanted into an error.  Which requests make up an operation is said in tags.py, repositories.py,
manifests.py and blobs.py.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import httpx
import trio

from regbot.registry import faults
from regbot.registry.auth import Challenge, parse_challenges
from regbot.registry.endpoint import Connect, Endpoint
from regbot.registry.errors import RegistryError, Unverified, Where, WriteRefused
from regbot.registry.throttle import hold_both
from regbot.registry.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from regbot.registry.hosts import Hosts
    from regbot.registry.reference import Repository

DEFAULT_AGENT: Final = "regbot"
MAX_BODY: Final = 8 << 20
"""Bytes of an answer that is read whole."""
MAX_REDIRECTS: Final = 5
READING: Final = frozenset({"GET", "HEAD"})
TIMEOUTS: Final = {"connect": 30.0, "read": 300.0, "write": 300.0, "pool": None}
"""Seconds of silence that are borne: a registry may need minutes to store what it was sent."""
PATIENCE: Final = 600.0
"""Seconds that an exchange may take whose bodies are small."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_TLS: Final = b"HTTP request to an HTTPS server"


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

    @property
    def shown(self) -> str:
        """Method and URL, for people."""
        return faults.shown(self.method, self.url)

    @property
    def where(self) -> Where:
        """What errors carry."""
        return {"registry": self.registry, "repository": self.repository, "request": self.shown}

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


class Body:
    """The bytes of an answer as they come; RegistryError where they break off.

    A class and not a generator: one that is not run to its end has to be closed, and this may simply be dropped.
    """

    def __init__(self, request: Request, response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.AsyncByteStream)
        self.headers = response.headers
        self._request, self._stream = request, response.stream
        self._chunks = aiter(response.stream)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._chunks)
        except faults.NETWORK_ERRORS as exc:
            raise faults.unreachable(exc, self._request.where) from exc

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
        with trio.CancelScope(shield=True):
            await self._stream.aclose()


class Client:
    """Sends requests to registries.  With *read_only* nothing but GET and HEAD: WriteRefused."""

    def __init__(
        self, hosts: Hosts, *, user_agent: str, read_only: bool = False, connect: Connect = open_transport
    ) -> None:
        self._hosts, self._connect = hosts, connect
        self._headers = {"User-Agent": user_agent or DEFAULT_AGENT, "Accept-Encoding": "identity"}
        self._read_only = read_only
        self._endpoints: dict[str, Endpoint] = {}

    async def aclose(self) -> None:
        """Close every connection."""
        for endpoint in self._endpoints.values():
            await endpoint.aclose()

    def url(self, repository: Repository, rest: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        """Return the URL of something in a repository; *rest* holds nothing that needs quoting."""
        return self.top_url(repository.registry, f"{self.prefixed(repository)}/{rest}", query)

    def prefixed(self, repository: Repository) -> str:
        """Return a repository's path as the registry itself calls it."""
        prefix = self._endpoint(repository.registry).host.path_prefix.strip("/")
        return f"{prefix}/{repository.path}" if prefix else repository.path

    def top_url(self, registry: str, rest: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        """Return the URL of something of a whole registry."""
        encoded = f"?{urlencode(query)}" if query else ""
        return self._endpoint(registry).base.join(f"/v2/{rest}{encoded}")

    def is_home(self, registry: str, url: httpx.URL) -> bool:
        """Say whether *url* is the registry's own: the same scheme, host and port."""
        return self._endpoint(registry).is_home(url)

    def lease(self, one: str, other: str) -> AbstractAsyncContextManager[None]:
        """Hold the slots for streaming from one registry to the other; requests meanwhile are `leased`."""
        return hold_both(self._endpoint(one).throttle, self._endpoint(other).throttle)

    async def send(self, request: Request, *, limit: int = MAX_BODY) -> Answer:
        """Send a request and read the answer; Unverified if it has more than *limit* bytes."""
        patience = PATIENCE if isinstance(request.body, bytes) else inf
        async with self.open(request, patience=patience) as (status, body):
            data = await body.read(limit)
        if len(data) > limit:
            raise request.fault(Unverified, "TOO_LARGE", f"the answer has more than {limit} bytes")
        return Answer(status, body.headers, data, request.url)

    @asynccontextmanager
    async def open(self, request: Request, *, patience: float = inf) -> AsyncIterator[tuple[int, Body]]:
        """Send a request, give status and body of an answer that is `ok`; any other is a RegistryError.

        From when it has its slot until the end of the block it may take *patience* seconds.
        """
        if self._read_only and request.method not in READING:
            raise WriteRefused(request.shown)
        endpoint = self._endpoint(request.registry)
        async with nullcontext() if request.leased else endpoint.throttle.hold():
            try:
                with trio.fail_after(patience):
                    async with self._answered(endpoint, request) as (status, body):
                        yield status, body
            except trio.TooSlowError as exc:
                raise faults.unreachable(exc, request.where) from exc

    @asynccontextmanager
    async def _answered(self, endpoint: Endpoint, request: Request) -> AsyncIterator[tuple[int, Body]]:
        response = await self._follow(endpoint, request)
        body = Body(request, response)
        try:
            if response.status_code not in request.ok:
                raise await self._refusal(endpoint, request, response, body)
            yield response.status_code, body
        finally:
            await body.aclose()

    async def _follow(self, endpoint: Endpoint, request: Request) -> httpx.Response:
        """Send a request, and again wherever the answers lead."""
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._authorized(endpoint, request, url)
            if response.status_code not in _REDIRECTS or request.method not in READING:
                return response
            await _finish(request, response)
            url = target(request, url, response.headers.get("Location", ""))
        raise request.fault(RegistryError, "REDIRECTED", f"more than {MAX_REDIRECTS} redirects")

    async def _authorized(self, endpoint: Endpoint, request: Request, url: httpx.URL) -> httpx.Response:
        """Send a request once, and once more if a challenge could be answered."""
        said = endpoint.auth.headers()
        response = await self._once(endpoint, request, url)
        # A body that streams is gone by now; one always comes after a request that had the chance to authenticate.
        if response.status_code != 401 or not endpoint.is_home(url) or not isinstance(request.body, bytes):
            return response
        if not endpoint.auth.answer(_challenges(response), said):
            return response
        await _finish(request, response)
        return await self._once(endpoint, request, url)

    async def _once(self, endpoint: Endpoint, request: Request, url: httpx.URL) -> httpx.Response:
        await endpoint.throttle.pace()
        headers = {**self._headers, **request.headers}
        if endpoint.is_home(url):
            headers |= endpoint.auth.headers()
        try:
            return await endpoint.transport(url).handle_async_request(_wire(request, url, headers))
        except faults.NETWORK_ERRORS as exc:
            raise faults.unreachable(exc, request.where) from exc

    async def _refusal(
        self, endpoint: Endpoint, request: Request, response: httpx.Response, body: Body
    ) -> RegistryError:
        data = (await body.read(faults.MAX_ERROR_BODY))[: faults.MAX_ERROR_BODY]
        hint = ""
        if response.status_code == 401:
            hint = endpoint.auth.fault(_challenges(response))
        elif _NOT_TLS in data:
            hint = "it speaks TLS: configure tls: enabled"
        return faults.refusal(response.status_code, data, request.where, hint)

    def _endpoint(self, registry: str) -> Endpoint:
        if registry not in self._endpoints:
            self._endpoints[registry] = Endpoint(self._hosts.find(registry), self._connect)
        return self._endpoints[registry]


def _challenges(response: httpx.Response) -> list[Challenge]:
    return parse_challenges(", ".join(response.headers.get_list("WWW-Authenticate")))


class _Sent(httpx.AsyncByteStream):
    """A body that streams; likewise a class and not a generator."""

    def __init__(self, data: AsyncIterator[bytes]) -> None:
        self._data = data

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._data


def _wire(request: Request, url: httpx.URL, headers: dict[str, str]) -> httpx.Request:
    extensions = {"timeout": TIMEOUTS}
    if isinstance(request.body, bytes):
        return httpx.Request(request.method, url, headers=headers, content=request.body, extensions=extensions)
    headers["Host"] = url.netloc.decode()
    return httpx.Request(request.method, url, headers=headers, stream=_Sent(request.body), extensions=extensions)


async def _finish(request: Request, response: httpx.Response) -> None:
    """Read what is left of an answer that nobody wants, so that its connection can be used again."""
    body = Body(request, response)
    try:
        await body.read(faults.MAX_ERROR_BODY)
    finally:
        await body.aclose()


def target(request: Request, url: httpx.URL, location: str) -> httpx.URL:
    """Return where a Location header leads from *url*; RegistryError if that is nowhere to go to.

    From https that is https: what is read or sent there is a registry's all the same.
    """
    try:
        found = url.join(location)
    except httpx.InvalidURL as exc:
        raise request.fault(RegistryError, "REDIRECTED", "the answer's Location is no URL") from exc
    downgraded = url.scheme == "https" and found.scheme != "https"
    if not location or found.scheme not in {"http", "https"} or not found.host or downgraded:
        shown = faults.shown("the answer leads to", found)
        raise request.fault(RegistryError, "REDIRECTED", f"{shown}, which is not followed")
    return found
