"""Where lines come from: somebody at a terminal, or a pipe."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol

from regbot.shell import history
from regbot.shell.completion import complete

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import ModuleType
    from typing import BinaryIO

    from regbot.shell.names import Names

MAX_LINE: Final = 1 << 20
"""Bytes of a line."""
_BREAKS: Final = " \t\n()[]{}=,;+-*/<>~#%^\"'.:"
"""What ends a word for readline; what the word means is up to completion.py."""


class Lines(Protocol):
    """A source of lines."""

    interactive: bool

    def read(self, prompt: str) -> bytes | None:
        """Return the next line without its end; None after the last.  ValueError if it is longer than MAX_LINE."""
        ...


class Piped:
    """Lines of a stream.  Nobody sees a prompt."""

    interactive = False

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, _: str) -> bytes | None:
        """Return the next line."""
        line = self._stream.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise ValueError(f"a line is longer than {MAX_LINE >> 20} MiB")
        return line.removesuffix(b"\n").removesuffix(b"\r") if line else None


class Typed:
    """Lines of a terminal."""

    interactive = True

    def read(self, prompt: str) -> bytes | None:
        """Return the next line."""
        try:
            return input(prompt).encode("utf-8", "surrogateescape")
        except EOFError:
            # The cursor stands behind the prompt.
            print()
            return None


@contextmanager
def typed(names: Names, past: Path | None, *, module: str = "readline") -> Iterator[Typed]:
    """Give the lines of the terminal, with completion and the history in the file *past* where there is *module*."""
    try:
        # Not before it is wanted: it looks at the terminal.
        readline = import_module(module)
    except ImportError:
        yield Typed()
        return
    readline.set_completer_delims(_BREAKS)
    readline.set_completer(_completer(names, readline))
    # The second form is that of libedit, which stands in for GNU readline in some Pythons.
    readline.parse_and_bind("bind ^I rl_complete" if "libedit" in (readline.__doc__ or "") else "tab: complete")
    for line in history.read(past) if past else ():
        readline.add_history(line)
    old = readline.get_current_history_length()
    try:
        yield Typed()
    finally:
        readline.set_completer(None)
        if past:
            new = range(old + 1, readline.get_current_history_length() + 1)
            history.add(past, [readline.get_history_item(number) for number in new])


def _completer(names: Names, readline: ModuleType) -> Callable[[str, int], str | None]:
    found: list[str] = []

    def completed(_: str, number: int) -> str | None:
        if number == 0:
            # readline counts bytes.
            line = readline.get_line_buffer().encode()[: readline.get_endidx()]
            start, words = complete(line.decode(errors="replace"), names)
            kept = len(line[readline.get_begidx() :].decode(errors="replace"))
            begun = len(line.decode(errors="replace")) - kept - start
            found[:] = [word[max(begun, 0) :] for word in words]
        return found[number] if number < len(found) else None

    return completed
