"""Writing together what comes together, and getting over a disk that refuses."""

from __future__ import annotations

import sqlite3
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from regbot.supervisor.history.unusable import HistoryUnusable, explained

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.supervisor.history.folder import Folder
    from regbot.supervisor.history.storage import Entry, Storage

T = TypeVar("T")

PAUSE: Final = 1.0
"""Seconds in which a disk that refused is not tried again."""
REMINDER: Final = 300.0
"""Seconds after which it is said again that nothing can be written."""
MAX_LATER: Final = 16 << 20
"""Bytes of what is kept to be written later, or thereabouts; the oldest is forgotten first."""
_RECORD: Final = 2 << 10
"""Bytes that a record takes besides its lists."""


class Commits:
    """The one way to the tables: one caller at a time, in a thread, whether or not the caller is cancelled.

    *tell* is called with a sentence for the operator.
    """

    def __init__(self, storage: Storage, folder: Folder | None, tell: Callable[[str], object]) -> None:
        self.failed = 0
        """Entries that could not be written when they came."""
        self._storage, self._folder, self._tell = storage, folder, tell
        self._turn, self._thread = trio.Lock(), trio.CapacityLimiter(1)
        self._waiting: list[Entry] = []
        self._later: deque[Entry] = deque()
        self._later_size = self._forgotten = 0
        self._again = self._remind = float("-inf")
        """When the disk is tried again, and when the operator hears of it again."""
        self._broken = False

    async def write(self, entry: Entry) -> None:
        """Write an entry, with all that others are waiting for; whatever comes of it."""
        self._waiting.append(entry)
        with trio.CancelScope(shield=True):
            async with self._turn:
                # Somebody may have written it by now, together with an entry of his own.
                if entries := self._waiting:
                    self._waiting = []
                    await self._commit(entries)

    async def read(self, function: Callable[[], T]) -> T:
        """Return what a function reads from the storage; HistoryUnusable if it cannot."""
        async with self._turn:
            try:
                return await self.in_thread(function)
            except sqlite3.Error as exc:
                raise HistoryUnusable(f"history cannot be read: {self._explained(exc)}") from exc

    async def in_thread(self, function: Callable[[], T]) -> T:
        """Call a function that takes its time."""
        return await trio.to_thread.run_sync(function, limiter=self._thread)

    async def aclose(self) -> None:
        """Write what was to be written later, if that is possible now, and close the storage."""
        with trio.CancelScope(shield=True):
            async with self._turn:
                if self._later:
                    self._again = float("-inf")
                    await self._commit([])
                with suppress(sqlite3.Error):
                    await self.in_thread(self._storage.close)

    async def _commit(self, entries: list[Entry]) -> None:
        if trio.current_time() < self._again:
            self._missed(entries)
            return
        try:
            await self.in_thread(partial(self._storage.write, [*self._later, *entries]))
        except (sqlite3.Error, HistoryUnusable) as exc:
            self._missed(entries)
            self._refused(exc)
        else:
            self._worked()

    def _missed(self, entries: list[Entry]) -> None:
        """Count entries, keep those of runs that have ended, and the number that was given last."""
        self.failed += len(entries)
        for entry in entries:
            if entry.lists is not None:
                self._later.append(entry)
                self._later_size += _RECORD + entry.lists.size
        while self._later_size > MAX_LATER:
            lists = self._later.popleft().lists
            self._later_size -= _RECORD + (lists.size if lists else 0)
            self._forgotten += 1
        if self._folder and entries:
            with suppress(OSError):
                self._folder.keep(max(entry.record.id for entry in entries))

    def _refused(self, error: Exception) -> None:
        now, self._broken = trio.current_time(), True
        self._again = now + PAUSE
        if now >= self._remind:
            self._remind = now + REMINDER
            why = self._explained(error) if isinstance(error, sqlite3.Error) else error
            self._tell(f"history cannot be written; runs go on, and what ends is written later: {why}")

    def _worked(self) -> None:
        if not self._broken:
            return
        lost = f"; {self._forgotten} runs that ended meanwhile are missing" if self._forgotten else ""
        self._tell(f"history is written again: {len(self._later)} runs that ended meanwhile{lost}")
        self._later.clear()
        self._later_size = self._forgotten = 0
        self._broken, self._remind = False, float("-inf")

    def _explained(self, error: sqlite3.Error) -> str:
        return explained(error, self._folder)
