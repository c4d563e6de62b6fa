"""A request on its way out: its body, in the shape that httpx wants, and how long it may take until an answer begins.

Bodies are classes and not generators, which cost more and must be closed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import trio

from regbot.registry.api import nobody
from regbot.registry.http.retry import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


class Whole(httpx.AsyncByteStream):
    """A body that is there; without a byte it has no piece either."""

    def __init__(self, data: bytes) -> None:
        self._left = data
        self.sent: Callable[[int], None] = nobody
        """Is told the bytes of each piece that is taken."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        data, self._left = self._left, b""
        if not data:
            raise StopAsyncIteration
        self.sent(len(data))
        return data


class Stream(httpx.AsyncByteStream):
    """A body that streams; when the last of it was taken, *waiting* has as long as our patience from there."""

    def __init__(self, data: AsyncIterator[bytes]) -> None:
        self._data = data
        self.waiting: trio.CancelScope | None = None
        self.sent: Callable[[int], None] = nobody
        """As of Whole."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await anext(self._data)
        except StopAsyncIteration:
            if self.waiting is not None:
                self.waiting.deadline = trio.current_time() + PATIENCE
            raise
        self.sent(len(piece))
        return piece


async def answered(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.Response:
    """Send a request and return the answer that begins; TooSlowError if that takes longer than our patience.

    Sending a stream may take as long as it takes.
    """
    begun = trio.current_time()
    if trio.current_effective_deadline() <= begun + PATIENCE:
        # Whoever has no more time than that altogether gives up by himself.
        return await transport.handle_async_request(request)
    with trio.CancelScope() as scope:
        if isinstance(request.stream, Stream):
            request.stream.waiting = scope
        else:
            scope.deadline = begun + PATIENCE
        return await transport.handle_async_request(request)
    # Each byte came in time, and yet the head of an answer never came to its end.
    raise trio.TooSlowError
