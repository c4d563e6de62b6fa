"""Whether a child dies with its launcher: one is killed, and its child is listened to."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Final, NoReturn

from regbot.sandbox.examination import asking, trials
from regbot.sandbox.pipe import PIPE_FD

if TYPE_CHECKING:
    from regbot.sandbox import jail

LONGEST: Final = 15
"""Seconds after which whoever is left over here ends by itself."""
PATIENCE: Final = 3.0
"""Seconds that a child may outlive its launcher; the kernel kills it at once."""
_LOCKED: Final = "locked"


def outlives(cell: jail.Cell) -> str:
    """Return "" if a child dies with the process that forked it, else what was seen instead."""
    ours, theirs = os.pipe()
    if (launcher := os.fork()) == 0:
        _be_launcher(theirs, cell)
    os.close(theirs)
    said = asking.listen(ours, asking.PATIENCE, until_end=False)
    os.kill(launcher, signal.SIGKILL)
    os.waitpid(launcher, 0)
    # What follows is the end of the pipe, of which the child holds the last descriptor.
    gone = said is not None and asking.listen(ours, PATIENCE) is not None
    os.close(ours)
    if said != _LOCKED:
        return said or "a child that should have been locked down has ended"
    return "" if gone else f"a child lived for {PATIENCE:g} s after its launcher"


def _be_launcher(descriptor: int, cell: jail.Cell) -> NoReturn:
    try:
        signal.alarm(LONGEST)
        if os.fork() == 0:
            # Its parent is another launcher than that of all the others.
            plan = cell.plan._replace(launcher=os.getppid())
            asking.answer(descriptor, lambda: _wait(cell._replace(plan=plan)))
        os.close(descriptor)
        signal.pause()
    finally:
        os._exit(1)


def _wait(cell: jail.Cell) -> str:
    signal.alarm(LONGEST)
    trials.before_the_filter(cell)
    os.write(PIPE_FD, _LOCKED.encode())
    signal.pause()
    return ""
