"""The types of the description, which are texts such as `string|Reference`: without aliases, and in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.manual.lines import alternatives

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regbot.manual.model import Manual

_NAMES: Final = {
    "any": "anything",
    "boolean": "true or false",
    "integer": "whole number",
    "ConfigDescriptor": "descriptor",
    "ErrorObject": "error object",
    "Execution": "table",
    "FilePath": "file",
    "Healthcheck": "table",
    "History": "table",
    "JsonNumber": "exact number",
    "PlatformName": "platform",
    "R": "anything",
    "RateLimit": "rate limit",
    "RetentionItem": "item",
    "RetentionResult": "item",
    "RootFS": "table",
    "T": "anything",
    "Versioned": "table",
}
"""What types are called, where that is not their own name."""
_UNCOUNTED: Final = frozenset({"anything", "nil", "true or false"})
"""What has neither an article nor a plural."""


def resolved(manual: Manual, kind: str) -> list[str]:
    """Return the alternatives of a type, those of each alias in its place."""
    known = [manual.aliases[each].type if each in manual.aliases else each for each in alternatives(kind)]
    return [each for part in known for each in alternatives(part)]


def words(manual: Manual, kind: str, shown: Callable[[str, str], str] = lambda _, name: name) -> str:
    """Return a type in words; *shown* is given each single type in it, and its name, and returns what is written."""
    return _joined([_alternative(manual, each, shown) for each in alternatives(kind)])


def phrase(manual: Manual, kind: str) -> str:
    """Return a type as a sentence has it: `a string, a reference or a list of strings`."""
    return _joined([_with_article(words(manual, each)) for each in resolved(manual, kind)])


def _joined(told: Sequence[str]) -> str:
    *first, last = told
    return f"{', '.join(first)} or {last}" if first else last


def _with_article(name: str) -> str:
    if name in _UNCOUNTED or name.startswith('"'):
        return name
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def _alternative(manual: Manual, kind: str, shown: Callable[[str, str], str]) -> str:
    if kind.startswith("fun("):
        return "function"
    if kind.endswith("?"):
        return f"{words(manual, kind[:-1], shown)} or nil"
    if kind.endswith("[]"):
        return f"list of {_several(manual, kind[:-2], shown)}"
    if found := re.fullmatch(r"table<string, (.*)>", kind):
        return f"table of {_several(manual, found[1], shown)} by name"
    return shown(kind, _name(manual, kind))


def _several(manual: Manual, kind: str, shown: Callable[[str, str], str]) -> str:
    """Return a type in the plural; alternatives may be in parentheses."""
    return _joined([shown(each, _plural(_name(manual, each))) for each in alternatives(kind.strip("()"))])


def _plural(name: str) -> str:
    return name if name in _UNCOUNTED else f"{name}s"


def _name(manual: Manual, kind: str) -> str:
    known = manual.classes.get(kind)
    if known and known.is_options:
        return "table"
    return _NAMES.get(kind, kind if kind.startswith('"') else kind.lower())
