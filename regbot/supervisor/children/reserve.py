"""Children that wait for a script: forked and locked already, each given once.

They belong to one launcher process.  One is made at a time, and none unless one was taken or another kind is asked for,
so that they never pile up; whoever asks for what is not there has it forked at once and waits for no other.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

import trio

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Failed
from regbot.supervisor.children.background import Background
from regbot.supervisor.children.child import ChildEnded, ChildLimits
from regbot.supervisor.children.layers import LauncherFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.supervisor.children.child import Child
    from regbot.supervisor.children.control import LauncherProcess


def locks(limits: ChildLimits) -> ChildLimits:
    """Return the limits that a child is locked with; the others are set when it is taken."""
    return ChildLimits(limits.memory, limits.cpu)


class Demand:
    """Which *size* children are likely to be asked for next: those of the runs announced, or else those asked last."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._announced: list[ChildLimits] | None = None
        self._last: deque[ChildLimits] = deque(maxlen=size)

    def announce(self, runs: Iterable[ChildLimits]) -> None:
        """Say which runs will come, and that no others will."""
        self._announced = [locks(limits) for limits in runs]

    def asked(self, limits: ChildLimits) -> None:
        """Take note of a run that has come."""
        wanted = locks(limits)
        if self._announced is None:
            self._last.extend([wanted] * (1 if self._last else self.size))
        elif wanted in self._announced:
            self._announced.remove(wanted)

    def likely(self) -> list[ChildLimits]:
        """Return the limits that the waiting children should be locked with."""
        return list(self._last if self._announced is None else islice(self._announced, self.size))


class Reserve:
    """The waiting children of one launcher process; it makes them beside the runs, once it was told to keep them."""

    def __init__(self, process: LauncherProcess, demand: Demand) -> None:
        self._process, self._demand = process, demand
        self._waiting: list[tuple[ChildLimits, Child]] = []
        """Those that have locked their doors, the oldest first."""
        self._making: ChildLimits | None = None
        self._promised = False
        """Whether a run waits for the one in the making."""
        self._made, self._stirred = trio.Event(), trio.Event()
        self._keeper: Background | None = None

    def keep(self) -> None:
        """Have the reserve filled, now and whenever that is wanted."""
        if self._demand.size:
            self._keeper = Background(self._keep)

    def stir(self) -> None:
        """Look again at what is wanted."""
        self._stirred.set()

    async def take(self, limits: ChildLimits) -> Child | None:
        """Return a child that waits or soon will; None: it has to be forked.

        None of a launcher that has died is given.
        """
        wanted = locks(limits)
        while (child := await self._pop(wanted)) is None:
            if self._making != wanted or self._promised:
                return None
            await self._promise(self._made)
        child.hold_to(limits)
        return child

    async def fill(self) -> None:
        """Make what is wanted and not there; LauncherFailed if that cannot be had."""
        while (wanted := self._missing()) is not None:
            await self._drop_surplus()
            self._making = wanted
            try:
                child = await make(self._process, wanted)
            finally:
                self._making, self._promised = None, False
                self._made.set()
                self._made = trio.Event()
            if child is None:
                raise LauncherFailed("the launcher died")
            self._waiting.append((wanted, child))

    async def aclose(self) -> None:
        """End the children that wait, and make no more."""
        if self._keeper is not None:
            await self._keeper.aclose()
        with trio.CancelScope(shield=True):
            while self._waiting:
                await end(self._process, self._waiting.pop()[1])

    async def _keep(self) -> None:
        while True:
            # Where it fails, whoever asks next forks for itself, and is told why that cannot be.
            with suppress(LauncherFailed):
                await self.fill()
            self._stirred = trio.Event()
            await self._stirred.wait()

    async def _pop(self, wanted: ChildLimits) -> Child | None:
        # Others take theirs while a dead one is reaped: what waits is to be looked at anew each time.
        while (entry := next((each for each in self._waiting if each[0] == wanted), None)) is not None:
            if not self._process.alive:
                return None
            self._waiting.remove(entry)
            self.stir()
            if not entry[1].ended:
                return entry[1]
            await end(self._process, entry[1])
        return None

    async def _promise(self, made: trio.Event) -> None:
        """Wait for the child in the making, as the only one who does."""
        self._promised = True
        try:
            await made.wait()
        except trio.Cancelled:
            self._promised = made is not self._made and self._promised
            raise

    def _missing(self) -> ChildLimits | None:
        there = [limits for limits, _ in self._waiting]
        for limits in self._demand.likely():
            if limits not in there:
                return limits
            there.remove(limits)
        return None

    async def _drop_surplus(self) -> None:
        """End the child that has waited longest for what nobody asks for any more, if there is no room for another."""
        if len(self._waiting) < self._demand.size:
            return
        there, likely = list(self._waiting), self._demand.likely()
        for entry in reversed(self._waiting):
            if entry[0] in likely:
                likely.remove(entry[0])
                there.remove(entry)
        self._waiting.remove(there[0])
        with trio.CancelScope(shield=True):
            await end(self._process, there[0][1])


async def make(process: LauncherProcess, limits: ChildLimits) -> Child | None:
    """Have a child forked and wait until its doors are locked: nothing from outside has reached it before that.

    None if the launcher died instead or has retired; LauncherFailed if there is none to be had.
    """
    child = await process.fork(limits)
    if child is None:
        return None
    try:
        await _locked(child)
    except BaseException:
        await end(process, child)
        raise
    return child


async def end(process: LauncherProcess, child: Child) -> None:
    """Kill a child, and wait until it is gone and its launcher has said so; not to be cancelled."""
    with trio.CancelScope(shield=True):
        await child.aclose()
        await process.answer(child.wait)


async def _locked(child: Child) -> None:
    try:
        first = await child.first()
    except (ChildEnded, WireError) as exc:
        raise LauncherFailed(f"a child did not lock its doors: {exc}") from exc
    if isinstance(first, Failed):
        raise LauncherFailed(f"a child could not lock its doors: {first.text.decode('utf-8', 'replace')}")
