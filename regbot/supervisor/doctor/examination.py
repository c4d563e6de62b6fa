"""The supervisor's end of the examination: starts it, reads what it prints, and ends it in any case."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

import regbot
from regbot.supervisor.children.layers import LauncherFailed
from regbot.supervisor.children.starting import program
from regbot.supervisor.doctor.walls import Wall

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRY: Final = Path(regbot.__file__).parent / "sandbox" / "examination" / "__main__.py"
PATIENCE: Final = 60.0
"""Seconds that it may take; it takes tenths of one."""
_PIECE: Final = 64 << 10


class CannotExamine(Exception):
    """The examination does not come to its end, and neither would a launcher."""


async def examine(entry: Path = ENTRY, words: Sequence[str] = ()) -> list[Wall]:
    """Return what children find of each wall; *words* stand before the folders in the command line of *entry*."""
    try:
        command = program(entry, *words)
    except LauncherFailed as exc:
        raise CannotExamine(str(exc)) from exc
    said = await _said(command)
    return [Wall.read(line) for line in said.splitlines()]


async def _said(command: Sequence[str]) -> str:
    """Return what a program prints with nothing of ours but standard error; CannotExamine unless it succeeds."""
    try:
        # Not in a worker thread: the parent-death signal comes when the thread that forked ends.
        popen = subprocess.Popen(  # noqa: S603, ASYNC220 -- our own interpreter and our own program; as above
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, env={}, cwd="/", start_new_session=True
        )
    except OSError as exc:
        raise CannotExamine(f"no process for it can be started: {exc}") from exc
    assert popen.stdout is not None
    try:
        with trio.move_on_after(PATIENCE):
            said = await _all_of(popen.stdout.fileno())
            status = popen.wait()  # It has closed its end, which it does by ending.
            return _unless_failed(said, status)
    finally:
        popen.kill()
        popen.wait()
        popen.stdout.close()
    raise CannotExamine(f"it does not end within {PATIENCE:g} s")


async def _all_of(descriptor: int) -> str:
    pieces = []
    while piece := await _piece(descriptor):
        pieces.append(piece)
    return b"".join(pieces).decode()


async def _piece(descriptor: int) -> bytes:
    await trio.lowlevel.wait_readable(descriptor)
    return os.read(descriptor, _PIECE)


def _unless_failed(said: str, status: int) -> str:
    if status == 0:
        return said
    after = f" after it had looked at {said.splitlines()[-1].split()[0]}" if said else ""
    if status > 0:
        raise CannotExamine(f"it ended with status {status}{after} (see standard error)")
    killed = signal.Signals(-status).name if -status in set(signal.Signals) else f"signal {-status}"
    hint = ": a filter around regbot forbids what the sandbox is made with" if -status == signal.SIGSYS else ""
    raise CannotExamine(f"it was killed by {killed}{after}{hint}")
