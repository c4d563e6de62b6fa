"""Names that are not there: globals, fields of the tables that scripts have, methods, modules.

A fault is certain where its line fails whenever it is reached: nil is called, or asked for a field.  If the script also
looks whether the thing is there, or catches what fails, that is a doubt: the script may know what it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.check.findings import Finding, remedy, shown
from regbot.check.syntax import text_of
from regbot.check.uses import MODULE, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regbot.check.known import Known, Table
    from regbot.check.uses import Path, Use, Uses

ABSENT: Final = "scripts have no {} (see docs/lua.md)"
MAX_COMPARED: Final = 200
"""Names of the script's own that are compared with one that is not there."""
_MAKERS: Final = ("load", "loadstring")
"""What runs text that may set any global."""


def check_names(found: Uses, known: Known) -> Iterator[Finding]:
    """Give what is wrong with the names that a script uses."""
    names = _Names(found, known)
    for use in found.paths:
        if finding := names.check(use):
            yield finding
    yield from _methods(found, known)


class _Names:
    """The names of one script, held against those that there are."""

    def __init__(self, found: Uses, known: Known) -> None:
        self._known = known
        self._set = {use.path for use in found.paths if use.way is Way.SET}
        self._asked = {use.path for use in found.paths if use.way in {Way.READ, Way.INDEX}}
        self._variables = found.variables
        own = found.variables | {path[0] for path in self._set if len(path) == 1}
        self._nearby = known.globals | set(sorted(own)[:MAX_COMPARED])
        makes_globals = any(use.way is Way.CALL and use.path[0] in _MAKERS for use in found.paths)
        self._any_global = makes_globals or ("_G",) in self._asked
        self._shares = known.is_module or any(known.is_foreign(use.path[0]) for use in found.paths)

    def check(self, use: Use) -> Finding | None:
        """Return what is wrong with a path, if anything is."""
        name = use.path[0]
        if use.path == ("require",) and use.way is Way.CALL and use.path not in self._set:
            return self._module(use)
        table = self._known.table(name)
        if table is None:
            return self._global(use)
        if (name,) in self._set:
            return None
        return self._field(use, table) if len(use.path) > 1 else self._table(use, table)

    def _global(self, use: Use) -> Finding | None:
        name = use.path[0]
        # Of what a module has that is not ours nothing is known.
        if self._any_global or name.startswith(MODULE) or (name,) in self._set:
            return None
        if name in self._known.globals:
            return self._field_of_function(use) if len(use.path) > 1 and name in self._known.functions else None
        fails = (len(use.path) > 1 or use.way in {Way.CALL, Way.LOOP, Way.INDEX}) and not self._shares
        if name in self._known.absent:
            return self._finding(use, (name,), ABSENT.format(name), fails=fails)
        return self._finding(use, (name,), f"unknown global {shown(name)}{self._remedy(name)}", fails=fails)

    def _remedy(self, name: str) -> str:
        if name in self._variables:
            return "; the local variable of that name is not seen here"
        if name in self._known.modules:
            return f'; it is a module: write local {name} = require("{name}")'
        return remedy(name, self._nearby)

    def _table(self, use: Use, table: Table) -> Finding | None:
        if use.way not in {Way.CALL, Way.LOOP}:
            return None
        message = f"{table.name} is a table, not a function{remedy('', table.names, table.name + '.{}')}"
        return self._finding(use, use.path, message, fails=not self._shares)

    def _field_of_function(self, use: Use) -> Finding:
        name, field = use.path[:2]
        tables = [each for each in self._known.tables_with(field) if each.startswith(name)]
        message = f"{name} is a function and has no fields{remedy(name, tables, '{}.' + field)}"
        return Finding(use.line, message, certain=not (use.guarded or self._shares))

    def _field(self, use: Use, table: Table) -> Finding | None:
        name = use.path[1]
        whole = f"{table.name}.{name}"
        if name in table.names or use.path[:2] in self._set:
            if use.way is Way.METHOD and len(use.path) == 2 and name in table.functions:
                message = f"{whole} is called with a dot, not with a colon"
                return Finding(use.line, message, certain=not use.guarded)
            return None
        fails = len(use.path) > 2 or use.way in {Way.CALL, Way.LOOP, Way.METHOD, Way.INDEX}
        if name in table.absent:
            return self._finding(use, use.path[:2], ABSENT.format(whole), fails=fails)
        # Newer Luas have functions in tables that are globals here: table.unpack.
        elsewhere = f"; did you mean {shown(name)}?" if name in self._known.functions else ""
        message = f"there is no {whole}{elsewhere or remedy(name, table.names, table.name + '.{}')}"
        return self._finding(use, use.path[:2], message, fails=fails)

    def _module(self, use: Use) -> Finding | None:
        name = text_of(use.arguments[0]) if use.arguments else None
        if name is None or name in self._known.modules:
            return None
        message = f"there is no module {shown(name)}{remedy(name, self._known.modules)}"
        return Finding(use.line, message, certain=not use.guarded)

    def _finding(self, use: Use, missing: Path, message: str, *, fails: bool) -> Finding:
        # What handles a table as a whole may have put anything into it.
        asked = missing in self._asked or missing[:-1] in self._asked
        return Finding(use.line, message, certain=fails and not (asked or use.guarded))


def _methods(found: Uses, known: Known) -> Iterator[Finding]:
    if any(known.is_foreign(use.path[0]) for use in found.paths):
        return
    there = known.methods | found.defined
    for token in found.methods:
        if str(token) not in there:
            message = f"no object has a method {shown(token)}{remedy(token, known.methods)}"
            yield Finding(token.line or 0, message, certain=False)
