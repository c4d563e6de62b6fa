"""Errors: Lua 5.1's semantics, the script's own lines, no address, no way to live on without memory."""

from __future__ import annotations

import pytest

from regbot.protocol.messages import Reason
from tests.sandbox.scripted import error_of, logs, run

MAX_TEXT = 4096


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("error('boom')", "main:1: boom"),
        ("error('boom', 0)", "boom"),
        ("local function f() error('boom', 2) end\nf()", "main:2: boom"),
        ("local t\nlocal x = t.field", "main:2: attempt to index local 't' (a nil value)"),
        ("assert(false, 'told so')", "told so"),
        ("assert(nil)", "assertion failed!"),
        ("error(12)", "main:1: 12"),
        ("error(12, 0)", "12"),
        ("\nerror({})", "main:2: the script raised a table, and no text that says what is wrong"),
        ("error()", "main:1: the script raised nil, and no text that says what is wrong"),
        ("local function f() return 1 + f() end\nf()", "main:1: stack overflow"),
        ("string.sub()", "main:1: bad argument #1 to 'sub' (string expected, got no value)"),
        ("log()", "main:1: log: the message should be a string or a number, not nothing"),
        ("log(nil)", "main:1: log: the message should be a string or a number, not nil"),
        ("tostring()", "main:1: bad argument #1 to 'tostring' (value expected)"),
        ("error('x', {})", "main:1: bad argument #2 to 'error' (number expected, got table)"),
        ("assert()", "main:1: bad argument #1 to 'assert' (value expected)"),
        ("xpcall(log)", "main:1: bad argument #2 to 'xpcall' (function expected, got nil)"),
    ],
)
def test_uncaught(source: str, text: str) -> None:
    """An uncaught error ends the run with this text."""
    end = run(source).failed
    assert (end.reason, end.text.decode()) == (Reason.ERROR, text)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("error, 'plain', 0", "plain"),
        ("error, 'plain'", "plain"),
        ("log", "main:2: log: the message should be a string or a number, not nothing"),
        ("function() log({}) end", "main:2: log: the message should be a string or a number, not a table"),
        ("function() local x = nil + 1 end", "main:2: attempt to perform arithmetic on a nil value"),
        ("function() error() end", "nil"),
        ("nil", "attempt to call a nil value"),
    ],
)
def test_caught(call: str, text: str) -> None:
    """A caught error says this; one of the API called by pcall itself is where pcall was called."""
    assert logs(f"\nlog(tostring(select(2, pcall({call}))))") == [text]


def test_error_objects_pass_unchanged() -> None:
    """A table that is raised is the table that is caught."""
    assert logs("local t = {} log(tostring(select(2, pcall(error, t)) == t))") == ["true"]


def test_pcall_hands_results_on() -> None:
    """Pcall and xpcall answer true and every result, nil among them."""
    source = "log(select('#', pcall(function() return 1, nil, nil end))) log(select('#', xpcall(unpack, log, {1, 2})))"
    assert logs(source) == ["4", "3"]


def test_handlers() -> None:
    """Xpcall answers what its handler makes of the error, and says so when the handler itself fails."""
    source = """
        log(select(2, xpcall(function() error('x', 0) end, function(e) return 'handled ' .. e end)))
        log(select(2, xpcall(function() error('x') end, error)))"""
    assert logs(source) == ["handled x", "error in error handling"]


def test_a_handler_may_call_operations() -> None:
    """The handler of xpcall runs where an operation can wait."""
    answers = {"tag.ls": lambda _: ["v1"]}
    assert logs("log(select(2, xpcall(error, function() return tag.ls('a/b')[1] end)))", answers) == ["v1"]


def test_an_error_level_counts_pcall_as_one() -> None:
    """Level 3 seen from a function that pcall calls is the function that calls pcall, as in plain Lua."""
    source = "local function f()\nerror('x', 3) end\nlog(select(2, pcall(f)))\nlog(select(2, pcall(error, 'y', 2)))"
    assert logs(source) == ["main:3: x", "main:4: y"]


def test_no_position_of_ours() -> None:
    """However deep the stack and wherever the call, no error names a file of the prelude."""
    source = """
        local function deep(n, f) if n == 0 then return (f()) end return (deep(n - 1, f)) end
        local calls = {function() reference.new({}) end, function() log() end, function() tag.ls() end}
        for depth = 13000, 22000, 250 do
          for _, f in ipairs(calls) do
            local _, e = pcall(deep, depth, f)
            if e:find('regbot', 1, true) then log(e) end
          end
        end"""
    assert logs(source) == []


def test_text_is_bounded() -> None:
    """An error of any length leaves the child as 4 KiB with a note."""
    text = error_of("error(('x'):rep(2^20))")
    assert len(text.encode()) == MAX_TEXT
    assert text.endswith(f" … ({2**20 + len('main:1: ')} bytes in all)")


def test_traceback() -> None:
    """The traceback has the script's frames only, the innermost first."""
    source = "local function inner() tag.ls({}) end\nlocal function outer()\n  pcall(log)\n  inner()\nend\nouter()"
    lines = run(source).failed.traceback.decode().splitlines()
    assert lines == ["main:1: in inner", "main:4: in outer", "main:6: in the main chunk"]


def test_traceback_is_bounded() -> None:
    """Of endless recursion twenty frames are shown."""
    lines = run("local function f() return 1 + f() end f()").failed.traceback.decode().splitlines()
    assert (len(lines), lines[-1]) == (21, "…")


def test_addresses_are_hidden() -> None:
    """No way to show a table, a function or a coroutine gives an address; the same one has the same name."""
    source = """
        local t, f, c = {}, function() end, coroutine.create(log)
        log(tostring(t) .. tostring(f) .. tostring(c) .. tostring(log) .. tostring(string.len))
        log(string.format('%s', t)) log(tostring(pcall(string.format, '%p', t))) print(t, f, c)"""
    seen = logs(source)
    assert seen[0] == "table: #1function: #2thread: #3function: #4function: #5"
    assert seen[1:] == ["table: #1", "false", "table: #1\tfunction: #2\tthread: #3"]


@pytest.mark.parametrize(
    "source",
    [
        "error('not enough memory', 0)",
        "assert(false, 'not enough memory')",
        "local function lie() return 'not enough memory' end error(select(2, xpcall(error, lie)), 0)",
    ],
)
def test_out_of_memory_cannot_be_claimed(source: str) -> None:
    """A script that raises LuaJIT's own words for it has failed with an error, not for memory."""
    end = run(source).failed
    assert (end.reason, end.text) == (Reason.ERROR, b"not enough memory (the script says)")
