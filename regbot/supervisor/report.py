"""What came of several runs together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import signal

    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.runs.outcome import Outcome

MAX_CHANGES: Final = 10_000
"""Writes not made that the closing list of a dry run names."""


@dataclass(slots=True)
class Report:
    """What came of all runs: outcomes in the order of their ends, and of a dry run the writes not made."""

    outcomes: list[Outcome] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """The first MAX_CHANGES of them."""
    changes_in_all: int = 0
    stopped_by: signal.Signals | None = None

    @property
    def failed(self) -> bool:
        """Whether any script failed."""
        return any(outcome.failed for outcome in self.outcomes)

    def note(self, change: Change) -> None:
        """Take note of a write that was not made."""
        self.changes_in_all += 1
        if len(self.changes) < MAX_CHANGES:
            self.changes.append(change)
