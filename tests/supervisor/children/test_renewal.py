from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.supervisor.children.launcher import Renewal, open_launcher
from tests.supervisor.children.entries import kill_and_wait, run_once, second, until, waiting
from tests.supervisor.processes import LIMITS, STAND_IN, converse, descriptors, launchers

if TYPE_CHECKING:
    from pathlib import Path

    from regbot.supervisor.children.launcher import Launcher

AFTER_TWO: Final = Renewal(runs=2, seconds=1e6, again=5)
AFTER_A_WHILE: Final = Renewal(runs=1000, seconds=600)
"""On a clock that stands still until the test moves it: processes take no time on it."""


async def renewed(old: int) -> int:
    """Wait until there is one launcher, and another than this; return it."""
    await until(lambda: len(launchers()) == 1 and launchers() != [old])
    return launchers()[0]


async def runs(launcher: Launcher, number: int) -> None:
    """Run the shortest script, one time after another."""
    for _ in range(number):
        await run_once(launcher)


async def test_after_runs() -> None:
    """After so many runs another launcher has taken the place of the first, with its reserve filled."""
    async with open_launcher(entry=STAND_IN, reserve=2, renewal=AFTER_TWO) as launcher:
        await run_once(launcher)
        (old,) = launchers()
        await until(lambda: waiting(old) == 2)
        await run_once(launcher)
        new = await renewed(old)
        await until(lambda: waiting(new) == 2)
        await run_once(launcher)
        assert launchers() == [new]


async def test_after_a_while(mock_clock: trio.testing.MockClock) -> None:
    """So it is some time after the first run, and not before."""
    async with open_launcher(entry=STAND_IN, reserve=1, renewal=AFTER_A_WHILE) as launcher:
        await run_once(launcher)
        (old,) = launchers()
        mock_clock.jump(599)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert launchers() == [old]
        mock_clock.jump(1)
        await renewed(old)


async def test_unused(mock_clock: trio.testing.MockClock) -> None:
    """A launcher that nobody used stays for as long as it likes: no script knows anything of it."""
    async with open_launcher(entry=STAND_IN, reserve=1, renewal=AFTER_A_WHILE) as launcher:
        await launcher.layers()
        (old,) = launchers()
        mock_clock.jump(1e5)
        await trio.testing.wait_all_tasks_blocked(0.01)
        await run_once(launcher)
        assert launchers() == [old]


async def test_runs_in_progress() -> None:
    """A run goes on in its child, and its launcher with it; those that waited beside it are gone at once."""
    async with open_launcher(entry=STAND_IN, reserve=2, renewal=AFTER_TWO) as launcher:
        async with launcher.child(LIMITS) as child:
            (old,) = launchers()
            await until(lambda: waiting(old) == 3)
            await run_once(launcher)
            await until(lambda: len(launchers()) == 2 and waiting(old) == 1)
            await run_once(launcher)
            assert await converse(child, "!three_calls!")
        assert await renewed(old)


async def test_no_run_waits_for_it(tmp_path: Path) -> None:
    """While the next launcher takes its time, runs get their children from the first."""
    entry = second(tmp_path, "signal.pause()")
    async with open_launcher(entry=entry, reserve=1, renewal=AFTER_TWO) as launcher:
        for _ in range(2):
            await run_once(launcher)
        await until(lambda: len(launchers()) == 2)
        for _ in range(3):
            await run_once(launcher)
        assert len(launchers()) == 2
    assert launchers() == []


DYING: Final = "raise SystemExit(7)"
LACKING: Final = "socket.socket(fileno=0).send(b'hello\\nlandlock no gone'), signal.pause()"
REFUSING: Final = (
    "control = socket.socket(fileno=0); control.send(b'hello\\nlandlock yes'); control.recv(99); "
    "control.send(b'refused 1 No room'); signal.pause()"
)


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (DYING, "ended with status 7"),
        (LACKING, "names landlock, which does not hold here: landlock: gone"),
        (REFUSING, "No room"),
    ],
    ids=["dying", "lacking", "refusing"],
)
async def test_renewal_that_fails(what: str, why: str, tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    """A launcher that does not start, lacks a wall or cannot fork never takes over; that is told, and tried again."""
    told: list[str] = []
    async with open_launcher(
        entry=second(tmp_path, what), reserve=1, required=["landlock"], renewal=AFTER_TWO, tell=told.append
    ) as launcher:
        (old,) = launchers()
        await run_once(launcher)
        await run_once(launcher)
        await until(lambda: bool(told))
        await run_once(launcher)
        assert launchers() == [old]
        mock_clock.jump(5)
        await renewed(old)
        await run_once(launcher)
    assert len(told) == 1
    assert "next attempt in 5s" in told[0]
    assert why in told[0]


async def test_closed_in_the_middle(tmp_path: Path) -> None:
    """However far a renewal has come, nothing is left of either launcher when the block ends."""
    before = descriptors()
    for steps in range(0, 60, 4):
        async with open_launcher(entry=STAND_IN, reserve=1, renewal=Renewal(runs=1)) as launcher:
            await run_once(launcher)
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
    assert (launchers(), descriptors()) == ([], before)


async def test_killed_with_children_that_wait() -> None:
    """The run after a launcher was killed gets a child of another, which fills a reserve of its own."""
    async with open_launcher(entry=STAND_IN, reserve=2) as launcher:
        await run_once(launcher)
        (old,) = launchers()
        await until(lambda: waiting(old) == 2)
        await trio.testing.wait_all_tasks_blocked(0.01)
        before = len(descriptors())
        kill_and_wait(old)
        await run_once(launcher)
        (new,) = launchers()
        await until(lambda: waiting(new) == 2)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(descriptors()) == before


async def test_renewed_while_dead(mock_clock: trio.testing.MockClock) -> None:
    """A launcher that died is replaced when its time has come, though nobody asked for a child."""
    async with open_launcher(entry=STAND_IN, reserve=1, renewal=AFTER_A_WHILE) as launcher:
        await run_once(launcher)
        (old,) = launchers()
        kill_and_wait(old)
        mock_clock.jump(600)
        await until(lambda: launchers() not in ([], [old]))
        await run_once(launcher)


async def test_nothing_piles_up() -> None:
    """After a hundred runs with renewals between them there is one launcher with its reserve, and nothing more here."""
    async with open_launcher(entry=STAND_IN, reserve=2, renewal=replace(AFTER_TWO, runs=20)) as launcher:
        await run_once(launcher)
        await until(lambda: waiting(launchers()[0]) == 2)
        await trio.testing.wait_all_tasks_blocked(0.01)
        before = len(descriptors())
        async with trio.open_nursery() as nursery:
            for _ in range(2):
                nursery.start_soon(runs, launcher, 50)
        await until(lambda: [waiting(pid) for pid in launchers()] == [2])
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(descriptors()) == before


async def test_cancelled_anywhere() -> None:
    """A run that is cancelled while it asks for a child, however far that has come, leaves nothing behind."""
    async with open_launcher(entry=STAND_IN, reserve=1) as launcher:
        await run_once(launcher)
        (pid,) = launchers()
        await until(lambda: waiting(pid) == 1)
        await trio.testing.wait_all_tasks_blocked(0.01)
        before = len(descriptors())
        for steps in range(24):
            async with trio.open_nursery() as nursery:
                # Two, so that one takes the child that waits and one has to wait, or to fork.
                nursery.start_soon(run_once, launcher)
                nursery.start_soon(run_once, launcher)
                for _ in range(steps):
                    await trio.lowlevel.checkpoint()
                nursery.cancel_scope.cancel()
        await run_once(launcher)
        await until(lambda: waiting(pid) == 1)
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(descriptors()) == before
