"""The life of a server, from its first configuration to its end."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import trio

from regbot.supervisor import service
from regbot.supervisor.audit.meter import TrailMeter
from regbot.supervisor.history.history import open_history
from regbot.supervisor.schedule.clock import SystemClock
from regbot.supervisor.schedule.timetable import Timetable
from regbot.supervisor.server.changes import Changes
from regbot.supervisor.server.control import ReloadFailed
from regbot.supervisor.server.notify import Notifier
from regbot.supervisor.server.reloading import Editions
from regbot.supervisor.server.server import Server, plans
from regbot.supervisor.server.telemetry import Telemetry
from regbot.supervisor.server.watch import look, watch
from regbot.supervisor.server.work import Work, now
from regbot.version import VERSION

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from loguru import Logger

    from regbot.config.model import Config
    from regbot.supervisor.gates import Means
    from regbot.supervisor.history.history import History
    from regbot.supervisor.history.record import RunRecord
    from regbot.supervisor.server.control import Control
    from regbot.supervisor.server.edition import Edition
    from regbot.supervisor.server.reloading import Load

GRACE: Final = 5.0
"""Seconds that running scripts have to end: less than the ten that `docker stop` waits before it kills us."""
HISTORY_DAYS: Final = 30.0
HISTORY_RUNS: Final = 100_000
_STOP: Final = (signal.SIGINT, signal.SIGTERM)
_HEEDED: Final = (*_STOP, signal.SIGHUP, signal.SIGUSR1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says of a server, besides what it says of any runs.

    *state* is the folder of its history (None: in memory), *watched* returns the files of the configuration (None:
    they are not watched), *least* is the number (logs.py) below which records are not kept in the history.
    """

    options: service.Options
    grace: float = GRACE
    state: str | None = None
    history_days: float = HISTORY_DAYS
    history_runs: int = HISTORY_RUNS
    watched: Callable[[], Iterable[Path]] | None = None
    least: int = 0


Face: TypeAlias = "Callable[[Control, Telemetry], Awaitable[None]]"
"""Shows a server to the outside until it is cancelled."""


async def serve(config: Config, settings: Settings, load: Load, log: Logger, face: Face | None = None) -> None:
    """Run a configuration's scripts on their schedules until a signal says stop.

    CannotRun or HistoryUnusable before anything ran.  *load* reads the configuration anew for a reload.
    """
    history = open_history(
        settings.state, days=settings.history_days, rows=settings.history_runs, now=now, tell=log.warning
    )
    failure: service.CannotRun | None = None
    with trio.open_signal_receiver(*_HEEDED) as signals:
        async with history as kept, trio.open_nursery() as nursery:
            life = _Life(settings, load, log, kept, nursery)
            try:
                await life.begin(config, face)
                await life.obey(signals)
            except service.CannotRun as exc:
                failure = exc
            nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure


class _Life:
    """Puts a server together, and does what signals say; its tasks are in *nursery*."""

    def __init__(self, settings: Settings, load: Load, log: Logger, history: History, nursery: trio.Nursery) -> None:
        self._settings, self._log, self._history, self._nursery = settings, log, history, nursery
        self._notifier = Notifier(os.environ, log)
        self._clock = SystemClock()
        self._timetable = Timetable(self._clock)
        self._telemetry = Telemetry(VERSION)
        self._changes = Changes()
        self._last: dict[str, RunRecord] = {}
        meter = TrailMeter(self._telemetry)

        def open_means(config: Config) -> AbstractAsyncContextManager[Means]:
            return service.open_means(config, settings.options, log, reserve=service.RESERVE, meter=meter)

        self._editions = Editions(load, open_means, self._adopt, self._telemetry, log)
        self._telemetry.watch(self._editions, history)
        self._work = Work(
            nursery,
            history=history,
            telemetry=self._telemetry,
            log=log,
            stir=self._changes.stir,
            last=self._last,
            least=settings.least,
        )
        self._server = Server(
            editions=self._editions,
            timetable=self._timetable,
            work=self._work,
            history=history,
            telemetry=self._telemetry,
            changes=self._changes,
            last=self._last,
            log=log,
        )

    async def begin(self, config: Config, face: Face | None) -> None:
        """Start everything; CannotRun if no script can be run."""
        if self._history.lost:
            self._log.bind(runs=self._history.lost).warning("Runs were cut off when the server was ended before")
        self._last.update(await self._history.last())
        start, watched = self._nursery.start_soon, self._settings.watched
        # Before anybody is told that the file is in force: what changes from then on is noticed.
        known = await look(watched) if watched is not None else frozenset()
        if face is not None:
            start(face, self._server, self._telemetry)
        await self._editions.begin(config, self._nursery)
        start(self._server.keep_schedule, self._clock)
        start(self._work.keep_telling)
        start(self._keep_alive)
        if watched is not None:
            start(watch, watched, known, self._reload)
        self._log.bind(scripts=len(config.scripts), version=VERSION).info("Server started")
        self._say_ready()

    async def obey(self, signals: AsyncIterator[int]) -> None:
        """Do what signals say, until the server was told to stop and has stopped."""
        async for number in signals:
            if number in _STOP:
                await self._stop(signal.Signals(number), signals)
                return
            await self._heed(number)

    async def _heed(self, number: int) -> None:
        if number == signal.SIGHUP:
            self._nursery.start_soon(self._reload)
        elif number == signal.SIGUSR1:
            self._server.tell_all()

    async def _stop(self, why: signal.Signals, signals: AsyncIterator[int]) -> None:
        """Begin no run any more, wait for those that go on, and kill what does not end."""
        self._log.bind(signal=why.name, running=len(self._work)).info("Stopping server")
        self._notifier.stopping()
        self._server.stop()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._kill_at_second, signals)
            with trio.move_on_after(self._settings.grace):
                await self._work.idle()
            self._work.kill(why.name)
            await self._work.idle()
            nursery.cancel_scope.cancel()
        self._log.info("Server stopped")

    async def _kill_at_second(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            if number in _STOP:
                self._log.bind(signal=signal.Signals(number).name).warning("Running scripts are killed at once")
                self._work.kill(signal.Signals(number).name)

    async def _reload(self) -> None:
        self._notifier.reloading()
        # What is wrong is in the log by then, and the old configuration goes on.
        with suppress(ReloadFailed):
            await self._server.reload()
        self._say_ready()

    def _say_ready(self) -> None:
        if not self._work.stopping:
            count = self._server.state().scripts
            self._notifier.ready(f"{count} script{'' if count == 1 else 's'}")

    def _adopt(self, edition: Edition) -> None:
        for name in edition.scripts.keys() - plans(edition).keys():
            self._log.bind(script=name).warning("It has no schedule and no interval: it runs only when somebody asks")
        self._timetable.replace(plans(edition))

    async def _keep_alive(self) -> None:
        if self._notifier.watchdog is None:
            return
        while True:
            self._notifier.alive()
            await trio.sleep(self._notifier.watchdog / 3)
