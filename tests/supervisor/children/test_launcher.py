from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.protocol.messages import Done
from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.control import LauncherProcess
from regbot.supervisor.children.launcher import LauncherFailed, open_launcher
from tests.sandbox.raw import FOLDERS, root_only
from tests.supervisor.processes import (
    LIMITS,
    STAND_IN,
    converse,
    descriptors,
    environment_of,
    files_of,
    launchers,
    logged,
    offspring,
    open_in,
    start,
    status,
)

if TYPE_CHECKING:
    from regbot.supervisor.children.launcher import Launcher

NEW_YEAR: Final = "log(os.date('%H:%M', 1704067200))"
"""The hour, here, at the start of 2024 in UTC."""


def broken(folder: Path, *answers: str, silent: bool = False) -> Path:
    """Write a launcher that gives these answers, one before each request, and then leaves or is silent for ever."""
    entry = folder / "entry.py"
    entry.write_text(
        "import socket, signal\ncontrol = socket.socket(fileno=0)\n"
        f"for answer in {[answer.encode() for answer in answers]}:\n    control.send(answer), control.recv(99)\n"
        + ("signal.pause()\n" if silent else "")
    )
    return entry


async def run_once(launcher: Launcher) -> None:
    """Run the shortest script."""
    async with launcher.child(LIMITS) as child:
        assert await converse(child, "!done!") == [Done()]


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


async def test_launcher_that_does_not_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A launcher that ends before its hello is an error that gives its status, and its words are on standard error."""
    entry = tmp_path / "entry.py"
    entry.write_text("raise SystemExit('no Lua here')")
    async with open_launcher(entry=entry) as launcher:
        with pytest.raises(LauncherFailed, match="status 1 before it was ready"):
            await run_once(launcher)
    assert capfd.readouterr().err == "no Lua here\n"


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        (["hello\nnet yes"], "so did the next"),
        (["hello\nnet yes", "refused 1 Resource unavailable"], "no process for a child: Resource unavailable"),
    ],
)
async def test_launcher_without_a_child(tmp_path: Path, answers: list[str], error: str) -> None:
    """A launcher that dies of each request is given up after the second; one that cannot fork says why."""
    async with open_launcher(entry=broken(tmp_path, *answers)) as launcher:
        with pytest.raises(LauncherFailed, match=error):
            await run_once(launcher)


@pytest.mark.parametrize(
    ("answers", "error"),
    [([], "status -9 before it was ready"), (["hello\nnet yes"], "so did the next")],
)
async def test_silent_launcher(tmp_path: Path, answers: list[str], error: str) -> None:
    """A launcher that does not answer is killed, and counts as one that died."""
    async with open_launcher(entry=broken(tmp_path, *answers, silent=True), patience=1.5) as launcher:
        with pytest.raises(LauncherFailed, match=error):
            await run_once(launcher)


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
    entry = tmp_path / "entry.py"
    entry.write_text(STAND_IN.read_text().replace("(time_zone, Script)", "(time_zone, lambda: 1 / 0)"))
    async with open_launcher(entry=entry) as launcher:
        with pytest.raises(LauncherFailed, match="did not lock its doors: the child ended with status 6"):
            await run_once(launcher)


@root_only
async def test_launcher_is_clean() -> None:
    """The launcher has nothing of ours: an empty environment, its control socket, and standard error."""
    async with open_launcher() as launcher:
        await launcher.layers()
        (pid,) = launchers()
        assert environment_of(pid) == b""
        assert open_in(pid).keys() == {"0", "2"}
        assert open_in(pid)["0"].startswith("socket:")


@root_only
async def test_launcher_has_an_empty_root() -> None:
    """Where the layer holds, nothing can be opened by name in the launcher, and so in a child."""
    async with open_launcher() as launcher:
        holding = {layer.name for layer in await launcher.layers() if layer.holds}
        (pid,) = launchers()
        assert (files_of(pid) == []) == ("root" in holding)


@root_only
async def test_child_has_one_descriptor() -> None:
    """A child has its end of the socket and nothing else, also with others beside it."""
    async with open_launcher(entry=STAND_IN) as launcher, launcher.child(LIMITS), launcher.child(LIMITS):
        found = [list(open_in(pid)) for pid in offspring(launchers()[0])]
    assert found == [["3"], ["3"]]


async def test_child_has_no_privileges() -> None:
    """A child has no capability, cannot gain any, is filtered, and as root's child it is nobody."""
    async with open_launcher() as launcher, launcher.child(LIMITS):
        nobody = {layer.name for layer in await launcher.layers() if layer.holds} & {"nobody"}
        found = status(offspring(launchers()[0])[0])
    assert {int(found[key], 16) for key in ("CapEff", "CapPrm", "CapInh", "CapAmb")} == {0}
    assert (found["NoNewPrivs"], found["Seccomp"]) == ("1", "2")
    if nobody:
        assert found["Uid"].split() == found["Gid"].split() == ["65534"] * 4
        assert (found["Groups"], int(found["CapBnd"], 16)) == ("", 0)


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", "19:00"), ("UTC", "00:00"), ("Mars/Olympus", "00:00")])
async def test_time_zone(zone: str, hour: str) -> None:
    """A script sees the time of the zone that was asked for; one that does not exist is UTC to the C library."""
    async with open_launcher(timezone=zone) as launcher:
        assert await logged(launcher, NEW_YEAR) == hour


@pytest.mark.parametrize(("zone", "hour"), [("Asia/Tokyo", "09:00"), ("", "00:00")])
async def test_own_time_zone(zone: str, hour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without another wish it is the zone of this process."""
    monkeypatch.setenv("TZ", zone)
    async with open_launcher() as launcher:
        assert await logged(launcher, NEW_YEAR) == hour


async def test_time_zone_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TZ it is the system's, as date(1) says; the jail has no file to look it up in."""
    monkeypatch.delenv("TZ", raising=False)
    date = await trio.run_process(["date", "-d", "@1704067200", "+%H:%M"], capture_stdout=True)
    async with open_launcher() as launcher:
        assert await logged(launcher, NEW_YEAR) == date.stdout.decode().strip()


DOOMED: Final = """
import sys, trio
from regbot.supervisor.children.launcher import open_launcher
from tests.sandbox.raw import FOLDERS, root_only
from tests.supervisor.processes import LIMITS, STAND_IN, launchers, offspring, start

async def main():
    async with open_launcher(entry=STAND_IN) as launcher, launcher.child(LIMITS) as child:
        await start(child, "!loop!")
        print(*launchers(), *offspring(launchers()[0]), flush=True)
        await child.receive()

trio.run(main)
"""


def test_killed_supervisor_leaves_nothing() -> None:
    """When the supervisor is killed, launcher and child are gone within a second, though the child is in a loop."""
    root = Path(__file__).parents[3]
    with subprocess.Popen([sys.executable, "-c", DOOMED], stdout=subprocess.PIPE, cwd=root) as doomed:
        assert doomed.stdout is not None
        pidfds = [os.pidfd_open(int(pid)) for pid in doomed.stdout.readline().split()]
        doomed.kill()
    gone = []
    for pidfd in pidfds:
        gone += select.select([pidfd], [], [], 1)[0]
    assert len(pidfds) == 2
    assert gone == pidfds
    for pidfd in pidfds:
        os.close(pidfd)
