"""No bytecode by any door: LuaJIT does not check it, and whoever may load it owns the process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from lupa import luajit21

from regbot.protocol.messages import Done, Failed, Reason
from tests.sandbox.scripted import logs, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Arguments

PLAIN: Final = luajit21.LuaRuntime(encoding=None)
REAL: Final[bytes] = PLAIN.execute(b"return string.dump(loadstring('log(\"ran\") return 42'))")
STRIPPED: Final[bytes] = PLAIN.execute(b"return string.dump(loadstring('log(\"ran\") return 42'), true)")
FORMS: Final = {
    "real": REAL,
    "stripped": STRIPPED,
    "a byte-order mark before it": b"\xef\xbb\xbf" + REAL,
    "a first line before it": b"#!/usr/bin/lua\n" + REAL,
    "both before it": b"\xef\xbb\xbf#!lua\n" + REAL,
    "a space before it": b" " + REAL,
    "a comment before it": b"--\n" + REAL,
    "of Lua 5.1": b"\x1bLuaQ\x00\x01\x04\x08\x04\x08\x00" + bytes(40),
    "its first byte": REAL[:1],
}


def literal(data: bytes) -> str:
    """Return a Lua literal of bytes."""
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'


LOADS: Final = {
    "loadstring": "loadstring(code)",
    "loadstring with a name": "loadstring(code, '=[regbot driver]')",
    "load": "load(code)",
    "load as binary": "load(code, 'c', 'b')",
    "load as either": "load(code, 'c', 'bt', {log = log})",
    "load with an environment": "load(code, 'c', nil, setmetatable({}, {__index = _G}))",
    "load of a function": "load(function() local all = code code = nil return all end)",
    "load byte by byte": "load(function() at = (at or 0) + 1 return code:sub(at, at) end, 'c', 'b')",
    "load of a coroutine": "load(coroutine.wrap(function() for c in code:gmatch('.') do coroutine.yield(c) end end))",
}


@pytest.mark.parametrize("form", ["real", "stripped"])
def test_control(form: str) -> None:
    """The bytecode is real: a plain state of LuaJIT runs it, whatever lupa is told of its mode."""
    assert PLAIN.execute(b"log = function() end return loadstring(...)()", FORMS[form]) == 42


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("door", LOADS)
def test_load(door: str, form: str) -> None:
    """No form of `load` and `loadstring` makes a function of it."""
    source = f"code = {literal(FORMS[form])} local f, problem = {LOADS[door]} log(tostring(f), type(problem))"
    assert logs(source) == ["nil"]


@pytest.mark.parametrize("form", FORMS)
def test_script(form: str) -> None:
    """A script that is bytecode fails as one that cannot be read."""
    done = run(FORMS[form])
    assert [type(message) for message in done.messages] == [Failed]
    assert done.failed.reason is Reason.SYNTAX


@pytest.mark.parametrize("form", FORMS)
def test_module(form: str) -> None:
    """A module of a folder that is bytecode cannot be required."""
    source = """local ok, problem = pcall(require, "m") log(problem:match('^main:1: module "m" cannot be loaded: '))"""
    assert len(logs(source, {"require": lambda _: FORMS[form]})) == 1


def typed(text: bytes) -> tuple[list[Value], Callable[[Arguments], Value]]:
    """Return what a shell tells of one text, and the answer to its calls that types it."""
    told: list[Value] = []
    inputs: Iterator[Value] = iter([{"text": text, "line": 1}, None])

    def answer(arguments: Arguments) -> Value:
        told.extend(arguments)
        return next(inputs)

    return told, answer


@pytest.mark.parametrize("form", FORMS)
def test_shell(form: str) -> None:
    """What is typed and is bytecode is an error, with an = before it and without."""
    for text in (FORMS[form], b"=" + FORMS[form]):
        told, answer = typed(text)
        done = run(b"", {"shell.read": answer}, environment={"shell": True})
        assert isinstance(done.messages[-1], Done)
        assert told[2] == b"error"


def test_no_dump() -> None:
    """Nothing makes bytecode of a function."""
    assert logs("log(tostring(string.dump)) log(tostring(('').dump))") == ["nil", "nil"]
