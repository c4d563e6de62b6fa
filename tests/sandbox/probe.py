"""Makes named system calls, each in a process of its own, and prints how each process ended.

usage: python -m tests.sandbox.probe free|unfiltered|jailed UID
prints {"name": status}: 0 the call succeeded, N its errno, -N the signal that killed the process.

A process is forked as the launcher forks a child.  `free` makes the call at once, `unfiltered` after every step of the
jail but the last (the seccomp filter), `jailed` after all of them.  Everything is prepared before the fork: in the jail
nothing can be looked up any more.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

from regbot.sandbox import jail, kernel, launcher, pipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEMORY: Final = 64 << 20
PAGE: Final = 4096

LIBC: Final = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mremap.restype = ctypes.c_void_p
LIBC.syscall.restype = ctypes.c_long
FAILED: Final = {-1, (1 << 64) - 1}

# Calls that the C library has no function for; the newer ones have one number on all machines.
NUMBERS: Final = {
    "x86_64": {"futex": 202, "keyctl": 250, "perf_event_open": 298, "seccomp": 317, "bpf": 321, "userfaultfd": 323},
    "aarch64": {"futex": 98, "keyctl": 219, "perf_event_open": 241, "seccomp": 277, "bpf": 280, "userfaultfd": 282},
}[os.uname().machine]
NUMBERS.update(io_uring_setup=425, pidfd_open=434, clone3=435, close_range=436, openat2=437, landlock=444)

RW, RX, RWX = 3, 5, 7
PRIVATE, SHARED, FIXED = 0x22, 0x21, 0x32
BUFFER: Final = ctypes.create_string_buffer(PAGE)
TOP: Final = ctypes.create_string_buffer(bytes(8))
MASK: Final = ctypes.create_string_buffer(b"\xff" * 8)
WORD: Final = ctypes.byref(ctypes.c_int(0))
IOVEC: Final = ctypes.byref((ctypes.c_long * 2)(ctypes.addressof(BUFFER), PAGE))
ARGV: Final = ctypes.byref((ctypes.c_char_p * 2)(b"true", None))
MEMORY_AT: Final = LIBC.mmap(None, ctypes.c_long(2 * PAGE), RW, PRIVATE, -1, ctypes.c_long(0))
FIRST_PAGE: Final = ctypes.c_void_p(MEMORY_AT)
SECOND_PAGE: Final = ctypes.c_void_p(MEMORY_AT + PAGE)
PARENT: Final = os.getpid()
PIPE: Final = pipe.PIPE_FD

CALLS: Final[dict[str, tuple[object, ...]]] = {
    "access": ("access", b"/", 0),
    "bpf": ("bpf", 0, BUFFER, 64),
    "chdir": ("chdir", b"/"),
    "chroot": ("chroot", b"/"),
    "clock of another process": ("clock_gettime", (~PARENT << 3) | 2, BUFFER),
    "clock of this process": ("clock_gettime", 2, BUFFER),
    "clock": ("clock_gettime", 0, BUFFER),
    "clone3": ("clone3", BUFFER, 64),
    "close_range": ("close_range", 100, 100, 0),
    "connect": ("connect", PIPE, BUFFER, 2),
    "dup": ("dup", PIPE),
    "epoll": ("epoll_create1", 0),
    "eventfd": ("eventfd", 0, 0),
    "execve": ("execve", b"/bin/true", ARGV, None),
    "fcntl": ("fcntl", PIPE, 1),
    "fork": ("fork",),
    "futex wait": ("futex", WORD, 128, 1, None),
    "futex wake": ("futex", WORD, 129, 1, None),
    "getcwd": ("getcwd", BUFFER, PAGE),
    "getpid": ("getpid",),
    "getrandom": ("getrandom", BUFFER, 8, 0),
    "inotify": ("inotify_init",),
    "io_uring_setup": ("io_uring_setup", 1, BUFFER),
    "ioctl": ("ioctl", PIPE, 0x541B, BUFFER),
    "keyctl": ("keyctl", 0, -3, 0),
    "kill parent": ("kill", PARENT, 0),
    "kill self": ("raise", 0),
    "landlock": ("landlock", None, 0, 1),
    "madvise": ("madvise", FIRST_PAGE, PAGE, 0),
    "memfd_create": ("memfd_create", b"x", 0),
    "mkdir": ("mkdir", b"/", 0o700),
    "mmap": ("mmap", None, PAGE, RW, PRIVATE, -1, 0),
    "mmap beyond the limit": ("mmap", None, 2 * MEMORY, RW, PRIVATE, -1, 0),
    "mmap executable": ("mmap", None, PAGE, RX, PRIVATE, -1, 0),
    "mmap fixed": ("mmap", FIRST_PAGE, PAGE, RW, FIXED, -1, 0),
    "mmap shared": ("mmap", None, PAGE, RW, SHARED, -1, 0),
    "mount": ("mount", b"none", b"/", None, kernel.MS_PRIVATE, None),
    "mprotect": ("mprotect", FIRST_PAGE, PAGE, RW),
    "mprotect executable": ("mprotect", FIRST_PAGE, PAGE, RWX),
    "mremap": ("mremap", FIRST_PAGE, 2 * PAGE, PAGE, 0),
    "mremap fixed": ("mremap", FIRST_PAGE, PAGE, PAGE, 3, SECOND_PAGE),
    "msgget": ("msgget", 0, 0o600),
    "munmap": ("munmap", FIRST_PAGE, PAGE),
    "nanosleep": ("nanosleep", TOP, None),
    "open": ("open", b"/", os.O_RDONLY | os.O_DIRECTORY),
    "openat2": ("openat2", -100, b"/", BUFFER, 24),
    "perf_event_open": ("perf_event_open", BUFFER, 0, -1, -1, 0),
    "personality": ("personality", 0xFFFFFFFF),
    "pidfd_open": ("pidfd_open", PARENT, 0),
    "pipe": ("pipe", BUFFER),
    "poll": ("poll", None, 0, 0),
    "prctl": ("prctl", kernel.PR_GET_DUMPABLE, 0, 0, 0, 0),
    "prlimit": ("prlimit", 0, 7, None, BUFFER),
    "process_vm_readv": ("process_vm_readv", PARENT, IOVEC, 1, IOVEC, 1, 0),
    "ptrace": ("ptrace", 0x4206, PARENT, 0, 0),
    "read": ("read", PIPE, BUFFER, 0),
    "read elsewhere": ("read", 0, BUFFER, 0),
    "readlink": ("readlink", b"/proc/self/exe", BUFFER, PAGE),
    "sched_setaffinity": ("sched_setaffinity", 0, 8, MASK),
    "seccomp": ("seccomp", 2, 0, BUFFER),
    "sendto": ("send", PIPE, BUFFER, 1, 0),
    "setrlimit": ("setrlimit", 4, BUFFER),
    "setuid": ("setuid", 0),
    "shmget": ("shmget", 0, PAGE, 0o600),
    "sigaction": ("signal", 10, 1),
    "socket": ("socket", socket.AF_INET, socket.SOCK_STREAM, 0),
    "socket unix": ("socket", socket.AF_UNIX, socket.SOCK_STREAM, 0),
    "statfs": ("statfs", b"/", BUFFER),
    "umask": ("umask", 0o77),
    "uname": ("uname", BUFFER),
    "unshare net": ("unshare", kernel.CLONE_NEWNET),
    "unshare user": ("unshare", kernel.CLONE_NEWUSER),
    "userfaultfd": ("userfaultfd", 1),
    "wait": ("waitpid", PARENT, None, 1),
    "write": ("write", PIPE, BUFFER, 1),
    "write elsewhere": ("write", 1, BUFFER, 0),
    "write stderr": ("write", 2, BUFFER, 0),
}
"""What is called: a function of the C library, or the name of a bare system call, and its arguments."""


def prepare(name: str, *arguments: object) -> Callable[[], int]:
    """Return a function that makes one call and returns its errno, or 0."""
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    function = LIBC.syscall if name in NUMBERS else getattr(LIBC, name)
    if name in NUMBERS:
        wide.insert(0, ctypes.c_long(NUMBERS[name]))
    return lambda: ctypes.get_errno() if function(*wide) in FAILED else 0


def become(uid: int) -> None:
    """Be a process that this user has just started."""
    if uid == os.getuid():
        return
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # A change of identity hides a process from its own user; an exec does not.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)


def cell(mode: str, profile: Mapping[str, Any]) -> jail.Cell:
    """Do what the launcher does before it forks; nothing for `free`."""
    if mode == "free":
        plan = jail.Plan(PARENT, b"", landlock_abi=0, can_become_nobody=False, base_memory=0)
    else:
        plan, _ = launcher.prepare(profile)
    return jail.Cell(plan, jail.Limits(MEMORY, cpu=60))


def probe(mode: str, where: jail.Cell, make: Callable[[], int]) -> int:
    """Make one call in one process and return how that ended."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if (process := os.fork()) == 0:
            os.dup2(theirs.fileno(), PIPE)
            for step in {"free": (), "unfiltered": jail.STEPS[:-1], "jailed": jail.STEPS}[mode]:
                step(where)
            os._exit(make())
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def main(mode: str, uid: str) -> None:
    """Print the table of one mode and one user."""
    prepared = {name: prepare(*map(str, call[:1]), *call[1:]) for name, call in CALLS.items()}
    profile = launcher.read_profile()  # The other user may not be able to.
    become(int(uid))
    where = cell(mode, profile)
    sys.stdout.write(json.dumps({name: probe(mode, where, make) for name, make in prepared.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
