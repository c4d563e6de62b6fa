"""What a script finds: an allowlist, frozen here."""

from __future__ import annotations

from typing import Final

import pytest

from regbot.sandbox import lua
from tests.sandbox.scripted import logs, prelude

GLOBALS: Final = {
    "": """_G _VERSION assert bit blob collectgarbage coroutine error getmetatable image ipairs load loadstring log
        logger manifest math metric next os pairs parallel pcall print rawequal rawget rawset reference referrer repo
        require select setmetatable string table tag tonumber tostring try type unpack xpcall""",
    "bit": "arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex",
    "blob": "get head put",
    "coroutine": "create resume running status wrap yield",
    "image": "config copy created exportTar importTar manifest manifestHead manifestList ratelimitWait",
    "logger": "debug error info warn",
    "manifest": "descriptor get getList head put",
    "math": """abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow
        rad random randomseed sin sinh sqrt tan tanh""",
    "metric": "add",
    "os": "clock date difftime time",
    "parallel": "each map",
    "reference": "close new",
    "referrer": "ls",
    "repo": "ls",
    "string": "byte char find format gmatch gsub len lower match rep reverse sub upper",
    "table": "concat getn insert maxn remove sort",
    "tag": "delete ls",
}


@pytest.mark.parametrize("name", GLOBALS)
def test_names(name: str) -> None:
    """A script's globals, and each library, hold these names and no other."""
    names = logs(f"for name in pairs(_G{'.' + name if name else ''}) do log(name) end")
    assert sorted(names) == sorted(GLOBALS[name].split())


@pytest.mark.parametrize("probe", ["package", "debug", "io", "ffi", "jit", "python", "string", "table.new", "regbot"])
def test_absent(probe: str) -> None:
    """What leads out, or is no module, cannot be required; what is a global of a script's is one already."""
    assert logs(f"log(tostring((pcall(require, '{probe}'))))") == ["false"]


def test_nothing_of_ours_is_global() -> None:
    """The names of LuaJIT, lupa and the prelude mean nothing to a script."""
    assert logs("print(ffi, jit, python, newproxy, native, use, arg)") == ["\t".join(["nil"] * 7)]


def test_the_real_globals_are_empty() -> None:
    """What lupa or LuaJIT look up by name is nothing that a script, or a library, could have put there."""
    runtime = lua.new_runtime()
    runtime.execute(prelude().boot, *prelude().files)
    assert list(runtime.globals()) == []


def test_a_literal_does_not_bring_ffi_back() -> None:
    """An int64 literal makes LuaJIT load ffi; it is not within reach afterwards."""
    source = "local x = 1LL log(type(x)) log(tostring((pcall(require, 'ffi')))) log(tostring(ffi))"
    assert logs(source) == ["cdata", "false", "nil"]


def test_the_metatable_of_strings_is_a_copy() -> None:
    """Whatever a script does to the metatable that it is shown, strings do not change."""
    source = "getmetatable('').__index = {upper = 1} log(('a'):upper()) log(tostring(pcall(setmetatable, '', {})))"
    assert logs(source) == ["A", "false"]


def test_a_script_may_extend_strings() -> None:
    """A function that is put into `string` is a method of strings, as in Lua."""
    assert logs("function string.twice(s) return s .. s end log(('ab'):twice())") == ["abab"]


def test_replaced_functions_are_not_used_by_the_prelude() -> None:
    """A script that replaces every function it can reach changes nothing for log, references and errors."""
    source = """
        local log, pcall, reference = log, pcall, reference.new
        local function lie() return "forged" end
        for _, library in pairs({string, table, math, coroutine, bit, os, blob, image, manifest, tag, repo, _G}) do
          for name in next, library do library[name] = lie end
        end
        log(select and "x")
        log((pcall(reference)) and "forged" or "honest")"""
    assert logs(source) == ["x", "honest"]
