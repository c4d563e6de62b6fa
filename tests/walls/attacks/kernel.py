"""Attacks on the kernel by what it offers to everybody, and on the machine by taking more than one's share."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Final

from regbot.sandbox import kernel
from tests.sandbox import probe
from tests.walls.attacks.processes import check
from tests.walls.targets import CONTENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walls.targets import Targets

_FSOPEN: Final = 430
_MEMFD_SECRET: Final = 447
_KEYCTL_READ: Final = 11
_SPACE: Final = ctypes.create_string_buffer(len(CONTENT))
# struct perf_event_attr: a software event, its size, the CPU clock; the process alone, no kernel.
_EVENT: Final = ctypes.create_string_buffer((1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(32), 64)
_EVENT[40] = bytes([0b01100000])
# union bpf_attr: a map (an array) of one word.
_MAP: Final = ctypes.create_string_buffer(b"".join(n.to_bytes(4, "little") for n in (2, 4, 4, 1)), 64)
_PIECE: Final = 64 << 20
_SHARE: Final = 1 << 30


def bare(name: str, *arguments: object) -> Callable[[Targets, int], None]:
    """Make one call, of the C library or a bare one, that succeeds or does not."""
    make = probe.prepare(name, *arguments)

    def attack(_: Targets, __: int) -> None:
        if number := make():
            raise OSError(number, "")

    return attack


def fsopen(_: Targets, __: int) -> None:
    """Begin to mount a file system; the mount is never put anywhere."""
    check(probe.LIBC.syscall(ctypes.c_long(_FSOPEN), b"tmpfs", 0))


def memfd_secret(_: Targets, __: int) -> None:
    """Have memory that not even the kernel sees."""
    check(probe.LIBC.syscall(ctypes.c_long(_MEMFD_SECRET), 0))


def shared_memory(where: Targets, _: int) -> None:
    """Attach shared memory of somebody else's."""
    if probe.LIBC.shmat(where.segment, None, 0) in probe.FAILED:
        raise OSError


def key(where: Targets, _: int) -> None:
    """Read a key of the session in which the supervisor was started."""
    number = ctypes.c_long(probe.NUMBERS["keyctl"])
    check(probe.LIBC.syscall(number, _KEYCTL_READ, where.key, _SPACE, len(CONTENT)))
    if _SPACE.raw != CONTENT:
        raise OSError


def dump_core(_: Targets, __: int) -> None:
    """Leave all memory in a file."""
    ctypes.string_at(0)


def take_memory(_: Targets, __: int) -> None:
    """Take more memory than a script is given."""
    for _turn in range(_SHARE // _PIECE):
        if probe.LIBC.mmap(None, ctypes.c_long(_PIECE), probe.RW, probe.PRIVATE, -1, ctypes.c_long(0)) in probe.FAILED:
            raise OSError


def take_descriptors(_: Targets, __: int) -> None:
    """Take all descriptors that there are."""
    for _turn in range(100):
        os.dup(probe.PIPE)


ATTACKS: Final[dict[str, Callable[[Targets, int], None]]] = {
    "executable memory: mmap": bare("mmap", None, probe.PAGE, probe.RX, probe.PRIVATE, -1, 0),
    "executable memory: mprotect": bare("mprotect", probe.FIRST_PAGE, probe.PAGE, probe.RWX),
    "memfd_create": bare("memfd_create", b"x", 0),
    "memfd_secret": memfd_secret,
    "userfaultfd": bare("userfaultfd", 1),
    "io_uring": bare("io_uring_setup", 1, ctypes.create_string_buffer(120)),
    "bpf": bare("bpf", 0, _MAP, 64),
    "perf_event_open": bare("perf_event_open", _EVENT, 0, -1, -1, 0),
    "a user namespace of one's own": bare("unshare", kernel.CLONE_NEWUSER),
    "a mount namespace of one's own": bare("unshare", kernel.CLONE_NEWNS),
    "mount a file system": fsopen,
    "chroot": bare("chroot", b"/"),
    "System V: attach shared memory": shared_memory,
    "keyctl: read a key of the session": key,
    "prctl: show oneself to others again": bare("prctl", kernel.PR_SET_DUMPABLE, 1, 0, 0, 0),
    "core dump": dump_core,
    "memory beyond the limit": take_memory,
    "a hundred descriptors": take_descriptors,
}
