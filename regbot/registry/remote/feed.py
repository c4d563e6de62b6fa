"""A stream that a task of its own fills.

Whoever reads it may stand within scopes that were entered later than those of whatever fills it: an answer that broke
off can be asked for again while the request that its bytes are sent by goes on.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias

import trio

from regbot.registry.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

Send: TypeAlias = "Callable[[bytes], Awaitable[None]]"
"""Gives a piece to the reader, and returns when that took it."""


@asynccontextmanager
async def feed(produce: Callable[[Send], Awaitable[None]]) -> AsyncIterator[AsyncIterator[bytes]]:
    """Give the pieces that *produce* sends; a RegistryError that it raises comes out where its next piece would have.

    The block begins when the first piece is there, or it is known that there is none.  With the block *produce* ends.
    """
    sender, receiver = trio.open_memory_channel[bytes](0)
    fed = Fed(receiver)

    async def run() -> None:
        async with sender:
            try:
                await produce(sender.send)
            except RegistryError as exc:
                fed.failure = exc

    raised: Exception | None = None
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run)
        try:
            await fed.begin()
            yield fed
        except Exception as exc:  # noqa: BLE001 -- raised below: a nursery would make a group of it
            raised = exc
        nursery.cancel_scope.cancel()
    receiver.close()
    if raised is not None:
        raise raised


class Fed:
    """The reader's end; a class and not a generator, so that it may be dropped at any time."""

    def __init__(self, receiver: trio.MemoryReceiveChannel[bytes]) -> None:
        self.failure: RegistryError | None = None
        self._receiver = receiver
        self._first: bytes | None = None

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            return await self._receiver.receive()
        except trio.EndOfChannel:
            pass
        if self.failure is not None:
            raise self.failure
        raise StopAsyncIteration

    async def begin(self) -> None:
        """Wait for the first piece."""
        self._first = await anext(self, None)
