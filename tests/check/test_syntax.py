from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from lark import Token

import regbot
from regbot.check.syntax import Unreadable, line_of, parse, text_of
from regbot.protocol.messages import Done
from tests.sandbox.scripted import run

OURS: Final = sorted(Path(regbot.__file__).parent.rglob("*.lua"))
ODD: Final = (
    "",
    "#!/usr/bin/env regbot\nlog(1)",
    "\ufefflog(1)",
    "f{g}'a'[[b]]:c'd'.e[1] = 1",
    "local goto = 1; x = goto",
    "goto done; while a do break end ::done::",
    "for i = 1, 2 do break end for k in pairs(t) do end for i = 3, 1, -1 do end",
    "while a do local x end repeat local y = 1 until y if a then elseif b then else end",
    "local function f(a, ...) return ... end function m.n.o:p() end local g = function(...) end",
    "x = 0x1p4 + 1LL + 0x2aULL + 3i + 1e+5 + .5 + 5. + 0xA.8p0 + 0b101 - 0xe-1 .. 1 .. 2",
    "x = 'a\\\nb\\z \n c\\'' .. \"\\\"--[[\" .. '\\x41\\u{48}\\065'",
    "x = [==[ ]] ]=] ]==] --[==[ ]] \n ]==] y = 1 --[=\nz = a[b[1]][ [[k]] ]",
    "x = - - not # y ^ -2 == z and not c or d < e",
    "x = {1, 2; a = 3, ['b'] = 4, [5] = 6, f(), ...,} y = {}",
    "(f)(1) a, b.c, d[1] = 1, 2 return function() return end",
    "local é = 1 é = é",
)


@pytest.mark.parametrize("text", ODD)
def test_what_luajit_takes(text: str) -> None:
    """What LuaJIT compiles can be read, in all its forms."""
    assert isinstance(run(text, environment={"check": True}).messages[-1], Done)
    assert parse(text).data == "block"


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_real_programs(path: Path) -> None:
    """Every Lua file of ours can be read."""
    assert parse(path.read_text()).data == "block"


@pytest.mark.parametrize(("text", "line"), [("x = \n\n = 1", 3), ("\nlog(", 2), ("x = 'a", 1), ("x = ?", 1)])
def test_unreadable(text: str, line: int) -> None:
    """Of what cannot be read the line is told."""
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert caught.value.line == line


def test_depth() -> None:
    """No nesting is too deep to be read."""
    assert parse("x = " + "(" * 5_000 + "1" + ")" * 5_000).children


@pytest.mark.parametrize(
    ("text", "value"),
    [("'a'", "a"), ('"a"', "a"), ("[[a]]", "a"), ("[==[\na]]]==]", "a]]"), ("'a\\n'", None), ("5", None), ("a", None)],
)
def test_text(text: str, value: str | None) -> None:
    """The value of a string is known if it has no escapes."""
    (token,) = parse(f"return {text}").find_data("exps")
    assert text_of(token.children[0]) == value


def test_lines() -> None:
    """A node begins on the line of its first word."""
    tree = parse("\n\nlocal x =\n  tag.ls(\n'a')")
    (chain,) = tree.find_data("chain")
    assert (line_of(tree), line_of(chain), line_of(Token("NAME", "a", line=7))) == (3, 4, 7)
