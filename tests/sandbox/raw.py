"""The control socket of a launcher, without any of the supervisor's code."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final, Self

import lupa
import pytest

import regbot
from regbot.sandbox.pipe import HEADER

STAND_IN: Final = Path(__file__).with_name("stand_in.py")
FOLDERS: Final = [str(Path(module.__file__ or "").parent.parent) for module in (regbot, lupa)]
MEMORY: Final = 64 << 20
READY: Final = b"\x91\xa5ready"

root_only = pytest.mark.skipif(
    os.getuid() != 0 and os.environ.get("REGBOT_MUST_JAIL") != "1",
    reason="only root may look into a process that hides itself",
)


class RawChild:
    """The two ends of a child: a blocking socket, and the pidfd."""

    def __init__(self, ours: socket.socket, pidfd: int) -> None:
        self.socket, self.pidfd = ours, pidfd

    def send(self, body: bytes) -> None:
        """Send one frame."""
        self.socket.sendall(HEADER.pack(len(body)) + body)

    def start(self, behaviour: str) -> None:
        """Have the stand-in do something."""
        self.send(f"start!{behaviour}!".encode())

    def receive(self) -> bytes:
        """Return the body of one frame."""
        (length,) = HEADER.unpack(self.socket.recv(HEADER.size, socket.MSG_WAITALL))
        return self.socket.recv(length, socket.MSG_WAITALL)

    def hang_up(self) -> None:
        """Close our end, and forget the process."""
        self.socket.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
        self.pidfd = -1


class RawLauncher:
    """A launcher with the stand-in for Lua, as a context manager that hangs up and reaps it."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(30)
        command = [sys.executable, "-I", "-S", str(STAND_IN), "UTC", *FOLDERS]
        with theirs:
            self.process = subprocess.Popen(command, stdin=theirs.fileno(), env={})
        self._children: list[RawChild] = []
        self.hello = self.control.recv(4096).decode()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.control.close()
        self.process.wait()
        for child in self._children:
            child.hang_up()

    def fork(self, number: int, memory: int = MEMORY) -> RawChild:
        """Have a child forked; its lock-down has begun."""
        ours, theirs = socket.socketpair()
        ours.settimeout(30)
        with theirs:
            socket.send_fds(self.control, [f"fork {number} {memory} 0".encode()], [theirs.fileno()])
        answer, descriptors, _, _ = socket.recv_fds(self.control, 256, 1)
        assert answer == f"started {number}".encode()
        self._children.append(RawChild(ours, descriptors[0]))
        return self._children[-1]

    def ready(self, number: int) -> RawChild:
        """Have a child forked that has locked its doors."""
        child = self.fork(number)
        assert child.receive() == READY
        return child

    def said(self) -> str:
        """Return the next message."""
        return self.control.recv(256).decode()
