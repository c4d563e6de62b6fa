"""Makes every system call by its number, each in a process of its own, and prints how each process ended.

usage: python -m tests.walls.numbers free|jailed UID
prints {"group/call": status}, with the statuses of tests/sandbox/probe.py: 0, an errno, or minus the signal.

Outside the jail these calls must do no harm, whoever makes them.  So every argument is -1: no descriptor, address,
process, length, flag or option has this value, and the kernel refuses it before it does anything.  HARMFUL has the
calls that take no argument or make something of -1.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING, Final

from regbot.sandbox import launcher, seccomp
from tests.sandbox import probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NUMBERS: Final = range(601)
HIGH: Final = 1 << 32
"""A bit that the kernel ignores in a 32-bit argument."""
PATIENCE: Final = 0.3
"""Seconds after which a call outside the jail (pause, say) is ended with SIGALRM."""

MACHINE: Final = os.uname().machine
ALLOWED: Final = {
    rule.name: seccomp.NUMBERS[MACHINE][rule.name]
    for rule in seccomp.rules(launcher.read_profile())
    if rule.action == seccomp.ALLOW
}
HARMFUL: Final = {
    "x86_64": {"vfork": 58, "msgget": 68, "vhangup": 153, "sync": 162},
    "aarch64": {"vhangup": 58, "sync": 81, "msgget": 186},
}[MACHINE]
"""What is not made outside the jail.

vfork would run one stack twice, vhangup would take the terminal from whoever sits there, sync would wait for all disks,
and msgget makes a queue that stays.
"""

_PAGE, _BUFFER, _PIPE = probe.PAGE, ctypes.addressof(probe.BUFFER), probe.PIPE
_FIRST, _SECOND = probe.MEMORY_AT, probe.MEMORY_AT + probe.PAGE
_RW, _ANONYMOUS = 3, 0x22

ARGUMENTS: Final[dict[str, tuple[list[tuple[int, ...]], list[tuple[int, ...]]]]] = {
    "read": (
        [(_PIPE, _BUFFER, 0)],
        [(fd, _BUFFER, 0) for fd in (0, 1, 2, 4, 5, 1023, -1, _PIPE | HIGH)],
    ),
    "write": (
        [(_PIPE, _BUFFER, 1), (2, _BUFFER, 1)],
        [(fd, _BUFFER, 0) for fd in (0, 1, 4, 5, 1023, -1, _PIPE | HIGH, 2 | HIGH)],
    ),
    "brk": ([(0,), (-1,)], []),
    "munmap": ([(_FIRST, _PAGE), (-1, -1)], []),
    "mmap": (
        [(0, _PAGE, _RW, _ANONYMOUS, -1, 0), (0, 2 * probe.MEMORY, _RW, _ANONYMOUS, -1, 0)],
        [
            *[(0, _PAGE, prot, _ANONYMOUS, -1, 0) for prot in (0, 1, 2, 4, 5, 6, 7, 8, 0x01000003, _RW | HIGH)],
            # Of a file; shared; fixed in place; growing; locked; populated; huge; with a bit that the kernel ignores.
            *[(0, _PAGE, _RW, flags, -1, 0) for flags in (0x02, 0x21, 0x122, 0x2022, 0x8022, 0x40022, 0x22 | HIGH)],
            *[(_FIRST, _PAGE, _RW, flags, -1, 0) for flags in (0x32, 0x100022)],
        ],
    ),
    "mremap": (
        [(_FIRST, _PAGE, _PAGE, flags) for flags in (0, 1)],
        [(_FIRST, _PAGE, _PAGE, flags, _SECOND) for flags in (2, 3, 4, 5, 7, 8, -1, 1 | HIGH)],
    ),
    "futex": (
        [(_BUFFER, 129, 1)],
        [(_BUFFER, op, 1, 0, _BUFFER, 0) for op in (*range(14), 128, *range(130, 142), 129 | 256, -1, 129 | HIGH)],
    ),
    "clock_gettime": (
        [(clock, _BUFFER) for clock in range(8)],
        [(clock, _BUFFER) for clock in (8, 9, 10, 11, 15, 16, 64, -1, -6, (~probe.PARENT << 3) | 2, 1 | HIGH)],
    ),
    "exit_group": ([(0,)], []),
}
"""By the name of an allowed call: arguments that it may have, and others that it may not."""

X32: Final = 0x40000000
GETPID: Final = 39
# push rbx; mov eax, edi; xor ebx, ebx; xor ecx, ecx; xor edx, edx; int 0x80; pop rbx; ret
_INT_80: Final = bytes.fromhex("53 89f8 31db 31c9 31d2 cd80 5b c3")
_PAGES: Final[list[ctypes.c_char]] = []
"""What holds the pages with that code."""
I386: Final = (*sorted(ALLOWED.values()), 20, 114)
"""Numbers for the door of 32-bit programs: those that are allowed at the other door, getpid and wait4."""


def calls() -> Iterator[tuple[str, Callable[[], int]]]:
    """Prepare every call; a process that is locked up can only make it."""
    for number in NUMBERS:
        yield f"number/{number}", call(number, *[-1] * 6)
    for name, (allowed, forbidden) in ARGUMENTS.items():
        for kind, choices in (("allowed", allowed), ("forbidden", forbidden)):
            for place, given in enumerate(choices):
                yield f"{kind}/{name} {place}", call(ALLOWED[name], *given)
    if MACHINE == "x86_64":
        for number in (*ALLOWED.values(), GETPID):
            yield f"x32/{number}", call(X32 | number, *[-1] * 6)
        for number in I386:
            yield f"i386/{number}", call_32(number)


def call(number: int, *arguments: int) -> Callable[[], int]:
    """Return a function that makes one call and returns its errno, or 0."""
    wide = [ctypes.c_long(value) for value in (number, *arguments)]
    return lambda: ctypes.get_errno() if probe.LIBC.syscall(*wide) == -1 else 0


def call_32(number: int) -> Callable[[], int]:
    """Return a function that makes one call by the door of 32-bit programs, with code on a page prepared for it."""
    page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(_INT_80)
    _PAGES.append(ctypes.c_char.from_buffer(page))
    code = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(ctypes.addressof(_PAGES[-1]))
    return lambda: max(0, -code(number))


def bounded(make: Callable[[], int]) -> Callable[[], int]:
    """Let a call outside the jail neither hang nor leave a core file."""

    def bound() -> int:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        return make()

    return bound


def main(mode: str, uid: str) -> None:
    """Print the table of one mode and one user."""
    profile = launcher.read_profile()  # The other user may not be able to.
    prepared = dict(calls())
    if mode == "free":
        harmful = {f"number/{number}" for number in HARMFUL.values()}
        prepared = {name: bounded(make) for name, make in prepared.items() if name not in harmful}
    probe.become(int(uid))
    where = probe.cell(mode, profile)
    sys.stdout.write(json.dumps({name: probe.probe(mode, where, make) for name, make in prepared.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
