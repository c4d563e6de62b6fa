"""The rules that the prelude's files keep so that no script can get between them."""

from __future__ import annotations

import re
from typing import Final

import pytest
from lupa import luajit21

from regbot.sandbox import lua
from tests.sandbox.scripted import prelude

SOURCES: Final = dict(lua.sources())
MAX_LINES: Final = 250
MAX_COLUMNS: Final = 120

GLOBALS: Final = """function(source)
    local util = require("jit.util")
    local function operation(func, pc)
      local instruction = util.funcbc(func, pc)
      return instruction % 256, -math.floor(instruction / 65536) - 1
    end
    local read, write = operation(load("return x"), 1), operation(load("x = nil"), 2)
    local names = {}
    local function look(func)
      local pc, op, constant = 1, operation(func, 1)
      while op do
        if op == read then names[#names + 1] = util.funck(func, constant) end
        if op == write then names[#names + 1] = "write " .. util.funck(func, constant) end
        pc = pc + 1
        op, constant = nil, nil
        if util.funcbc(func, pc) then op, constant = operation(func, pc) end
      end
      local index = -1
      while util.funck(func, index) ~= nil do
        if type(util.funck(func, index)) == "proto" then look(util.funck(func, index)) end
        index = index - 1
      end
    end
    look(assert(load(source)))
    return table.concat(names, " ")
end"""
"""Answers the names of the globals that a chunk and the functions in it read and write."""


def globals_of(source: bytes) -> set[str]:
    """Return the names of the globals in Lua source."""
    names: str = luajit21.LuaRuntime(encoding="latin-1").eval(GLOBALS)(source.decode("latin-1"))
    return set(names.split())


def test_globals_are_found() -> None:
    """The finder sees reads and writes, in functions in functions too (or the next test proves nothing)."""
    source = b"local a = b return function() c = a return function() return d end end"
    assert globals_of(source) == {"b", "write", "c", "d"}


@pytest.mark.parametrize("name", sorted(SOURCES.keys() - {"boot"}))
def test_globals(name: str) -> None:
    """A file reads no global but those that boot.lua gives it, and writes none: a typo would."""
    boot = SOURCES["boot"].decode()
    given = re.findall(r'"(\w+)"', boot[boot.index("LIBRARIES") : boot.index("jit.off()")])
    assert globals_of(SOURCES[name]) <= set(given)


@pytest.mark.parametrize("name", SOURCES)
def test_no_method_calls(name: str) -> None:
    """No file calls a method: that of a string would be looked up in a table of the script."""
    code = re.sub(r'--[^\n]*|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'', "", SOURCES[name].decode())
    assert re.findall(r":\s*\w+\s*[({\"']", code) == []


@pytest.mark.parametrize("name", SOURCES)
def test_size(name: str) -> None:
    """A file can be read at one go, and no line is longer than those of Python."""
    lines = SOURCES[name].decode().splitlines()
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= MAX_COLUMNS


HELD: Final = b"""
    local next, collect = next, collectgarbage
    local held = setmetatable({}, {__mode = "k"})
    held[debug.getfenv(require("ffi").metatype)] = true
    return function() collect() collect() return next(held) ~= nil end"""


@pytest.mark.parametrize(("empty", "expected"), [(b"", True), (b"for key in pairs(ffi) do ffi[key] = nil end", False)])
def test_what_luajit_reads_of_ffi_is_kept(empty: bytes, expected: bool) -> None:  # noqa: FBT001 -- pytest hands it over
    """The table that LuaJIT looks into at every use of 1LL outlives the emptying of ffi, which alone would free it."""
    runtime = lua.new_runtime()
    held = runtime.execute(HELD)
    if empty:
        runtime.execute(b"local ffi = require('ffi') " + empty)
    else:
        driver = runtime.execute(prelude().boot, *prelude().files)
        assert driver is not None
    assert held() is expected


def test_every_file_is_there() -> None:
    """The compiled prelude holds every file but the first, by its name without the ending."""
    assert set(prelude().files[::2]) == {name.encode() for name in SOURCES.keys() - {"boot"}}
    assert {"driver", "api/tag", "codec/pack"} <= SOURCES.keys()
