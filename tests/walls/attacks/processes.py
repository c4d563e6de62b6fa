"""Attacks on other processes, by more processes, and on one's own identity."""

from __future__ import annotations

import _thread
import ctypes
import os
import resource
from typing import TYPE_CHECKING, Final

from tests.sandbox import probe
from tests.walls.targets import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walls.targets import Targets

_SEIZE: Final = 0x4206
_PIDFD_GETFD: Final = 438
_COPY: Final = ctypes.create_string_buffer(len(CONTENT))
_HERE: Final = ctypes.byref((ctypes.c_long * 2)(ctypes.addressof(_COPY), len(CONTENT)))
_THERE: Final = ctypes.byref((ctypes.c_long * 2)(ctypes.addressof(probe.BUFFER), len(CONTENT)))


def check(result: int) -> int:
    """Raise for a failure of the C library."""
    if result == -1:
        raise OSError(ctypes.get_errno(), "")
    return result


def _signal(process: int) -> None:
    os.kill(process, 0)


def _trace(process: int) -> None:
    check(probe.LIBC.ptrace(_SEIZE, process, None, None))


def _read_memory(process: int) -> None:
    check(probe.LIBC.process_vm_readv(process, _HERE, 1, _THERE, 1, 0))
    if _COPY.raw != CONTENT:
        raise OSError


def _write_memory(process: int) -> None:
    ctypes.memmove(_COPY, CONTENT, len(CONTENT))
    check(probe.LIBC.process_vm_writev(process, _HERE, 1, _THERE, 1, 0))


def _take_descriptor(process: int) -> None:
    pidfd = os.pidfd_open(process)
    check(probe.LIBC.syscall(ctypes.c_long(_PIDFD_GETFD), pidfd, probe.PIPE, 0))


def _limits(process: int) -> None:
    resource.prlimit(process, resource.RLIMIT_CPU)


ON_OTHERS: Final = {
    "signal": _signal,
    "ptrace": _trace,
    "process_vm_readv": _read_memory,
    "process_vm_writev": _write_memory,
    "pidfd_getfd": _take_descriptor,
    "prlimit": _limits,
}


def on_supervisor(attack: Callable[[int], None]) -> Callable[[Targets, int], None]:
    """Direct an attack at a process outside."""
    return lambda where, _: attack(where.process)


def on_neighbour(attack: Callable[[int], None]) -> Callable[[Targets, int], None]:
    """Direct it at another child of the same launcher."""
    return lambda _, neighbour: attack(neighbour)


def fork(_: Targets, __: int) -> None:
    """Begin a fork bomb."""
    for _turn in range(4):
        if os.fork() == 0:
            os._exit(0)
        os.wait()


def thread(_: Targets, __: int) -> None:
    """Begin a thread."""
    try:
        _thread.start_new_thread(int, ())
    except RuntimeError:
        raise OSError from None


def become_root(_: Targets, __: int) -> None:
    """Take root's identity: a child of root's could have it back."""
    os.setresuid(0, 0, 0)


def become_anybody(_: Targets, __: int) -> None:
    """Take the identity of any user, and of any group."""
    os.setgroups([1])
    os.setresuid(1, 1, 1)


def real_time(_: Targets, __: int) -> None:
    """Take all time of a processor from everybody else."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


ATTACKS: Final[dict[str, Callable[[Targets, int], None]]] = {
    **{f"{name} on the supervisor": on_supervisor(attack) for name, attack in ON_OTHERS.items()},
    **{f"{name} on a neighbour": on_neighbour(attack) for name, attack in ON_OTHERS.items()},
    "fork": fork,
    "start a thread": thread,
    "become root": become_root,
    "become another user": become_anybody,
    "take a real-time priority": real_time,
}
