"""The command at a terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
from typing import TYPE_CHECKING, Final

from tests.regbot import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

WIDTH: Final = 100


def shown(folder: Path, *words: str, term: str = "xterm", **environ: str) -> tuple[int, str]:
    """Run a command line whose standard error is a terminal; return its status, and all that the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
    given = {name: value for name, value in os.environ.items() if name == "PATH" or "COVERAGE" in name}
    given |= {"TERM": term, "HOME": str(folder), "LANG": "C.UTF-8", **environ}
    command = [COMMAND, "once", *words]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs, env=given, cwd=folder
    ) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        assert process.stdout is not None
        process.stdout.read()
    os.close(ours)
    return process.returncode, seen.decode()


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # Nobody has the other end any more.
        return b""
