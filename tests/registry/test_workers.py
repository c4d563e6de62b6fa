from __future__ import annotations

import pytest
import trio

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.workers import WORKERS, each


async def test_each(autojump_clock: trio.testing.MockClock) -> None:
    """Everything is done, some at a time."""
    done: list[int] = []

    async def work(item: int) -> None:
        await trio.sleep(1)
        done.append(item)

    await each(work, range(3 * WORKERS))
    assert sorted(done) == list(range(3 * WORKERS))
    assert trio.current_time() == pytest.approx(3, abs=0.1)


@pytest.mark.parametrize(("workers", "seconds"), [(1, 6), (2, 3)])
async def test_fewer_workers(autojump_clock: trio.testing.MockClock, workers: int, seconds: int) -> None:
    """How many may be fewer."""
    started = trio.current_time()
    await each(trio.sleep, [1] * 6, workers)
    assert trio.current_time() - started == pytest.approx(seconds, abs=0.1)


async def test_failure(autojump_clock: trio.testing.MockClock) -> None:
    """The first failure ends the others, and is raised as it is."""
    done: list[int] = []

    async def work(item: int) -> None:
        await trio.sleep(item)
        if item == 1:
            raise NotFound("one")
        done.append(item)

    with pytest.raises(NotFound, match="one"):
        await each(work, [2, 1, 3])
    assert done == []


async def test_failure_while_others_clean_up(autojump_clock: trio.testing.MockClock) -> None:
    """A failure that came later, while the others were ended, is not the one that is told."""

    async def work(item: int) -> None:
        try:
            await trio.sleep(item)
        except trio.Cancelled:
            raise RegistryError("later") from None
        raise NotFound("first")

    with pytest.raises(NotFound, match="first"):
        await each(work, [1, 2])


async def test_nothing() -> None:
    """Of nothing, nothing is done."""

    async def work(item: object) -> None:
        raise AssertionError(item)

    await each(work, [])
