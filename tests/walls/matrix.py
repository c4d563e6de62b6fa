"""Every attack against every choice of walls, each in a process of its own.

usage: python -m tests.walls.matrix UID
prints {"choice of walls": {"attack": whether it succeeded}}.  Root only, for any UID: one target is another user's.

A choice is `none`, `all`, `only WALL` or `all but WALL`.  One process takes the launcher's part of the chosen walls and
forks a child an attack, which takes the child's part; one more child is the neighbour, locked up in the same way.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from regbot.sandbox import jail, kernel, landlock, launcher, namespaces, privileges, seccomp
from tests.sandbox import probe
from tests.walls.attacks import files, network, processes
from tests.walls.attacks import kernel as kernels
from tests.walls.targets import CONTENT, set_uid_program, targets

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from tests.walls.targets import Targets

STEPS: Final[dict[str, Callable[[jail.Cell], None]]] = {
    "descriptors": jail.close_all_but_the_pipe,
    "no_new_privs": jail.gain_nothing,
    "landlock": jail.lose_files_and_ports,
    "nobody": jail.lose_identity,
    "capabilities": jail.lose_capabilities,
    "dumpable": jail.hide,
    "limits": jail.set_limits,
    "seccomp": jail.load_filter,
}
"""What a child does for each wall; for `namespaces` its launcher has done everything."""
WALLS: Final = ("namespaces", *STEPS)
NEEDS: Final = {"landlock": {"no_new_privs"}, "seccomp": {"no_new_privs"}}
"""What the kernel demands of a process before it builds a wall for it: so this cannot be left out alone."""
ATTACKS: Final = files.ATTACKS | network.ATTACKS | processes.ATTACKS | kernels.ATTACKS
CORE: Final = "core dump"


def choices() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield every choice of walls with its name."""
    yield "none", frozenset()
    yield "all", frozenset(WALLS)
    for wall in WALLS:
        yield f"only {wall}", frozenset({wall} | NEEDS.get(wall, set()))
        if wall not in set().union(*NEEDS.values()):
            yield f"all but {wall}", frozenset(WALLS) - {wall}


def be_launcher(walls: Collection[str], program: bytes) -> jail.Cell:
    """Do what launcher.prepare does, for some walls."""
    nobody = os.geteuid() == 0
    if "namespaces" in walls:
        list(namespaces.leave())
    if "capabilities" in walls:
        privileges.keep_what_children_need()
    plan = jail.Plan(os.getpid(), program, landlock.supported()[0], nobody, base_memory=1 << 28)
    return jail.Cell(plan, jail.Limits(probe.MEMORY, cpu=60))


def lock(walls: Collection[str], cell: jail.Cell) -> None:
    """Do what jail.enter does, for some walls."""
    for wall, step in STEPS.items():
        if wall in walls:
            step(cell)
        elif wall == "dumpable":
            kernel.prctl(kernel.PR_SET_DUMPABLE, 1)  # A change of identity has cleared it.


def succeeds(name: str, walls: Collection[str], cell: jail.Cell, where: Targets, neighbour: int) -> bool:
    """Return whether an attack reaches its end in a child, or a core is dumped."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if (process := os.fork()) == 0:
            try:
                os.dup2(theirs.fileno(), probe.PIPE)
                if name == CORE:  # Elsewhere every SIGSYS would leave one.
                    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
                    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
                lock(walls, cell)
                ATTACKS[name](where, neighbour)
                os._exit(0)
            finally:
                os._exit(1)
        status = os.waitpid(process, 0)[1]
    return status == 0 or os.WCOREDUMP(status)


@contextmanager
def a_neighbour(walls: Collection[str], cell: jail.Cell) -> Iterator[int]:
    """Yield the number by which other children know this one."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = os.fork()
        if process == 0:
            _be_neighbour(theirs, walls, cell)
    with ours:
        number = int(ours.recv(32))
        assert ours.recv(1) == b"!", "the neighbour is locked up"
        yield number
        ours.send(b".")
    os.waitpid(process, 0)


def _be_neighbour(theirs: socket.socket, walls: Collection[str], cell: jail.Cell) -> NoReturn:
    try:
        ctypes.memmove(probe.BUFFER, CONTENT, len(CONTENT))
        os.dup2(theirs.fileno(), probe.PIPE)
        os.write(probe.PIPE, b"%031d " % os.getpid())
        lock(walls, cell)
        os.write(probe.PIPE, b"!")
        os.read(probe.PIPE, 1)
    finally:
        os._exit(0)


def measure(walls: Collection[str], program: bytes, where: Targets) -> dict[str, bool]:
    """Return which attacks succeed against a choice of walls."""
    reading, writing = os.pipe()
    if (process := os.fork()) == 0:
        os.close(reading)
        cell = be_launcher(walls, program)
        with a_neighbour(walls, cell) as neighbour:
            found = {name: succeeds(name, walls, cell, where, neighbour) for name in ATTACKS}
        os.write(writing, json.dumps(found).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        result: dict[str, bool] = json.load(answer)
    assert os.waitpid(process, 0)[1] == 0
    return result


def main(user: int) -> None:
    """Print the table of one user."""
    program = seccomp.compile_profile(launcher.read_profile(), os.uname().machine)
    with tempfile.TemporaryDirectory(prefix="regbot-walls-", dir="/tmp") as name:
        folder = Path(name)
        set_uid_program(folder)
        if (process := os.fork()) == 0:
            _be_user(user, folder, program)
        assert os.waitpid(process, 0)[1] == 0


def _be_user(user: int, folder: Path, program: bytes) -> NoReturn:
    status = 1
    try:
        os.chdir(folder)  # Where a core would be dumped.
        probe.become(user)
        for where in targets(folder):
            sys.stdout.write(json.dumps({choice: measure(walls, program, where) for choice, walls in choices()}))
        sys.stdout.flush()
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]))
