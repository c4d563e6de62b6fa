from __future__ import annotations

import pytest
import trio

from regbot.registry.errors import RegistryError
from regbot.registry.remote.feed import Send, feed


async def test_pieces_come_in_order() -> None:
    """What is sent comes out, and then it ends."""

    async def produce(send: Send) -> None:
        for piece in (b"a", b"b", b"c"):
            await send(piece)

    async with feed(produce) as data:
        assert [piece async for piece in data] == [b"a", b"b", b"c"]


async def test_nothing() -> None:
    """A stream may have nothing in it."""

    async def produce(send: Send) -> None:
        """Send nothing."""

    async with feed(produce) as data:
        assert [piece async for piece in data] == []


async def test_failure_at_once() -> None:
    """Where there is not even a first piece, the block does not begin."""

    async def produce(send: Send) -> None:
        raise RegistryError("not there")

    with pytest.raises(RegistryError, match="not there"):
        async with feed(produce):
            raise AssertionError


async def test_failure_later() -> None:
    """A failure comes in its turn, as often as somebody asks."""

    async def produce(send: Send) -> None:
        await send(b"a")
        raise RegistryError("broken off")

    async with feed(produce) as data:
        assert await anext(data) == b"a"
        for _ in range(2):
            with pytest.raises(RegistryError, match="broken off"):
                await anext(data)


async def test_reader_leaves() -> None:
    """A reader that has enough ends what fills the stream."""
    ended = trio.Event()

    async def produce(send: Send) -> None:
        try:
            while True:
                await send(b"a")
        finally:
            ended.set()

    async with feed(produce) as data:
        await anext(data)
    assert ended.is_set()


async def test_reader_fails() -> None:
    """A failure of the reader is raised as it is, and not in a group."""

    async def produce(send: Send) -> None:
        while True:
            await send(b"a")

    failure = RegistryError("the reader's")
    with pytest.raises(RegistryError) as caught:
        async with feed(produce):
            raise failure
    assert caught.value is failure


async def test_cancelled() -> None:
    """A reader that is cancelled is cancelled, and so is what fills the stream."""

    async def produce(send: Send) -> None:
        await trio.sleep_forever()

    with trio.CancelScope() as scope:
        scope.cancel()
        async with feed(produce):
            raise AssertionError
    assert scope.cancelled_caught
