"""A process that does one thing and tells what came of it, or whose death does."""

from __future__ import annotations

import os
import select
import signal
import time
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from regbot.sandbox.pipe import PIPE_FD

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE: Final = 10.0
"""Seconds that one process may take; each takes milliseconds."""
_MAX_WORD: Final = 4096
_FAILED: Final = 1


class Answer(NamedTuple):
    """How a process ended (negative: the signal), and what it said before."""

    status: int
    said: str


def ask(trial: Callable[[], str]) -> Answer:
    """Fork as the launcher does, and return how *trial* ended there; what it returns is said through PIPE_FD."""
    ours, theirs = os.pipe()
    if (process := os.fork()) == 0:
        answer(theirs, trial)
    os.close(theirs)
    said = listen(ours, PATIENCE)
    os.close(ours)
    if said is None:
        os.kill(process, signal.SIGKILL)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return Answer(status, f"no answer within {PATIENCE:g} s" if said is None else said)


def answer(descriptor: int, trial: Callable[[], str]) -> NoReturn:
    """Be the process: its end is the end of *trial*, an error is its last word."""
    try:
        os.dup2(descriptor, PIPE_FD)
        try:
            said, status = trial(), 0
        except Exception as exc:  # noqa: BLE001 -- whatever it is, nobody else will hear of it
            said, status = f"{type(exc).__name__}: {exc}", _FAILED
        os.write(PIPE_FD, said.encode()[:_MAX_WORD])
        os._exit(status)
    finally:
        os._exit(_FAILED)


def listen(descriptor: int, seconds: float, *, until_end: bool = True) -> str | None:
    """Return what comes within *seconds*, to the end or (not *until_end*) the first piece; None if that is too late."""
    pieces = []
    end = time.monotonic() + seconds
    while select.select([descriptor], [], [], max(end - time.monotonic(), 0))[0]:
        piece = os.read(descriptor, _MAX_WORD)
        pieces.append(piece)
        if not piece or not until_end:
            return b"".join(pieces).decode(errors="replace")
    return None
