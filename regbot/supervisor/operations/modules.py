"""What `require` finds: regbot's own modules, and those of the folders that the configuration names.

A name from a child is looked up in a dict and nowhere else: no path is made of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import regbot
from regbot.nearest import listed
from regbot.supervisor.operations.arguments import InvalidArgument

if TYPE_CHECKING:
    from collections.abc import Mapping

OF_PRELUDE: Final = frozenset({"json", "time"})
"""The modules that a child has already (sandbox/prelude/require.lua), and never asks for."""
_FOLDER: Final = Path(regbot.__file__).parent / "sandbox" / "modules"
_NONE: Final[Mapping[str, bytes]] = MappingProxyType({})


@cache
def own() -> Mapping[str, bytes]:
    """Read regbot's own modules of plain Lua; a dot in a name stands for a folder."""
    paths = sorted(_FOLDER.rglob("*.lua"))
    return {".".join(path.relative_to(_FOLDER).with_suffix("").parts): path.read_bytes() for path in paths}


def own_names() -> frozenset[str]:
    """Return the names that are regbot's own, and that no module of a user is found by."""
    return OF_PRELUDE | own().keys()


class Modules:
    """The modules of one script; *users* are those of its folders, as texts by name."""

    def __init__(self, users: Mapping[str, bytes] = _NONE) -> None:
        self._users = users

    def source(self, name: str) -> bytes:
        """Return the text of a module; InvalidArgument lists what there is."""
        text = own().get(name) or self._users.get(name)
        if text is None:
            raise InvalidArgument("there is no such module; " + listed(name, self.names, '"{}"'.format))
        return text

    @property
    def names(self) -> frozenset[str]:
        """What a script may ask for; what regbot's modules are made of is not among it."""
        return frozenset(name for name in own_names() if "." not in name) | self._users.keys()
