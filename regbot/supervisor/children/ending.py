"""How children end: what their exit statuses mean, and the word that a child of a launcher has ended."""

from __future__ import annotations

import signal
from typing import Final

import trio

# What a child's exit statuses mean (sandbox/child.py, which this layer must not import; a test compares them).
MEANINGS: Final = {
    0: "it left without a last word",
    1: "out of memory",
    3: "out of memory",
    4: "it saw the supervisor hang up",
    5: "it was sent a frame over the bound",
    6: "an error in the sandbox itself",
}
OUT_OF_MEMORY: Final = frozenset({1, 3})
_SIGNALS: Final = {
    signal.SIGSYS: "it made a forbidden system call",
    signal.SIGXCPU: "its CPU time is used up",
    signal.SIGSEGV: "it ran over its stack, or its interpreter is broken",
}


class ChildEnded(Exception):
    """The child has gone without a last word.  *status* is its exit status, or negative: the signal that killed it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the child {_explain(status)}")
        self.status = status
        self.out_of_memory = status in OUT_OF_MEMORY
        self.out_of_time = status == -signal.SIGXCPU


class Fate:
    """How a child ends: decided once, by the launcher's word or by the launcher's own end."""

    def __init__(self) -> None:
        self._decided = trio.Event()
        self._status = 0

    def decide(self, status: int) -> None:
        """Take note of the end."""
        self._status = status
        self._decided.set()

    async def status(self) -> int:
        """Wait for the end and return the exit status, negative for a signal."""
        await self._decided.wait()
        return self._status


def _explain(status: int) -> str:
    if status >= 0:
        return f"ended with status {status} ({MEANINGS.get(status, 'which has no meaning')})"
    try:
        fatal = signal.Signals(-status)
    except ValueError:
        return f"was killed by signal {-status}"
    return f"was killed by {fatal.name}" + (f" ({_SIGNALS[fatal]})" if fatal in _SIGNALS else "")
