from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox.raw import FOLDERS

EXAMINED: Final = str(Path(__file__).with_name("examined.py"))
REFUSING: Final = str(Path(__file__).parents[1] / "refusing.py")

as_root = pytest.mark.skipif(os.getuid() != 0 and os.environ.get("CI") != "true", reason="only root can change user")


def examined(*flaws: str, refused: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """Return what an examination finds: for each wall whether it holds, and the detail."""
    around = [sys.executable, REFUSING, *refused, "--"] if refused else []
    command = [*around, sys.executable, "-I", "-S", EXAMINED, *flaws, "--", *FOLDERS]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False, cwd="/"
    )
    assert (done.returncode, done.stderr) == (0, "")
    rows = [[*line.split(" ", 2), ""] for line in done.stdout.splitlines()]
    return {row[0]: (row[1], row[2]) for row in rows}


@as_root
def test_root() -> None:
    """Where nothing is refused to root every wall holds, and the namespace of users is not needed."""
    found = examined()
    assert {name for name, (holds, _) in found.items() if holds != "yes"} == {"user"}
    assert found["user"][0] == "needless"


@as_root
def test_another_user() -> None:
    """Everybody else gets the others by a namespace of users, in which children are nobody, and outside are not."""
    found = examined("another_user")
    assert {name for name, (holds, _) in found.items() if holds != "yes"} == set()
    assert found["nobody"][1] == "in a user namespace; outside they are still user 1000"


@as_root
@pytest.mark.parametrize(
    ("flaws", "wall", "why"),
    [
        ("load_filter", "seccomp", "a forbidden system call was answered"),
        ("gain_nothing", "no_new_privs", ""),
        ("lose_files_and_ports", "landlock", "files can be opened; TCP ports can be had"),
        ("lose_identity", "nobody", "children are user 0 and group 0"),
        ("lose_identity lose_capabilities", "capabilities", "children have the capabilities 0x"),
        ("shown", "hidden", "processes of the same user may look into children"),
        ("die_with_the_launcher", "parent_death", "a child lived for 0.5 s after its launcher"),
        ("set_limits", "limits", "no limit of processes, open files"),
        ("more_memory", "limits", "no limit of memory"),
        ("close_all_but_the_pipe", "descriptors", "children have the descriptors 0, 1, 2"),
        ("a_compiler", "jit", "are executable and of no file"),
        ("a_pretended_network", "net", "children are in the namespace of regbot"),
    ],
)
def test_flaws(flaws: str, wall: str, why: str) -> None:
    """A wall that has a flaw is said not to hold, by what a child could do."""
    holds, detail = examined(*flaws.split())[wall]
    assert holds == "no"
    assert why in detail


@as_root
@pytest.mark.parametrize(
    ("refused", "walls", "why"),
    [
        ("unshare", {"net", "ipc", "uts", "mount"}, "Operation not permitted"),
        ("landlock", {"landlock"}, "Function not implemented"),
        ("limits", {"limits"}, "no limit of processes"),
    ],
)
def test_refused(refused: str, walls: set[str], why: str) -> None:
    """What the surroundings refuse, or only pretend to do, does not hold, and the rest is found out all the same."""
    found = examined(refused=(refused,))
    assert {name for name, (_, detail) in found.items() if why in detail} >= walls
    assert {found[name][0] for name in walls} == {"no"}
    assert found["capabilities"] == ("yes", "")


@as_root
def test_no_filters() -> None:
    """Where no filter can be loaded that is said, with the reason, and the other walls are looked at all the same."""
    found = examined(refused=("filters",))
    assert found["seccomp"] == ("no", "JailError: load_filter: [Errno 22] prctl(22): Invalid argument")
    assert found["limits"] == ("yes", "")
