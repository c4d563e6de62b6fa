"""Lua 5.1's reference manual, section 5, function by function: each is there and right, or absent by intention.

And what LuaJIT adds, as far as scripts have it; lua_manual.txt has a script for each.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox.scripted import error_of, logs
from tests.sandbox.test_lua_globals import GLOBALS

MANUAL: Final = {
    "": """_G _VERSION assert collectgarbage dofile error getfenv getmetatable ipairs load loadfile loadstring module
        next pairs pcall print rawequal rawget rawset require select setfenv setmetatable tonumber tostring type
        unpack xpcall""",
    "coroutine": "create resume running status wrap yield",
    "debug": """debug getfenv gethook getinfo getlocal getmetatable getregistry getupvalue setfenv sethook setlocal
        setmetatable setupvalue traceback""",
    "io": "close flush input lines open output popen read stderr stdin stdout tmpfile type write",
    "math": """abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow
        rad random randomseed sin sinh sqrt tan tanh""",
    "os": "clock date difftime execute exit getenv remove rename setlocale time tmpname",
    "package": "cpath loaded loaders loadlib path preload seeall",
    "string": "byte char dump find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat insert maxn remove sort",
}
"""Every name of the manual, by its library."""
MORE: Final = {"bit": GLOBALS["bit"], "table": "getn"}
"""The names that LuaJIT adds, of those that scripts have."""

ABSENT: Final = {
    "a script has no files": "dofile loadfile os.remove os.rename os.tmpname io.",
    "a script has no processes, and ends by coming to its end": "os.execute os.exit",
    "the supervisor's environment is none of a script's business": "os.getenv",
    "there is one locale, for all processes alike": "os.setlocale",
    "a module returns what it has, and comes from the supervisor": "module package.",
    "it would let a script change what functions of ours see": "getfenv setfenv debug.",
    "bytecode is never run, so there is no use for it": "string.dump",
}
"""Why, and what; of a name that ends with a dot, the whole library."""

LATER: Final = {
    "print(7 // 2)": "unexpected symbol near '/'",
    "print(7 & 2)": "')' expected near '&'",
    "local x <const> = 1": "unexpected symbol near '<'",
    "table.pack(1)": "attempt to call field 'pack' (a nil value)",
    "table.unpack({})": "attempt to call field 'unpack' (a nil value)",
    "rawlen({})": "attempt to call global 'rawlen' (a nil value)",
    "utf8.char(1)": "attempt to index global 'utf8' (a nil value)",
}
"""What later versions of Lua have, and 5.1 has not."""

ROW: Final = re.compile(r"^(?!# )(\S+) +(.+?) --> (.*)$", re.MULTILINE)
TEXT: Final = Path(__file__).with_name("lua_manual.txt").read_text()
ROWS: Final = ROW.findall(TEXT)


def names(libraries: dict[str, str]) -> set[str]:
    """Return the names of some libraries, each with its library's."""
    return {f"{library}.{name}".lstrip(".") for library, listed in libraries.items() for name in listed.split()}


def absent() -> set[str]:
    """Return the names of the manual that scripts do not have."""
    given = " ".join(ABSENT.values()).split()
    whole = tuple(name for name in given if name.endswith("."))
    return {*given} - {*whole} | {name for name in names(MANUAL) if name.startswith(whole)}


@pytest.mark.parametrize(("name", "source", "output"), ROWS, ids=[name for name, _, _ in ROWS])
def test_what_is_there(name: str, source: str, output: str) -> None:
    """Each does what its manual says."""
    assert re.sub("[\t\n]", " ", "\n".join(logs(source))) == output


def test_the_manual_is_covered() -> None:
    """Each function of the manual has a row or a reason, and none has both."""
    shown = {name for name, _, _ in ROWS}
    assert names(MANUAL) - absent() <= shown
    assert not absent() & shown
    assert absent() <= names(MANUAL)


def test_nothing_else_is_there() -> None:
    """A library of the manual, or of LuaJIT, has what has a row and no more."""
    libraries = {library: listed for library, listed in GLOBALS.items() if library in {*MANUAL, *MORE} - {""}}
    assert names(libraries) == {name for name in names(MANUAL) | names(MORE) if "." in name} - absent()
    assert names(MORE) <= {name for name, _, _ in ROWS}


@pytest.mark.parametrize("why", ABSENT)
def test_what_is_absent(why: str) -> None:
    """What a script shall not have is nil, under its name and in its library."""
    probes = [f"{name.rstrip('.')}" for name in ABSENT[why].split()]
    assert logs(f"print({', '.join(probes)})") == ["\t".join(["nil"] * len(probes))]


@pytest.mark.parametrize(("source", "error"), LATER.items())
def test_what_came_later(source: str, error: str) -> None:
    """Scripts are Lua 5.1: what is new in later versions is not there."""
    assert error_of(source).startswith(f"main:1: {error}")


def test_metamethods_that_came_later() -> None:
    """The length of a table, and what pairs and ipairs visit, are the table's own."""
    source = """
        local t = setmetatable({7}, {__len = error, __pairs = error, __ipairs = error})
        for key, value in pairs(t) do print(#t, key, value) end
        for key, value in ipairs(t) do print(#t, key, value) end"""
    assert logs(source) == ["1\t1\t7"] * 2
