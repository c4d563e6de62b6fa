"""The files folder (`--files DIR`): the only way to the file system for a path that a script named.

Everything here blocks: an event loop calls it in a worker thread.
"""

from __future__ import annotations

import errno
import io
import os
import posixpath
import stat
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.files.beneath import Opener, opener_for
from regbot.registry.files.draft import Draft, sweep, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY
# A FIFO without a writer must not stop us, and a terminal must not become ours.
_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_UNNAMED: Final = os.O_TMPFILE | os.O_RDWR | os.O_EXCL
_DEPTH: Final = 100
"""Folders that are made at once, in one another."""
_SHOWN: Final = 200
"""Characters of a path that a message repeats."""


class Forbidden(RegistryError):
    """A script named a path that is not its to reach (code DENIED)."""


class Files:
    """The folder that scripts' paths resolve beneath, held open from the start.

    A relative path begins at the folder; only where that is the root of the file system it begins, as everywhere, at
    the current one.  An absolute path is good where it lies beneath the folder.  Symbolic links are followed as long as
    they stay beneath it; absolute ones lead out by definition, unless the folder is the root of the file system.

    Making one raises the OSError that says why the folder cannot be opened: the operator's fault, not a script's.
    Every method raises RegistryError: NotFound where something is not there, Forbidden where it lies outside.
    """

    def __init__(self, root: str | Path, *, opener: Opener | None = None) -> None:
        self.root = os.path.abspath(root)  # noqa: PTH100 -- resolve() would follow the link that users write
        self._fd = os.open(root, os.O_PATH | os.O_DIRECTORY)
        self._open = opener or opener_for(self._fd)
        self._names = (_parts(self.root), _parts(os.path.realpath(root)))
        self._start = [] if self._names[1] else _parts(str(Path.cwd()))

    def folder(self, path: str, *, create: bool = False) -> Folder:
        """Open a folder; with *create* it and its parents are made where they are missing."""
        relative = self._beneath(path)
        try:
            descriptor = self._made(relative) if create else self._open(self._fd, relative, _FOLDER)
        except OSError as exc:
            raise self.error(exc, path) from exc
        return Folder(self, path, descriptor)

    def open(self, path: str) -> io.FileIO:
        """Open a regular file for reading."""
        try:
            descriptor = self._open(self._fd, self._beneath(path), _FILE)
        except OSError as exc:
            raise self.error(exc, path) from exc
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise RegistryError(f"{quoted(path)} is no regular file {self._where}", code="NAME_INVALID")
        return io.FileIO(descriptor, "rb")

    def canonical(self, path: str) -> str:
        """Return the one spelling of all that name the same file by their letters; links are not looked at."""
        return posixpath.normpath(self._beneath(path))

    def exists(self, path: str) -> bool:
        """Say whether there is a file, or a folder, of that name."""
        try:
            os.close(self._open(self._fd, self._beneath(path), os.O_PATH))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as exc:
            raise self.error(exc, path) from exc
        return True

    def error(self, exc: OSError, path: str) -> RegistryError:
        """Return what *exc* means to somebody who asked for *path*."""
        what = f"{quoted(path)}: {exc.strerror} {self._where}"
        match exc.errno:
            case errno.EXDEV:
                return self._outside(path)
            case errno.ELOOP:
                return Forbidden(
                    f"{quoted(path)} has a symbolic link that is not followed {self._where}", code="DENIED"
                )
            case errno.ENOENT:
                return NotFound(f"{quoted(path)} does not exist {self._where}", code="NAME_UNKNOWN")
            case errno.EACCES | errno.EPERM | errno.EROFS:
                return RegistryError(what, code="DENIED")
            case errno.ENOTDIR | errno.EISDIR | errno.ENAMETOOLONG | errno.ENXIO:
                return RegistryError(what, code="NAME_INVALID")
        return RegistryError(what, code="UNAVAILABLE")

    def close(self) -> None:
        """Let go of the folder.  What was opened in it stays open."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _where(self) -> str:
        return f"(files folder {self.root}, --files)"

    def _outside(self, path: str) -> Forbidden:
        return Forbidden(
            f"{quoted(path)} leads out of the files folder {self.root}: scripts reach only what lies beneath it; "
            "--files DIR names another one",
            code="DENIED",
        )

    def _beneath(self, path: str) -> str:
        """Return *path* relative to the root."""
        if not path or not _nameable(path):
            why = "has a character that no file's name has" if path else "is empty"
            raise RegistryError(f"the path {quoted(path)} {why}", code="NAME_INVALID")
        parts = _parts(path)
        if not path.startswith("/"):
            return "/".join([*self._start, *parts]) or "."
        for name in self._names:
            if parts[: len(name)] == name:
                return "/".join(parts[len(name) :]) or "."
        raise self._outside(path)

    def _made(self, path: str) -> int:
        """Open a folder, and make what is missing of it from the top down."""
        with suppress(FileNotFoundError):
            return self._open(self._fd, path, _FOLDER)
        parts = path.split("/")
        if len(parts) > _DEPTH:
            raise OSError(errno.ENAMETOOLONG, f"more than {_DEPTH} folders in one another")
        for count, part in enumerate(parts):
            above = self._open(self._fd, "/".join(parts[:count]) or ".", os.O_PATH | os.O_DIRECTORY)
            try:
                _make(above, part)
            finally:
                os.close(above)
        return self._open(self._fd, path, _FOLDER)


class Folder:
    """An open folder of Files.  Use it in a `with`, or close it.

    What is read is found through Files again, so that a symbolic link inside may lead to anywhere beneath the root;
    what is written, by a plain name, stays in this very folder whatever became of its path.
    """

    def __init__(self, files: Files, path: str, descriptor: int) -> None:
        self.path = path
        self._files, self._fd = files, descriptor

    def folder(self, path: str, *, create: bool = False) -> Folder:
        """Open a folder in this one; with *create* it and its parents are made where they are missing."""
        return self._files.folder(f"{self.path}/{path}", create=create)

    def open(self, path: str) -> io.FileIO:
        """Open a regular file in this folder for reading."""
        return self._files.open(f"{self.path}/{path}")

    def exists(self, path: str) -> bool:
        """Say whether there is a file, or a folder, of that name in this one."""
        return self._files.exists(f"{self.path}/{path}")

    def names(self) -> list[str]:
        """Return the names of what is in this folder, sorted."""
        with self._faults("."):
            return sorted(os.listdir(self._fd))  # noqa: PTH208 -- a Path has no descriptor

    def unlink(self, name: str) -> None:
        """Remove the file, or the symbolic link, of that plain name."""
        with self._faults(self._plain(name)):
            os.unlink(name, dir_fd=self._fd)

    def draft(self, name: str) -> Draft:
        """Begin a file that becomes *name*, whole, when it is committed."""
        return Draft(self._fd, self._plain(name), partial(self._error, name))

    def scratch(self) -> io.FileIO:
        """Open a file without a name in this folder, to write and to read; closing it is its end."""
        with self._faults("."):
            return io.FileIO(os.open(".", _UNNAMED, 0o600, dir_fd=self._fd), "r+b")

    def write(self, name: str, data: bytes) -> None:
        """Make *data* the content of the file *name*: at any moment it has the old content or the new, whole."""
        draft = self.draft(name)
        try:
            draft.write(data)
            draft.commit()
        finally:
            draft.discard()

    def sweep(self) -> None:
        """Remove the drafts of writers that were killed."""
        with self._faults("."):
            sweep(self._fd)

    def is_folder(self, name: str) -> bool:
        """Say whether that plain name is a folder itself, and no link to one."""
        with self._faults(self._plain(name)):
            return stat.S_ISDIR(os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mode)

    def written(self, name: str) -> float:
        """Return when the file of that plain name was last written, in seconds since the epoch."""
        with self._faults(self._plain(name)):
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mtime

    def try_lock(self, *, shared: bool = False) -> bool:
        """Take the folder's lock, alone or *shared*, or say that it is taken.  Closing this object gives it back."""
        with self._faults("."):
            return try_lock(self._fd, shared=shared)

    def close(self) -> None:
        """Close the folder and give its lock back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _error(self, name: str, exc: OSError) -> RegistryError:
        return self._files.error(exc, f"{self.path}/{name}")

    @contextmanager
    def _faults(self, name: str) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise self._error(name, exc) from exc

    def _plain(self, name: str) -> str:
        if not name or "/" in name or name in {".", ".."} or not _nameable(name):
            raise RegistryError(f"{quoted(name)} is no file's name", code="NAME_INVALID")
        return name


def quoted(path: str) -> str:
    """Return *path* as messages show it: cut, and free of what no log could encode."""
    return '"' + path[:_SHOWN].encode("utf-8", "backslashreplace").decode() + '"'


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def _nameable(path: str) -> bool:
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _make(folder: int, name: str) -> None:
    """Make a folder in *folder* (opened with O_PATH), and have the disk remember it."""
    try:
        os.mkdir(name, dir_fd=folder)
    except FileExistsError:
        return
    descriptor = os.open(".", _FOLDER, dir_fd=folder)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
