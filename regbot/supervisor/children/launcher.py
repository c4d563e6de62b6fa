"""The supervisor's end of the launcher: one process that forks a locked-down child for each run.

`open_launcher` starts it at once and comes back; its hello is waited for when the first child is asked for, so that it
imports Lua while the supervisor reads its configuration.  If it dies, the runs in progress lose their children with it
(parent-death signal), and the next run starts another.

It is renewed beside the runs: another process has greeted and filled its reserve before it takes over.  The children
that wait in the old one are dropped then, and it ends with its last run.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

import regbot
from regbot.supervisor.children.background import Background
from regbot.supervisor.children.control import LauncherProcess
from regbot.supervisor.children.generation import Generation, Renewal
from regbot.supervisor.children.layers import LauncherFailed, Layer
from regbot.supervisor.children.reserve import Demand, end
from regbot.supervisor.children.starting import program

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterable, Sequence

    from regbot.supervisor.children.child import Child, ChildLimits

__all__ = ["ENTRY", "SYSTEM_ZONE", "Launcher", "LauncherFailed", "Layer", "Renewal", "open_launcher"]

ENTRY: Final = Path(regbot.__file__).parent / "sandbox" / "__main__.py"
SYSTEM_ZONE: Final = ":/etc/localtime"
"""The system's own time zone, as the C library names it.  Leaving TZ out would have it look again at each os.date."""

PATIENCE: Final = 10.0
"""Seconds within which a launcher answers anything; it does one short thing at a time."""
USUAL: Final = Renewal()

_ATTEMPTS: Final = 2


class Launcher:
    """Gives children.  One process does so at a time, and another takes its place when it dies or has done its share.

    *reserve* is the number of children that wait; *tell* is told why a renewal failed.
    """

    def __init__(
        self, start: Callable[[], LauncherProcess], reserve: int, renewal: Renewal, tell: Callable[[str], object]
    ) -> None:
        self._start, self._renewal, self._tell = start, renewal, tell
        self._demand = Demand(reserve)
        self._generations: list[Generation] = []
        """All whose processes may live: the current one, and any that is coming or going."""
        self._current = self._begin()
        self._current.reserve.keep()
        self.alive = 0
        """Children that serve a run now."""
        self.renewals = self.deaths = 0
        """How often another process took over as it should, and because the one before had died."""
        self._renewing = Background(self._renew)

    async def layers(self) -> Sequence[Layer]:
        """Return what holds here; LauncherFailed if the launcher does not start, or a required wall is missing."""
        return await (await self._living()).process.greeted()

    def expect(self, runs: Iterable[ChildLimits]) -> None:
        """Say which runs will come, and that no others will: a child is made for the first, and none after the last."""
        self._demand.announce(runs)
        self._current.reserve.stir()

    @asynccontextmanager
    async def child(self, limits: ChildLimits) -> AsyncIterator[Child]:
        """Take a child that has locked its doors; however the block ends, it is killed and gone.

        LauncherFailed if there is none to be had.  Any number of tasks may do this at once.
        """
        process, child = await self._take(limits)
        self.alive += 1
        try:
            yield child
        finally:
            await end(process, child)
            self.alive -= 1

    async def aclose(self) -> None:
        """End every process, and with it every child that is left."""
        await self._renewing.aclose()
        for generation in self._generations:
            await generation.aclose()

    async def _take(self, limits: ChildLimits) -> tuple[LauncherProcess, Child]:
        self._demand.asked(limits)
        for _ in range(_ATTEMPTS):
            generation = await self._living()
            if (child := await generation.give(limits, self._renewal)) is not None:
                return generation.process, child
        raise LauncherFailed("the launcher died, and so did the next")

    async def _living(self) -> Generation:
        if self._current.process.gone:
            self.deaths += 1
            await self._switch(self._begin())
        return self._current

    def _begin(self) -> Generation:
        self._generations = [each for each in self._generations if each is self._current or not each.process.gone]
        generation = Generation(self._start(), self._demand)
        self._generations.append(generation)
        return generation

    async def _switch(self, generation: Generation) -> None:
        old, self._current = self._current, generation
        generation.reserve.keep()
        await old.retire()

    async def _renew(self) -> None:
        again = self._renewal.again
        while True:
            current = self._current
            await current.due(self._renewal)
            while self._current is current:
                try:
                    coming = await self._next()
                except LauncherFailed as exc:
                    self._tell(f"The launcher cannot be renewed, the old one stays; next attempt in {again:g}s: {exc}")
                    await trio.sleep(again)
                    continue
                if self._current is not current:
                    # It died meanwhile, and the next run has brought another.
                    await coming.aclose()
                    continue
                self.renewals += 1
                await self._switch(coming)

    async def _next(self) -> Generation:
        coming = self._begin()
        try:
            await coming.ready()
        except LauncherFailed:
            await coming.aclose()
            raise
        return coming


@asynccontextmanager
async def open_launcher(  # noqa: PLR0913 -- none goes without its name, and each has a default
    *,
    timezone: str | None = None,
    entry: Path = ENTRY,
    patience: float = PATIENCE,
    reserve: int = 0,
    required: Collection[str] = (),
    renewal: Renewal = USUAL,
    tell: Callable[[str], object] = lambda _: None,
) -> AsyncIterator[Launcher]:
    """Start a launcher; however the block ends, its process is gone.

    *timezone* is a value of TZ (None: what this process has); *entry* the program to start, given the time zone and the
    folders to import from; *patience* the seconds after which a launcher that does not answer is killed; *reserve* the
    number of children that wait for a script; *required* the walls that have to hold (config/isolation.py); *tell* what
    hears of a renewal that failed.  LauncherFailed if it cannot be started at all.
    """
    zone = os.environ.get("TZ", SYSTEM_ZONE) if timezone is None else timezone
    start = partial(LauncherProcess, program(entry, zone), patience, required)
    launcher = Launcher(start, reserve, renewal, tell)
    try:
        yield launcher
    finally:
        with trio.CancelScope(shield=True):
            await launcher.aclose()
