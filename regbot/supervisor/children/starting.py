"""The exec of a launcher: a process with nothing of ours but one socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import regbot
from regbot.supervisor.children.layers import LauncherFailed

if TYPE_CHECKING:
    from collections.abc import Sequence


def program(entry: Path, *words: str) -> Sequence[str]:
    """Return the command of a program of the sandbox: it is given *words*, and the folders to import from.

    LauncherFailed if there is no Lua.
    """
    lupa = find_spec("lupa")  # It is looked for, and never imported in this process.
    if lupa is None or lupa.origin is None:
        raise LauncherFailed("lupa is not installed")
    folders = dict.fromkeys(str(Path(file).parent.parent) for file in (regbot.__file__, lupa.origin))
    return [sys.executable, "-I", "-S", str(entry), *words, *folders]


def pair(kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Return both ends of a socket pair; LauncherFailed if there is no descriptor left."""
    try:
        return socket.socketpair(socket.AF_UNIX, kind)
    except OSError as exc:
        raise LauncherFailed(f"no socket to talk with it: {exc.strerror}") from exc


def start(command: Sequence[str]) -> tuple[subprocess.Popen[bytes], int, socket.socket]:
    """Start a process with nothing of ours but one end of a socket pair, as its standard input, and standard error.

    Return it with its pidfd and our end.  Not in a worker thread: the parent-death signal comes when the thread that
    forked ends.
    """
    ours, theirs = pair(socket.SOCK_SEQPACKET)
    with theirs, ExitStack() as undo:
        undo.enter_context(ours)
        try:
            popen = subprocess.Popen(  # noqa: S603 -- our own interpreter and our own program
                command, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, env={}, cwd="/", start_new_session=True
            )
        except OSError as exc:
            raise LauncherFailed(f"the launcher does not start: {exc}") from exc
        pidfd = _name(popen)
        undo.pop_all()
    return popen, pidfd, ours


def _name(popen: subprocess.Popen[bytes]) -> int:
    """Return a pidfd of a process, or end it: what cannot be named cannot be watched."""
    try:
        return os.pidfd_open(popen.pid)
    except OSError as exc:
        popen.kill()
        popen.wait()
        raise LauncherFailed(f"no pidfd of the launcher: {exc.strerror}") from exc
