"""What the word before the cursor may become."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.shell.names import Names

_MODULE: Final = re.compile(r"""\brequire\s*\(?\s*["']([\w.-]*)$""")
_OPTION: Final = re.compile(r"[{,]\s*(\w*)$")
_WORD: Final = re.compile(r"""(?:([\w.]+|[)\]"'])([.:]))?(\w*)$""")
_FUNCTION: Final = re.compile(r"([\w.:]+)\s*$")
_QUOTED: Final = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""")


def complete(line: str, names: Names) -> tuple[int, list[str]]:
    """Return where in a line, which ends at the cursor, the word begins, and what it may become, in order."""
    if (module := _MODULE.search(line)) is not None:
        return module.start(1), _beginning(module[1], names.modules)
    if (option := _OPTION.search(line)) is not None:
        called, position = _open_call(line[: option.start() + 1])
        if found := _beginning(option[1], names.options(called, position)):
            return option.start(1), found
    word = _WORD.search(line)
    assert word is not None, "the empty word is at the end of every line"
    possible = names.of(word[1], word[2]) if word[1] else names.globals()
    return word.start(3), _beginning(word[3], possible)


def _beginning(word: str, names: Iterable[str]) -> list[str]:
    return sorted({name for name in names if name.startswith(word)})


def _open_call(text: str) -> tuple[str, int]:
    """Return the function of a call in whose table a text ends, and which argument that is; "" if there is none."""
    text = _QUOTED.sub(lambda quoted: "_" * len(quoted[0]), text)
    opened: list[tuple[str, int]] = []
    commas = [0]
    for place, char in enumerate(text):
        if char in "([{":
            opened.append((char, place))
            commas.append(0)
        elif char in ")]}" and opened:
            opened.pop()
            commas.pop()
        elif char == ",":
            commas[-1] += 1
    if [char for char, _ in opened[-2:]] != ["(", "{"]:
        return "", 0
    function = _FUNCTION.search(text[: opened[-2][1]])
    return (function[1] if function else ""), commas[-2]
