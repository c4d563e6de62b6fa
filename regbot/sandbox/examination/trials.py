"""What a child tries, one function a wall.

Each is called in a process of its own, goes through the steps of the jail that it is about, and returns "" if the wall
holds, else what it could do all the same.  What it could not do before those steps proves nothing, and is not tried.
"""

from __future__ import annotations

import os
import resource
import socket
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.sandbox import jail, kernel
from regbot.sandbox.examination.surroundings import control, keyring
from regbot.sandbox.pipe import PIPE_FD
from regbot.sandbox.privileges import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.sandbox.examination.surroundings import Surroundings

ALIVE: Final = "alive"
MEMORY: Final = 64 << 20
"""Bytes that the children here may use."""
CPU: Final = 30
"""Seconds that they may: none needs one."""

_TCP_SINCE, _SCOPES_SINCE = 4, 6
_PR_GET_NO_NEW_PRIVS: Final = 39
_DESCRIPTORS: Final = 4096
_LIMITS: Final = {
    "processes": (resource.RLIMIT_NPROC, 0),
    "open files": (resource.RLIMIT_NOFILE, 0),
    "file size": (resource.RLIMIT_FSIZE, 0),
    "core dumps": (resource.RLIMIT_CORE, 1),
    "locked memory": (resource.RLIMIT_MEMLOCK, 0),
    "message queues": (resource.RLIMIT_MSGQUEUE, 0),
    "CPU time": (resource.RLIMIT_CPU, CPU + 1),
}
"""What a child may have of each at most."""


def before_the_filter(cell: jail.Cell) -> None:
    """Take every step of the jail but the last, after which no question could be asked any more."""
    for step in jail.STEPS:
        if step is not jail.load_filter:
            step(cell)


def forbidden_call(cell: jail.Cell) -> str:
    """Make a system call that the filter forbids; there is no answer if it holds."""
    jail.enter(cell)
    os.getpid()
    return ALIVE


def call_before_the_filter(cell: jail.Cell) -> str:
    """Make the same call where nothing forbids it yet."""
    before_the_filter(cell)
    os.getpid()
    return ALIVE


def no_new_privs(cell: jail.Cell) -> str:
    """Ask whether an exec could give privileges."""
    before_the_filter(cell)
    return "" if control(_PR_GET_NO_NEW_PRIVS) == 1 else "an exec could give privileges"


def limits(cell: jail.Cell) -> str:
    """Read each limit back, and try to have one more descriptor."""
    before_the_filter(cell)
    wanted = {**_LIMITS, "memory": (resource.RLIMIT_AS, cell.plan.base_memory + cell.limits.memory)}
    loose = [name for name, (number, most) in wanted.items() if not 0 <= resource.getrlimit(number)[1] <= most]
    if loose:
        return f"no limit of {', '.join(loose)}"
    return "another descriptor can be had" if _works(lambda: os.dup(PIPE_FD)) else ""


def memory(cell: jail.Cell) -> str:
    """Take less memory than allowed, and then more."""
    before_the_filter(cell)
    bytearray(cell.limits.memory // 4)
    try:
        bytearray(cell.limits.memory * 2)
    except MemoryError:
        return ""
    return f"{cell.limits.memory * 2 >> 20} MiB can be had where {cell.limits.memory >> 20} are allowed"


def landlock(cell: jail.Cell) -> str:
    """Try what it forbids in the ABI that is there, before and after; the other walls do not stand yet."""
    doors: dict[str, Callable[[], object]] = {"files can be opened": lambda: os.open("/", os.O_RDONLY)}
    if cell.plan.landlock_abi >= _TCP_SINCE:
        doors["TCP ports can be had"] = _bind
    with _listener() as listener:
        if cell.plan.landlock_abi >= _SCOPES_SINCE:
            parent = _have_a_parent()
            doors["a process outside can be signalled"] = lambda: os.kill(parent, 0)
            doors["abstract sockets outside can be reached"] = lambda: _connect(listener)
        open_before = {name: door for name, door in doors.items() if _works(door)}
        for step in jail.STEPS:
            if step in {jail.gain_nothing, jail.lose_files_and_ports}:
                step(cell)
        return "; ".join(name for name, door in open_before.items() if _works(door))


def network(around: Surroundings) -> str:
    """Try to reach a port on this machine."""
    return "a port of 127.0.0.1 outside can be reached" if around.port and around.connect(around.port) else ""


def root(_: Surroundings) -> str:
    """List the root, and try to make something there."""
    if found := os.listdir("/"):  # noqa: PTH208 -- pathlib takes milliseconds to import
        return f"/ holds {len(found)} entries"
    return "folders can be made in /" if _works(lambda: os.mkdir("/x")) else ""  # noqa: PTH102 -- likewise


def session_keyring(around: Surroundings) -> str:
    """Compare the session's keyring with that of before."""
    return "the keyring of the session is that of regbot" if keyring() == around.keyring else ""


def nobody(cell: jail.Cell) -> str:
    """Ask who the child is."""
    before_the_filter(cell)
    if {*os.getresuid(), *os.getresgid(), *os.getgroups()} - {NOBODY}:
        return f"children are user {os.getuid()} and group {os.getgid()}"
    return ""


def capabilities(cell: jail.Cell) -> str:
    """Ask for those in force, and try what takes one."""
    before_the_filter(cell)
    if held := kernel.effective_capabilities():
        return f"children have the capabilities {held:#x}"
    return "the root can be changed" if _works(lambda: os.chroot("/")) else ""


def hidden(cell: jail.Cell) -> str:
    """Ask whether others of the same user may look into the process."""
    before_the_filter(cell)
    return "" if control(kernel.PR_GET_DUMPABLE) == 0 else "processes of the same user may look into children"


def descriptors(cell: jail.Cell) -> str:
    """Look at each descriptor that there may be."""
    before_the_filter(cell)
    found = [number for number in range(_DESCRIPTORS) if number != PIPE_FD and _works(partial(os.fstat, number))]
    return f"children have the descriptors {', '.join(map(str, found))}" if found else ""


def executable_memory(around: Surroundings, make_script: Callable[[], object]) -> str:
    """Make a Lua state as a child does, and look for memory that code could be written to and run."""
    script = make_script()
    anonymous = [fields for fields in map(bytes.split, around.maps()) if b"x" in fields[1] and len(fields) == 5]
    del script
    return f"{len(anonymous)} mappings are executable and of no file" if anonymous else ""


def _have_a_parent() -> int:
    """Go on as a child of this process, whose end is the child's; return the parent's number."""
    parent = os.getpid()
    if process := os.fork():
        os._exit(abs(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])))
    return parent


def _listener() -> socket.socket:
    """Return an abstract socket that is listened at, of a name that the kernel gives."""
    made = socket.socket(socket.AF_UNIX)
    made.bind("")
    made.listen()
    return made


def _connect(listener: socket.socket) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(listener.getsockname())


def _bind() -> None:
    with socket.socket() as server:
        server.bind(("", 0))


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except OSError:
        return False
    return True
