"""What is said when history cannot be kept or read: why, and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from regbot.supervisor.history.folder import Folder


class HistoryUnusable(Exception):
    """A folder cannot be used for history, or what is in it cannot be read; the message says why and what to do."""


_WRITABLE: Final = "make {folder} and the files in it writable for this user"
_HELD: Final = "another program holds {file}: end that"
_DAMAGED: Final = "end the server, move {file} away (.recover of sqlite3 may save its runs), start again"
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "make room on the disk of {folder}, or keep less (--history-days, --history-runs)",
    sqlite3.SQLITE_IOERR: "look at the disk of {folder}, at its quota, and at the limit on the size of files",
    sqlite3.SQLITE_READONLY: _WRITABLE,
    sqlite3.SQLITE_PERM: _WRITABLE,
    sqlite3.SQLITE_CANTOPEN: "see that {file} is there and can be written, and that its disk has room",
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
"""SQLite's primary result code to what an operator can do."""
_ELSE: Final = "see whether {folder} is as the server left it"


def explained(error: sqlite3.Error, folder: Folder | None) -> str:
    """Return why, and what to do, in one line."""
    if folder is None:
        return f"{error} (in memory)"
    primary = getattr(error, "sqlite_errorcode", -1) & 0xFF
    return f"{error}; {_ADVICE.get(primary, _ELSE).format(folder=folder.path, file=folder.database)}"
