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

from regbot.sandbox import jail
from tests.sandbox.probe import CALLS

USERS: Final = (0, 1000) if os.getuid() == 0 else (os.getuid(),)
"""Root takes another identity in the jail, everybody else a user namespace: both ways are tried where they can be."""

ALLOWED: Final = {
    "clock": 0,
    "clock of this process": 0,
    "futex wake": 0,
    "mmap": 0,
    "mremap": 0,
    "munmap": 0,
    "read": 0,
    "write": 0,
    "mmap beyond the limit": errno.ENOMEM,
    "write stderr": errno.EBADF,
}
"""What comes back in the jail, and with what."""

ANSWERED: Final = {
    "bpf": {errno.EINVAL, errno.EPERM},
    "chroot": {0, errno.EPERM},
    "clone3": {0, errno.ENOSYS},
    "connect": {errno.EINVAL},
    "futex wait": {errno.EAGAIN},
    "io_uring_setup": {0, errno.EPERM, errno.ENOSYS},
    "keyctl": {0, errno.EPERM, errno.ENOSYS},
    "landlock": {0, errno.ENOSYS, errno.EOPNOTSUPP},
    "mkdir": {errno.EEXIST},
    "mount": {0, errno.EPERM},
    "perf_event_open": {errno.ENOENT, errno.EACCES, errno.EPERM, errno.EOPNOTSUPP},
    "pidfd_open": {0, errno.ENOSYS},
    "process_vm_readv": {0, errno.EPERM},
    "ptrace": {0, errno.EPERM},
    "setuid": {0, errno.EPERM},
    "unshare net": {0, errno.EPERM},
    "unshare user": {0, errno.EPERM, errno.ENOSPC},
    "userfaultfd": {0, errno.EPERM, errno.ENOSYS},
    "wait": {errno.ECHILD},
}
"""What the control may hear of calls that need a privilege, or that some kernels and containers do not have."""

WITHOUT_FILTER: Final = {
    "chroot",
    "dup",
    "execve",
    "fork",
    "io_uring_setup",
    "kill parent",
    "memfd_create",
    "mount",
    "open",
    "openat2",
    "pidfd_open",
    "pipe",
    "process_vm_readv",
    "ptrace",
    "read elsewhere",
    "setuid",
    "socket",
    "socket unix",
    "unshare net",
    "userfaultfd",
    "write elsewhere",
}
"""What limits, Landlock, identity and closed descriptors refuse without the help of the filter."""


@cache
def answers(mode: str, user: int) -> dict[str, int]:
    """Return how each of CALLS ended (probe.py)."""
    command = [sys.executable, "-m", "tests.sandbox.probe", mode, str(user)]
    # The other user cannot write a report of coverage.
    environment = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", sorted(CALLS.keys() - ALLOWED.keys()))
def test_forbidden(name: str, user: int) -> None:
    """The call is answered outside the jail (or this proves nothing) and is fatal inside."""
    assert answers("free", user)[name] in ANSWERED.get(name, {0})
    assert answers("jailed", user)[name] == -signal.SIGSYS


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_allowed(name: str, user: int) -> None:
    """The call works outside and is answered inside: the jail kills for what it forbids and nothing else."""
    assert answers("free", user)[name] == 0
    assert answers("jailed", user)[name] == ALLOWED[name]


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("name", sorted(WITHOUT_FILTER))
def test_without_filter(name: str, user: int) -> None:
    """The other walls hold alone: the call is refused, not killed, before the filter is there."""
    assert answers("unfiltered", user)[name] > 0


def limits(setting: str, which: str, before: str = "pass") -> str:
    """Return a limit of a process after the jail's step has set it."""
    code = (
        f"import resource, sys; from regbot.sandbox import jail; {before};"
        "plan = jail.Plan(0, b'', landlock_abi=0, can_become_nobody=False, base_memory=1 << 32);"
        f"jail.set_limits(jail.Cell(plan, jail.Limits({setting})));"
        f"sys.stdout.write(str(resource.getrlimit(resource.{which})))"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_limit_of_memory() -> None:
    """The script's memory comes on top of what a child has before it."""
    assert limits("memory=5, cpu=0", "RLIMIT_AS") == str(((1 << 32) + 5,) * 2)


def test_limit_of_time() -> None:
    """The limit of CPU time is a signal when it is reached, and a kill one second later."""
    assert limits("memory=5, cpu=7", "RLIMIT_CPU") == "(7, 8)"


def test_limit_of_the_operator() -> None:
    """A limit that is lower than ours is kept: raising it would fail."""
    lower = "resource.setrlimit(resource.RLIMIT_AS, (1 << 31, 1 << 31))"
    assert limits("memory=5, cpu=0", "RLIMIT_AS", lower) == str((1 << 31,) * 2)


@pytest.mark.parametrize("which", ["NPROC", "NOFILE", "FSIZE", "MEMLOCK", "MSGQUEUE", "SIGPENDING", "RTPRIO", "NICE"])
def test_nothing_of(which: str) -> None:
    """Of most things there are none."""
    assert limits("memory=5, cpu=0", f"RLIMIT_{which}") == "(0, 0)"


def test_limit_of_core_dumps() -> None:
    """No memory is dumped to a file or to a program: a limit of 0 would leave the latter (core(5), `fs/coredump.c`)."""
    assert limits("memory=5, cpu=0", "RLIMIT_CORE", "resource.setrlimit(resource.RLIMIT_CORE, (1, 1))") == "(1, 1)"


def test_lower_limit_of_core_dumps() -> None:
    """Where the operator has allowed none, that stays."""
    assert limits("memory=5, cpu=0", "RLIMIT_CORE", "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))") == "(0, 0)"


def test_filter_is_last() -> None:
    """The filter is the last step, because it forbids what the others call, and the descriptors go first."""
    assert jail.STEPS[0] is jail.close_all_but_the_pipe
    assert jail.STEPS[-1] is jail.load_filter
