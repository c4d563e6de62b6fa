"""try: results, or nil and an error object with what is known of the failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from regbot.protocol.messages import Reason
from tests.sandbox.scripted import Refused, error_of, logs, run

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Arguments

FACTS: Final[dict[str, Value]] = {"code": "DENIED", "status": 403, "registry": "r.example", "repository": "a/b"}
SHOWN: Final = "print(e, e.operation, e.line, e.code, e.status, e.registry, e.repository)"
SAID: Final = "tag.ls\t2\tDENIED\t403\tr.example\ta/b"


def refuse(arguments: Arguments) -> Value:
    """Fail, and say why."""
    (name,) = arguments
    assert isinstance(name, bytes)
    raise Refused(f'tag.ls "{name.decode()}": denied', **FACTS)


ANSWERS: Final = {"tag.ls": refuse}


def test_results_are_handed_on() -> None:
    """What the function gives is what try gives, nil among it."""
    assert logs("print(select('#', try(function(a) return a, nil, nil end, 1)), try(string.upper, 'a'))") == ["3\tA"]


def test_an_operations_failure() -> None:
    """The error object has what the supervisor said, and its text is the one that pcall gives."""
    source = f"""
        local function f() tag.ls('a/b') end local v, e = try(f) {SHOWN}
        log(tostring(v)) log(tostring(e.message == select(2, pcall(f))))"""
    assert logs(source, ANSWERS) == [f'main:2: tag.ls "a/b": denied\t{SAID}', "nil", "true"]


@pytest.mark.parametrize(
    "way",
    [
        "local ok, text = pcall(f) error(text, 0)",
        "coroutine.wrap(f)()",
        "parallel.each({1}, f)",
        "local ok, text = xpcall(f, function(text) return text end) error(text, 0)",
        "table.sort({1, 2}, f)",
        "local _, inner = try(f) error(inner.message, 0)",
        "for i = 1, 40 do pcall(tag.ls, 'a/' .. i) end f()",
    ],
)
def test_what_is_known_survives(way: str) -> None:
    """Whichever way an error takes, what is known of it is found again."""
    source = f"\nlocal function f() tag.ls('a/b') end\nlocal _, e = try(function() {way} end) {SHOWN}"
    assert logs(source, ANSWERS) == [f'main:2: tag.ls "a/b": denied\t{SAID}']


def test_what_is_known_is_of_the_same_text() -> None:
    """Another error has nothing of an earlier one, and the latest failure of one text counts."""
    source = f"pcall(tag.ls, 'a/b') local _, e = try(error, 'tag.ls \"a/b\": denied', 0) {SHOWN}"
    assert logs(source, ANSWERS) == ['tag.ls "a/b": denied' + 6 * "\tnil"]


def test_what_is_known_is_bounded() -> None:
    """Of failures long ago nothing is known but the text."""
    source = f"""local _, text = pcall(tag.ls, 'a/b') for i = 1, 200 do pcall(tag.ls, 'a/' .. i) end
        local _, e = try(error, text, 0) {SHOWN}"""
    assert logs(source, ANSWERS) == ['main:1: tag.ls "a/b": denied\tnil\t1' + 4 * "\tnil"]


@pytest.mark.parametrize(
    ("called", "shown"),
    [
        ("function() local x = nil + 1 end", "main:2: attempt to perform arithmetic on a nil value\tnil\t2"),
        ("log", "main:2: log: the message should be a string or a number, not nothing\tnil\t2"),
        ("error, 'x', 0", "x\tnil\tnil"),
        ("error, 'other:7: x', 0", "other:7: x\tnil\tnil"),
        ("error", "nil\tnil\tnil"),
        ("error, false", "false\tnil\tnil"),
    ],
)
def test_other_errors(called: str, shown: str) -> None:
    """An error that no operation raised has its message, and the script's line if it begins with that."""
    assert logs(f"\nlocal _, e = try({called}) print(e, e.operation, e.line)") == [shown]


@pytest.mark.parametrize("value", ["{}", "12", "true", "reference.new"])
def test_what_is_no_text_is_handed_on(value: str) -> None:
    """A table that is raised, or anything else that is no text, is what try gives."""
    assert logs(f"local v = {value} log(tostring(select(2, try(error, v, 0)) == v))") == ["true"]


def test_an_error_object_in_a_text() -> None:
    """An error object can be joined to texts and to others, from both sides, and shows its message."""
    source = "local _, e = try(error, 'x', 0) log('a ' .. e .. ' ' .. e .. 1) log(tostring(e)) log(('%s'):format(e))"
    assert logs(source) == ["a x x1", "x", "x"]
    assert error_of("local _, e = try(error, 'x')\nlog(e .. {})") == "main:2: attempt to concatenate a table"


def test_an_error_object_is_sealed() -> None:
    """Its metatable can be neither seen nor changed; its fields are the script's."""
    source = """local _, e = try(error, 'x', 0) print(getmetatable(e), pcall(setmetatable, e, {}))
        e.message = {} print(e) e.message = nil print(e)"""
    assert logs(source)[0].startswith("false\tfalse\t")
    assert logs(source)[1:] == ["an error without a message"] * 2


def test_raising_an_error_object() -> None:
    """An error object that ends the script is told like the error it was made of, with its call."""
    end = run("local _, e = try(tag.ls, 'a/b') error(e)", ANSWERS).failed
    assert (end.reason, end.text.decode(), end.call) == (Reason.ERROR, 'main:1: tag.ls "a/b": denied', 1)


def test_the_end_names_the_call() -> None:
    """An error that ends the script names the call that it was the failure of, whatever was called since."""
    end = run("local ok, text = pcall(tag.ls, 'a/b') pcall(tag.ls, 'c') error(text, 0)", ANSWERS).failed
    assert end.call == 1


@pytest.mark.parametrize(
    ("given", "came"), [("", "nil"), ("tag", "the table tag"), ("'x'", "a string"), ("1LL", "a cdata")]
)
def test_there_must_be_a_function(given: str, came: str) -> None:
    """What is no function was most likely called already: an error that says so, and not one that is caught."""
    told = f"try: the first argument should be a function, not {came}; write try(f, x) for f(x)"
    assert error_of(f"try({given})") == f"main:1: {told}"


def test_a_callable_table_is_a_function() -> None:
    """A table that can be called can be tried."""
    assert logs("print(try(setmetatable({}, {__call = function(self, x) return x end}), 'a'))") == ["a"]
