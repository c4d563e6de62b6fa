"""The folder of a history: made if it is missing, and held by one server at a time.

Beside the database lies the file `lock`.  It is locked for as long as the server lives, and holds a number: the highest
that was given to a run while the database could not be written.  Its bytes are there from the beginning, so that a full
disk does not keep us from writing them.
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from regbot.supervisor.history.unusable import HistoryUnusable

DATABASE: Final = "history.db"
_LOCK: Final = "lock"
_PATIENCE: Final = 1.0
"""Seconds in which a server that was killed is gone altogether, with all that it had just forked."""
_LOOK: Final = 0.02
_DIGITS: Final = 20
_DENIED: Final = "no permission; make it, and what is in it, writable for user {user}"
_FULL: Final = "its disk is full; make room, or name another folder"
_WHY: Final = {
    errno.EWOULDBLOCK: "another server keeps its history there; end that one, or name another folder",
    errno.ENOTDIR: "that is no folder; name one",
    errno.ENOENT: "{parent} is not there; make it, or name another folder",
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: "its file system is read-only; name another folder",
}
"""What the kernel said to what is wrong, and what to do."""


class Folder:
    """A folder that is locked until close(); HistoryUnusable where it cannot be."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.database = str(Path(path) / DATABASE)
        try:
            self._lock = _locked(Path(path))
            self.number = self._read()
            """The number that keep() was last told."""
            self.keep(self.number)
            # SQLite gives its other files the same mode: logs are nobody else's business.
            os.close(os.open(self.database, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as exc:
            raise HistoryUnusable(f"history cannot be kept in {path} (--state): {_why(exc, path)}") from exc

    def keep(self, number: int) -> None:
        """Write a number down; OSError if even that fails."""
        os.pwrite(self._lock, b"%0*d\n" % (_DIGITS, number), 0)

    def close(self) -> None:
        """Let another server have it."""
        os.close(self._lock)

    def _read(self) -> int:
        text = os.pread(self._lock, _DIGITS, 0)
        return int(text) if text.isdigit() else 0


def _locked(path: Path) -> int:
    """Return the descriptor of the lock; OSError, of which BlockingIOError means that somebody else has it."""
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    lock = os.open(path / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if not isinstance(exc, BlockingIOError) or time.monotonic() > end:
                os.close(lock)
                raise
            time.sleep(_LOOK)
        else:
            return lock


def _why(error: OSError, path: str) -> str:
    """Return what is wrong and what to do."""
    parent = Path(path).parent
    # /proc and the like say ENOENT, not EROFS, of what nobody can make in them.
    if error.errno == errno.ENOENT and parent.is_dir():
        return f"nothing can be made in {parent}; name another folder"
    why = _WHY.get(error.errno or 0, f"{error.strerror}; mend that, or name another folder")
    return why.format(parent=parent, user=os.geteuid())
