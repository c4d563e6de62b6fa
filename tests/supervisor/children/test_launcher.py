from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.control import LauncherProcess
from regbot.supervisor.children.launcher import LauncherFailed, open_launcher
from tests.sandbox.raw import FOLDERS, root_only
from tests.supervisor.children.entries import broken, kill_and_wait, run_once, stumbling, until, written
from tests.supervisor.processes import (
    LIMITS,
    STAND_IN,
    converse,
    descriptors,
    holders,
    launchers,
    offspring,
    open_in,
    start,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

if TYPE_CHECKING:
    from collections.abc import Iterator


async def test_layers() -> None:
    """The launcher says of every layer that it holds, or why it does not."""
    async with open_launcher() as launcher:
        layers = await launcher.layers()
    assert {"net", "mount", "root", "landlock", "nobody"} <= {layer.name for layer in layers}
    assert all(layer.detail for layer in layers if not layer.holds)
    assert all(layer.detail.startswith("ABI ") for layer in layers if layer.name == "landlock" and layer.holds)


async def test_many_at_once() -> None:
    """Runs that go on at once are told apart, and each gets its own answers."""

    async def run(number: int) -> None:
        async with launcher.child(LIMITS) as child:
            heard[number] = len(await converse(child, "!three_calls!" if number % 2 else "!done!"))

    heard: dict[int, int] = {}
    async with open_launcher(entry=STAND_IN) as launcher, trio.open_nursery() as nursery:
        for number in range(16):
            nursery.start_soon(run, number)
    assert heard == {number: 4 if number % 2 else 1 for number in range(16)}


async def test_nothing_is_left_after_200_runs() -> None:
    """Two hundred runs later no process and no descriptor is left, here or in the launcher."""
    async with open_launcher(entry=STAND_IN) as launcher:
        await run_once(launcher)
        (pid,) = launchers()
        before = descriptors(), status(pid)["FDSize"]
        for _ in range(200):
            await run_once(launcher)
        assert (descriptors(), status(pid)["FDSize"]) == before
        assert offspring(pid) == []
    assert launchers() == []


@root_only
async def test_launcher_keeps_no_descriptor_of_a_run() -> None:
    """After a run the launcher has its control socket and standard error, as before it."""
    async with open_launcher(entry=STAND_IN) as launcher:
        for _ in range(3):
            await run_once(launcher)
        (pid,) = launchers()
        assert open_in(pid).keys() == {"0", "2"}


async def test_cancelled_run() -> None:
    """A run that is cancelled leaves no child behind, whatever the child is doing."""
    async with open_launcher(entry=STAND_IN) as launcher:
        with trio.CancelScope() as scope:
            async with launcher.child(LIMITS) as child:
                await start(child, "!loop!")
                scope.cancel()
                await child.receive()
        assert scope.cancelled_caught
        assert await child.wait() == -signal.SIGKILL
        assert offspring(launchers()[0]) == []


async def test_cancelled_before_it_began() -> None:
    """To be cancelled while a child is asked for leaves none behind either, and the next is not disturbed."""
    async with open_launcher(entry=STAND_IN) as launcher:
        await launcher.layers()
        with trio.CancelScope() as scope:
            scope.cancel()
            async with launcher.child(LIMITS):
                pytest.fail("a child was given to a cancelled task")
        await run_once(launcher)
        assert offspring(launchers()[0]) == []


async def test_error_in_a_run_stays_as_it_is() -> None:
    """What is raised in the block comes out of it, not wrapped in a group, and the child is gone."""

    async def run() -> None:
        async with open_launcher(entry=STAND_IN) as launcher, launcher.child(LIMITS) as child:
            await start(child, "!loop!")
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        await run()
    assert launchers() == []


async def test_killed_launcher() -> None:
    """A launcher that dies takes its children along; their runs end, and the next run gets another launcher."""
    async with open_launcher(entry=STAND_IN) as launcher:
        async with launcher.child(LIMITS) as child:
            await start(child, "!loop!")
            (first,) = launchers()
            os.kill(first, signal.SIGKILL)
            with pytest.raises(ChildEnded) as raised:
                await child.receive()
        await run_once(launcher)
        assert raised.value.status == -signal.SIGKILL
        assert launchers() not in ([], [first])


async def test_idle_launcher_killed() -> None:
    """A launcher that dies between two runs is not noticed by the second."""
    async with open_launcher(entry=STAND_IN) as launcher:
        await run_once(launcher)
        os.kill(launchers()[0], signal.SIGKILL)
        await run_once(launcher)


async def test_first_of_the_namespace_killed() -> None:
    """Where the process that holds the children's namespace dies, none can be forked there: another launcher is had."""
    async with open_launcher(entry=STAND_IN) as launcher:
        if not any(layer.name == "pid" and layer.holds for layer in await launcher.layers()):
            return  # There is no such process here, and so nothing that could go wrong.
        await run_once(launcher)
        (before,) = launchers()
        kill_and_wait(*holders(before))
        await run_once(launcher)
        assert launchers() not in ([], [before])


async def test_launcher_that_does_not_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A launcher that ends before its hello is an error that gives its status, and its words are on standard error."""
    entry = written(tmp_path, "raise SystemExit('no Lua here')")
    async with open_launcher(entry=entry) as launcher:
        with pytest.raises(LauncherFailed, match="status 1 before it was ready"):
            await run_once(launcher)
    assert capfd.readouterr().err == "no Lua here\n"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (["hello\nnet yes"], "so did the next"),
        (["hello\nnet yes", "refused 1 Resource unavailable"], "no process for a child: Resource unavailable"),
        # The kernel drops a descriptor for which there is no number.
        (["hello\nnet yes", "started 1"], "no process for a child: Too many open files"),
    ],
)
async def test_launcher_without_a_child(tmp_path: Path, answers: list[str], error: str) -> None:
    """A launcher that dies of each request is given up after the second; one that cannot fork says why."""
    async with open_launcher(entry=broken(tmp_path, *answers)) as launcher:
        with pytest.raises(LauncherFailed, match=error):
            await run_once(launcher)


async def test_silent_launcher(tmp_path: Path) -> None:
    """A launcher that does not say hello is killed, and counts as one that died."""
    async with open_launcher(entry=broken(tmp_path, silent=True), patience=0.1) as launcher:
        with pytest.raises(LauncherFailed, match="status -9 before it was ready"):
            await run_once(launcher)


async def test_launcher_that_gives_no_child(tmp_path: Path, mock_clock: trio.testing.MockClock) -> None:
    """So is one that does not answer a request, once patience is at its end."""
    process = LauncherProcess([sys.executable, str(broken(tmp_path, "hello\nnet yes", silent=True))], patience=10)
    await process.greeted()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(process.fork, LIMITS)
        await trio.testing.wait_all_tasks_blocked()
        mock_clock.jump(11)
    assert process.gone


async def test_launcher_that_stops_in_a_run() -> None:
    """A launcher that does not report its child's end holds up nobody for longer than patience lasts."""
    async with open_launcher(entry=STAND_IN, patience=0.5) as launcher:
        async with launcher.child(LIMITS) as child:
            await start(child, "!loop!")
            os.kill(launchers()[0], signal.SIGSTOP)
        assert await child.wait() == -signal.SIGKILL
        await run_once(launcher)


async def test_dead_launcher_has_no_child() -> None:
    """A process that is gone answers at once that it has none."""
    process = LauncherProcess([sys.executable, "-I", "-S", str(STAND_IN), "UTC", *FOLDERS], patience=60)
    await process.greeted()
    await process.aclose()
    assert await process.fork(LIMITS) is None


async def test_child_that_cannot_lock_its_doors() -> None:
    """A jail that cannot be entered is an error that names the step; no script is sent."""
    async with open_launcher(entry=STAND_IN) as launcher:
        with pytest.raises(LauncherFailed, match="could not lock its doors: set_limits: "):
            async with launcher.child(ChildLimits(memory=1 << 63)):
                pytest.fail("there is no jail that large")
        await run_once(launcher)


async def test_child_that_dies_before_it_is_locked(tmp_path: Path) -> None:
    """So is a child that ends while it locks its doors."""
    async with open_launcher(entry=stumbling(tmp_path)) as launcher:
        with pytest.raises(LauncherFailed, match="did not lock its doors: the child ended with status 6"):
            await run_once(launcher)


@contextmanager
def room(descriptors: int) -> Iterator[set[str]]:
    """Let no more descriptors be opened than so many; note what LauncherFailed says of that, but for details."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    said: set[str] = set()
    free = os.dup(0)
    os.close(free)  # The lowest number that is free; above it there may be gaps.
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + descriptors, limits[1]))
    try:
        yield said
    except LauncherFailed as exc:
        said.add(str(exc).partition(":")[0])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


async def test_no_descriptors_for_a_launcher() -> None:
    """A launcher that cannot be started for want of descriptors says so, and leaves none open."""
    before, found = descriptors(), set()
    for number in count():
        with room(number) as said:
            async with open_launcher(entry=STAND_IN) as launcher:
                await launcher.layers()
        found |= said
        if not said:
            break
    assert found == {"no socket to talk with it", "the launcher does not start"}
    assert (descriptors(), launchers()) == (before, [])


async def test_no_descriptors_for_a_child() -> None:
    """A child that cannot be had for want of descriptors is an error of its run, and the next run has none of it."""
    found = set()
    async with open_launcher(entry=STAND_IN) as launcher:
        await run_once(launcher)
        before = descriptors()
        for number in count():
            with room(number) as said:
                await run_once(launcher)
            found |= said
            if not said:
                break
        await run_once(launcher)
        # A child that we had no number for leaves when it finds its socket closed.
        await until(lambda: offspring(launchers()[0]) == [])
        assert descriptors() == before
    # The answer can come before the child's end of the socket is closed here.
    assert found - {"no process for a child"} == {"no socket to talk with it"}


DOOMED: Final = """
import trio
from regbot.supervisor.children.launcher import open_launcher
from tests.supervisor.children.entries import until, waiting
from tests.supervisor.processes import LIMITS, STAND_IN, launchers, offspring, start

async def main():
    async with open_launcher(entry=STAND_IN, reserve=1) as launcher, launcher.child(LIMITS) as child:
        await start(child, "!loop!")
        await until(lambda: waiting(launchers()[0]) == 2)
        print(*launchers(), *offspring(launchers()[0]), flush=True)
        await child.receive()

trio.run(main)
"""


def test_killed_supervisor_leaves_nothing() -> None:
    """When the supervisor is killed, all are gone within a second: its launcher, a child in a loop, one that waits."""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", DOOMED], stdout=subprocess.PIPE, cwd=root) as doomed:
        assert doomed.stdout is not None
        pidfds = [os.pidfd_open(int(pid)) for pid in doomed.stdout.readline().split()]
        doomed.kill()
    gone = []
    for pidfd in pidfds:
        gone += select.select([pidfd], [], [], 1)[0]
    assert len(pidfds) == 3
    assert gone == pidfds
    for pidfd in pidfds:
        os.close(pidfd)
