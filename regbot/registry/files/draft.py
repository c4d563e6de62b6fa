"""Files that appear whole or not at all: written under another name, synced, then renamed.

A draft's writer holds a lock on it as long as it lives, so that `sweep` can tell what a killed writer left behind from
what somebody is writing.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias

from regbot.registry.errors import RegistryError

Fault: TypeAlias = Callable[[OSError], RegistryError]
"""Says what went wrong in the words of whoever asked for the file."""

_PREFIX: Final = ".regbot-"
_SUFFIX: Final = ".tmp"
_FLAGS: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_TRIES: Final = 100


class Draft:
    """A file that becomes *name* in *folder*, an open descriptor that has to outlive the draft.

    Call `discard` in a `finally`: it removes what was not committed.  Every method, and making one, raises what *fault*
    makes of an OSError.
    """

    def __init__(self, folder: int, name: str, fault: Fault) -> None:
        self._folder, self._name, self._fault = folder, name, fault
        with self._faults():
            self._temporary, self._fd = begin(folder)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append *data*."""
        rest = memoryview(data)
        with self._faults():
            while rest:
                rest = rest[os.write(self._fd, rest) :]

    def commit(self) -> None:
        """Make the file appear under its name, in the place of what had that name."""
        with self._faults():
            os.fsync(self._fd)
            os.replace(self._temporary, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            self._temporary = ""
            os.fsync(self._folder)

    def discard(self) -> None:
        """Close the file; remove it if it was not committed.  May be called again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        if self._temporary:
            with self._faults(), suppress(FileNotFoundError):
                os.unlink(self._temporary, dir_fd=self._folder)
            self._temporary = ""

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise self._fault(exc) from exc


def sweep(folder: int) -> None:
    """Remove the drafts in *folder* whose writers are gone."""
    for name in os.listdir(folder):
        if name.startswith(_PREFIX) and name.endswith(_SUFFIX):
            with suppress(OSError):  # somebody else removes it, or it is not ours to remove: then it stays
                _remove_if_abandoned(folder, name)


def try_lock(descriptor: int, *, shared: bool = False) -> bool:
    """Take the lock of an open file or folder, alone or *shared*, or say that another description of it has it."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def begin(folder: int, lock: Callable[[int], bool] = try_lock) -> tuple[str, int]:
    """Make an empty draft, return its name and a locked descriptor of it."""
    for _ in range(_TRIES):
        name = f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        descriptor = os.open(name, _FLAGS, 0o666, dir_fd=folder)
        # Before the lock was ours, a sweep may have taken the newborn for abandoned.
        if lock(descriptor) and os.fstat(descriptor).st_nlink:
            return name, descriptor
        os.close(descriptor)
    raise BlockingIOError(errno.EAGAIN, "every new file was swept away at once")


def _remove_if_abandoned(folder: int, name: str) -> None:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    try:
        if try_lock(descriptor):
            os.unlink(name, dir_fd=folder)
    finally:
        os.close(descriptor)
