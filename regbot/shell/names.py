"""The names that one can type: those of the API's description, and those that the session has given values.

A name of something to be called ends in a parenthesis.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.manual.model import Class, Library
from regbot.manual.standard import STANDARD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from regbot.manual.model import Function, Manual

_KEYWORDS: Final = """and break do else elseif end false for function goto if in local nil not or repeat return then
    true until while"""
MAX_NAMES: Final = 1000
"""Names of the session that are remembered."""

_ASSIGNED: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)\s*(?:require\s*\(?\s*[\"']([\w.-]+)[\"']|([\w.]+)\s*\()?")
_DEFINED: Final = re.compile(r"\s*function\s+([A-Za-z_]\w*)\s*\(")


class Names:
    """What there is; *modules* are the names of those that users wrote."""

    def __init__(self, manual: Manual, modules: Collection[str] = ()) -> None:
        self.modules = frozenset(modules) | manual.modules.keys()
        self._manual = manual
        self._globals = {*_KEYWORDS.split(), *manual.libraries, *(f"{name}(" for name in manual.functions)}
        self._globals |= {name if name[0] == "_" else f"{name}(" for name in STANDARD[""]} | (STANDARD.keys() - {""})
        self._session: dict[str, Library | Class | None] = {}

    def learn(self, text: str) -> None:
        """Take note of the globals that a chunk gives values, and of what these are where that is plain to see."""
        for line in text.splitlines():
            if (defined := _DEFINED.match(line)) is not None:
                self._remember(f"{defined[1]}(", None)
            elif (assigned := _ASSIGNED.match(line)) is not None:
                self._remember(assigned[1], self._value(assigned[2], assigned[3]))

    def globals(self) -> Iterable[str]:
        """Return what an expression may begin with."""
        return self._globals | self._session.keys()

    def of(self, owner: str, mark: str) -> Iterable[str]:
        """Return what may stand behind an expression and a dot or a colon."""
        known = self._session.get(owner) or self._manual.libraries.get(owner)
        if isinstance(known, Library):
            return {*_called(known.functions), *(field.name for field in known.fields), *_standard(owner)}
        if owner in STANDARD:
            return _standard(owner)
        classes = [known] if known else self._manual.classes.values()
        if mark == ":":
            methods = {name for each in classes for name in _called(each.methods)}
            return methods if known else methods | set(_standard("string"))
        return {name for each in classes if not each.is_options for name in each.names}

    def options(self, called: str, position: int) -> Iterable[str]:
        """Return the options in a call's argument, counted from 0; none if that is no table of options."""
        last = re.split("[.:]", called)[-1]
        methods = (each for known in self._manual.classes.values() for each in known.methods if each.last_name == last)
        function = self._manual.function(called)
        for each in [function] if function else methods:
            if position < len(each.parameters) and (found := self._manual.options(each.parameters[position])):
                return [f"{name} = " for name in found.names]
        return []

    def _remember(self, name: str, value: Library | Class | None) -> None:
        if name in self._session or len(self._session) < MAX_NAMES:
            self._session[name] = value

    def _value(self, module: str | None, called: str | None) -> Library | Class | None:
        if module:
            return self._manual.modules.get(module)
        function = self._manual.function(called) if called else None
        return self._manual.classes.get(function.returns[0].type) if function and function.returns else None


def _called(functions: Iterable[Function]) -> Iterable[str]:
    return (f"{function.last_name}(" for function in functions)


def _standard(library: str) -> Iterable[str]:
    return (f"{name}(" for name in STANDARD.get(library, ()))
