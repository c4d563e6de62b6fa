"""The runs that are going on: each script once at a time, and no more than a number of processes at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import trio

from regbot.supervisor.audit.tap import tapped
from regbot.supervisor.history.record import Cause, RunRecord
from regbot.supervisor.once import MAX_AT_ONCE, runs
from regbot.supervisor.runs.outcome import Outcome, Verdict
from regbot.supervisor.runs.run import Run
from regbot.supervisor.server.going import CountedTrail, Going
from regbot.supervisor.telling import tell_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, MutableMapping

    from loguru import Logger

    from regbot.supervisor.history.history import History
    from regbot.supervisor.server.edition import Edition
    from regbot.supervisor.server.telemetry import Telemetry

BEAT: Final = 60.0
"""Seconds after which the log says that a run still goes on, again and again."""
_LOOKS: Final = 12
"""How often in that time is looked."""


class Work:
    """Begins runs, and knows those that go on, by script and by number.

    *nursery* holds them; *stir* is told whenever there is something new; *last* is where the latest ended run of each
    script is kept; records below *least* (a number of logs.py) are not kept in the history.
    """

    def __init__(  # noqa: PLR0913 -- the parts of a server that each run needs
        self,
        nursery: trio.Nursery,
        *,
        history: History,
        telemetry: Telemetry,
        log: Logger,
        stir: Callable[[], None],
        last: MutableMapping[str, RunRecord],
        least: int = 0,
    ) -> None:
        self.stopping = False
        self._nursery, self._history, self._telemetry, self._log = nursery, history, telemetry, log
        self._stir, self._last, self._least = stir, last, least
        self._going: dict[str, Going] = {}
        self._numbered: dict[int, Going] = {}
        self._places = trio.CapacityLimiter(MAX_AT_ONCE)
        self._idle = trio.Event()

    def __len__(self) -> int:
        """Return how many there are, those that wait for a process included."""
        return len(self._going)

    def of(self, name: str) -> Going | None:
        """Return the run of a script."""
        return self._going.get(name)

    def numbered(self, number: int) -> Going | None:
        """Return the run of a number."""
        return self._numbered.get(number)

    def all(self) -> Iterable[Going]:
        """Return all that have a number."""
        return list(self._numbered.values())

    def begin(self, edition: Edition, name: str, cause: Cause, *, dry_run: bool) -> Going:
        """Begin a run of a script that has none."""
        assert name not in self._going, "each script runs once at a time"
        trail = CountedTrail(stir=self._stir, operated=self._telemetry.operated)
        record = RunRecord(id=0, script=name, hash=edition.hashes[name], cause=cause, dry_run=dry_run, started=now())
        going = Going(name, record, edition, trail, edition.claim(), trio.current_time() + BEAT)
        self._going[name] = going
        self._nursery.start_soon(self._execute, going)
        return going

    def stop(self) -> None:
        """Take note that no run will be begun any more."""
        self.stopping = True
        if not self._going:
            self._idle.set()

    def kill(self, why: str) -> None:
        """End every run."""
        for going in self._going.values():
            going.stop(why, Verdict.INTERRUPTED)

    async def idle(self) -> None:
        """Wait until the last run has ended; `stop` comes first."""
        await self._idle.wait()

    async def keep_telling(self) -> None:
        """Log every minute which runs still go on, and at what, until cancelled."""
        while True:
            await trio.sleep(BEAT / _LOOKS)
            time = trio.current_time()
            for going in self.all():
                if going.next_beat <= time:
                    going.next_beat = time + BEAT
                    self.tell("Script still running", going)

    def tell(self, what: str, going: Going) -> None:
        """Log what a run is at."""
        seconds = round((now() - going.record.started).total_seconds())
        fields = {"script": going.name, "run": going.record.id, "seconds": seconds, "doing": going.doing or "Lua"}
        self._log.bind(**fields).info(what)

    async def _execute(self, going: Going) -> None:
        going.record = await self._history.begin(going.record)
        number = going.record.id
        self._numbered[number] = going
        edition = going.edition
        script = edition.scripts[going.name]
        kept = tapped(self._log, going.trail, self._least)
        gate = edition.gate(script, going.trail, dry_run=going.record.dry_run)
        going.run = Run(script, gate, kept, going.trail)
        self._telemetry.run_started(going.name)
        fields = {"cause": going.record.cause.value} | ({"dry-run": True} if going.record.dry_run else {})
        self._log.bind(script=going.name, run=number, **fields).debug("Script started")
        going.begun.set()
        self._stir()
        outcome = await self._in_place(going, going.run) if runs(script) else Outcome(going.name, Verdict.SUCCESS)
        tell_end(kept.bind(run=number), outcome)
        await self._end(going, outcome)

    async def _in_place(self, going: Going, run: Run) -> Outcome:
        with going.waiting:
            await self._places.acquire_on_behalf_of(going)
            going.placed = True
        try:
            return await run.execute(going.edition.means.launcher)
        finally:
            if going.placed:
                self._places.release_on_behalf_of(going)

    async def _end(self, going: Going, outcome: Outcome) -> None:
        going.ended(outcome, now())
        await self._history.end(going.record, going.trail)
        self._telemetry.run_ended(going.record, outcome.metrics)
        self._last[going.name] = going.record
        del self._numbered[going.record.id], self._going[going.name]
        going.edition.release(going.claim)
        self._stir()
        if self.stopping and not self._going:
            self._idle.set()


def now() -> datetime:
    """Return the time of day."""
    return datetime.now(UTC)
