"""A definition file as blocks: annotations, and the line of code that they belong to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from regbot.manual.lines import ManualError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAGS: Final = frozenset({"meta", "class", "field", "alias", "param", "return", "generic", "overload"})


@dataclass(slots=True)
class Block:
    """Annotations in a row: pairs of a tag, "" for text, and what follows it; then *code*, "" where there is none."""

    annotations: list[tuple[str, str]] = field(default_factory=list)
    code: str = ""

    def all(self, tag: str) -> list[str]:
        """Return what follows each annotation of a tag."""
        return [text for each, text in self.annotations if each == tag]

    @property
    def text(self) -> str:
        """Its lines of text."""
        return "\n".join(self.all("")).strip("\n")


def blocks(text: str) -> Iterator[Block]:
    """Read a file: blocks of lines that begin with `---`, each with at most one line of code behind it.

    An empty line ends a block.  Lines that begin with `-- ` are for whoever reads the file.
    """
    block = Block()
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("---"):
            block.annotations.append(_annotation(number, line[3:]))
        elif line and not line.startswith("-- "):
            block.code = line
        if block.code or (block.annotations and not line):
            yield block
            block = Block()
    if block.annotations:
        yield block


def _annotation(number: int, text: str) -> tuple[str, str]:
    if not text.startswith("@"):
        return "", text
    tag, _, rest = text[1:].partition(" ")
    if tag not in _TAGS:
        raise ManualError(f"line {number}: there is no annotation @{tag}")
    return tag, rest
