"""What there is for a script to use: names, and what functions take."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from regbot.check.uses import MODULE
from regbot.manual.standard import ABSENT, STANDARD

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from regbot.check.uses import Path
    from regbot.manual.model import Function, Library, Manual


@dataclass(frozen=True, slots=True)
class Table:
    """A table that every script can reach; *name* is what one calls it, *absent* what plain Lua has there besides."""

    name: str
    names: frozenset[str]
    functions: Mapping[str, Function]
    absent: frozenset[str] = frozenset()


class Known:
    """The description of the API, for looking things up.

    *modules* are the names of those that users wrote: it is known that they are there, and nothing of what they have.
    A text that *is_module* may use globals of the script that requires it.
    """

    def __init__(self, manual: Manual, modules: Collection[str] = (), *, is_module: bool = False) -> None:
        self.manual, self.is_module = manual, is_module
        self.modules = frozenset(modules) | manual.modules.keys()
        self.absent = frozenset(ABSENT[""])
        names = {name for name in STANDARD if name}
        self._tables = {name: _table(name, manual.libraries.get(name)) for name in names | manual.libraries.keys()}
        self._tables |= {MODULE + name: _table(name, library) for name, library in manual.modules.items()}

    @cached_property
    def globals(self) -> frozenset[str]:
        """The names of all globals."""
        return (
            frozenset(STANDARD[""]) | self.manual.functions.keys() | {name for name in self._tables if " " not in name}
        )

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of the globals that are functions."""
        return frozenset(name for name in self.globals if name not in self._tables and not name.startswith("_"))

    @cached_property
    def methods(self) -> frozenset[str]:
        """The names of the methods that any object has, or any string."""
        objects = {each.last_name for known in self.manual.classes.values() for each in known.methods}
        # Where a field hides a method of the same name, both are called with a colon.
        fields = {name for known in self.manual.classes.values() for name in known.names}
        return frozenset(objects | fields) | self._tables["string"].names

    def is_foreign(self, name: str) -> bool:
        """Say whether the first name of a path is a module that a user wrote: it may set globals and make objects."""
        return name.startswith(MODULE) and name not in self._tables

    def table(self, name: str) -> Table | None:
        """Return what is at a path of one name, if it is a table."""
        return self._tables.get(name)

    def tables_with(self, field: str) -> list[str]:
        """Return the names of the tables that have a field."""
        return [name for name, table in self._tables.items() if field in table.names]

    def function(self, path: Path) -> Function | None:
        """Return the function of the API at a path."""
        if len(path) == 1:
            return self.manual.functions.get(path[0])
        table = self._tables.get(path[0])
        return table.functions.get(path[1]) if table and len(path) == 2 else None


def _table(name: str, library: Library | None) -> Table:
    functions = {each.last_name: each for each in library.functions} if library else {}
    names = frozenset(library.names if library else ()) | frozenset(STANDARD.get(name, ()))
    return Table(name, names, functions, frozenset(ABSENT.get(name, ())))
