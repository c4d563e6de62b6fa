"""One launcher process with the children that wait in it, from its exec until another has taken over.

All children of one process have the same addresses, and what a script found out about them holds for the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from regbot.supervisor.children.reserve import Demand, Reserve, make

if TYPE_CHECKING:
    from regbot.supervisor.children.child import Child, ChildLimits
    from regbot.supervisor.children.control import LauncherProcess


@dataclass(frozen=True, slots=True)
class Renewal:
    """When another process takes over: after so many *runs*, or so many *seconds* after the first of them.

    One that does not start is tried again *again* seconds later.
    """

    runs: float = 500
    seconds: float = 600.0
    again: float = 60.0


class Generation:
    """A launcher process, its reserve, and how much it was used."""

    def __init__(self, process: LauncherProcess, demand: Demand) -> None:
        self.process = process
        self.reserve = Reserve(process, demand)
        self._runs = 0
        self._used, self._worn = trio.Event(), trio.Event()

    async def ready(self) -> None:
        """Wait for the hello and for the first children; LauncherFailed if they do not come."""
        await self.process.greeted()
        await self.reserve.fill()

    async def give(self, limits: ChildLimits, renewal: Renewal) -> Child | None:
        """Return a locked child; None if the process has died or retired, LauncherFailed if there is none to be had."""
        child = await self.reserve.take(limits) or await make(self.process, limits)
        if child is not None:
            # Not before: what is made for later shall not delay this one.
            self.reserve.stir()
            self._runs += 1
            self._used.set()
            if self._runs >= renewal.runs:
                self._worn.set()
        return child

    async def due(self, renewal: Renewal) -> None:
        """Wait until another shall take over, or has."""
        await self._used.wait()
        with trio.move_on_after(renewal.seconds):
            await self._worn.wait()

    async def retire(self) -> None:
        """Drop the children that wait; the process ends with its last run."""
        self._used.set()
        self._worn.set()
        with trio.CancelScope(shield=True):
            await self.reserve.aclose()
        self.process.retire()

    async def aclose(self) -> None:
        """End the process, and with it every child that is left."""
        await self.process.aclose()
        await self.reserve.aclose()
