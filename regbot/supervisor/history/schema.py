"""The tables of a history, and a record as a row of them.

Texts may hold what is no UTF-8, and NULs: they are stored as bytes that SQLite takes for text without looking.  Times
are ISO 8601 in UTC with microseconds, so that their order is that of the texts.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from regbot.supervisor.history.record import Cause, RunRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

APPLICATION: Final = int.from_bytes(b"rgbt")
"""The application_id of our files."""
VERSION: Final = 1
"""The user_version of a file that this module reads and writes; a newer one is left alone."""

TABLES: Final = (
    # AUTOINCREMENT: a number is not given again once its run was pruned.
    """CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        script TEXT NOT NULL, hash TEXT NOT NULL, cause TEXT NOT NULL, dry_run INTEGER NOT NULL,
        started TEXT NOT NULL, ended TEXT, outcome TEXT NOT NULL, "limit" TEXT NOT NULL, error TEXT NOT NULL,
        operations INTEGER NOT NULL, requests INTEGER NOT NULL, received INTEGER NOT NULL, sent INTEGER NOT NULL,
        deletes INTEGER NOT NULL, changes INTEGER NOT NULL, waited REAL NOT NULL
    )""",
    "CREATE INDEX runs_by_script ON runs (script, id)",
    # Which runs have not ended, and which ended longest ago.
    "CREATE INDEX runs_by_end ON runs (ended)",
    """CREATE TABLE lists (
        run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        log BLOB, steps BLOB, changes BLOB
    )""",
)

MAX_ERROR: Final = 8 << 10
"""Characters that are kept of an error."""

_NAMES: Final = tuple(field.name for field in fields(RunRecord))
_TEXTS: Final = {"script", "error"}
"""Columns whose texts come from outside."""
_PLACES: Final = tuple("CAST(? AS TEXT)" if name in _TEXTS else "?" for name in _NAMES)

COLUMNS: Final = ", ".join(f'"{name}"' for name in _NAMES)
"""All columns of runs, in the order of record() and row()."""
INSERT: Final = f"INSERT INTO runs ({COLUMNS}) VALUES ({', '.join(_PLACES)})"  # noqa: S608 - names of our own
UPDATE: Final = f"UPDATE runs SET ({COLUMNS}) = ({', '.join(_PLACES)}) WHERE id = ?"  # noqa: S608 - likewise


def row(record: RunRecord) -> list[object]:
    """Return a record's columns."""
    values: dict[str, object] = {name: getattr(record, name) for name in _NAMES}
    values |= {"script": encoded(record.script), "error": encoded(record.error[:MAX_ERROR])}
    values |= {"started": moment(record.started), "ended": moment(record.ended) if record.ended else None}
    return list(values.values())


def record(columns: Sequence[Any]) -> RunRecord:
    """Return the record of a row."""
    values = dict(zip(_NAMES, columns, strict=True))
    values |= {"cause": Cause(values["cause"]), "dry_run": bool(values["dry_run"])}
    values["started"] = datetime.fromisoformat(values["started"])
    values["ended"] = datetime.fromisoformat(values["ended"]) if values["ended"] else None
    return RunRecord(**values)


def moment(time: datetime) -> str:
    """Return a time as the columns have it."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def encoded(text: str) -> bytes:
    """Return the bytes of a text, whatever is in it."""
    return text.encode("utf-8", "surrogatepass")


def decoded(text: bytes) -> str:
    """Return the text of such bytes; what an operator's own tools wrote there does no harm."""
    try:
        return text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return text.decode("utf-8", "replace")
