from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio
import trio.testing

from regbot.registry.http.throttle import Throttle, hold_both

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from trio.testing import MockClock


class Gauge:
    """Counts how many are inside."""

    def __init__(self) -> None:
        self.now = self.most = 0

    async def use(self, held: AbstractAsyncContextManager[None]) -> None:
        """Be inside for a second of the clock."""
        async with held:
            self.now += 1
            self.most = max(self.most, self.now)
            await trio.sleep(1)
            self.now -= 1


async def test_slots(autojump_clock: MockClock) -> None:
    """No more than there are slots are inside, and everybody gets in."""
    throttle, gauge = Throttle("a", slots=3), Gauge()
    async with trio.open_nursery() as nursery:
        for _ in range(7):
            nursery.start_soon(gauge.use, throttle.hold())
    assert gauge.most == 3
    assert trio.current_time() == pytest.approx(3)


async def test_order(autojump_clock: MockClock) -> None:
    """Slots are given in the order they were asked for: who wants two is not overtaken for ever."""
    throttle, order = Throttle("a", slots=2), []

    async def take(name: str, count: int) -> None:
        async with throttle.hold(count):
            order.append(name)

    async with trio.open_nursery() as nursery, throttle.hold():
        for name, count in (("both", 2), ("one", 1)):
            nursery.start_soon(take, name, count)
            await trio.testing.wait_all_tasks_blocked()
    assert order == ["both", "one"]


async def test_more_than_there_are() -> None:
    """Wanting two slots of a registry with one is wanting that one."""
    throttle = Throttle("a", slots=1)
    with trio.fail_after(1):
        async with throttle.hold(2):
            pass


async def test_cancelled_while_waiting(autojump_clock: MockClock) -> None:
    """Who gives up waiting takes nothing along."""
    throttle = Throttle("a", slots=1)
    async with throttle.hold():
        with trio.move_on_after(1):
            async with throttle.hold():
                pytest.fail("the slot was taken")
    with trio.fail_after(1):
        async with throttle.hold():
            pass


async def test_opposite_directions(autojump_clock: MockClock) -> None:
    """Streams in opposite directions between two narrow registries do not wait for each other for ever."""
    one, other, gauge = Throttle("a", slots=1), Throttle("b", slots=1), Gauge()
    async with trio.open_nursery() as nursery:
        nursery.cancel_scope.deadline = trio.current_time() + 60
        for _ in range(5):
            nursery.start_soon(gauge.use, hold_both(one, other))
            nursery.start_soon(gauge.use, hold_both(other, one))
    assert gauge.most == 1
    assert trio.current_time() == pytest.approx(10)


async def test_both_of_one(autojump_clock: MockClock) -> None:
    """A stream within one registry takes two of its slots."""
    throttle, gauge = Throttle("a", slots=3), Gauge()
    async with trio.open_nursery() as nursery:
        for _ in range(3):
            nursery.start_soon(gauge.use, hold_both(throttle, throttle))
    assert gauge.most == 1


@pytest.mark.parametrize(("calls", "slots"), [(0, 3), (1, 3), (4, 4), (64, 64), (1000, 64)])
def test_at_once(calls: int, slots: int) -> None:
    """Where nobody said how many slots there are, there is one for each call in flight: three at least, 64 at most."""
    throttle = Throttle("a", slots=None)
    throttle.at_once(calls)
    assert throttle.slots == slots


@pytest.mark.parametrize("slots", [1, 3, 100])
def test_configured(slots: int) -> None:
    """A number that somebody did say is the number, whatever a script does."""
    throttle = Throttle("a", slots=slots)
    throttle.at_once(8)
    assert throttle.slots == slots


async def test_more_for_who_waits(autojump_clock: MockClock) -> None:
    """Who waits already gets a slot as soon as there are more."""
    throttle, gauge = Throttle("a", slots=None), Gauge()
    async with trio.open_nursery() as nursery:
        for _ in range(8):
            nursery.start_soon(gauge.use, throttle.hold())
        await trio.testing.wait_all_tasks_blocked()
        assert gauge.now == 3
        throttle.at_once(8)
    assert (gauge.most, trio.current_time()) == (8, 1)


async def test_fewer_again(autojump_clock: MockClock) -> None:
    """When there are fewer nobody loses his, and the next one waits until so many are free."""
    throttle, late = Throttle("a", slots=None), Gauge()
    throttle.at_once(8)
    async with trio.open_nursery() as nursery:
        for seconds in (1, 2, 3, 4):
            nursery.start_soon(_held, throttle, seconds)
        await trio.testing.wait_all_tasks_blocked()
        throttle.at_once(1)
        nursery.start_soon(late.use, throttle.hold())
        await trio.sleep_until(1.5)
        assert late.now == 0
        await trio.sleep_until(2.5)
        assert late.now == 1


async def _held(throttle: Throttle, seconds: float) -> None:
    async with throttle.hold():
        await trio.sleep(seconds)


async def test_free_slot_costs_no_turn() -> None:
    """Where a slot is free it is taken at once: no other task gets a turn meanwhile."""
    throttle = Throttle("a", slots=1)
    with trio.CancelScope() as scope:
        scope.cancel()
        throttle.give(await throttle.take())
    assert (scope.cancelled_caught, throttle.idle) == (False, True)


async def test_pace(autojump_clock: MockClock) -> None:
    """Four requests a second are a quarter of a second apart."""
    throttle = Throttle("a", slots=3, per_second=4)
    begun = trio.current_time()
    for _ in range(5):
        await throttle.pace()
    assert trio.current_time() - begun == pytest.approx(1)


async def test_no_pace(autojump_clock: MockClock) -> None:
    """Without a rate nobody waits."""
    throttle = Throttle("a", slots=3)
    for _ in range(5):
        await throttle.pace()
    assert trio.current_time() == 0


async def test_idle() -> None:
    """Nobody uses it: no slot is held, and none is waited for."""
    throttle, found = Throttle("a", slots=2), []
    found.append(throttle.idle)
    async with throttle.hold():
        found.append(throttle.idle)
    assert [*found, throttle.idle] == [True, False, True]


async def test_pace_of_many(autojump_clock: MockClock) -> None:
    """However many ask at once, from whichever script, their requests are as far apart."""
    throttle, times = Throttle("a", slots=3, per_second=4), []

    async def ask() -> None:
        async with throttle.hold():
            await throttle.pace()
            times.append(trio.current_time())

    async with trio.open_nursery() as nursery:
        for _ in range(5):
            nursery.start_soon(ask)
    assert times == pytest.approx([0, 0.25, 0.5, 0.75, 1])


async def test_cancelled_in_line(autojump_clock: MockClock) -> None:
    """Who gives up in the middle of the line leaves the order of the others as it is, and no slot is lost."""
    throttle, order = Throttle("a", slots=1), []

    async def take(name: str, patience: float) -> None:
        with trio.move_on_after(patience):
            async with throttle.hold():
                order.append(name)
                await trio.sleep(10)

    async with trio.open_nursery() as nursery:
        for name, patience in (("first", 60), ("gone", 5), ("second", 60), ("third", 60)):
            nursery.start_soon(take, name, patience)
            await trio.testing.wait_all_tasks_blocked()
    assert (order, throttle.idle) == (["first", "second", "third"], True)
