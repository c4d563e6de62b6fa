"""What the prompt makes of a line: values, errors, or the wish for more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from . import scripted

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Arguments


def answers(*texts: str, line: int = 1) -> list[tuple[str, str]]:
    """Run texts one after another in one session; return what came of each: a word, and what is shown."""
    waiting, came = list(texts), list[tuple[str, str]]()

    def read(arguments: Arguments) -> Value:
        word, shown = arguments
        assert isinstance(word, bytes)
        assert isinstance(shown, bytes)
        came.append((word.decode(), shown.decode()))
        return {"text": waiting.pop(0), "line": line} if waiting else None

    calls = {"shell.read": read, "reference.new": scripted.reference}
    scripted.logs("", calls, environment={"shell": True})
    assert came.pop(0) == ("ready", "")
    return came


def shown(*texts: str) -> str:
    """Run texts of which the last has values; return how they are shown."""
    word, text = answers(*texts)[-1]
    assert word == "values", text
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 1", "2"),
        ("= 1 + 1", "2"),
        ("none", "nil"),
        ("1, nil, 'a'", '1\tnil\t"a"'),
        ("return 5, 6", "5\t6"),
        ("string.find('abc', 'b')", "2\t2"),
        ("'a\\n\"b\\\\\\0ä'", r'"a\n\"b\\\000ä"'),
        ("{}", "{}"),
        ("{1, 2, x = 'y', [true] = 1, ['a b'] = {}}", '{1, 2, [true] = 1, ["a b"] = {}, x = "y"}'),
        ("{1, nil, 3}", "{1, [3] = 3}"),
        ("print", "function: #1"),
        ("reference.new('a.io/b:c')", "reference a.io/b:c"),
        ("setmetatable({}, {__tostring = function() return 'own' end})", "own"),
        ("setmetatable({1}, {__tostring = function() error('x') end})", "{1}"),
        ("setmetatable({1}, {__index = error, __len = error, __pairs = error})", "{1}"),
        ("-- a comment\n1", "1"),
    ],
)
def test_values(text: str, expected: str) -> None:
    """An expression shows its values; so does what a chunk returns."""
    assert shown(text) == expected


@pytest.mark.parametrize("text", ["x = 1", "local y = 2", "", "-- nothing", "print()", "for i = 1, 2 do end"])
def test_nothing_to_show(text: str) -> None:
    """What has no values shows nothing."""
    assert answers(text) == [("done", "")]


def test_a_session() -> None:
    """Chunks share their globals and modules, not their locals, and go on after an error."""
    came = answers("x = 1 local y = 2", "y", "error('no')", "x", "x = require 'json'", "x == require 'json'")
    assert [text for _, text in came] == ["", "nil", "shell:1: no", "1", "", "true"]


@pytest.mark.parametrize("text", ["for i = 1, 2 do", "f(", "x =", "x = [[", "if a then\n", "= {1,", "function f()"])
def test_more_is_wanted(text: str) -> None:
    """A text that can go on asks for more, and says what is missing."""
    ((word, problem),) = answers(text)
    assert word == "more"
    assert "<eof>" in problem


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("x = = 1", "shell:7: unexpected symbol near '='"),
        ('x = 1\nlog "a" .. x', "shell:8: unexpected symbol near '..'; write log(\"a\" .. x)"),
        ('x = "abc', "shell:7: unfinished string near"),
        ("tag.lss('x')", "shell:7: attempt to call field 'lss' (a nil value); did you mean \"ls\"?"),
        ("tag.ls()", "shell:7: tag.ls: the repository should be a string"),
        ("error({})", "the script raised a table, and no text that says what is wrong"),
        ("error()", "the script raised nil, and no text that says what is wrong"),
        ("\x1bLJ", "shell:7: "),
    ],
)
def test_errors(text: str, error: str) -> None:
    """An error is told with its line of the whole input, and with its remedy."""
    ((word, said),) = answers(text, line=7)
    assert (word, said[: len(error)]) == ("error", error)


def test_large_tables() -> None:
    """A table is shown in lines where it is long, and in part where it is very long, or within itself."""
    assert shown("{('a'):rep(50), ('b'):rep(50)}").splitlines() == ["{", f'  "{"a" * 50}",', f'  "{"b" * 50}"', "}"]
    assert shown("t = {} for i = 1, 1000 do t[i] = i end", "t").endswith("  100,\n  … 900 more\n}")
    assert shown("t = {} t.t = t", "t") == "{t = {… a table within itself}}"
    assert shown("t = {} for i = 1, 50 do t = {t} end", "t") == "{" * 8 + "{…}" + "}" * 8


@pytest.mark.parametrize(
    "text",
    [
        "('x'):rep(1e6)",
        "t = {} for i = 1, 200 do t[i] = ('x'):rep(1e4) end",
        "t = {} for i = 1, 200 do t[('x'):rep(1e4) .. i] = i end",
        "function f(n) local t = {} for i = 1, n > 0 and 50 or 0 do t[i] = f(n - 1) end return t end t = f(3)",
        "t = setmetatable({}, {__tostring = function() return ('x'):rep(1e6) end})",
    ],
)
def test_what_is_shown_is_bounded(text: str) -> None:
    """However large a value is, what is shown of it is not."""
    assert len(shown(text, "t") if "t =" in text else shown(text)) < 100_000
