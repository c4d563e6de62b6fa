"""Connections to registries, real ones or fakes, that break where a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpcore
import httpx

from regbot.registry.hosts import Host, Hosts
from regbot.registry.http.client import Client
from regbot.registry.http.transport import open_transport
from tests.fake_registry import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Breaking(httpx.AsyncBaseTransport):
    """A Connect whose connections break: `send["PUT"] = [3]` lets the first PUT have 3 bytes of its body.

    `receive` does the same to the bodies of answers, and `lose` names methods whose next answer never comes.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport | None = None) -> None:
        self.send: dict[str, list[int]] = {}
        self.receive: dict[str, list[int]] = {}
        self.lose: list[str] = []
        self.asked: list[httpx.Request] = []
        self._inner = inner or open_transport(Host(""), elsewhere=False)

    def __call__(self, host: Host, *, elsewhere: bool) -> httpx.AsyncBaseTransport:  # noqa: ARG002 -- a Connect
        """Be the transport to every host."""
        return self

    def client(self, *hosts: Host) -> Client:
        """Return a client over these connections, that tries again at once."""
        return Client(Hosts(hosts), user_agent="", connect=self, retries=AT_ONCE)

    @property
    def methods(self) -> list[str]:
        """The methods of what was asked."""
        return [request.method for request in self.asked]

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, as far as it goes."""
        self.asked.append(request)
        assert isinstance(request.stream, httpx.AsyncByteStream)
        if breaks := self.send.get(request.method):
            request.stream = Broken(request.stream, breaks.pop(0))
        response = await self._inner.handle_async_request(request)
        assert isinstance(response.stream, httpx.AsyncByteStream)
        if request.method in self.lose:
            self.lose.remove(request.method)
            await response.stream.aclose()
            raise httpcore.ReadError("lost")
        if breaks := self.receive.get(request.method):
            response.stream = Broken(response.stream, breaks.pop(0))
        return response

    async def aclose(self) -> None:
        """Close every connection."""
        await self._inner.aclose()


class Broken(httpx.AsyncByteStream):
    """A body that breaks off after *left* bytes."""

    def __init__(self, inner: httpx.AsyncByteStream, left: int) -> None:
        self._inner, self._data, self._left = inner, aiter(inner), left

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise httpcore.ReadError("broken by the test")
        piece = (await anext(self._data))[: self._left]
        self._left -= len(piece)
        return piece

    async def aclose(self) -> None:
        """Be done with the body."""
        await self._inner.aclose()
