from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.config.isolation import ALWAYS, WALLS
from regbot.supervisor.children.launcher import open_launcher
from regbot.supervisor.children.layers import LauncherFailed, Layer, require
from tests.supervisor.children.entries import broken, run_once
from tests.supervisor.processes import STAND_IN

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = ("user", "net", "ipc", "uts", "pid", "mount", "root", "nobody", "landlock")


def layers(*lacking: str) -> list[Layer]:
    """Return every layer; those named do not hold."""
    return [Layer(name, holds=name not in lacking, detail="refused" if name in lacking else "") for name in NAMES]


@pytest.mark.parametrize("lacking", [(), ("user",), ("nobody",)])
def test_all_hold(lacking: tuple[str, ...]) -> None:
    """Where every wall stands all can be required: to be nobody there are two ways, and either will do."""
    require(WALLS, layers(*lacking))


@pytest.mark.parametrize(
    ("required", "lacking", "why"),
    [
        ("landlock", ["landlock"], "landlock, which does not hold here: landlock: refused ("),
        ("nobody", ["nobody", "user"], "nobody, which does not hold here: nobody: refused, user: refused ("),
        *(
            ("namespaces", [name], f"namespaces, which does not hold here: {name}: refused (")
            for name in ("net", "ipc", "uts", "pid", "mount", "root")
        ),
        ("namespaces", ["net", "ipc"], "namespaces, which does not hold here: net: refused ("),
    ],
)
def test_missing(required: str, lacking: list[str], why: str) -> None:
    """A wall that does not hold is named, with the reason and what to do; one that is not required is no matter."""
    require({*WALLS} - {required}, layers(*lacking)) if required != "nobody" else require(ALWAYS, layers(*lacking))
    with pytest.raises(LauncherFailed) as raised:
        require(["seccomp", required], layers(*lacking))
    assert why in str(raised.value)
    assert "`regbot doctor`" in str(raised.value)
    assert "take it out of isolation.require" in str(raised.value)


def test_several_missing() -> None:
    """All that is missing is said at once."""
    with pytest.raises(LauncherFailed, match=r"landlock, which .*; namespaces, which "):
        require(["landlock", "namespaces"], layers("landlock", "root"))


def test_layer_that_was_not_tried() -> None:
    """What the launcher says nothing of does not hold."""
    with pytest.raises(LauncherFailed, match="landlock was not tried"):
        require(["landlock"], [])


async def test_no_child_without_it(tmp_path: Path) -> None:
    """A launcher that lacks a required wall gives no child, however often it is asked."""
    entry = broken(tmp_path, "hello\nlandlock no Function not implemented", silent=True)
    async with open_launcher(entry=entry, required=["landlock"], reserve=1) as launcher:
        for asked in (launcher.layers(), run_once(launcher)):
            with pytest.raises(LauncherFailed, match="landlock: Function not implemented"):
                await asked


async def test_child_with_it() -> None:
    """Where the walls hold that are required, runs get their children."""
    async with open_launcher(entry=STAND_IN) as launcher:
        holding = {layer.name for layer in await launcher.layers() if layer.holds}
    async with open_launcher(entry=STAND_IN, required=[*ALWAYS, *holding & {"landlock", "nobody"}]) as launcher:
        await run_once(launcher)
