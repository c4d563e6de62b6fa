"""Sources that were made to break a parser, as scripts and as chunks of `load`."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.protocol.messages import Done, Failed, Reason
from tests.sandbox.scripted import logs, run

if TYPE_CHECKING:
    from collections.abc import Iterator

LEVELS: Final = "chunk has too many syntax levels"
BOMBS: Final = {
    "parentheses": (b"return " + b"(" * 10**5 + b"1" + b")" * 10**5, LEVELS),
    "tables": (b"return " + b"{" * 10**5 + b"}" * 10**5, LEVELS),
    "functions": (b"return function() " * 10**4 + b"end " * 10**4, LEVELS),
    "operators": (b"return " + b"not " * 10**5 + b"1", LEVELS),
    "concatenations": (b"return " + b"a .. " * 10**5 + b"a", LEVELS),
    "powers": (b"return " + b"2 ^ " * 10**5 + b"2", LEVELS),
    "blocks": (b"do " * 10**5 + b"end " * 10**5, LEVELS),
    "calls": (b"f" + b"(f" * 10**5 + b")" * 10**5, "function or expression too complex"),
    "locals": (b"local a " * 10**5, "main function has more than 200 local variables"),
    "parameters": (b"return function(" + b"a," * 300 + b"a) end", "function at line 1 has more than 200 local"),
    "constants": (
        b"\n".join(b"f(%d.5)" % i for i in range(70_000)),
        "main function has more than 65536 constants",
    ),
    "names": (b"local " + b",".join(b"a%d" % i for i in range(300)), "more than 200 local variables"),
    "a string without end": (b'x = "' + b"\\z " * 10**5, "unfinished string"),
    "a bracket without end": (b"x = [" + b"=" * 10**6 + b"[", "unfinished long string"),
    "an escape": (b'x = "\\999"', "invalid escape sequence"),
    "numbers": (b"x = 0x" + b"f" * 10**6 + b"g", "malformed number"),
    "a long line": (b"f 'a" + b" " * 10**6 + b"b' .. x", "unexpected symbol near '..'"),
    "labels": (b"goto " + b"a" * 10**5, "undefined label"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_script(name: str) -> None:
    """A script that nests, lists or lengthens beyond what LuaJIT takes is a syntax error that says so."""
    source, problem = BOMBS[name]
    done = run(source)
    assert done.failed.reason is Reason.SYNTAX
    assert problem in done.error


def test_chunks() -> None:
    """What `load` refuses for the same reasons is nil and a text, and the script goes on."""
    source = """
        local bombs = { ("("):rep(1e5), ("{"):rep(1e5), ("do "):rep(1e5), ("local a "):rep(1e5), ("x="):rep(1e5) }
        for i = 1, #bombs do
          local chunk, problem = load(bombs[i])
          log(type(chunk) .. " " .. type(problem) .. " " .. tostring(#problem < 300))
        end"""
    assert logs(source) == ["nil string true"] * 5


SHARED: Final = Path(__file__).parents[3] / "shared" / "escapes" / "hostile_frames.py"


def others() -> Iterator[tuple[str, bytes]]:
    """Give sources that others wrote, where they are."""
    if SHARED.exists():
        spec = importlib.util.spec_from_file_location("hostile_frames", SHARED)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield from module.hostile_sources()


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of hostile sources is not here")
def test_others() -> None:
    """Each source of a collection ends with a text or runs, but for one that never ends."""
    for name, source in others():
        if name != "goto-continue-loop":
            end = run(source).messages[-1]
            assert isinstance(end, Done | Failed), name
            assert not isinstance(end, Failed) or end.text.startswith(b"main:"), name
