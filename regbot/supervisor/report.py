"""What came of several runs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import signal

    from regbot.config.model import Script
    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import Trail
    from regbot.supervisor.runs.outcome import Outcome

MAX_CHANGES: Final = 10_000
"""Writes not made that the closing list of a dry run names."""
MAX_KEPT: Final = 100_000
"""Writes of all runs together that are kept for a report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What came of one script.  Times are in UTC, None where it was not started."""

    script: Script
    outcome: Outcome
    trail: Trail
    started: datetime | None
    ended: datetime | None


@dataclass(slots=True)
class Report:
    """What came of all runs: outcomes in the order of their ends, and of a dry run the writes not made."""

    outcomes: list[Outcome] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    """Of scripts that a configuration has, in the order of their ends, and then those that were not started."""
    changes: list[Change] = field(default_factory=list)
    """The first MAX_CHANGES of a dry run's."""
    changes_in_all: int = 0
    stopped_by: signal.Signals | None = None
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    _room: int = MAX_KEPT

    @property
    def failed(self) -> bool:
        """Whether any script failed."""
        return any(outcome.failed for outcome in self.outcomes)

    def close(self, account: Account) -> None:
        """Take over what came of a script; the trail keeps of its lists what there is room for."""
        trail = account.trail
        trail.steps.clear()
        del trail.changes[self._room :]
        self._room -= len(trail.changes)
        self.outcomes.append(account.outcome)
        self.accounts.append(account)

    def take(self, trail: Trail) -> None:
        """Take note of the writes that a dry run did not make."""
        self.changes_in_all += trail.changes_in_all
        self.changes += trail.changes[: MAX_CHANGES - len(self.changes)]
