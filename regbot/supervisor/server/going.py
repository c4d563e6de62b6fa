"""A run that is going on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import trio

from regbot.supervisor.audit.trail import Step, Trail

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from regbot.supervisor.history.record import RunRecord
    from regbot.supervisor.runs.outcome import Outcome, Verdict
    from regbot.supervisor.runs.run import Run
    from regbot.supervisor.server.edition import Edition

WAITING = "waiting for its turn"
"""What a run is at that has no process yet."""


@dataclass(slots=True)
class CountedTrail(Trail):
    """A trail whose operations are counted elsewhere, too, by their names."""

    operated: Callable[[str], None] = print

    def did(self, step: Step) -> None:
        """Take note of an operation."""
        Trail.did(self, step)
        self.operated(step.operation.partition(" ")[0])


@dataclass(eq=False, slots=True)
class Going:
    """One run from when it was decided to its end in the history."""

    name: str
    record: RunRecord
    edition: Edition
    trail: Trail
    claim: object
    """What its edition wants at its end."""
    next_beat: float
    """When it is told next that it still goes on, in trio's time."""
    run: Run | None = None
    """None until it has a number."""
    begun: trio.Event = field(default_factory=trio.Event)
    waiting: trio.CancelScope = field(default_factory=trio.CancelScope)
    placed: bool = False
    """Whether it has one of the places of those that run at once."""

    @property
    def now(self) -> RunRecord:
        """The record as it stands."""
        return counted(self.record, self.trail)

    @property
    def doing(self) -> str:
        """What it is at, "" for Lua."""
        return self.run.doing if self.placed and self.run is not None else WAITING

    def stop(self, why: str, verdict: Verdict) -> None:
        """Kill it; its outcome says *why*."""
        self.waiting.cancel()
        if self.run is not None:
            self.run.stop(why, verdict)

    def ended(self, outcome: Outcome, when: datetime) -> None:
        """Take note of its end."""
        verdict = outcome.verdict
        done = replace(self.record, ended=when, outcome=verdict.word, limit=verdict.limit, error=outcome.error)
        self.record = counted(done, self.trail)


def counted(record: RunRecord, trail: Trail) -> RunRecord:
    """Return a record with the numbers of a trail."""
    return replace(
        record,
        operations=trail.operations,
        requests=trail.requests,
        received=trail.received,
        sent=trail.sent,
        deletes=trail.deletes,
        changes=trail.changes_in_all,
        waited=trail.waited,
    )
