"""Reading the folders of Lua modules that a configuration names: what lies beneath them, and nothing else."""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.config.modules import Folder
from regbot.registry.files.beneath import opener_for
from regbot.supervisor.operations.modules import own_names

if TYPE_CHECKING:
    from regbot.registry.files.beneath import Opener

MAX_BYTES: Final = 1 << 20
"""Of one module."""
MAX_BYTES_IN_ALL: Final = 16 << 20
MAX_FILES: Final = 1000
"""Modules, and folders that they are looked for in."""
MAX_DEPTH: Final = 32
"""Folders in each other."""

_ENDING: Final = ".lua"
_SAYABLE: Final = re.compile("[A-Za-z0-9_-]+")
# A FIFO without a writer must not stop us, and a terminal must not become ours.
_READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY
_UNSAYABLE: Final = "cannot be required: its name may have letters, digits, _ and - only"


class ModuleFolders:
    """Reads folders, all of them within the bounds together; *base* is where relative paths begin."""

    def __init__(self, base: str) -> None:
        self.read: list[Path] = []
        """The folders that were asked for."""
        self._base = base
        self._left = _Left()

    def __call__(self, path: str) -> Folder:
        """Return the modules of a folder; ValueError says why they cannot be had."""
        whole = Path(self._base, path)
        self.read.append(whole)
        try:
            root = os.open(whole, os.O_PATH | os.O_DIRECTORY)
        except OSError as exc:
            raise ValueError(f"{exc.strerror} ({whole.absolute()})") from exc
        try:
            walk = _Walk(root, opener_for(root), self._left)
            walk.folder(())
        finally:
            os.close(root)
        return Folder(walk.named(), tuple(walk.doubts))


@dataclass(slots=True)
class _Left:
    """What is left of the bounds."""

    files: int = MAX_FILES
    folders: int = MAX_FILES
    size: int = MAX_BYTES_IN_ALL

    def take_folder(self) -> None:
        self.folders -= 1
        if self.folders < 0:
            raise ValueError(f"there are more than {MAX_FILES} folders of modules in all")

    def take_file(self, size: int) -> None:
        self.files -= 1
        self.size -= size
        if self.files < 0:
            raise ValueError(f"there are more than {MAX_FILES} modules in all")
        if self.size < 0:
            raise ValueError(f"the modules have more than {MAX_BYTES_IN_ALL >> 20} MiB in all")


@dataclass(slots=True)
class _Walk:
    """One folder with all that is in it.  Paths are the names of its parts."""

    root: int
    open: Opener
    left: _Left
    texts: dict[tuple[str, ...], bytes] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def folder(self, path: tuple[str, ...]) -> None:
        """Read a folder."""
        self.left.take_folder()
        if len(path) > MAX_DEPTH:
            raise ValueError(f"there are more than {MAX_DEPTH} folders in each other: {_shown(path)}")
        for name in self._names(path):
            self._entry((*path, name))

    def named(self) -> dict[str, bytes]:
        """Return the modules by name: `a.b` is in a/b.lua, else in a/b/init.lua."""
        found = {".".join(path): text for path, text in self.texts.items()}
        for path, text in self.texts.items():
            if len(path) > 1 and path[-1] == "init":
                found.setdefault(".".join(path[:-1]), text)
        for name in sorted(found.keys() & own_names()):
            del found[name]
            self.doubts.append(f'"{name}" is never found, regbot has a module of that name')
        return found

    def _names(self, path: tuple[str, ...]) -> list[str]:
        """Return the entries of a folder that may be modules, or folders of such."""
        here = self.open(self.root, "/".join(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
        try:
            with os.scandir(here) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if not entry.name.startswith(".")
                    and (entry.name.endswith(_ENDING) or not entry.is_file(follow_symlinks=False))
                )
        finally:
            os.close(here)

    def _entry(self, path: tuple[str, ...]) -> None:
        stem = path[-1].removesuffix(_ENDING)
        if not _SAYABLE.fullmatch(stem):
            self._doubt(path, _UNSAYABLE)
            return
        descriptor = self._opened(path)
        if descriptor is None:
            return
        try:
            kind = os.fstat(descriptor).st_mode
            if stat.S_ISREG(kind) and path[-1] != stem:
                self._file((*path[:-1], stem), descriptor)
        finally:
            os.close(descriptor)
        if stat.S_ISDIR(kind) and path[-1] != stem:
            self._doubt(path, _UNSAYABLE)
        elif stat.S_ISDIR(kind):
            self.folder(path)

    def _opened(self, path: tuple[str, ...]) -> int | None:
        try:
            return self.open(self.root, "/".join(path), _READ)
        except OSError as exc:
            if exc.errno == errno.ENXIO:
                return None  # A socket, which is as little a module as a FIFO.
            if exc.errno not in {errno.EXDEV, errno.ELOOP}:
                raise ValueError(f"{_shown(path)}: {exc.strerror}") from exc
        self._doubt(path, "is a symbolic link that leads out of the folder, or in a circle: it is not followed")
        return None

    def _file(self, path: tuple[str, ...], descriptor: int) -> None:
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise ValueError(f"{_shown(path)}{_ENDING} is larger than {MAX_BYTES >> 20} MiB")
        self.left.take_file(len(text))
        self.texts[path] = text

    def _doubt(self, path: tuple[str, ...], what: str) -> None:
        self.doubts.append(f"{_shown(path)} {what}")


def _shown(path: tuple[str, ...]) -> str:
    """Return a path for a message: a name may hold control characters, and bytes that are no text."""
    return ascii("/".join(path)).strip("'\"")
