"""What one run did, as it does it: counts, and lists that are bounded.

Registries tell their meter of every request, and know of no runs.  The run on whose behalf something is done is in
`CURRENT`: tasks and threads inherit it from the run that they belong to.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from regbot.supervisor.audit.change import Change

MAX_CHANGES: Final = 10_000
"""Changes of a run that are listed."""
MAX_STEPS: Final = 1000
"""Operations of a run that are listed, the first ones."""
MAX_LOG: Final = 256 << 10
"""Bytes of a run's log that are kept; the log itself has it all."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One operation that a run called for: *took* is in seconds, *error* is "" where it succeeded.

    Nobody changes it.  It is not frozen, for that takes longer than all the rest of noting an operation.
    """

    started: datetime
    took: float
    operation: str
    line: int
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One record of a run's log; *time* is in UTC, *level* is trace, debug, info, warn or error."""

    time: datetime
    level: str
    message: str
    fields: Mapping[str, str | int | float | bool]


def _nobody() -> None:
    """Stir nobody."""


@dataclass(slots=True)
class Trail:
    """One run's account.  *stir* is called whenever a list of it has grown.

    *requests* are those that were sent to registries, retries included; *received* and *sent* the bytes of their
    bodies; *waited* the seconds that registries, or their limits, had us wait.
    """

    stir: Callable[[], None] = _nobody
    operations: int = 0
    requests: int = 0
    received: int = 0
    sent: int = 0
    deletes: int = 0
    waited: float = 0.0
    changes: list[Change] = field(default_factory=list)
    """The first MAX_CHANGES."""
    changes_in_all: int = 0
    steps: list[Step] = field(default_factory=list)
    """The first MAX_STEPS."""
    lines: list[LogLine] = field(default_factory=list)
    """The first ones, of MAX_LOG bytes together."""
    lines_in_all: int = 0

    def note(self, change: Change) -> None:
        """Take note of a write that was made, or in a dry run not made."""
        self.changes_in_all += 1
        self.deletes += change.deletes
        if len(self.changes) < MAX_CHANGES:
            self.changes.append(change)
        self.stir()

    def did(self, step: Step) -> None:
        """Take note of an operation."""
        self.operations += 1
        if len(self.steps) < MAX_STEPS:
            self.steps.append(step)
        self.stir()


CURRENT: ContextVar[Trail | None] = ContextVar("CURRENT", default=None)
"""The account of the run for which this task works."""
