"""What reaches a script, and what a script can show: no address, nothing of Python, errors as text."""

from __future__ import annotations

import re
from typing import Final

import pytest
from lupa import luajit21

from regbot.sandbox import lua
from tests.sandbox.scripted import Refused, blob, config, error_of, logs, manifest, prelude, reference

ADDRESS: Final = re.compile(r"0x[0-9a-f]{5,}")
ANSWERS: Final = {
    "blob.get": lambda _: blob(),
    "image.config": lambda _: config("{}"),
    "manifest.get": lambda _: manifest("{}"),
    "reference.new": reference,
    "tag.ls": lambda _: [],
}
VALUES: Final = """
    local values = {
      {}, print, tag.ls, tag, coroutine.create(print), coroutine.wrap(print), reference.new("a:b"), manifest.get("a:b"),
      image.config("a:b"), blob.get("a:b", "x"), require("json").null, require("re").compile("x"), load(""), 1LL, 1ULL,
      3i, true, "text", 1.5, 0 / 0, string.gmatch("", ""), ipairs({}), select(2, try(error, "x")), _G, getmetatable(""),
      setmetatable({}, {}), setmetatable({}, {__tostring = function() return "t" end}), manifest.get("a:b").Versioned,
    }"""
SHOWN: Final = {
    "tostring": "tostring(v)",
    "print": "print(v)",
    "concat": "'' .. v",
    "table.concat": "table.concat({v})",
    "error": "error(v)",
    "call": "v()",
    "field": "v.x.y.z",
    "arithmetic": "v + v",
    "length": "#v",
    "comparison": "v < v, v < 1, v < 'x'",
    "argument": "string.rep(v, v), math.floor(v), setmetatable(v, v), bit.bor(v)",
    "operation": "tag.ls(v)",
    "metric": "metric.add(v)",
    "field of a log": "logger.info('x', {a = v})",
    "require": "require(v)",
    "json": "require('json').encode({v})",
    "date": "os.date(v)",
    **{f"%{letter}": f"string.format('%{letter}', v)" for letter in "cdiouxXeEfgGaAqsp"},
    "%-20.30q": "string.format('%-20.30q', v)",
    "% 5%q": "string.format('%5%%q %q', v, v)",
}
EVERYWHERE: Final = """
    local function show(v) return EXPRESSION end
    for i = 1, 30 do
      local v = values[i]
      local out = {pcall(show, v)}
      out[#out + 1] = select(2, xpcall(show, function(e) return e end, v))
      out[#out + 1] = select(2, coroutine.resume(coroutine.create(show), v))
      out[#out + 1] = select(2, try(show, v))
      out[#out + 1] = select(2, pcall(parallel.each, {1}, function() return show(v) end))
      for j = 1, #out do
        print(out[j])
        pcall(logger.info, out[j])
      end
    end"""


@pytest.mark.parametrize("way", SHOWN)
def test_no_address(way: str) -> None:
    """No way of showing a value, and no error about one, has an address in it."""
    shown = logs(VALUES + EVERYWHERE.replace("EXPRESSION", SHOWN[way]), ANSWERS)
    assert len(shown) > 30
    assert [text for text in shown if ADDRESS.search(text)] == []


@pytest.mark.parametrize("text", ["tostring({})", "tostring(function() end)", "('%p'):format({})", "('%q'):format({})"])
def test_control(text: str) -> None:
    """LuaJIT's own functions show addresses."""
    assert ADDRESS.search(luajit21.LuaRuntime().eval(text))


def test_no_address_in_a_traceback() -> None:
    """A run's last words have none either."""
    text = error_of("local t = {[{}] = print} local function f() for k, v in pairs(t) do v = k() end end f()")
    assert text == "main:1: attempt to call local 'k' (a table value)"


def test_numbers_are_not_addresses() -> None:
    """What stands in the place of an address says only which values are one."""
    assert logs("local a, b = {}, {} print(a, b, a, print)") == ["table: #1\ttable: #2\ttable: #1\tfunction: #3"]


NO_PYTHON: Final = """
    local seen, types = {}, {}
    local function walk(v)
      types[type(v)] = true
      if type(v) == 'table' and not seen[v] then
        seen[v] = true
        for k, item in next, v do walk(k) walk(item) end
        if type(getmetatable(v)) == 'table' then walk(getmetatable(v)) end
      end
    end
    walk(_G) walk(require('re'))
    log(tostring(types.userdata), tostring(types.cdata))"""


def test_no_userdata_before_an_operation() -> None:
    """No object that is not Lua's own is within reach of a script that has not asked for one."""
    assert logs(NO_PYTHON) == ["nil"]


def test_what_python_holds() -> None:
    """Python holds one coroutine, the driver, which gives bytes or nothing."""
    runtime = lua.new_runtime()
    driver = runtime.execute(prelude().boot, *prelude().files)
    assert luajit21.lua_type(driver) == "thread"
    assert lua.Script(prelude()).resume(b"\x94\xa5start\xc4\x01m\xc4\x00\xc4\x01\x80") == b"\x91\xa4done"


def test_errors_of_operations_are_text() -> None:
    """What an operation raises is a string, whatever catches it."""

    def refuse(_: object) -> None:
        raise Refused("no such thing", code="NAME_UNKNOWN", status=404)

    source = """
        local _, a = pcall(tag.ls, "x")
        local _, b = coroutine.resume(coroutine.create(tag.ls), "x")
        local _, c = pcall(parallel.map, {"x"}, tag.ls)
        local _, d = xpcall(function() return tag.ls("x") end, function(e) return e end)
        log(type(a) .. type(b) .. type(c) .. type(d))"""
    assert logs(source, {"tag.ls": refuse}) == ["string" * 4]


@pytest.mark.parametrize(
    ("expression", "result"),
    [
        ("string.format('%q %q', {}, print)", '"table: #1" "function: #2"'),
        ("string.format('%q', 1LL)", '"1LL"'),
        ("string.gsub(12, '%d', function() return 'x' end)", "xx"),
        ("#os.date('*t%9999d')", None),
    ],
)
def test_what_was_let_through(expression: str, result: str | None) -> None:
    """Quoted values have no address, a number is a subject of gsub, and only *t itself asks for a table."""
    if result is None:
        assert error_of(f"log({expression})") == 'main:1: os.date: there is no conversion "%9"'
    else:
        assert logs(f"log(({expression}))") == [result]
