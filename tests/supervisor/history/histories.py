"""Records of runs, and histories that tests keep them in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from regbot.supervisor.audit.change import Change
from regbot.supervisor.audit.trail import LogLine, Step, Trail
from regbot.supervisor.history.history import open_history
from regbot.supervisor.history.record import Cause, RunRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from regbot.supervisor.history.history import History

NOW: Final = datetime(2027, 1, 1, tzinfo=UTC)
DIGEST: Final = f"sha256:{'0' * 64}"


def begun(script: str = "prune", started: datetime = NOW) -> RunRecord:
    """Return the record of a run that begins."""
    return RunRecord(id=0, script=script, hash=DIGEST, cause=Cause.SCHEDULE, dry_run=False, started=started)


def trail(text: str = "said") -> Trail:
    """Return what a run did: an entry in each list."""
    return Trail(
        operations=1,
        changes=[Change("delete tag", "r.io/a:v1", DIGEST, before=DIGEST)],
        changes_in_all=1,
        steps=[Step(started=NOW, took=0.5, operation="tag.delete r.io/a:v1", line=3, error="")],
        lines=[LogLine(time=NOW, level="info", message=text, fields={"n": 1, "yes": True, "half": 0.5, "text": text})],
        lines_in_all=1,
    )


@asynccontextmanager
async def history(
    folder: Path | None,
    *,
    days: float = 30,
    rows: int = 1000,
    now: datetime = NOW + timedelta(hours=1),
    told: list[str] | None = None,
) -> AsyncIterator[History]:
    """Open a history; what an operator would be told is in *told*."""
    place = None if folder is None else str(folder)
    tell = (told if told is not None else []).append
    async with open_history(place, days=days, rows=rows, now=lambda: now, tell=tell) as opened:
        yield opened
