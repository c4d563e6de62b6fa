from __future__ import annotations

from itertools import repeat

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import Unreachable
from regbot.registry.http.pace import MIN_RATE, WINDOW, Pace
from regbot.registry.http.retry import PATIENCE
from regbot.registry.reference import Repository
from tests.fake_registry import NAME, FakeRegistry, Pieces, remote


def count(size: int, seconds: float, pieces: int = 10_000) -> int:
    """Return how many of *pieces*, each of *size* bytes after *seconds*, are borne."""
    pace = Pace()
    for number in range(pieces):
        try:
            pace.note(size, seconds)
        except httpcore.ReadTimeout:
            return number
    return pieces


@pytest.mark.parametrize(("size", "seconds"), [(MIN_RATE, 1.0), (1, 0.0), (MIN_RATE * 299, 299.0)])
def test_fast_enough(size: int, seconds: float) -> None:
    """What comes at the least rate, in whatever pieces, is borne for ever."""
    assert count(size, seconds) == 10_000


@pytest.mark.parametrize(("size", "seconds"), [(1, 299.0), (MIN_RATE - 1, 1.0), (1, 0.5)])
def test_drops(size: int, seconds: float) -> None:
    """What comes more slowly is given up as soon as that is sure."""
    assert count(size, seconds) == max(WINDOW // seconds, 1) - 1


def test_no_credit() -> None:
    """That much came at first buys no time later."""
    pace = Pace()
    pace.note(1 << 30, WINDOW)
    with pytest.raises(httpcore.ReadTimeout):
        pace.note(1, WINDOW)


class Drops(Pieces):
    """A byte every five minutes, nearly."""

    def __init__(self) -> None:
        super().__init__(*repeat(b"x", 1000))

    async def __anext__(self) -> bytes:
        await trio.sleep(299)
        return await super().__anext__()


class Streaming(FakeRegistry):
    """Answers everything with one body."""

    def __init__(self, body: Pieces) -> None:
        super().__init__()
        self._body = body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Begin the answer."""
        return httpx.Response(200, stream=self._body, request=request)


async def test_dripping_blob(autojump_clock: trio.testing.MockClock) -> None:
    """A blob that drips is given up, whatever its size may be."""
    start = trio.current_time()
    descriptor = Descriptor("", Digest.of(b""), 1000)
    with pytest.raises(Unreachable, match="took too long"):
        async with remote(Streaming(Drops())).blob(Repository(NAME, "x"), descriptor) as data:
            _ = [chunk async for chunk in data]
    assert trio.current_time() - start < 2 * PATIENCE


async def test_slow_reader(autojump_clock: trio.testing.MockClock) -> None:
    """A reader that takes its time is no fault of the registry."""
    fake, found = Streaming(Pieces(b"a", b"b", b"c")), b""
    descriptor = Descriptor("", Digest.of(b"abc"), 3)
    async with remote(fake).blob(Repository(NAME, "x"), descriptor) as data:
        async for chunk in data:
            found += chunk
            await trio.sleep(2 * WINDOW)
    assert found == b"abc"
