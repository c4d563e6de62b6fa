from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from functools import cache
from typing import Final

import pytest

from tests.walls.numbers import ALLOWED, ARGUMENTS, HARMFUL, MACHINE, NUMBERS

USERS: Final = (0, 1000) if os.getuid() == 0 else (os.getuid(),)

EXEMPT: Final = {"x86_64": {335: {-signal.SIGILL}, 336: {errno.ENXIO, -signal.SIGILL}}, "aarch64": {}}[MACHINE]
"""uretprobe and uprobe, and how they end: kernels that have them ask no filter (seccomp.c, seccomp_uprobe_exception).

Both do something for code only that the kernel itself has put in the place of a probe, and end everybody else.
"""
SYSCALLS_OF_2021: Final = 350
"""The least number of calls that a kernel has on which the jail works (Linux 5.9, and without the optional ones)."""
IN_JAIL: Final = {"write 1": errno.EBADF, "mmap 1": errno.ENOMEM}
"""What is allowed and yet not answered as outside: there is no standard error, and a limit of memory."""


@cache
def answers(mode: str, user: int, kind: str) -> dict[str, int]:
    """Return how each call of one kind ended (numbers.py)."""
    found = {
        name.removeprefix(f"{kind}/"): status for name, status in probed(mode, user).items() if name.startswith(kind)
    }
    assert found
    return found


@cache
def probed(mode: str, user: int) -> dict[str, int]:
    """Make all calls once."""
    command = [sys.executable, "-m", "tests.walls.numbers", mode, str(user)]
    # The other user cannot write a report of coverage.
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("user", USERS)
def test_every_number_but_the_allowed_is_fatal(user: int) -> None:
    """Of the numbers 0 to 600, those that the profile does not name end the process with SIGSYS."""
    ended = answers("jailed", user, "number")
    assert len(ended) == len(NUMBERS)
    survivors = {int(number) for number, status in ended.items() if status != -signal.SIGSYS}
    # With -1 for a descriptor, an operation or flags the others kill as well.
    assert survivors - EXEMPT.keys() == {ALLOWED[name] for name in ("brk", "munmap", "exit_group")}
    assert {ended[str(ALLOWED["munmap"])], ended[str(ALLOWED["exit_group"])]} == {errno.EINVAL, 255}


@pytest.mark.parametrize("user", USERS)
def test_every_number_is_answered_outside(user: int) -> None:
    """Outside the jail no number ends with SIGSYS, and most are calls that this kernel has."""
    ended = answers("free", user, "number")
    assert len(ended) == len(NUMBERS) - len(HARMFUL)
    assert -signal.SIGSYS not in ended.values()
    assert sum(status != errno.ENOSYS for status in ended.values()) > SYSCALLS_OF_2021 - len(HARMFUL)


@pytest.mark.parametrize("number", sorted(EXEMPT))
@pytest.mark.parametrize("user", USERS)
def test_what_no_filter_is_asked_about(user: int, number: int) -> None:
    """What the kernel lets past every filter is fatal or refused all the same."""
    assert answers("jailed", user, "number")[str(number)] in {*EXEMPT[number], -signal.SIGSYS}


@pytest.mark.parametrize("user", USERS)
def test_allowed_arguments(user: int) -> None:
    """An allowed call with allowed arguments is answered as it is outside, but for what the limits refuse."""
    assert answers("jailed", user, "allowed") == answers("free", user, "allowed") | IN_JAIL


@pytest.mark.parametrize("user", USERS)
def test_forbidden_arguments(user: int) -> None:
    """With any other argument it is fatal, also where only a bit differs that the kernel would ignore."""
    inside = answers("jailed", user, "forbidden")
    assert len(inside) == sum(len(forbidden) for _, forbidden in ARGUMENTS.values())
    assert {name for name, status in inside.items() if status != -signal.SIGSYS} == set()
    assert -signal.SIGSYS not in answers("free", user, "forbidden").values()


@pytest.mark.skipif(MACHINE != "x86_64", reason="only x86_64 has two more doors")
@pytest.mark.parametrize("kind", ["i386", "x32"])
@pytest.mark.parametrize("user", USERS)
def test_other_doors(user: int, kind: str) -> None:
    """The door of 32-bit programs (int 0x80) and the numbers of x32 are fatal, whatever is behind them outside."""
    outside = set(answers("free", user, kind).values())
    assert -signal.SIGSYS not in outside
    if -signal.SIGSEGV in outside:
        pytest.skip("this kernel has no door for 32-bit programs")
    assert set(answers("jailed", user, kind).values()) == {-signal.SIGSYS}
