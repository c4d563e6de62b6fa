"""The dialogue of `regbot shell`: prompts, chunks of one line or more, and what came of them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from regbot.plain import plain
from regbot.supervisor.shell import Chunk

if TYPE_CHECKING:
    from regbot.shell.lines import Lines
    from regbot.shell.names import Names

MAX_CHUNK: Final = 1 << 20
"""Bytes of the lines of one chunk."""
FIRST: Final = "> "
FURTHER: Final = ">> "
ENDS: Final = frozenset({b"exit", b"quit"})
HELP: Final = """\
Each line is Lua of its own: a local of one line is not there in the next, a
global is (x = 1, not local x = 1).
A line that is not finished goes on in the next one; Ctrl-C drops it.
An expression shows its values; log and print say something.
Tab completes functions, fields, methods, options and modules:
tag.<Tab>  image.copy(a, b, {<Tab>  require "<Tab>
Ctrl-C while something runs cancels what it does in registries; where that does
not end it, Lua begins anew.
exit, quit or Ctrl-D leaves.
The functions are described in docs/lua.md, and by: regbot lua-api"""


class Typist:
    """The Dialogue of a source of lines; what its chunks define is made known to *names*."""

    def __init__(self, lines: Lines, names: Names) -> None:
        self.failed = False
        """Whether any chunk failed, and nobody sat there to see it."""
        self.interactive = lines.interactive
        self._lines, self._names = lines, names
        self._text = b""
        """The chunk so far; an unfinished one is never empty."""
        self._count = self._begin = 0
        """How many lines were read, and which of them the chunk begins with."""

    def next(self, word: str, shown: str) -> Chunk | None:
        """Show what came of the chunk before, and return the next one; None after the last."""
        if word != "more":
            self._show(word, shown)
            self._text = b""
        try:
            chunk = self._read()
        except ValueError as exc:
            self._show("error", str(exc))
            return None
        if chunk is None and self._text:
            self._show("error", shown)
        return chunk

    def lost(self, why: str) -> bool:
        """Tell that a child is gone; at a terminal one can go on with another."""
        self._show("error", f"{why}; all variables are gone")
        self._text = b""
        return self.interactive

    def _read(self) -> Chunk | None:
        while (line := self._line()) is not None:
            word = line.strip()
            if self._text:
                return self._chunk(line, self._text + b"\n" + line)
            if word in ENDS:
                return None
            if word == b"help" and self.interactive:
                print(HELP)
            elif word:
                self._begin = self._count
                return self._chunk(line, line)
        return None

    def _line(self) -> bytes | None:
        """Read a line; Ctrl-C drops what was typed of the chunk."""
        while True:
            try:
                line = self._lines.read(FURTHER if self._text else FIRST)
            except KeyboardInterrupt:
                if not self.interactive:
                    raise
                print()
                self._text = b""
            else:
                self._count += 1
                return line

    def _chunk(self, line: bytes, text: bytes) -> Chunk:
        if len(text) > MAX_CHUNK:
            raise ValueError(f"a chunk is longer than {MAX_CHUNK >> 20} MiB")
        self._text = text
        self._names.learn(line.decode("utf-8", "replace"))
        # Who sees the lines above counts from the first of the chunk.
        return Chunk(text, 1 if self.interactive else self._begin)

    def _show(self, word: str, text: str) -> None:
        if word == "error":
            self.failed = not self.interactive
        if text:
            print(plain(text), file=sys.stderr if word == "error" else sys.stdout, flush=True)
