"""What the attacks of one user are tried on: files, listeners, a process beside us.  All of it is ours."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.sandbox import probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OTHER_USER: Final = 4321
"""Whose identity a set-uid program would give."""
CONTENT: Final = b"secret"
_SHARED: Final = 0o1600  # IPC_CREAT, for nobody but us
_REMOVE: Final = 0  # IPC_RMID
_ADD_KEY: Final = {"x86_64": 248, "aarch64": 217}[os.uname().machine]
_SESSION_KEYRING: Final = -3


class Targets(NamedTuple):
    """Where everything is."""

    folder: str
    """Everybody may write to it; has `secret`, `socket`, and the set-uid program `gain` for a file `theirs`."""
    folder_fd: int
    inherited: socket.socket
    """As the launcher's control socket: open in every child that closes nothing."""
    port: int
    udp_port: int
    abstract: bytes
    process: int
    """A process of the same user as ours, whose probe.BUFFER begins with CONTENT."""
    segment: int
    key: int


def set_uid_program(folder: Path) -> None:
    """Make `gain`, which is test(1) with another's identity: only with this `gain -O theirs` is true."""
    program, theirs = folder / "gain", folder / "theirs"
    shutil.copy("/usr/bin/test", program)
    theirs.touch()
    for path in (program, theirs):
        os.chown(path, OTHER_USER, OTHER_USER)
    program.chmod(0o4755)
    theirs.chmod(0o644)
    folder.chmod(0o777)


def targets(folder: Path) -> Iterator[Targets]:
    """Yield targets once, and put them away; the folder has what set_uid_program makes."""
    probe.LIBC.syscall(ctypes.c_long(probe.NUMBERS["keyctl"]), 1, None)  # A session's keyring of our own.
    key = probe.LIBC.syscall(ctypes.c_long(_ADD_KEY), b"user", b"regbot", CONTENT, len(CONTENT), _SESSION_KEYRING)
    (folder / "secret").write_bytes(CONTENT)
    (folder / "secret").chmod(0o644)
    by_path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    by_path.bind(f"{folder}/socket")
    (folder / "socket").chmod(0o777)
    abstract.bind(b"\0regbot-test-%d" % os.getpid())
    for listener in (by_path, abstract):
        listener.listen(1 << 10)
    tcp = socket.create_server(("127.0.0.1", 0), backlog=1 << 10)
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    inherited, ours = socket.socketpair()
    segment = probe.LIBC.shmget(0, probe.PAGE, _SHARED)
    process = _holder()
    folder_fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield Targets(
            str(folder),
            folder_fd,
            inherited,
            tcp.getsockname()[1],
            udp.getsockname()[1],
            abstract.getsockname(),
            process,
            segment,
            key,
        )
    finally:
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        probe.LIBC.shmctl(segment, _REMOVE, None)
        os.close(folder_fd)
        for each in (by_path, abstract, tcp, udp, inherited, ours):
            each.close()


def _holder() -> int:
    # Its number is known here when it has the secret.
    ready, theirs = os.pipe()
    if (process := os.fork()) == 0:
        ctypes.memmove(probe.BUFFER, CONTENT, len(CONTENT))
        os.dup2(theirs, probe.PIPE)
        os.write(theirs, b"1")
        signal.pause()
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(theirs)
    return process
