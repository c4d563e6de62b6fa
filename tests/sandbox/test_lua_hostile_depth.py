"""Recursion, nesting and patterns without end, in real children: a text, or the end of that run alone."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.supervisor.runs.outcome import Verdict
from tests.supervisor.scripts import runner

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.supervisor.runs.outcome import Outcome

OVERFLOW: Final = "stack overflow"
META: Final = "local m = {} local t = setmetatable({}, m)"
RAISED: Final = {
    "calls": ("local function f() return 1 + f() end f()", OVERFLOW),
    "gsub": ("local function f() return (('x'):gsub('x', f)) end f()", OVERFLOW),
    "gsub with a table": (f"{META} m.__index = function() return (('x'):gsub('x', t)) end t.y = t.x", OVERFLOW),
    "sort": ("local function f(a, b) table.sort({1, 2, 3}, f) return a < b end table.sort({1, 2}, f)", OVERFLOW),
    "format": (f"{META} m.__tostring = function() return ('%s'):format(t) end print(t)", OVERFLOW),
    "concatenation": (f"{META} m.__concat = function(a, b) return a .. b end t = t .. t", OVERFLOW),
    "comparison": (f"{META} m.__eq = function(a, b) return a == b end t = t == setmetatable({{}}, m)", OVERFLOW),
    "index": ("local t = {} for _ = 1, 1e5 do t = setmetatable({}, {__index = t}) end t = t.x", "loop in gettable"),
    "assignment": (f"{META} m.__newindex = t t.x = 1", "loop in settable"),
    "coroutines": ("local function f() coroutine.wrap(f)() end f()", "C stack overflow"),
    "arguments": ("log(unpack({}, 1, 70000))", "too many results to unpack"),
    "require": ("require('a')", "there is no such module"),
    "json": ("require('json').decode(('['):rep(1e6))", "more than 128 levels"),
    "json of tables": (
        "local t = {} for _ = 1, 1e4 do t = {t} end require('json').encode(t)",
        "is deeper than 128 levels",
    ),
    "groups": ("require('re').compile(('(?:'):rep(1e3) .. (')'):rep(1e3))", "re.compile"),
    "repetitions": ("require('re').compile('((a{1,100}){1,100}){1,100}')", "a pattern of more than 20000 steps"),
    "braces": ("require('glob').match(('{'):rep(1e3), 'a')", "more than 100 braces"),
    "a pattern": ("string.find(('a'):rep(3e5), ('a?'):rep(3e4) .. 'b')", "pattern too complex"),
    "captures": ("string.find('a', ('()'):rep(40))", "too many captures"),
}
"""Scripts, and what their errors say."""

ENDLESS: Final = {
    "pcall in pcall": "local function f() pcall(f) end f()",
    "xpcall whose handler fails": "local function h(e) error(e) end local function f() xpcall(f, h) end f()",
    "try in try": "local function f() try(f) end f()",
    "load in load": "local function f() load(function() f() end) end f()",
    "coroutines that are resumed": "local function f() coroutine.resume(coroutine.create(f)) end f()",
    "tail calls": "local n = 0 local function f() n = n + 1 if n < 1e6 then return f() end end f()",
    "100,000 coroutines": "for _ = 1, 1e5 do coroutine.wrap(coroutine.yield)() end",
    "weak tables": "local w = setmetatable({}, {__mode = 'kv'}) for _ = 1, 2e5 do w[{}] = {} end",
    "finalizers": "for _ = 1, 2e5 do setmetatable({}, {__gc = error}) end",
    "keys that go while they are listed": "local t = {1, 2, x = 3} for k in pairs(t) do t[k], t.x, t[2] = nil end",
    "a regular expression": "require('re').test('(a*)*(a|aa)*b', ('a'):rep(1e4))",
    "a glob": "require('glob').match(('*a'):rep(200), ('a'):rep(1e4) .. 'b')",
}
"""Scripts that come to a good end."""

LIMITED: Final = {
    "parallel in parallel": "local function f() parallel.each({1, 2, 3, 4, 5, 6, 7, 8}, f) end f()",
    "one string": "local s = 'x' while true do s = s .. s end",
    "gsub that multiplies": "local s = ('x'):rep(2^20) while true do s = s:gsub('x+', '%0%0%0%0') end",
    "a format of a format": "local s = '%s%s' while true do s = ('%s%s'):format(s, s) end",
    "entries": "local t = {} for i = 1, 1e9 do t[i] = {} end",
    "upvalues": "local f for i = 1, 1e9 do local g = f f = function() return g, i end end",
    "sources": "local k = {} for i = 1, 1e9 do k[i] = load(('f(' .. i .. ') '):rep(5000)) end",
}
"""Scripts that need all memory, whatever they catch."""


@cache
def ends() -> Mapping[str, Outcome]:
    """Return how each script ended: in children of one launcher, which all of them leave unhurt."""
    scripts = {name: text for name, (text, _) in RAISED.items()} | ENDLESS
    scripts |= {name: f"while true do pcall(function() {text} end) end" for name, text in LIMITED.items()}

    async def run_all() -> dict[str, Outcome]:
        async with runner() as run:
            return {name: await run(text) for name, text in scripts.items()}

    return trio.run(run_all)


@pytest.mark.parametrize("name", RAISED)
def test_raised(name: str) -> None:
    """What goes too deep is an error of the script that says so."""
    assert ends()[name].verdict is Verdict.ERROR
    assert RAISED[name][1] in ends()[name].error


@pytest.mark.parametrize("name", ENDLESS)
def test_endless(name: str) -> None:
    """What catches its own depth, or only looks like endless work, ends."""
    assert ends()[name].verdict is Verdict.SUCCESS


@pytest.mark.parametrize("name", LIMITED)
def test_limited(name: str) -> None:
    """What grows for ever ends its run at the limit of memory."""
    assert ends()[name].verdict is Verdict.MEMORY
