"""The `parallel` slots: one a run, however much the run does in it, and nobody waits for ever."""

from __future__ import annotations

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from regbot.supervisor.slots import Share, Slots


class Work:
    """Operations of runs, each named, which begin when the slots let them and end when they are told to."""

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self.begun: list[str] = []
        self._ends: dict[str, trio.Event] = {}
        self._scopes: dict[str, trio.CancelScope] = {}

    async def ask(self, share: Share, *names: str) -> None:
        """Have operations of a run asked for, one after another."""
        for name in names:
            self._ends[name], self._scopes[name] = trio.Event(), trio.CancelScope()
            self._nursery.start_soon(self._operation, share, name)
            await wait_all_tasks_blocked()

    async def end(self, *names: str) -> None:
        """Let operations come to their end."""
        for name in names:
            self._ends[name].set()
        await wait_all_tasks_blocked()

    def cancel(self, name: str) -> None:
        """Cancel an operation, whether it has begun or not."""
        self._scopes[name].cancel()

    async def _operation(self, share: Share, name: str) -> None:
        with self._scopes[name]:
            async with share:
                self.begun.append(name)
                await self._ends[name].wait()


async def test_a_run_shares_its_slot() -> None:
    """What one run does side by side takes one slot; another run waits until the last of it has ended."""
    slots = Slots(1)
    one, other = slots.share(), slots.share()
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        await work.ask(one, "a1", "a2", "a3")
        await work.ask(other, "b")
        await work.end("a1", "a2")
        assert work.begun == ["a1", "a2", "a3"]
        await work.end("a3", "b")
        assert work.begun == ["a1", "a2", "a3", "b"]


@pytest.mark.parametrize("total", [1, 2, 5])
async def test_as_many_runs_as_slots(total: int) -> None:
    """With one operation each, as many runs as there are slots go at once, and the others in the order of asking."""
    slots = Slots(total)
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        names = [f"r{number}" for number in range(6)]
        for name in names:
            await work.ask(slots.share(), name)
        assert work.begun == names[:total]
        for count, name in enumerate(names, 1):
            await work.end(name)
            assert work.begun == names[: total + count]


async def test_a_run_cannot_keep_its_slot_for_ever() -> None:
    """While another run waits, what a run with a slot begins anew waits behind it."""
    slots = Slots(1)
    one, other = slots.share(), slots.share()
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        await work.ask(one, "a1", "a2")
        await work.ask(other, "b1")
        await work.ask(one, "a3")
        await work.end("a1", "a2")
        assert work.begun == ["a1", "a2", "b1"]
        await work.end("b1", "a3")
        assert work.begun == ["a1", "a2", "b1", "a3"]


async def test_who_waits_no_more_holds_up_nobody() -> None:
    """A cancelled operation leaves the queue, and whoever waited only for its turn goes on at once."""
    slots = Slots(1)
    one, other = slots.share(), slots.share()
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        await work.ask(one, "a1")
        await work.ask(other, "b")
        await work.ask(one, "a2")
        work.cancel("b")
        await wait_all_tasks_blocked()
        assert work.begun == ["a1", "a2"]
        await work.end("a1", "a2")


async def test_a_slot_that_came_too_late_is_given_back() -> None:
    """An operation that is cancelled, and gets a slot before it knows, does not keep it."""
    slots = Slots(1)
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        async with slots.share():
            await work.ask(slots.share(), "b")
            await work.ask(slots.share(), "c")
            work.cancel("b")  # No task runs between this and the end of the block.
        await wait_all_tasks_blocked()
        assert work.begun == ["c"]
        await work.end("c")


async def test_a_cancelled_operation_gives_its_slot_back() -> None:
    """However an operation ends, the slot is free after it."""
    slots = Slots(1)
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        await work.ask(slots.share(), "a")
        await work.ask(slots.share(), "b")
        work.cancel("a")
        await wait_all_tasks_blocked()
        assert work.begun == ["a", "b"]
        await work.end("b")


async def test_the_number_of_slots_may_change() -> None:
    """More slots let those in who wait; with fewer nobody loses his, and nobody gets one until enough are free."""
    slots = Slots(1)
    async with trio.open_nursery() as nursery:
        work = Work(nursery)
        for name in "abcd":
            await work.ask(slots.share(), name)
        slots.resize(3)
        await wait_all_tasks_blocked()
        assert set(work.begun) == {"a", "b", "c"}
        slots.resize(1)
        await work.end("a", "b")
        assert len(work.begun) == 3
        await work.end("c")
        assert work.begun[3:] == ["d"]
        await work.end("d")
