"""A history in SQLite: what blocks, and so runs in threads, one call at a time.

A file is in WAL mode with synchronous=NORMAL: what was written survives the death of this process at once, that of the
machine from the next checkpoint on, and no death leaves half a transaction.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from regbot.supervisor.history import schema
from regbot.supervisor.history.opening import connect
from regbot.supervisor.history.record import LOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from regbot.supervisor.history.folder import Folder
    from regbot.supervisor.history.lists import Lists
    from regbot.supervisor.history.record import RunRecord

ENDED_MEANWHILE: Final = "the server ended while this ran; what the run had done by then is not known"
PORTION: Final = 500
"""Runs that are pruned with one transaction, which costs some milliseconds."""
_SLACK: Final = 1000
"""Free pages that a file may have; of more, those beyond a third of the file are given back, this many at a time."""
_AGED: Final = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE ended < ? ORDER BY ended LIMIT ?)"
_OLDEST: Final = "DELETE FROM runs WHERE id IN (SELECT id FROM runs WHERE ended IS NOT NULL ORDER BY id LIMIT ?)"
_PASSING: Final = {
    *(sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC),
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED),
}
"""Errors after which a connection is as good as before.  On a full disk it is better than a new one: it can read."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be written: a run that began (no lists), or one that ended."""

    record: RunRecord
    lists: Lists | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is kept: runs that ended less than *days* ago, at most *rows* of them, at most *size* bytes in all."""

    days: float
    rows: int
    size: int


class Storage:
    """The tables.  Every method may raise sqlite3.Error or HistoryUnusable; a write that does has written nothing."""

    def __init__(self, folder: Folder | None, bounds: Bounds, now: Callable[[], datetime]) -> None:
        self._folder, self._bounds, self._now = folder, bounds, now
        self._connection: sqlite3.Connection | None = connect(folder)
        self._count: int = self._value("SELECT count(*) FROM runs")
        lost = (schema.moment(now()), LOST, ENDED_MEANWHILE)
        with self._transaction() as connection:
            words = "UPDATE runs SET ended = ?, outcome = ?, error = ? WHERE ended IS NULL"
            self.lost = connection.execute(words, lost).rowcount
        while self._prune():
            pass

    def highest(self) -> int:
        """Return the highest number that a run ever had."""
        return int(self._value("SELECT coalesce(max(seq), 0) FROM sqlite_sequence"))

    def write(self, entries: Sequence[Entry]) -> None:
        """Prune a portion, then write all or nothing."""
        self._prune()
        with self._transaction() as connection:
            added = sum(_write(connection, entry) for entry in entries)
        self._count += added

    def read(self, words: str, values: Sequence[object] = ()) -> list[Any]:
        """Return the rows that answer a question."""
        return self._open().execute(words, values).fetchall()

    def close(self) -> None:
        """Close the file, which puts what is in the WAL where it belongs."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _value(self, words: str) -> int:
        return int(self.read(words)[0][0])

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = connect(self._folder)
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as exc:
            with suppress(sqlite3.Error):
                # SQLite may have done that by itself.
                connection.execute("ROLLBACK")
            if self._folder and getattr(exc, "sqlite_errorcode", -1) not in _PASSING:
                with suppress(sqlite3.Error):
                    self.close()
            raise

    def _prune(self) -> int:
        """Delete a portion of what is too old or too much, return how many runs that were."""
        before = schema.moment(self._now() - timedelta(days=self._bounds.days))
        excess = self._excess()
        with self._transaction() as connection:
            gone = connection.execute(_AGED, (before, PORTION)).rowcount
            if excess > gone:
                gone += connection.execute(_OLDEST, (min(excess - gone, PORTION),)).rowcount
        self._count -= gone
        if gone:
            self._give_back()
        return gone

    def _excess(self) -> int:
        """Return how many runs are too many."""
        used = self._value("PRAGMA page_count") - self._value("PRAGMA freelist_count")
        too_large = used * self._value("PRAGMA page_size") > self._bounds.size
        return max(self._count - self._bounds.rows, 1 + self._count // 100 if too_large else 0)

    def _give_back(self) -> None:
        """Shorten a file that pruning has left with much free space; some of it the next runs fill."""
        free = self._value("PRAGMA freelist_count") - _SLACK
        if free > self._value("PRAGMA page_count") // 3:
            self.read(f"PRAGMA incremental_vacuum({_SLACK})")


def _write(connection: sqlite3.Connection, entry: Entry) -> int:
    """Write one entry, return by how many runs there are more."""
    row, lists, added = schema.row(entry.record), entry.lists, 0
    if lists is None or connection.execute(schema.UPDATE, [*row, entry.record.id]).rowcount == 0:
        connection.execute(schema.INSERT, row)
        added = 1
    if lists and lists.size:
        values = (entry.record.id, lists.log, lists.steps, lists.changes)
        connection.execute("INSERT INTO lists (run, log, steps, changes) VALUES (?, ?, ?, ?)", values)
    return added
