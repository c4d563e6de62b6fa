from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from regbot.registry.remote.grace import Grace

if TYPE_CHECKING:
    from trio.testing import MockClock


class Work:
    """Work of some seconds that remembers how far it came, and when it knew that it has to be done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.done = False
        self.deadline = 0.0

    async def __call__(self) -> None:
        """Do it."""
        self.deadline = trio.current_effective_deadline() - trio.current_time()
        await trio.sleep(self.seconds)
        self.done = True


async def test_not_cancelled(autojump_clock: MockClock) -> None:
    """Without a cancellation there is no bound."""
    grace, work = Grace(4), Work(1000)
    await grace.spend(work, 0.5)
    assert (work.done, work.deadline, grace.left) == (True, float("inf"), 4)


@pytest.mark.parametrize(("seconds", "done"), [(11.9, True), (12.1, False)])
async def test_cancelled(autojump_clock: MockClock, seconds: float, *, done: bool) -> None:
    """What is cancelled has its share of the seconds still, and the cancellation is not lost."""
    grace, work = Grace(4), Work(seconds)
    with trio.move_on_after(10) as scope:
        await grace.spend(work, 0.5)
    assert (scope.cancelled_caught, work.done) == (True, done)
    assert grace.left == pytest.approx(4 - (min(seconds, 12) - 10))


async def test_deadline_is_known(autojump_clock: MockClock) -> None:
    """The work can see until when it may go on, so that it does not begin to wait for longer."""
    work = Work(0)
    with trio.move_on_after(10):
        await Grace(4).spend(work, 0.5)
    assert work.deadline == pytest.approx(12)


async def test_failure(autojump_clock: MockClock) -> None:
    """What the work raises comes out as it is."""

    async def fail() -> None:
        await trio.sleep(1)
        raise ValueError("as it is")

    with pytest.raises(ValueError, match="as it is"):
        await Grace(4).spend(fail, 0.5)
