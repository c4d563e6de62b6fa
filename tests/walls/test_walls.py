"""Each wall of the jail by itself, against attacks that succeed where it is not."""

from __future__ import annotations

import os
import re
from typing import Final

import pytest

from regbot.sandbox import jail, landlock
from tests.sandbox.raw import RawLauncher
from tests.walls.matrix import ATTACKS, STEPS, WALLS
from tests.walls.table import USERS, documented, markdown, matrix, sole, stoppers

pytestmark = pytest.mark.skipif(
    os.getuid() != 0, reason="only root has both kinds of children; the table was not measured"
)

ROOT_ONLY: Final = {
    "create a device",
    "packet socket",
    "raise the loopback interface",
    "become root",
    "become another user",
    "take a real-time priority",
    "bpf",
    "a mount namespace of one's own",
    "mount a file system",
    "chroot",
}
"""What the kernel lets nobody else do; of these, some kernels let everybody."""

CLASSES: Final = {
    "namespaces": "read a file|see that|list|create|change a file|execute|.*/proc/|TCP: connect|UDP|Unix"
    "|.* on the supervisor|System V|keyctl|a user namespace",
    "descriptors": "open below|write to a socket",
    "no_new_privs": "gain",
    "landlock": "read a file|list|create|execute|gain|open below|.*/proc/|TCP|.*abstract|(signal|ptrace|proc).* on ",
    "nobody": "create a device|become|.* o[nf] the supervisor|packet|raise|mount|chroot|take a real-time",
    "capabilities": "create a device|become another|packet|raise|mount|chroot|take a real-time",
    "dumpable": "core dump",
    "limits": "memory beyond|a hundred|a socket|TCP|UDP|read a file|execute|io_uring|userfaultfd|memfd|perf|core dump",
    "seccomp": "(?!core dump|memory beyond).*",
}
"""By wall: what it must stop alone, as the beginnings of attacks."""
OF_OTHERS: Final = {
    **{wall: pattern for wall, pattern in CLASSES.items() if wall not in {"nobody", "capabilities"}},
    "dumpable": "core dump|(ptrace|process_vm_.*|pidfd_getfd|`/proc/PID/mem`) o[nf] a neighbour",
    "limits": f"fork|start a thread|{CLASSES['limits']}",
}
"""The same where another user than root started the launcher, who has no capabilities to pass these walls with."""

ONLY: Final = {
    "seccomp": {
        "send the supervisor a descriptor",
        "prlimit on a neighbour",
        "executable memory: mmap",
        "executable memory: mprotect",
        "prctl: show oneself to others again",
    },
    "limits": {"memory beyond the limit"},
}
"""What only one wall stops."""


def known(pattern: str) -> set[str]:
    """Return the attacks whose names begin so."""
    found = {attack for attack in ATTACKS if re.match(pattern, attack)}
    assert found
    return found


@pytest.fixture(scope="module", autouse=True)
def _whole() -> None:
    """Say what is missing where a kernel or a container does not have every wall."""
    with RawLauncher() as raw:
        missing = [line for line in raw.hello.split("\n") if " no " in line and not line.startswith("user ")]
    if missing or landlock.supported()[0] < 6:
        text = f"the table cannot be measured here: {missing}, Landlock ABI {landlock.supported()[0]} (6 is needed)"
        pytest.fail(text) if os.environ.get("REGBOT_MUST_JAIL") == "1" else pytest.skip(text)


def test_every_step_is_a_wall() -> None:
    """Every step of the jail is in the table, in its order, but for the one that ends with the launcher."""
    assert list(STEPS.values()) == [step for step in jail.STEPS if step is not jail.die_with_the_launcher]
    assert set(WALLS) == CLASSES.keys()


@pytest.mark.parametrize("user", USERS.values())
def test_without_walls(user: int) -> None:
    """Without any wall every attack succeeds, but for those that are root's alone."""
    failed = {attack for attack, succeeded in matrix(user)["none"].items() if not succeeded}
    assert failed <= (ROOT_ONLY if user else set())


@pytest.mark.parametrize("user", USERS.values())
def test_all_walls(user: int) -> None:
    """Against all walls none succeeds."""
    assert {attack for attack, succeeded in matrix(user)["all"].items() if succeeded} == set()


@pytest.mark.parametrize(
    ("user", "wall", "pattern"),
    [(user, *row) for user, table in ((0, CLASSES), (1000, OF_OTHERS)) for row in table.items()],
)
def test_alone(user: int, wall: str, pattern: str) -> None:
    """A wall alone stops all attacks of its class."""
    possible = {attack for attack in known(pattern) if matrix(user)["none"][attack]}
    assert {attack for attack in possible if wall not in stoppers(user, attack)} == set()


@pytest.mark.parametrize("user", USERS.values())
def test_one_less(user: int) -> None:
    """With any one wall switched off the others stop all attacks, but for a few that are named here."""
    found = {wall: {attack for attack in ATTACKS if wall in sole(user, attack)} for wall in WALLS}
    assert {wall: attacks for wall, attacks in found.items() if attacks} == ONLY


def test_documented() -> None:
    """The table in docs/security.md is the one that was measured (`python -m tests.walls` prints it)."""
    assert documented() == markdown()
