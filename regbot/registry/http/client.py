"""The one place that sends anything to a registry over HTTP.

It waits for a slot, tries again what may be tried again, bounds what it reads, and turns everything that is not wanted
into an error.  How one request finds its way is said in sender.py; which requests make up an operation in tags.py,
repositories.py, manifests.py and blobs.py.
"""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlencode

import trio

from regbot.registry.errors import RegistryError, Unverified, WriteRefused
from regbot.registry.http import faults, retry, urls
from regbot.registry.http.endpoints import Endpoints
from regbot.registry.http.exchange import TIMEOUTS, Answer
from regbot.registry.http.notices import Notices
from regbot.registry.http.retry import PATIENCE, Attempts, Backoff, Retries
from regbot.registry.http.sender import READING, Sender
from regbot.registry.http.throttle import hold_both
from regbot.registry.http.transport import open_transport
from regbot.registry.observer import Silent, Unmetered
from regbot.registry.reference import Repository, is_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    import httpx

    from regbot.registry.hosts import Host, Hosts
    from regbot.registry.http.endpoint import Connect, Endpoint
    from regbot.registry.http.exchange import Body, Request, Timeouts
    from regbot.registry.observer import Meter, Observer

T = TypeVar("T")

DEFAULT_AGENT: Final = "regbot"
MAX_BODY: Final = 8 << 20
"""Bytes of an answer that is read whole."""


class Client:
    """Sends requests to registries.  With *read_only* nothing but GET and HEAD: WriteRefused."""

    def __init__(  # noqa: PLR0913 -- what a test passes in is here, too
        self,
        hosts: Hosts,
        *,
        user_agent: str,
        read_only: bool = False,
        connect: Connect = open_transport,
        observer: Observer | None = None,
        meter: Meter | None = None,
        retries: Retries | None = None,
        timeouts: Timeouts = TIMEOUTS,
        wall: Callable[[], float] = time.time,
    ) -> None:
        observer, meter = observer or Silent(), meter or Unmetered()
        self._read_only = read_only
        agent = user_agent or DEFAULT_AGENT
        self._sender = Sender(agent, Notices(observer), meter=meter, timeouts=timeouts, wall=wall)
        self._endpoints = Endpoints(hosts, connect, self._sender.ask, observer, meter)
        self._backoff = Backoff(retries or Retries(), observer, meter)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._endpoints.aclose()

    def at_once(self, calls: int) -> None:
        """Be told how many calls a script has in flight; see Throttle.at_once."""
        self._endpoints.at_once(calls)

    def host(self, registry: str) -> Host:
        """Return how a registry is reached, as the configuration says."""
        return self._endpoints.find(registry).host

    def url(self, repository: Repository, rest: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        """Return the URL of something in a repository; *rest* holds nothing that needs quoting."""
        return self.top_url(repository.registry, f"{self.prefixed(repository)}/{rest}", query)

    def prefixed(self, repository: Repository) -> str:
        """Return a repository's path as the registry itself calls it."""
        prefix = self._endpoints.find(repository.registry).host.path_prefix.strip("/")
        if prefix and not is_path(prefix):
            message = f"the pathPrefix of registry {repository.registry} should be a path in lower case, like a/b"
            raise RegistryError(message, code="CONFIG", registry=repository.registry)
        return f"{prefix}/{repository.path}" if prefix else repository.path

    def top_url(self, registry: str, rest: str, query: Mapping[str, str] | None = None) -> httpx.URL:
        """Return the URL of something of a whole registry."""
        encoded = f"?{urlencode(query)}" if query else ""
        try:
            return urls.below(self._endpoints.find(registry).origin, f"/v2/{rest}{encoded}")
        except urls.BadUrl as exc:
            # A script says behind which name to go on, and may say a very long one.
            message = f"a request to {registry} would have a URL that is too long"
            raise RegistryError(message, code="NAME_INVALID", registry=registry) from exc

    def is_home(self, registry: str, url: httpx.URL) -> bool:
        """Say whether *url* is the registry's own: the same scheme, host and port."""
        return self._endpoints.find(registry).is_home(url)

    def lease(self, one: str, other: str) -> AbstractAsyncContextManager[None]:
        """Hold the slots for streaming from one registry to the other; requests meanwhile are `leased`."""
        return hold_both(self._endpoints.find(one).throttle, self._endpoints.find(other).throttle)

    def attempts(self, where: Repository | str, kind: str) -> Attempts:
        """Return the tries of some work at a repository, or at a registry as a whole, of which nothing was done yet."""
        registry, path = (where.registry, where.path) if isinstance(where, Repository) else (where, "")
        return Attempts(self._backoff, (registry, path, kind))

    async def persist(
        self,
        where: Repository | str,
        kind: str,
        work: Callable[[], Awaitable[T]],
        *,
        progress: Callable[[], int] = lambda: 0,
    ) -> T:
        """Do *work* until it returns, or fails for good; see retry.persist.

        *kind* is what is slowed down where the registry asks for it, such as "PATCH uploads".  What `send` has given up
        is not tried again.
        """
        return await retry.persist(self.attempts(where, kind), work, progress=progress)

    async def send(self, request: Request, *, limit: int = MAX_BODY) -> Answer:
        """Send a request and read the answer; Unverified if it has more than *limit* bytes.

        Where that does no harm it is sent again after an error that may pass, as long as `Retries` says.
        """
        return await self._repeat(request, lambda: self._exchange(request, limit))

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[tuple[int, Body]]:
        """Send a request, give status and body of an answer that is `ok`; any other is a RegistryError.

        It is sent again as by `send` until an answer begins; what breaks off later is Unreachable, and `temporary`.
        """
        async with AsyncExitStack() as stack:
            yield await self._repeat(request, lambda: stack.enter_async_context(self._open(request)))

    async def _repeat(self, request: Request, work: Callable[[], Awaitable[T]]) -> T:
        if not request.repeatable:
            return await work()
        attempts = Attempts(self._backoff, (request.registry, request.repository, request.kind))
        return await retry.persist(attempts, work)

    async def _exchange(self, request: Request, limit: int) -> Answer:
        """Send a request once, and read the answer: from when it has its slot that may take as long as our patience."""
        endpoint, slots = await self._admit(request)
        try:
            with trio.move_on_after(inf if request.streams else PATIENCE):
                status, body = await self._sender.answer(endpoint, request)
                try:
                    data = await body.read(limit)
                finally:
                    await body.aclose()
                if len(data) > limit:
                    raise request.fault(Unverified, "TOO_LARGE", f"the answer has more than {limit} bytes")
                return Answer(status, body.headers, data, request.url)
            raise faults.unreachable(trio.TooSlowError(), request.where)
        finally:
            endpoint.throttle.give(slots)

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[tuple[int, Body]]:
        """Send a request once; its slot is held until the end of the block."""
        endpoint, slots = await self._admit(request)
        try:
            status, body = await self._sender.answer(endpoint, request)
            try:
                yield status, body
            finally:
                await body.aclose()
        finally:
            endpoint.throttle.give(slots)

    async def _admit(self, request: Request) -> tuple[Endpoint, int]:
        """Wait until a request may be sent; return where it goes to, and the slots to be given back there."""
        if self._read_only and request.method not in READING:
            raise WriteRefused(request.shown)
        await self._endpoints.forget()
        # From here on it is in use: nobody else runs before it holds a slot.
        endpoint = self._endpoints.find(request.registry)
        return endpoint, 0 if request.leased else await endpoint.throttle.take()
