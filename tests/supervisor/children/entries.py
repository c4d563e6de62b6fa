"""Launchers that are not quite as they should be, and what tests of launchers share."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING

import trio

from regbot.protocol.messages import Done
from tests.supervisor.processes import LIMITS, STAND_IN, converse, offspring

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from regbot.supervisor.children.launcher import Launcher


def written(folder: Path, text: str) -> Path:
    """Write the program of a launcher, to be found by launchers()."""
    entry = folder / "sandbox" / "entry.py"
    entry.parent.mkdir(exist_ok=True)
    entry.write_text(text)
    return entry


def broken(folder: Path, *answers: str, silent: bool = False) -> Path:
    """Write a launcher that gives these answers, one before each request, and then leaves or is silent for ever."""
    return written(
        folder,
        "import socket, signal\ncontrol = socket.socket(fileno=0)\n"
        f"for answer in {[answer.encode() for answer in answers]}:\n    control.send(answer), control.recv(99)\n"
        + ("signal.pause()\n" if silent else ""),
    )


def stumbling(folder: Path) -> Path:
    """Write a launcher whose children end while they lock their doors."""
    return written(folder, STAND_IN.read_text().replace("(time_zone, Script)", "(time_zone, lambda: 1 / 0)"))


def counting(folder: Path, program: Path = STAND_IN) -> Path:
    """Write a launcher whose children each begin with a dot on standard error; *program* says what they run."""
    count = (
        "import os\n"
        "from regbot.sandbox import child\n"
        "live = child.live\n"
        "child.live = lambda *words: (os.write(2, b'.'), live(*words))\n"
    )
    return written(folder, program.read_text().replace("launcher.run(", count + "launcher.run("))


def second(folder: Path, what: str) -> Path:
    """Write a launcher that is as it should be, but for the second that is started: that one does *what* first."""
    starts = repr(str(folder / "starts"))
    count = (
        "import os, signal, socket\n"
        f"with open({starts}, 'ab') as file: file.write(b'.')\n"
        f"if os.path.getsize({starts}) == 2: {what}\n"
    )
    return written(folder, STAND_IN.read_text().replace("import os\n", count))


async def run_once(launcher: Launcher) -> None:
    """Run the shortest script."""
    async with launcher.child(LIMITS) as child:
        assert await converse(child, "!done!") == [Done()]


async def until(holds: Callable[[], bool]) -> None:
    """Wait for processes to be as they should; on whatever clock, since they know of none."""
    while not holds():
        await trio.to_thread.run_sync(time.sleep, 0.002)


def kill_and_wait(pid: int) -> None:
    """Kill a process and wait until it has ended, without giving any other task its turn."""
    pidfd = os.pidfd_open(pid)
    os.kill(pid, signal.SIGKILL)
    assert select.select([pidfd], [], [], 30)[0]
    os.close(pidfd)


def waiting(pid: int) -> int:
    """Return how many children a launcher has."""
    return len(offspring(pid))
