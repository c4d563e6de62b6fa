"""Runs that were and that are, kept in a file or in memory.

Whoever begins or ends a run waits until that is written: what was told survives a SIGKILL of this process.  Nobody
waits for a disk of his own, though: one caller at a time writes, in one transaction, for all who came meanwhile.

A disk that refuses costs records, never a run: its number comes from here, and what ended meanwhile is written later.
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from regbot.supervisor.history import schema
from regbot.supervisor.history.commits import Commits
from regbot.supervisor.history.folder import Folder
from regbot.supervisor.history.lists import changes_of, log_of, packed, steps_of
from regbot.supervisor.history.storage import Bounds, Entry, Storage
from regbot.supervisor.history.unusable import HistoryUnusable, explained

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from datetime import datetime

    from regbot.supervisor.audit.change import Change
    from regbot.supervisor.audit.trail import LogLine, Step, Trail
    from regbot.supervisor.history.record import RunRecord

__all__ = ["History", "HistoryUnusable", "open_history"]

T = TypeVar("T")

MAX_FILE: Final = 1 << 30
MAX_MEMORY: Final = 64 << 20
"""Bytes of a history in a file, and of one in memory; the oldest runs make room."""

_RUNS: Final = f"SELECT {schema.COLUMNS} FROM runs"  # noqa: S608 - names of our own
_ENDED_LAST: Final = f"{_RUNS} WHERE id IN (SELECT max(id) FROM runs WHERE ended IS NOT NULL GROUP BY script)"  # noqa: S608


class History:
    """The runs; open_history() makes it.

    What reads raises HistoryUnusable while the file cannot be read; what writes raises nothing of the kind.
    """

    def __init__(self, storage: Storage, folder: Folder | None, tell: Callable[[str], object]) -> None:
        self.lost = storage.lost
        """Runs that had not ended when the file was opened: the server before was killed."""
        self._storage, self._commits = storage, Commits(storage, folder, tell)
        self._number = max(storage.highest(), folder.number if folder else 0)

    @property
    def failed(self) -> int:
        """Beginnings and ends that could not be written when they came; most of the ends are later."""
        return self._commits.failed

    async def begin(self, record: RunRecord) -> RunRecord:
        """Keep a run that begins; return it with its number, whatever number it had."""
        self._number += 1
        numbered = replace(record, id=self._number)
        await self._commits.write(Entry(numbered))
        return numbered

    async def end(self, record: RunRecord, trail: Trail) -> None:
        """Keep how a run ended, and what it did."""
        with trio.CancelScope(shield=True):
            lists = await self._commits.in_thread(partial(packed, trail))
            await self._commits.write(Entry(record, lists))

    async def runs(self, *, script: str = "", before: int = 0, limit: int = 50) -> Sequence[RunRecord]:
        """Return runs, the latest first: of one *script* ("": of all), numbers below *before* (0: from the top)."""
        wanted: list[tuple[str, object]] = []
        if script:
            wanted.append(("script = CAST(? AS TEXT)", schema.encoded(script)))
        if before:
            wanted.append(("id < ?", before))
        where = f" WHERE {' AND '.join(words for words, _ in wanted)}" if wanted else ""
        return await self._records(f"{_RUNS}{where} ORDER BY id DESC LIMIT ?", [*(value for _, value in wanted), limit])

    async def find(self, number: int) -> RunRecord | None:
        """Return a run, None if there is none of that number."""
        found = await self._records(f"{_RUNS} WHERE id = ?", [number])
        return found[0] if found else None

    async def last(self) -> dict[str, RunRecord]:
        """Return the latest run of each script that has ended, by the script's name."""
        return {record.script: record for record in await self._records(_ENDED_LAST)}

    async def lines(self, number: int, *, after: int = 0) -> Sequence[LogLine]:
        """Return the log of a run that has ended without its first *after* lines; none for one that has not."""
        return await self._list("SELECT log FROM lists WHERE run = ?", number, log_of, after)

    async def steps(self, number: int, *, after: int = 0) -> Sequence[Step]:
        """Return the operations of a run, likewise."""
        return await self._list("SELECT steps FROM lists WHERE run = ?", number, steps_of, after)

    async def changes(self, number: int, *, after: int = 0) -> Sequence[Change]:
        """Return the changes of a run, likewise."""
        return await self._list("SELECT changes FROM lists WHERE run = ?", number, changes_of, after)

    async def aclose(self) -> None:
        """Write what can be written, and close the file."""
        await self._commits.aclose()

    async def _records(self, words: str, values: Sequence[object] = ()) -> list[RunRecord]:
        return await self._commits.read(lambda: [schema.record(row) for row in self._storage.read(words, values)])

    async def _list(
        self, words: str, number: int, unpack: Callable[[bytes | None], Sequence[T]], after: int
    ) -> Sequence[T]:
        def read() -> Sequence[T]:
            found = self._storage.read(words, [number])
            return unpack(found[0][0])[after:] if found else []

        try:
            return await self._commits.read(read)
        except (ValueError, TypeError, zlib.error) as exc:
            raise HistoryUnusable(f"what history has of run {number} is damaged: {exc}") from exc


@asynccontextmanager
async def open_history(
    folder: str | None, *, days: float, rows: int, now: Callable[[], datetime], tell: Callable[[str], object]
) -> AsyncIterator[History]:
    """Open the history in *folder*, or one in memory (None); HistoryUnusable if it cannot be used.

    Runs are kept for *days*, at most *rows* of them.  *now* tells the time in UTC.  *tell* is called with a sentence
    for the operator: that records cannot be written, that they can again.
    """
    bounds = Bounds(days, rows, MAX_FILE if folder else MAX_MEMORY)
    held = await trio.to_thread.run_sync(Folder, folder) if folder else None
    try:
        try:
            storage = await trio.to_thread.run_sync(Storage, held, bounds, now)
        except sqlite3.Error as exc:
            raise HistoryUnusable(f"history cannot be kept in {folder} (--state): {explained(exc, held)}") from exc
        history = History(storage, held, tell)
        try:
            yield history
        finally:
            await history.aclose()
    finally:
        if held:
            held.close()
