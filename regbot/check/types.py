"""What the types of the manual take of what is written out in a script.

What is not known takes everything: a check must not refuse what runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.check.findings import shown
from regbot.check.syntax import is_node, text_of
from regbot.manual.kinds import resolved

if TYPE_CHECKING:
    from lark import Token

    from regbot.check.syntax import Node
    from regbot.manual.model import Manual

_LITERALS: Final = {
    "nil": "nil",
    "boolean": "a boolean",
    "number": "a number",
    "string": "a string",
    "table": "a table",
    "function": "a function",
}
"""The nodes whose kind of value is plain, and what a message calls it."""
_TAKEN: Final = {
    "nil": "nil",
    "boolean": "boolean",
    "number": "number",
    "integer": "number",
    "string": "string",
    "table": "table",
    "function": "function",
}
"""The types whose name says all, and the nodes that they take."""


def kind_of(value: Node | Token) -> str | None:
    """Return what a value is that is written out, for messages; None if it is known only when the script runs."""
    return _LITERALS.get(value.data) if is_node(value) else None


def shown_value(manual: Manual, kind: str, value: Node | Token) -> str | None:
    """Return what a message calls a value that a type does not take: a word itself, where only certain words are."""
    text = text_of(value)
    is_word = any(each.startswith('"') for each in resolved(manual, kind))
    return shown(text) if text is not None and is_word else kind_of(value)


def takes(manual: Manual, kind: str, value: Node | Token) -> bool:
    """Say whether a type takes a value; one that is known only when the script runs is always taken."""
    if kind_of(value) is None:
        return True
    assert is_node(value)
    return any(_takes(each, value, manual) for each in resolved(manual, kind))


def _takes(kind: str, value: Node, manual: Manual) -> bool:
    if kind.startswith('"'):
        text = text_of(value)
        return value.data == "string" and (text is None or text == kind.strip('"'))
    if kind in _TAKEN:
        return bool(value.data == _TAKEN[kind])
    if kind.endswith("[]") or kind.startswith("table<"):
        return bool(value.data == "table")
    if kind.startswith("fun("):
        return bool(value.data == "function")
    if kind in manual.classes:
        # Objects have methods, and are never tables; what has none is made of tables.
        return value.data == "table" and not manual.classes[kind].methods
    return True
