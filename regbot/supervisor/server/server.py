"""The server: runs scripts when they are due or somebody asks, and says at any time what it is at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from regbot.supervisor.history.record import Cause, RunRecord
from regbot.supervisor.runs.outcome import Verdict
from regbot.supervisor.schedule.plan import Plan
from regbot.supervisor.server.control import Busy, ScriptState, ServerState, Unknown
from regbot.supervisor.server.work import now
from regbot.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loguru import Logger

    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import LogLine, Step
    from regbot.supervisor.history.history import History
    from regbot.supervisor.schedule.clock import Clock
    from regbot.supervisor.schedule.timetable import Timetable
    from regbot.supervisor.server.changes import Changes
    from regbot.supervisor.server.control import Reloaded
    from regbot.supervisor.server.edition import Edition
    from regbot.supervisor.server.going import Going
    from regbot.supervisor.server.reloading import Editions
    from regbot.supervisor.server.telemetry import Telemetry
    from regbot.supervisor.server.work import Work

_NO_SCRIPT: Final = "there is no script {!r} in the configuration that is in force"


class Server:
    """Control (control.py, which documents most of this), and what its life is made of (life.py).

    *last* holds the latest ended run of each script; *work* adds to it.
    """

    def __init__(  # noqa: PLR0913 -- it joins the parts
        self,
        *,
        editions: Editions,
        timetable: Timetable,
        work: Work,
        history: History,
        telemetry: Telemetry,
        changes: Changes,
        last: Mapping[str, RunRecord],
        log: Logger,
    ) -> None:
        self._editions, self._timetable, self._work = editions, timetable, work
        self._history, self._telemetry, self._changes = history, telemetry, changes
        self._last, self._log = last, log
        self._started = now()
        self._skipped: dict[str, int] = {}

    @property
    def ready(self) -> bool:
        """Whether scripts can run."""
        return self._editions.current is not None and not self._work.stopping

    def state(self) -> ServerState:
        """Return what the server is at."""
        edition = self._editions.current
        return ServerState(
            version=VERSION,
            started=self._started,
            reloaded=self._editions.since or self._started,
            stopping=self._work.stopping,
            dry_run=self._editions.dry_run,
            scripts=len(edition.scripts) if edition else 0,
            running=len(self._work),
        )

    def scripts(self) -> Sequence[ScriptState]:
        """Return all scripts."""
        edition = self._editions.current
        return [self._script(edition, name) for name in edition.scripts] if edition else []

    def script(self, name: str) -> ScriptState:
        """Return one script."""
        edition = self._editions.current
        if edition is None or name not in edition.scripts:
            raise Unknown(_NO_SCRIPT.format(name))
        return self._script(edition, name)

    async def runs(self, *, script: str = "", before: int = 0, limit: int = 50) -> Sequence[RunRecord]:
        """Return runs, the latest first."""
        kept = await self._history.runs(script=script, before=before, limit=limit)
        return [going.now if (going := self._work.numbered(each.id)) else each for each in kept]

    async def run(self, number: int) -> RunRecord:
        """Return a run."""
        if (going := self._work.numbered(number)) is not None:
            return going.now
        found = await self._history.find(number)
        if found is None:
            raise Unknown(f"there is no run {number}, or it is kept no longer")
        return found

    def doing(self, number: int) -> str:
        """Return what a run is at."""
        going = self._work.numbered(number)
        return going.doing if going else ""

    async def lines(self, number: int, *, after: int = 0) -> Sequence[LogLine]:
        """Return a run's log."""
        if (going := self._work.numbered(number)) is not None:
            return going.trail.lines[after:]
        await self.run(number)
        return await self._history.lines(number, after=after)

    async def steps(self, number: int, *, after: int = 0) -> Sequence[Step]:
        """Return a run's operations."""
        if (going := self._work.numbered(number)) is not None:
            return going.trail.steps[after:]
        await self.run(number)
        return await self._history.steps(number, after=after)

    async def changes(self, number: int, *, after: int = 0) -> Sequence[Change]:
        """Return what a run changed."""
        if (going := self._work.numbered(number)) is not None:
            return going.trail.changes[after:]
        await self.run(number)
        return await self._history.changes(number, after=after)

    async def start(self, script: str, *, dry_run: bool) -> RunRecord:
        """Start a run now."""
        edition = self._editions.current
        if edition is None or self._work.stopping:
            raise Busy(f"the server is {'stopping' if self._work.stopping else 'starting'}: nothing is begun")
        if script not in edition.scripts:
            raise Unknown(_NO_SCRIPT.format(script))
        if self._work.of(script) is not None:
            raise Busy(f"{script} runs already: cancel that run, or wait for its end")
        going = self._begin(edition, script, Cause.REQUEST, dry_run=dry_run)
        await going.begun.wait()
        return going.now

    async def cancel(self, number: int) -> bool:
        """End a run."""
        if (going := self._work.numbered(number)) is not None:
            going.stop("somebody's request", Verdict.CANCELLED)
            return True
        await self.run(number)
        return False

    async def reload(self) -> Reloaded:
        """Read the configuration anew."""
        reloaded = await self._editions.reload()
        self._changes.stir()
        return reloaded

    async def changed(self, since: int) -> int:
        """Wait until something is new."""
        return await self._changes.since(since)

    async def keep_schedule(self, clock: Clock) -> None:
        """Start scripts when they are due, until cancelled."""
        while True:
            await clock.sleep(self._timetable.pause())
            for name in self._timetable.due():
                self._due(name)

    def tell_all(self) -> None:
        """Log what the server and each run are at."""
        state, editions = self.state(), self._editions
        told = {"scripts": state.scripts, "running": state.running, "children": editions.alive, "next": self._next()}
        self._log.bind(**told, configurations=editions.count).info("State of the server")
        for going in self._work.all():
            self._work.tell("State of a run", going)

    def stop(self) -> None:
        """Begin no run any more."""
        self._work.stop()
        self._changes.stir()

    def _due(self, name: str) -> None:
        edition = self._editions.current
        if self._work.stopping or edition is None or name not in edition.scripts:
            return
        if (going := self._work.of(name)) is not None:
            self._skipped[name] = self._skipped.get(name, 0) + 1
            self._telemetry.skipped(name)
            self._log.bind(script=name, run=going.record.id).warning("Skipped: the run before is still going on")
            self._changes.stir()
            return
        self._begin(edition, name, Cause.SCHEDULE, dry_run=False)

    def _begin(self, edition: Edition, name: str, cause: Cause, *, dry_run: bool) -> Going:
        return self._work.begin(edition, name, cause, dry_run=dry_run or edition.means.dry_run)

    def _script(self, edition: Edition, name: str) -> ScriptState:
        script, going = edition.scripts[name], self._work.of(name)
        due = self._timetable.next(name)
        return ScriptState(
            name=name,
            hash=edition.hashes[name],
            schedule=script.schedule.text if script.schedule else "",
            interval=script.interval,
            jitter=script.jitter,
            next=None if due is None else datetime.fromtimestamp(due, UTC),
            running=going.record.id or None if going else None,
            last=self._last.get(name),
            skipped=self._skipped.get(name, 0),
        )

    def _next(self) -> str:
        edition = self._editions.current
        times = [self._timetable.next(name) for name in edition.scripts] if edition else []
        first = min((each for each in times if each is not None), default=None)
        return "never" if first is None else datetime.fromtimestamp(first, UTC).isoformat(timespec="seconds")


def plans(edition: Edition) -> dict[str, Plan]:
    """Return when the scripts of an edition are due: those that have a schedule or an interval."""
    found = {name: Plan.of(script) for name, script in edition.scripts.items()}
    return {name: plan for name, plan in found.items() if plan.schedule is not None or plan.interval is not None}
