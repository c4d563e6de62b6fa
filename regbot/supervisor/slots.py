"""The `parallel` slots: how many runs may do throttled operations at once.

A slot belongs to a run.  What one run does side by side shares its slot, and with the last of that the slot is free.
Who waits is served in the order of asking: while others wait for a slot, a run that has one queues behind them with
what it begins anew, and so cannot keep it for ever.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import trio


class Slots:
    """So many slots, for all runs."""

    def __init__(self, total: int) -> None:
        self._total = self._free = total
        self._waiting: deque[_Turn] = deque()

    def share(self) -> Share:
        """Return the part of one more run, which has no slot yet."""
        return Share(self)

    def resize(self, total: int) -> None:
        """Have so many slots from now on.  No run loses the one that it has."""
        self._free += total - self._total
        self._total = total
        self._serve()

    async def take(self, share: Share) -> None:
        """Wait until an operation of a run may begin."""
        if not self._waiting and self._let_in(share):
            return
        turn = _Turn(share)
        self._waiting.append(turn)
        try:
            await turn.come.wait()
        except trio.Cancelled:
            if turn.come.is_set():
                self.give_back(share)
            else:
                self._waiting.remove(turn)
                self._serve()
            raise

    def give_back(self, share: Share) -> None:
        """Take note of the end of an operation."""
        share.operations -= 1
        if share.operations == 0:
            self._free += 1
            self._serve()

    def _let_in(self, share: Share) -> bool:
        if share.operations == 0:
            if self._free <= 0:
                return False
            self._free -= 1
        share.operations += 1
        return True

    def _serve(self) -> None:
        while self._waiting and self._let_in(self._waiting[0].share):
            self._waiting.popleft().come.set()


class Share:
    """One run's part of the slots: an async context manager that each of its throttled operations is done in."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self.operations = 0
        """How many are being done; with any the run has a slot."""

    async def __aenter__(self) -> None:
        await self._slots.take(self)

    async def __aexit__(self, *_: object) -> None:
        self._slots.give_back(self)


@dataclass(slots=True, eq=False)
class _Turn:
    share: Share
    come: trio.Event = field(default_factory=trio.Event)
