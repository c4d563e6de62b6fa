from __future__ import annotations

from typing import Final

import pytest
import trio

from regbot.supervisor.children.launcher import open_launcher
from tests.sandbox.raw import root_only
from tests.supervisor.processes import (
    LIMITS,
    STAND_IN,
    environment_of,
    files_of,
    launchers,
    logged,
    offspring,
    open_in,
    status,
)

NEW_YEAR: Final = "log(os.date('%H:%M', 1704067200))"
"""The hour, here, at the start of 2024 in UTC."""


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
