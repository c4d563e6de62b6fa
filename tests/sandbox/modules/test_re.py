"""The module `re`: what scripts call, and that it finds what Python's own engine finds."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.modules.plain import evaluated, work
from tests.sandbox.scripted import error_of, logs

FIND: Final = """
    local found = {require("re").find(...)}
    for i = 1, #found do found[i] = tostring(found[i]) end
    return table.concat(found, "|")"""
LOOKS: Final = r"\b", r"\B", "^", "$"


def consumes(pattern: str) -> bool:
    """Whether a pattern reads a byte wherever it matches.  To repeat others is to each engine something else."""
    return not any(look in pattern for look in LOOKS) and not re.fullmatch(pattern, "")


def grown(patterns: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return patterns made of others."""
    quantifiers = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"])
    return st.one_of(
        st.lists(patterns, min_size=1, max_size=3).map("".join),
        st.tuples(patterns, patterns).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        patterns.map(lambda pattern: f"({pattern})"),
        st.builds("(?:{}){}{}".format, patterns.filter(consumes), quantifiers, st.sampled_from(["", "?"])),
    )


ATOMS: Final = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", r"\d", "a|b", "(?:)", *LOOKS])


@given(st.recursive(ATOMS, grown, max_leaves=8), st.text("ab1 ", min_size=1, max_size=8))
def test_finds_what_python_finds(pattern: str, text: str) -> None:
    """The match and its groups are those of a matcher that backtracks."""
    found = re.search(pattern, text)
    groups = ["false" if group is None else group for group in found.groups()] if found else []
    wanted = [str(found.start() + 1), str(found.end()), *groups] if found else []
    assert evaluated(FIND, pattern, text) == "|".join(wanted)


@given(st.text("ab\\()[]{}|*+?.^$-:P<>!=,1d\xe4", max_size=12))
def test_any_text_is_a_pattern_or_an_error(pattern: str) -> None:
    """Whatever a pattern is, it compiles, or the error says where it cannot be read."""
    problem = evaluated("local ok, problem = pcall(require('re').compile, ...) return ok or problem", pattern)
    assert problem is True or re.match(r"re\.compile: .* at byte \d+$", str(problem))


WORST: Final = [
    ("(a+)+$", "a"),
    ("^(a|a)*b", "a"),
    ("(x+x+)+y", "x"),
    ("(a|b)*a(a|b){12}$", "abbabaaab"),
    (f"{30 * 'a?'}{30 * 'a'}$", "a"),
    (r"\b(\w+\s?)*;", "ab "),
]


@pytest.mark.parametrize(("pattern", "piece"), WORST)
@pytest.mark.parametrize("function", ["test", "find"])
def test_work_grows_with_the_text(function: str, pattern: str, piece: str) -> None:
    """Twice the text is about twice the work, with a match at its end and without any."""
    source = f'local p, t = ... local re = require("re") re.{function}(p, t) re.{function}(p, t .. "by;")'
    once, twice = (work(source, pattern, times * piece) for times in (400, 800))
    assert twice < 2.3 * once


def test_work_grows_with_the_pattern() -> None:
    """Twice the repetitions, which take others 2^n steps, are no more than about four times the work."""
    source = 'local n = ... require("re").find(("a?"):rep(n) .. ("a"):rep(n), ("a"):rep(n))'
    once, twice = (work(source, times) for times in (100, 200))
    assert twice < 4.5 * once


def test_more_work_would_be_seen() -> None:
    """What does take the square of the time is counted as that."""
    source = "local n = ... for i = 1, n do for j = 1, n do end end"
    once, twice = (work(source, times) for times in (400, 800))
    assert twice > 3.5 * once


def test_what_is_remembered_is_bounded() -> None:
    """A pattern with more states than can be remembered is matched all the same, and right."""
    source = """
        local p, seed, letters = require("re").compile("^(?:a|b)*a(?:a|b){14}$"), 1, {}
        for i = 1, 20000 do
          seed = seed * 16807 % 2147483647
          letters[i] = seed % 2 == 0 and "a" or "b"
        end
        letters[20000 - 14] = "a" log(tostring(p:test(table.concat(letters))))
        letters[20000 - 14] = "b" log(tostring(p:test(table.concat(letters))))"""
    assert logs(source) == ["true", "false"]


@pytest.mark.parametrize(
    ("call", "result"),
    [
        ("match('v(\\\\d+)\\\\.(\\\\d+)', 'v1.22')", "1 22"),
        ("match('\\\\d+', 'v1.22')", "1"),
        ("match('\\\\d+', 'v1.22', 4)", "22"),
        ("match('\\\\d+', 'v1.22', -1)", "2"),
        ("match('x', 'v1.22')", "nil"),
        ("match('^b', 'ab', 2)", "nil"),
        ("match('', 'ab', 4)", "nil"),
        ("match('(a)?(b)', 'b')", "false b"),
        ("find('b+', 'abb')", "2 3"),
        ("find('(b)(b)', 'abb')", "2 3 b b"),
        ("find('$', 'ab')", "3 2"),
        ("find('x', 'ab')", "nil"),
        ("test('b$', 'ab')", "true"),
        ("test('a$', 'ab')", "false"),
        ("gsub('b', 'abcb', 'X')", "aXcX 2"),
        ("gsub('b', 'abcb', 'X', 1)", "aXcb 1"),
        ("gsub('b', 'abcb', 'X', 0)", "abcb 0"),
        ("gsub('(a)(?P<last>b)?', 'aba', '$2${last}<$0>$$')", "bb<ab>$<a>$ 2"),
        ("gsub('\\\\w', 'abc', {a = 1, b = false})", "1bc 3"),
        ("gsub('(\\\\w)(\\\\w)', 'abc', function(a, b) return b .. a end)", "bac 1"),
        ("gsub('b*', 'abc', '-')", "-a-c- 3"),
    ],
)
def test_functions(call: str, result: str) -> None:
    """The functions answer as those of `string` do, and a compiled pattern's methods as they."""
    method = re.sub(r"(\w+)\(('.*?'), ", r"compile(\2):\1(", call, count=1)
    source = f"local re = require('re') print(re.{call}) print(re.{method})"
    assert [line.replace("\t", " ") for line in logs(source)] == [result, result]


def test_gmatch() -> None:
    """Gmatch gives groups or whole matches in turn, also empty ones, but none right behind another."""
    source = """
        local re = require('re')
        for key, value in re.gmatch('(\\\\w+)=(\\\\w*)', 'a=1, b=, c') do log(key .. ':' .. value) end
        for word in re.compile('\\\\w*'):gmatch('ab c') do log(word) end"""
    assert logs(source) == ["a:1", "b:", "ab", "c"]


def test_a_replacement_may_call_operations() -> None:
    """Gsub's function can yield: there is no C between it and the script."""
    source = """
        local steps = coroutine.wrap(function()
          return require('re').gsub('\\\\d', '1a2', function(d) return coroutine.yield(d) end)
        end)
        log(steps()) log(steps('x')) log((steps('y')))"""
    assert logs(source) == ["1", "2", "xay"]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("re.test(1, 'x')", "re.test: the pattern should be a string, not 1"),
        ("re.match('x')", "re.match: the text should be a string, not nil"),
        ("re.match('x', {})", "re.match: the text should be a string, not a table"),
        ("re.find('x', 'x', 'x')", 're.find: the position should be a whole number, not "x"'),
        ("re.find('x', 'x', 0.5)", "re.find: the position should be a whole number, not 0.5"),
        ("re.gsub('x', 'x', 'y', -1)", "re.gsub: the limit should be a whole number, 0 or more, not -1"),
        ("re.gsub('x', 'x')", "re.gsub: the replacement should be a string, a table or a function, not nil"),
        (
            "re.gsub('x', 'x', function() return {} end)",
            "re.gsub: the replacement of a match should be a string, or nil to leave it, not a table",
        ),
        ("re.gsub('x', 'x', '$1')", "re.gsub: the replacement names group 1, which the pattern does not have"),
        ("re.gsub('x', 'x', '${n}')", "re.gsub: the replacement names group n, which the pattern does not have"),
        (
            "re.gsub('x', 'x', 'a$')",
            "re.gsub: the replacement has a $ that is neither $1 nor ${name}, at byte 2; a $ by itself is $$",
        ),
        ("re.compile('a').test('a')", "<pattern>:test: call it with a colon: p:test(…)"),
        ("re.compile('a'):test()", "<pattern>:test: the text should be a string, not nil"),
        (
            "re.compile('a**')",
            "re.compile: a repetition of a repetition, which needs (?:…) around the first, at byte 3",
        ),
        ("re.gmatch('(', 'a')", "re.gmatch: a ( without its ) at byte 1"),
    ],
)
def test_misuse(call: str, text: str) -> None:
    """A wrong argument is an error at the script's line that says which, what it should be, and what came."""
    assert error_of(f"local re = require('re')\nlocal x = {call}") == f"main:2: {text}"


def test_a_pattern_is_sealed_and_shows_its_text() -> None:
    """A compiled pattern shows what it was made of, and not what is inside."""
    source = "local p = require('re').compile('a|b') log(tostring(p)) log(tostring(getmetatable(p)))"
    assert logs(source) == ["a|b", "false"]


def test_patterns_that_were_used_are_kept_for_a_while_only() -> None:
    """More patterns than are kept are made again, and work."""
    source = """
        local re, count = require('re'), 0
        for round = 1, 2 do
          for i = 1, 100 do count = count + (re.test('^' .. i .. '$', i .. '') and 1 or 0) end
        end
        log(count)"""
    assert logs(source) == ["200"]
