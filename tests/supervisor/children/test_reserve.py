from __future__ import annotations

import os
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Done
from regbot.supervisor.children.control import LauncherProcess
from regbot.supervisor.children.layers import LauncherFailed
from regbot.supervisor.children.reserve import Demand, Reserve, end
from tests.sandbox.raw import FOLDERS
from tests.supervisor.children.entries import counting, kill_and_wait, stumbling, waiting
from tests.supervisor.processes import LIMITS, STAND_IN, converse, descriptors, launchers, offspring, start, status

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from regbot.supervisor.children.child import Child

OTHER: Final = replace(LIMITS, memory=32 << 20)


@asynccontextmanager
async def opened(entry: Path = STAND_IN) -> AsyncIterator[tuple[LauncherProcess, Reserve]]:
    """Give a launcher process and its reserve of two, which is wanted but not filled."""
    process = LauncherProcess([sys.executable, "-I", "-S", str(entry), "UTC", *FOLDERS], patience=60)
    demand = Demand(2)
    demand.asked(LIMITS)
    reserve = Reserve(process, demand)
    try:
        await process.greeted()
        yield process, reserve
    finally:
        with trio.CancelScope(shield=True):
            await process.aclose()
            await reserve.aclose()


async def taken(reserve: Reserve) -> Child:
    """Take a child that has to be there."""
    child = await reserve.take(LIMITS)
    assert child is not None
    return child


async def go_on_when_all_wait(pid: int) -> None:
    """Have a launcher that was stopped go on, when every task is blocked."""
    await trio.testing.wait_all_tasks_blocked()
    os.kill(pid, signal.SIGCONT)


async def test_children_wait_behind_locked_doors() -> None:
    """As many children wait as are wanted, and each is filtered and can gain nothing before it knows of any script."""
    async with opened() as (_, reserve):
        await reserve.fill()
        found = [status(pid) for pid in offspring(launchers()[0])]
    assert [(child["Seccomp"], child["NoNewPrivs"], int(child["CapEff"], 16)) for child in found] == [("2", "1", 0)] * 2


async def test_launcher_is_not_asked() -> None:
    """A child that waits is taken, and runs its script, while the launcher stands still."""
    async with opened() as (process, reserve):
        await reserve.fill()
        os.kill(launchers()[0], signal.SIGSTOP)
        child = await taken(reserve)
        assert await converse(child, "!done!") == [Done()]
        os.kill(launchers()[0], signal.SIGCONT)
        await end(process, child)


async def test_each_is_given_once() -> None:
    """Two that wait are two children, and the third has to be forked."""
    async with opened() as (process, reserve):
        await reserve.fill()
        one, two = await taken(reserve), await taken(reserve)
        assert await reserve.take(LIMITS) is None
        assert [await converse(child, "!done!") for child in (one, two)] == [[Done()]] * 2
        await end(process, one)
        await end(process, two)
        assert offspring(launchers()[0]) == []


async def test_taken_ones_are_replaced() -> None:
    """There are never more than wanted, however often it is filled; one that was taken is replaced."""
    async with opened() as (process, reserve):
        (pid,) = launchers()
        await reserve.fill()
        await reserve.fill()
        assert waiting(pid) == 2
        child = await taken(reserve)
        await reserve.fill()
        assert waiting(pid) == 3
        await end(process, child)


async def test_other_limits() -> None:
    """A child locked with other limits is not given; for such a request the reserve changes, and gets no larger."""
    demand = Demand(2)
    async with opened() as (process, _):
        demand.asked(LIMITS)
        reserve = Reserve(process, demand)
        await reserve.fill()
        assert await reserve.take(OTHER) is None
        demand.asked(OTHER)
        await reserve.fill()
        assert waiting(launchers()[0]) == 2
        for limits in (OTHER, LIMITS):
            child = await reserve.take(limits)
            assert child is not None
            await end(process, child)
        await reserve.aclose()


async def test_limits_of_the_supervisor() -> None:
    """What only we watch is that of the run which takes the child, whatever the child was made for."""
    async with opened() as (process, reserve):
        await reserve.fill()
        child = await reserve.take(replace(LIMITS, message=8))
        assert child is not None
        await start(child, "!three_calls!")
        with pytest.raises(WireError, match="over the limit of 8"):
            await child.receive()
        await end(process, child)


async def test_dead_child_is_not_given() -> None:
    """Of two that wait, one that was killed is passed over, and nothing is left of it."""
    async with opened() as (process, reserve):
        await reserve.fill()
        dead, alive = offspring(launchers()[0])
        kill_and_wait(dead)
        child = await taken(reserve)
        assert await reserve.take(LIMITS) is None
        assert offspring(launchers()[0]) == [alive]
        await end(process, child)


async def test_two_take_while_a_dead_one_is_reaped() -> None:
    """While one who asks reaps a dead child, another may take the one behind it, and nobody stumbles over that."""
    async with opened() as (process, reserve):
        await reserve.fill()
        dead, alive = offspring(launchers()[0])
        kill_and_wait(dead)
        given: list[Child | None] = []

        async def take() -> None:
            given.append(await reserve.take(LIMITS))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            nursery.start_soon(take)
        assert offspring(launchers()[0]) == [alive]
        (child,) = filter(None, given)
        await end(process, child)


async def test_nothing_of_a_dead_launcher_is_given() -> None:
    """Children of a launcher that was killed a moment ago are not given, though nobody has told us of its end."""
    async with opened() as (process, reserve):
        await reserve.fill()
        kill_and_wait(launchers()[0])
        assert not process.gone
        assert await reserve.take(LIMITS) is None
        await process.aclose()
        assert await reserve.take(LIMITS) is None


async def test_one_in_the_making(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A run that comes while the only child is made waits for that one, and costs no other."""
    async with opened(counting(tmp_path)) as (process, _), trio.open_nursery() as nursery:
        demand = Demand(1)
        demand.announce([LIMITS])
        reserve = Reserve(process, demand)
        os.kill(launchers()[0], signal.SIGSTOP)
        nursery.start_soon(reserve.fill)
        await trio.testing.wait_all_tasks_blocked()
        demand.asked(LIMITS)
        nursery.start_soon(go_on_when_all_wait, launchers()[0])
        child = await taken(reserve)
        assert await converse(child, "!done!") == [Done()]
        await end(process, child)
    assert capfd.readouterr().err == "."


async def test_cancelled_while_one_is_made() -> None:
    """A run that is cancelled while it waits for the child in the making leaves it to the next."""
    async with opened() as (process, reserve), trio.open_nursery() as nursery:
        os.kill(launchers()[0], signal.SIGSTOP)
        nursery.start_soon(reserve.fill)
        await trio.testing.wait_all_tasks_blocked()
        with trio.move_on_after(0) as scope:
            await reserve.take(LIMITS)
        assert scope.cancelled_caught
        nursery.start_soon(go_on_when_all_wait, launchers()[0])
        await end(process, await taken(reserve))


async def test_closed_while_one_is_made() -> None:
    """However far the making has come, nothing is left of it when the reserve is closed."""
    async with opened() as (process, _):
        before = descriptors()
        for steps in range(12):
            demand = Demand(2)
            demand.asked(LIMITS)
            reserve = Reserve(process, demand)
            reserve.keep()
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            await reserve.aclose()
        assert (offspring(launchers()[0]), descriptors()) == ([], before)


async def test_making_that_fails(tmp_path: Path) -> None:
    """A reserve that cannot be filled says so to who asked, and runs then fork for themselves."""
    async with opened(stumbling(tmp_path)) as (_, reserve):
        with pytest.raises(LauncherFailed, match="did not lock its doors"):
            await reserve.fill()
        assert await reserve.take(LIMITS) is None
        assert offspring(launchers()[0]) == []


async def test_launcher_that_dies_of_it() -> None:
    """So does one whose launcher has died."""
    async with opened() as (_, reserve):
        kill_and_wait(launchers()[0])
        with pytest.raises(LauncherFailed, match="the launcher died"):
            await reserve.fill()
