"""The module `semver`, held to the text of SemVer 2.0.0 and to npm's ranges."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.modules.plain import evaluated
from tests.sandbox.scripted import error_of, logs

COMPARE: Final = "return require('semver').compare(...)"
ASCENDING: Final = [
    *("0.0.0", "0.0.1", "0.1.0", "1.0.0-0", "1.0.0-2", "1.0.0-11", "1.0.0--", "1.0.0-1a", "1.0.0-A", "1.0.0-alpha"),
    *("1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"),
    *("2.0.0", "2.1.0", "2.1.1", "2.10.0", "10.0.0"),
    *("9007199254740992.0.0", "9007199254740993.0.0", "10000000000000000000000.0.0"),
]
NO_VERSION: Final = "it does not begin with three numbers like 1.2.3"
IDENTIFIERS: Final = "is not identifiers of letters, digits and -, with dots between"


@pytest.mark.parametrize(("lower", "higher"), [*pairwise(ASCENDING)])
def test_precedence(lower: str, higher: str) -> None:
    """Precedence is that of section 11, for numbers of any size."""
    assert (evaluated(COMPARE, lower, higher), evaluated(COMPARE, higher, lower)) == (-1, 1)


@given(st.permutations([f"v{version}" for version in ASCENDING]))
def test_sort_orders_everything(tags: list[str]) -> None:
    """Whatever the order was before, sort brings versions into theirs, and gives them as they were written."""
    source = """
        local tags = {}
        for tag in (...):gmatch('%S+') do tags[#tags + 1] = tag end
        return table.concat(require('semver').sort(tags), ' ')"""
    assert str(evaluated(source, " ".join(tags))).replace("v", "").split() == ASCENDING


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("1.2.3", "1.2.3 1 2 3 () ()"),
        ("v10.20.30", "10.20.30 10 20 30 () ()"),
        ("1.0.0-rc.1", "1.0.0-rc.1 1 0 0 (rc.1) ()"),
        ("1.0.0+b.01", "1.0.0+b.01 1 0 0 () (b.01)"),
        ("1.0.0--.0-0a+-", "1.0.0--.0-0a+- 1 0 0 (-.0-0a) (-)"),
        ("9007199254740993.0.0", "9007199254740993.0.0 9.007199254741e+15 0 0 () ()"),
        ("", f"nil {NO_VERSION}"),
        ("1.2", f"nil {NO_VERSION}"),
        ("1.2.x", f"nil {NO_VERSION}"),
        ("vv1.2.3", f"nil {NO_VERSION}"),
        (" 1.2.3", f"nil {NO_VERSION}"),
        ("1.2.3.4", "nil its numbers go on with neither - nor +"),
        ("1.2.3\n", "nil its numbers go on with neither - nor +"),
        ("1.02.3", "nil its number 02 begins with 0"),
        ("1.2.3-01", "nil a number of its prerelease begins with 0"),
        ("1.2.3-", f"nil its prerelease {IDENTIFIERS}"),
        ("1.2.3-a..b", f"nil its prerelease {IDENTIFIERS}"),
        ("1.2.3-a_b", f"nil its prerelease {IDENTIFIERS}"),
        ("1.2.3+", f"nil its build {IDENTIFIERS}"),
        ("1.2.3+a+b", f"nil its build {IDENTIFIERS}"),
    ],
)
def test_parse(text: str, fields: str) -> None:
    """A version has its parts as fields; what is none is nil and the reason."""
    source = """
        local v, problem = require('semver').parse(...)
        if not v then return 'nil ' .. problem end
        local numbers = v.major .. ' ' .. v.minor .. ' ' .. v.patch
        return tostring(v) .. ' ' .. numbers .. ' (' .. v.prerelease .. ') (' .. v.build .. ')'"""
    assert evaluated(source, text) == fields


def test_versions_compare_themselves() -> None:
    """Versions can be compared with operators; the build does not count, and a text is as good for the functions."""
    source = """
        local semver = require('semver')
        local one, two, same = semver.parse('1.0.0'), semver.parse('v2.0.0'), semver.parse('1.0.0+b')
        log(tostring(one < two)) log(tostring(one > two)) log(tostring(one == same)) log(tostring(one >= same))
        log(semver.compare(one, '2.0.0')) log(semver.compare('1.0.0+a', same)) log(tostring(getmetatable(one)))"""
    assert logs(source) == ["true", "false", "true", "true", "-1", "0", "false"]


def test_sort() -> None:
    """Sort leaves the list as it is, equal versions in their order, and the rest aside."""
    source = """
        local semver = require('semver')
        local tags = {'1.10.0', 'latest', 'v1.2.0', '1.2.0', '2.0.0-rc.1', '1.2'}
        for _, order in ipairs({'asc', 'desc'}) do
          local found, others = semver.sort(tags, order)
          log(table.concat(found, ' ') .. ' | ' .. table.concat(others, ' '))
        end
        log(#tags .. ' ' .. tostring(semver.sort({semver.parse('v2.0.0'), '1.0.0'})[2]))"""
    assert logs(source) == [
        "v1.2.0 1.2.0 1.10.0 2.0.0-rc.1 | latest 1.2",
        "2.0.0-rc.1 1.10.0 v1.2.0 1.2.0 | latest 1.2",
        "6 2.0.0",
    ]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("parse()", "parse: the text should be a string or a version, not nil"),
        ("compare('1.0.0', 1)", "compare: the second version should be a string or a version, not 1"),
        ("compare('1.0', '1.0.0')", f'compare: the first version "1.0" is no version: {NO_VERSION}'),
        ("satisfies(nil, '1')", "satisfies: the version should be a string or a version, not nil"),
        ("satisfies('1.0.0')", "satisfies: the range should be a string, not nil"),
        ("sort('1.0.0')", 'sort: the list should be a list, not "1.0.0"'),
        ("sort({'1.0.0', {}})", "sort: the list's item 2 should be a string or a version, not a table"),
        ("sort({}, 'down')", 'sort: the order should be "asc" or "desc", not "down"'),
    ],
)
def test_misuse(call: str, text: str) -> None:
    """A wrong argument is an error at the script's line that says which, what it should be, and what came."""
    assert error_of(f"local semver = require('semver')\nlocal x = semver.{call}") == f"main:2: semver.{text}"
