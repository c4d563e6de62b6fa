"""`regbot once`: every script a single time."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Final

import trio

from regbot.supervisor.gates import Gates
from regbot.supervisor.report import Report
from regbot.supervisor.runs.outcome import Outcome, Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.signals import STOP_SIGNALS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from regbot.config.model import Script
    from regbot.supervisor.gates import Means

MAX_AT_ONCE: Final = 100
"""Scripts that run at once: each holds a process and two descriptors."""


def runs(script: Script) -> bool:
    """Whether there is anything in a script to run."""
    return bool(script.text.strip())


class Once:
    """All scripts of a configuration, one after another or at once."""

    def __init__(self, means: Means) -> None:
        self.report = Report()
        self._launcher, self._log = means.launcher, means.log
        self._gates = Gates(means, self.report.note)
        self._at_once = means.parallel > 0
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
        if self.report.stopped_by is not None:
            self._end(
                Outcome(
                    script.name,
                    Verdict.INTERRUPTED,
                    f"{script.name}: not started: {self.report.stopped_by.name} came before",
                )
            )
            return
        if not runs(script):
            self._end(Outcome(script.name, Verdict.SUCCESS))
            return
        run = Run(script, self._gates.of(script), self._log)
        self._running.add(run)
        try:
            self._end(await run.execute(self._launcher))
        finally:
            self._running.discard(run)

    def _end(self, outcome: Outcome) -> None:
        self.report.outcomes.append(outcome)
        if outcome.metrics:
            self._log.bind(script=outcome.script, metrics=outcome.metrics).info("Script metrics")
        log = self._log.bind(script=outcome.script, outcome=outcome.verdict.value)
        if not outcome.failed:
            log.debug("Script finished")
            return
        log.bind(error=outcome.error, **outcome.facts).error("Error running script")
        if outcome.traceback:
            # A script's frames are for whoever debugs it; ours are for whoever reads our log.
            level = "ERROR" if outcome.verdict is Verdict.DEFECT else "DEBUG"
            log.bind(traceback=outcome.traceback).log(level, "Where it failed")
