"""`regbot once`: every script a single time."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import trio

from regbot.supervisor.audit.trail import Trail
from regbot.supervisor.dry.plan import Plan
from regbot.supervisor.gates import Gates
from regbot.supervisor.registries.observer import LogObserver
from regbot.supervisor.report import Account, Report
from regbot.supervisor.runs.outcome import Outcome, Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.signals import STOP_SIGNALS
from regbot.supervisor.telling import tell_end

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from regbot.config.model import Script
    from regbot.registry.observer import Progress
    from regbot.supervisor.gates import Means

MAX_AT_ONCE: Final = 100
"""Scripts that run at once: each holds a process and two descriptors."""


def runs(script: Script) -> bool:
    """Whether there is anything in a script to run."""
    return bool(script.text.strip())


class Spectator(Protocol):
    """Looks on while scripts run.  No method blocks or raises."""

    def copied(self, script: str, progress: Progress) -> None:
        """See how far a copy of a script is."""
        ...

    def ended(self, script: str) -> None:
        """See that a script has ended, and with it all its copies."""
        ...


class Nobody:
    """A Spectator that looks away."""

    def copied(self, script: str, progress: Progress) -> None:
        """Forget it."""

    def ended(self, script: str) -> None:
        """Forget it."""


class Once:
    """All scripts of a configuration, one after another or at once.

    With *fail_fast* none is started after one failed.  *look* is as of Gates.
    """

    def __init__(self, means: Means, spectator: Spectator, *, fail_fast: bool = False, look: bool = False) -> None:
        self.report = Report()
        self._means, self._spectator = means, spectator
        self._launcher, self._log = means.launcher, means.log
        self._gates, self._plan = Gates(means), Plan() if means.dry_run else None
        self._at_once = means.parallel > 0
        self._fail_fast, self._look = fail_fast, look
        self._failed = ""
        """The first script that failed."""
        self._running: set[Run] = set()

    async def run(self, scripts: Sequence[Script]) -> Report:
        """Run the scripts; SIGINT, SIGTERM and SIGHUP kill those that run and start no more."""
        with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._watch, signals)
                await self._run_all(scripts)
                nursery.cancel_scope.cancel()
        return self.report

    async def _watch(self, signals: AsyncIterator[int]) -> None:
        async for number in signals:
            self.report.stopped_by = signal.Signals(number)
            for run in self._running:
                run.stop(self.report.stopped_by.name)

    async def _run_all(self, scripts: Sequence[Script]) -> None:
        if not self._at_once:
            for script in scripts:
                await self._run_one(script)
            return
        places = trio.Semaphore(MAX_AT_ONCE)
        async with trio.open_nursery() as nursery:
            for script in scripts:
                await places.acquire()
                nursery.start_soon(self._run_in, places, script)

    async def _run_in(self, places: trio.Semaphore, script: Script) -> None:
        try:
            await self._run_one(script)
        finally:
            places.release()

    async def _run_one(self, script: Script) -> None:
        trail, started = Trail(), datetime.now(UTC)
        if why := self._why_not:
            outcome = Outcome(script.name, Verdict.NOT_STARTED, f"{script.name}: not started: {why}")
            self._end(Account(script=script, outcome=outcome, trail=trail, started=None, ended=None))
            return
        outcome = await self._execute(script, trail) if runs(script) else Outcome(script.name, Verdict.SUCCESS)
        if outcome.failed:
            self._failed = self._failed or script.name
        self._end(Account(script=script, outcome=outcome, trail=trail, started=started, ended=datetime.now(UTC)))

    @property
    def _why_not(self) -> str:
        """Why no further script is started, "" if one may be."""
        if self.report.stopped_by is not None:
            return f"{self.report.stopped_by.name} came before"
        return f"{self._failed} failed before (--fail-fast)" if self._fail_fast and self._failed else ""

    async def _execute(self, script: Script, trail: Trail) -> Outcome:
        shown = partial(self._spectator.copied, script.name)
        observer = LogObserver(self._log.bind(script=script.name), show=shown)
        gate = self._gates.of(script, trail, plan=self._plan, observer=observer, look=self._look)
        run = Run(script, gate, self._log, trail)
        self._running.add(run)
        try:
            return await run.execute(self._launcher)
        finally:
            self._running.discard(run)
            self._spectator.ended(script.name)

    def _end(self, account: Account) -> None:
        if self._plan is not None:
            self.report.take(account.trail)
        self.report.close(account)
        tell_end(self._log, account.outcome)
