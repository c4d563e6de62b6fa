"""What documents show: their blocks of code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
INDENTED: Final = "indented"
"""The language of code that is only indented, and so says none."""
_READER: Final = MarkdownIt("commonmark")


@dataclass(frozen=True)
class Block:
    """A block of code: the document, the line of its first line, its language ("" for none), its text."""

    document: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def blocks(document: str) -> Iterator[Block]:
    """Give the blocks of a document, in order."""
    for token in _READER.parse((ROOT / document).read_text()):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "fence":
            yield Block(document, line + 1, token.info, token.content)
        elif token.type == "code_block":
            yield Block(document, line, INDENTED, token.content)
