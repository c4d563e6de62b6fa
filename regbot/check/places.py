"""Where a walk through a chain of names is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lark import Token

from regbot.check.syntax import is_node, line_of, text_of

if TYPE_CHECKING:
    from regbot.check.syntax import Node
    from regbot.check.uses import Path

LONGEST: Final = 3
"""Names of a path, beyond which nothing depends on what else there is."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path, and the line of its last name."""

    path: Path
    line: int

    def behind(self, name: Token) -> Place:
        """Return the place of a field; `_G.tag` is `tag`."""
        if len(self.path) == LONGEST:
            return self
        path = () if self.path == ("_G",) else self.path
        return Place((*path, str(name)), name.line or 0)


def name_in(link: Node | Token) -> Token | None:
    """Return the name in a link of a chain, also that in brackets and quotation marks; None of any other."""
    if is_node(link, "name", "field", "method"):
        (token,) = link.children
        return token if isinstance(token, Token) else None
    if is_node(link, "index") and (text := text_of(link.children[0])) is not None:
        return Token("NAME", text, line=line_of(link))
    return None
