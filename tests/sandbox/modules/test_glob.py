"""The module `glob`."""

from __future__ import annotations

import fnmatch
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.modules.plain import evaluated, work
from tests.sandbox.scripted import error_of, logs

MATCH: Final = "return require('glob').match(...)"


@pytest.mark.parametrize(
    ("pattern", "matches", "others"),
    [
        ("v*", ["v", "v1.2"], ["", "av", "v1/2"]),
        ("*", ["", "v1"], ["a/b"]),
        ("a/*/c", ["a/b/c", "a//c"], ["a/b/b/c", "a/c"]),
        ("a/**", ["a/", "a/b", "a/b/c"], ["a", "b/a/"]),
        ("***b", ["b", "a/b"], ["ba"]),
        ("v?.?", ["v1.2"], ["v1.", "v1.22", "v/.1"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x", "-x"]),
        ("[!a-c]x", ["dx", "\nx"], ["ax", "x", "/x"]),
        ("[^a-c]x", ["dx"], ["ax", "/x"]),
        ("[+-9]", ["+", ".", "9"], ["/"]),
        ("[]!-]", ["]", "!", "-"], ["a"]),
        (r"[\]\-a]", ["]", "-", "a"], ["b"]),
        ("{a,b}c", ["ac", "bc"], ["c", "a", "{a,b}c"]),
        ("v1{,-rc*}", ["v1", "v1-rc2"], ["v1-"]),
        ("{a,{b,c?}d}e", ["ae", "bde", "cxde"], ["ade", "be"]),
        ("a,b", ["a,b"], ["a", "b"]),
        (r"\*\{\\", ["*{\\"], ["a{\\"]),
        ("a.b+c(d)|^$", ["a.b+c(d)|^$"], ["aXb+c(d)|^$"]),
        ("a]b", ["a]b"], ["ab"]),
        ("", [""], ["a"]),
    ],
)
def test_syntax(pattern: str, matches: list[str], others: list[str]) -> None:
    """A pattern matches whole texts, slashes only where it has them or two stars."""
    assert [text for text in [*matches, *others] if evaluated(MATCH, pattern, text) is True] == matches


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_stars_are_those_of_python(pattern: str, text: str) -> None:
    """Stars and question marks mean what they mean to Python."""
    assert evaluated(MATCH, pattern, text) is fnmatch.fnmatchcase(text, pattern)


@given(st.text("ab*?[]{},!^-\\/\xe4", max_size=10))
def test_any_text_is_a_pattern_or_an_error(pattern: str) -> None:
    """Whatever a pattern is, it can be matched, or the error says where it cannot be read."""
    problem = evaluated("local ok, problem = pcall(require('glob').match, ..., '') return ok or problem", pattern)
    assert problem is True or " at byte " in str(problem)


def test_lists() -> None:
    """In place of a pattern there can be several; filter keeps the order, and the list as it was."""
    source = """
        local glob, tags = require('glob'), {'v1', 'x', 'v2', 'w'}
        log(table.concat(glob.filter(tags, 'v*'), ' ')) log(table.concat(glob.filter(tags, {'w', 'v*'}), ' '))
        log(#glob.filter(tags, {})) log(#tags) log(tostring(glob.match({'a', 'b'}, 'b')))"""
    assert logs(source) == ["v1 v2", "v1 v2 w", "0", "4", "true"]


def test_work_grows_with_the_text() -> None:
    """Twice the text is about twice the work, for a pattern that backtracking never ends with."""
    source = "local n = ... require('glob').match(('*a'):rep(20) .. 'b', ('a'):rep(n))"
    once, twice = (work(source, times) for times in (1000, 2000))
    assert twice < 2.3 * once


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("glob.match(1, 'a')", "glob.match: the pattern should be a string or a list of strings, not 1"),
        ("glob.match({1}, 'a')", "glob.match: the pattern 1 should be a string, not 1"),
        ("glob.match({x = 'a'}, 'a')", "glob.match: the pattern should be a string or a list of strings, not a table"),
        ("glob.match('a')", "glob.match: the text should be a string, not nil"),
        ("glob.filter('a', '*')", 'glob.filter: the list should be a list, not "a"'),
        ("glob.filter({'a', 1}, '*')", "glob.filter: the list's item 2 should be a string, not 1"),
        ("glob.match('[a', 'a')", 'glob.match: "[a" has a [ without its ] at byte 1'),
        ("glob.match('{a', 'a')", 'glob.match: "{a" has a { without its } at byte 1'),
        ("glob.match('a}', 'a')", 'glob.match: "a}" has a } without its { at byte 2'),
        ("glob.match('[b-a]', 'a')", 'glob.match: "[b-a]" has a range that ends before it begins at byte 2'),
        ("glob.match('a\\\\', 'a')", 'glob.match: "a\\" has a \\ with nothing behind it at byte 2'),
        ("glob.filter({}, {'a', '{'})", 'glob.filter: "{" has a { without its } at byte 1'),
        ("glob.match(('a'):rep(4097), '')", f'glob.match: "{100 * "a"}…" has more than 4096 bytes'),
        (
            "glob.match(('{'):rep(101), 'a')",
            f'glob.match: "{100 * "{"}…" has more than 100 braces in each other at byte 101',
        ),
    ],
)
def test_misuse(call: str, text: str) -> None:
    """A wrong argument is an error at the script's line that says which, what it should be, and what came."""
    assert error_of(f"local glob = require('glob')\nlocal x = {call}") == f"main:2: {text}"
