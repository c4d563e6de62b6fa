"""A run as history, the API and reports have it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime


class Cause(StrEnum):
    """Why a run began."""

    SCHEDULE = "schedule"
    REQUEST = "request"
    """Somebody asked for it."""


RUNNING: Final = "running"
LOST: Final = "lost"
"""The outcome of a run that was going on when the server itself was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run.  Times are in UTC; *hash* is "sha256:" and the hex digest of the script's text.

    *outcome* is a word of runs/outcome.py, `running` or `lost`; *limit* the limit that it met ("": none), as the
    configuration calls it.  The numbers are those of audit.trail.Trail.
    """

    id: int
    script: str
    hash: str
    cause: Cause
    dry_run: bool
    started: datetime
    ended: datetime | None = None
    outcome: str = RUNNING
    limit: str = ""
    error: str = ""
    operations: int = 0
    requests: int = 0
    received: int = 0
    sent: int = 0
    deletes: int = 0
    changes: int = 0
    """Writes made, or in a dry run not made, in all."""
    waited: float = 0.0
