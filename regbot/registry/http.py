"""The one place that sends anything to a registry over HTTP.

It adds credentials, waits for a slot, follows redirects, answers one challenge, bounds what it reads, and turns
everything that is not wanted into an error.  Which requests make up an operation is said in tags.py, repositories.py,
manifests.py and blobs.py.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from math import inf
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import httpx
import trio

from regbot.registry import faults
from regbot.registry.auth import Challenge, parse_challenges
from regbot.registry.endpoint import Connect, Endpoint
from regbot.registry.errors import RegistryError, Unverified, WriteRefused
from regbot.registry.exchange import Answer, Body, Request
from regbot.registry.observer import Silent
from regbot.registry.reference import is_path
from regbot.registry.throttle import hold_both
from regbot.registry.transport import open_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from regbot.registry.hosts import Hosts
    from regbot.registry.observer import Observer
    from regbot.registry.reference import Repository

DEFAULT_AGENT: Final = "regbot"
MAX_BODY: Final = 8 << 20
"""Bytes of an answer that is read whole."""
MAX_TOKEN: Final = 1 << 20
"""Bytes of a token server's answer."""
MAX_REDIRECTS: Final = 5
READING: Final = frozenset({"GET", "HEAD"})
PATIENCE: Final = 600.0
"""Seconds that an exchange may take whose bodies are small."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_NOT_TLS: Final = b"HTTP request to an HTTPS server"


class Client:
    """Sends requests to registries.  With *read_only* nothing but GET and HEAD: WriteRefused."""

    def __init__(
        self,
        hosts: Hosts,
        *,
        user_agent: str,
        read_only: bool = False,
        connect: Connect = open_transport,
        observer: Observer | None = None,
    ) -> None:
        self._hosts, self._connect = hosts, connect
        self._observer = observer or Silent()
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
        if prefix and not is_path(prefix):
            message = f"the pathPrefix of registry {repository.registry} should be a path in lower case, like a/b"
            raise RegistryError(message, code="CONFIG", registry=repository.registry)
        return f"{prefix}/{repository.path}" if prefix else repository.path

    def top_url(self, registry: str, rest: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        """Return the URL of something of a whole registry."""
        encoded = f"?{urlencode(query)}" if query else ""
        try:
            return self._endpoint(registry).base.join(f"/v2/{rest}{encoded}")
        except httpx.InvalidURL as exc:
            # A script says behind which name to go on, and may say a very long one.
            message = f"a request to {registry} would have no valid URL, or one that is too long"
            raise RegistryError(message, code="NAME_INVALID", registry=registry) from exc

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
        response, url = await self._follow(endpoint, request)
        body = Body(request, response)
        try:
            if response.status_code not in request.ok:
                raise await self._refusal(endpoint, request, response, body, url)
            yield response.status_code, body
        finally:
            await body.aclose()

    async def _follow(self, endpoint: Endpoint, request: Request) -> tuple[httpx.Response, httpx.URL]:
        """Send a request, and again wherever the answers lead; return the last answer and where it came from."""
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            response = await self._authorized(endpoint, request, url)
            if response.status_code not in _REDIRECTS or request.method not in READING:
                return response, url
            await _finish(request, response)
            url = request.target(url, response.headers.get("Location", ""))
            if not (endpoint.is_home(url) or request.may_lead_to(url)):
                shown = faults.shown("the answer leads to", url)
                raise request.fault(RegistryError, "REDIRECTED", f"{shown}, which is not the same at another registry")
        raise request.fault(RegistryError, "REDIRECTED", f"more than {MAX_REDIRECTS} redirects")

    async def _authorized(self, endpoint: Endpoint, request: Request, url: httpx.URL) -> httpx.Response:
        """Send a request once, and once more if a challenge could be answered."""
        said = await endpoint.auth.headers(request)
        response = await self._once(endpoint, request, url, said)
        # A body that streams is gone by now; one always comes after a request that had the chance to authenticate.
        if response.status_code != 401 or not endpoint.is_home(url) or not isinstance(request.body, bytes):
            return response
        if not await endpoint.auth.answer(request, _challenges(response), said):
            return response
        await _finish(request, response)
        return await self._once(endpoint, request, url, await endpoint.auth.headers(request))

    async def _once(
        self, endpoint: Endpoint, request: Request, url: httpx.URL, credentials: dict[str, str]
    ) -> httpx.Response:
        await endpoint.throttle.pace()
        headers = self._headers | (credentials if endpoint.is_home(url) else {})
        try:
            return await endpoint.transport(url).handle_async_request(request.wire(url, headers))
        except faults.NETWORK_ERRORS as exc:
            raise faults.unreachable(exc, request.where) from exc

    async def _refusal(
        self, endpoint: Endpoint, request: Request, response: httpx.Response, body: Body, url: httpx.URL
    ) -> RegistryError:
        if not endpoint.is_home(url):
            # The registry picked the place: what is said there is nothing that a script could have asked for.
            hint = f"said by {url.raw_host.decode()}, where the registry's answers led"
            return faults.refusal(response.status_code, b"", request.where, hint)
        data = (await body.read(faults.MAX_ERROR_BODY))[: faults.MAX_ERROR_BODY]
        hint = ""
        if response.status_code == 401:
            hint = endpoint.auth.fault(_challenges(response))
        elif _NOT_TLS in data:
            hint = "it speaks TLS: configure tls: enabled"
        return faults.refusal(response.status_code, data, request.where, hint)

    def _endpoint(self, registry: str) -> Endpoint:
        if registry not in self._endpoints:
            host = self._hosts.find(registry)

            async def send(request: Request) -> Answer:
                return await self._ask(self._endpoints[registry], request)

            self._endpoints[registry] = Endpoint(host, self._connect, send, self._observer)
        return self._endpoints[registry]

    async def _ask(self, endpoint: Endpoint, request: Request) -> Answer:
        """Send a request of the endpoint's auth to a token server: with nothing of ours that it does not hold."""
        response = await self._once(endpoint, request, request.url, {})
        body = Body(request, response)
        try:
            data = await body.read(MAX_TOKEN)
        finally:
            await body.aclose()
        if response.status_code not in request.ok:
            raise faults.refusal(response.status_code, data[: faults.MAX_ERROR_BODY], request.where)
        return Answer(response.status_code, response.headers, data, request.url)


def _challenges(response: httpx.Response) -> list[Challenge]:
    return parse_challenges(", ".join(response.headers.get_list("WWW-Authenticate")))


async def _finish(request: Request, response: httpx.Response) -> None:
    """Read what is left of an answer that nobody wants, so that its connection can be used again."""
    body = Body(request, response)
    try:
        await body.read(faults.MAX_ERROR_BODY)
    finally:
        await body.aclose()
