"""The folders of Lua modules that a file names, for all its scripts, in `defaults` and for one script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.config.kinds import TEXT, Kind, Unreadable
from regbot.config.nodes import Scalar, Sequence

if TYPE_CHECKING:
    from regbot.config.findings import Report
    from regbot.config.nodes import Node


@dataclass(frozen=True, slots=True)
class Place:
    """A folder as the file names it, and on which line."""

    path: str
    line: int


@dataclass(frozen=True, slots=True)
class Folder:
    """What is in a folder: the texts of modules by name, and *doubts* about what was passed over."""

    modules: Mapping[str, bytes]
    doubts: tuple[str, ...] = ()


ReadFolder: TypeAlias = Callable[[str], Folder]
"""Reads the folder of a path, which begins where the file is; OSError or ValueError if that cannot be."""


def nothing(_: str) -> Folder:
    """Stand for every folder, where nobody wants to run a script."""
    return Folder({})


class Shelf:
    """The folders of one file, each read once."""

    def __init__(self, read: ReadFolder, report: Report) -> None:
        self._read, self._report = read, report
        self._folders: dict[str, Folder] = {}
        self._joined: dict[tuple[str, ...], Mapping[str, bytes]] = {}

    def modules(self, places: Iterable[Place]) -> Mapping[str, bytes]:
        """Return the modules of some folders; of two with one name that of the folder that comes first."""
        # Many scripts have the same folders: one map serves them all.
        folders = {place.path: self._folder(place) for place in places}
        paths = tuple(folders)
        if paths not in self._joined:
            nearest_last = (folders[path].modules for path in reversed(paths))
            self._joined[paths] = dict(chain.from_iterable(modules.items() for modules in nearest_last))
        return self._joined[paths]

    def _folder(self, place: Place) -> Folder:
        if place.path not in self._folders:
            self._folders[place.path] = self._read_at(place)
        return self._folders[place.path]

    def _read_at(self, place: Place) -> Folder:
        try:
            folder = self._read(place.path)
        except (OSError, ValueError) as exc:
            reason = exc.strerror if isinstance(exc, OSError) else exc
            self._report.error(place.line, f"modules: {place.path}: {reason}")
            return Folder({})
        for doubt in folder.doubts:
            self._report.warn(place.line, f"modules: {place.path}: {doubt}")
        return folder


def _places(node: Node) -> tuple[Place, ...]:
    if isinstance(node, Sequence):
        return tuple(_place(item) for item in node.items)
    # As in other fields, an empty text is none.
    return (_place(node),) if TEXT.read(node) else ()


def _place(node: Node) -> Place:
    path = TEXT.read(node)
    if not path or "\0" in path or (isinstance(node, Scalar) and node.is_null):
        raise Unreadable(node.line, "each should be the path of a folder, like lib")
    return Place(path, node.line)


FOLDERS: Final = Kind(
    "folder or list of folders",
    _places,
    {
        "type": ["string", "number", "boolean", "array", "null"],
        "items": {"type": ["string", "number", "boolean"], "minLength": 1},
    },
)
