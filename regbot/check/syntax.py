"""The text of a script as a tree (lua.lark).

The parser keeps its own stack, so that no depth of a text is too much for it; who walks the tree must mind that.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, TypeAlias

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

if TYPE_CHECKING:
    from typing import TypeGuard

Node: TypeAlias = Tree[Token]
Child: TypeAlias = Node | Token

_FIRST_LINE: Final = re.compile(r"\ufeff?(#[^\n]*)?")
"""What Lua passes over at the beginning of a file."""


class Unreadable(Exception):
    """The text cannot be read: it is no Lua, or more than we know of it."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line} cannot be read")
        self.line = line


def parse(source: str) -> Node:
    """Return the tree of a text that LuaJIT compiles; Unreadable if that cannot be done."""
    try:
        return _parser().parse(_FIRST_LINE.sub("", source, count=1))
    except UnexpectedInput as exc:
        # At the end of the text there is no line.
        line = exc.line if exc.line > 0 else source.count("\n") + 1
        raise Unreadable(line) from exc


@cache
def _parser() -> Lark:
    return Lark.open("lua.lark", rel_to=__file__, parser="lalr", start="block", maybe_placeholders=False)


def is_node(child: Child, *names: str) -> TypeGuard[Node]:
    """Say whether a child of a node is a node, of one of these names if any is named."""
    return isinstance(child, Tree) and (not names or child.data in names)


def is_call(child: Child) -> TypeGuard[Node]:
    """Say whether a child of a node is a call, which may give any number of values."""
    return is_node(child, "chain") and is_node(child.children[-1], "call")


def text_of(node: Child) -> str | None:
    """Return the value of a node that is a string without escapes; None of any other."""
    if not is_node(node, "string"):
        return None
    (token,) = node.children
    assert isinstance(token, Token)
    if token.type == "LONG":
        level = token.index("[", 1) + 1
        return token[level:-level].removeprefix("\n")
    return None if "\\" in token else token[1:-1]


def name_of(key: Child) -> str | None:
    """Return the key of a field of a table, where it is a name or a string without escapes."""
    return str(key) if isinstance(key, Token) else text_of(key)


def arguments_of(call: Node) -> list[Child]:
    """Return the arguments of a call, in parentheses or without."""
    return [each for child in call.children for each in (child.children if is_node(child, "exps") else [child])]


def line_of(node: Child) -> int:
    """Return the line on which a node begins, 0 of one that has no text."""
    while isinstance(node, Tree):
        if not node.children:
            return 0
        node = node.children[0]
    return node.line or 0
