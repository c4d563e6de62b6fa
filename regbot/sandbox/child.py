"""A child's life: lock the door, receive one script, run it, leave.

It blocks, on purpose: no event loop, no threads, one socket.  Everything it needs was imported by the launcher, and
nothing of it survives: `os._exit` skips Python's and Lua's tidying up, which a script could otherwise take part in.
"""

from __future__ import annotations

import os
from enum import IntEnum
from typing import TYPE_CHECKING, NoReturn, Protocol

from regbot.sandbox import jail, pipe

if TYPE_CHECKING:
    from collections.abc import Callable


class Exit(IntEnum):
    """The statuses that a child can end with; supervisor/children/ending.py says them in words."""

    DONE = 0
    PANIC = 1
    """LuaJIT's own, outside a protected call: out of memory in all but name."""
    MEMORY = 3
    """Python's MemoryError."""
    HUNG_UP = 4
    """The supervisor closed the socket."""
    OVERSIZE = 5
    """The supervisor's frame was too long."""
    BROKEN = 6
    """An exception that nobody thought of."""
    JAIL = 64
    """Plus the number of the step (jail.STEPS) that failed."""


class Script(Protocol):
    """One script in one stripped Lua state; only byte strings go in and out."""

    def resume(self, body: bytes) -> bytes | None:
        """Go on with the body of a frame, the first time that of Start.

        Return the body of a frame to send, after which to go on with b""; or b"" to go on with the next frame; or None
        when the script is over, and all was handed out.
        """
        ...


def live(socket: int, cell: jail.Cell, make_script: Callable[[], Script]) -> NoReturn:
    """Be a child on one end of a socket pair; the process ends with one of Exit."""
    status: int = Exit.BROKEN
    try:
        status = _end_of(socket, cell, make_script)
    finally:
        # Whatever happened: a child must never come back into the launcher's loop.
        os._exit(status)


def _end_of(socket: int, cell: jail.Cell, make_script: Callable[[], Script]) -> int:
    try:
        os.dup2(socket, pipe.PIPE_FD)
        # Made before the door is locked, by trusted code from trusted text: LuaJIT seeds itself with getrandom(2),
        # which the filter then need not allow.
        script = make_script()
        jail.enter(cell)
        pipe.send(pipe.READY)
        move_frames(script)
    except jail.JailError as exc:
        pipe.send(pipe.failed(str(exc)))
        return Exit.JAIL + exc.step
    except MemoryError:
        return Exit.MEMORY
    except pipe.HungUp:
        return Exit.HUNG_UP
    except pipe.Oversize:
        return Exit.OVERSIZE
    return Exit.DONE


def move_frames(script: Script) -> None:
    """Carry frames between the supervisor and the script until the script is over."""
    answer = script.resume(pipe.receive())
    while answer is not None:
        if answer:
            pipe.send(answer)
            answer = script.resume(b"")
        else:
            answer = script.resume(pipe.receive())
