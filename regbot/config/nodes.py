"""A YAML document as a tree that still knows its lines and how each text was written.

Values are not resolved here: what `0123` or `yes` is depends on the field that it stands in (kinds.py).  *size* is the
number of nodes of a tree with every alias written out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, TypeAlias

_CORE: Final = "tag:yaml.org,2002:"
_NULLS: Final = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One text.  It may be a secret, so its repr hides it.  *style* is "" for a plain one, else its first character."""

    line: int
    text: str = field(repr=False)
    style: str = ""
    tag: str = field(default="", repr=False)
    size: int = 1

    @property
    def is_null(self) -> bool:
        """Whether this says nothing at all."""
        return self.tag == f"{_CORE}null" or (self.style == "" and self.tag == "" and self.text in _NULLS)

    @property
    def has_foreign_tag(self) -> bool:
        """Whether a tag asks for something other than the text as it stands."""
        return self.tag not in {"", "!", *(_CORE + kind for kind in ("str", "int", "float", "bool", "null"))}

    @property
    def text_line(self) -> int:
        """The line on which the text itself begins: below the mark of a block."""
        return self.line + 1 if self.style in {"|", ">"} else self.line


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: tuple[Node, ...]
    size: int = 1


@dataclass(frozen=True, slots=True)
class Mapping:
    """A map with distinct keys in the order of the file, merge keys already applied."""

    line: int
    entries: tuple[tuple[Scalar, Node], ...]
    size: int = 1


Node: TypeAlias = Scalar | Sequence | Mapping
