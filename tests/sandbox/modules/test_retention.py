"""The module `retention`: what it keeps, what it drops, and why."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.modules.plain import evaluated
from tests.sandbox.scripted import logs

SHOW: Final = """
    local function show(items, rules)
      local keep, drop = require('retention').select(items, rules)
      for _, each in ipairs(keep) do log('keep ' .. each.name .. ': ' .. each.reason) end
      for _, each in ipairs(drop) do log('drop ' .. each.name .. ': ' .. each.reason) end
    end """
DAY: Final = 86400


def items(text: str) -> str:
    """Return a list of items for a script: names, and behind = how many days ago each was created."""
    parts = [part.partition("=") for part in text.split()]
    made = [f"{{name = '{name}'{f', created = 0 - ({age}) * {DAY}' if age else ''}}}" for name, _, age in parts]
    return f"{{{', '.join(made)}}}"


def selected(names: str, rules: str) -> list[str]:
    """Return what a script sees of a selection, at the time 0."""
    return logs(f"{SHOW} show({items(names)}, {{now = 0, {rules}}})")


@pytest.mark.parametrize(
    ("names", "rules", "seen"),
    [
        ("a=3 b=1 c=2", "newest = 2", ["keep b: newest 2", "keep c: newest 2", "drop a: not among the newest 2"]),
        ("a=3 b=1", "newest = 5", ["keep a: newest 5", "keep b: newest 5"]),
        (
            "a=31 b=30 c=29",
            "age = '30d'",
            ["keep b: younger than 30d", "keep c: younger than 30d", "drop a: older than 30d"],
        ),
        (
            "a=2 b=1 c=-1",
            "age = '1d12h'",
            ["keep b: younger than 1d12h", "keep c: younger than 1d12h", "drop a: older than 1d12h"],
        ),
        ("a=2 b=1", f"age = {DAY}", ["keep b: younger than 86400s", "drop a: older than 86400s"]),
        ("a=9 b", "age = '1w'", ["keep b: age not known", "drop a: older than 1w"]),
        (
            "1.0.0 2.1.0 2.2.0-rc latest",
            "semver = '>=2 <3'",
            [
                "keep 2.1.0: semver >=2 <3",
                "drop 1.0.0: not semver >=2 <3",
                "drop 2.2.0-rc: not semver >=2 <3",
                "drop latest: no version",
            ],
        ),
        ("v1 x", "pattern = 'v*'", ["keep v1: matches v*", "drop x: does not match v*"]),
        (
            "v1 w x",
            "pattern = {'w', 'v*'}",
            ["keep v1: matches v*", "keep w: matches w", "drop x: matches none of w, v*"],
        ),
        (
            "a=9 b=8 c=7 d=6",
            "age = '6d', minimum = 3",
            ["keep b: minimum 3", "keep c: minimum 3", "keep d: younger than 6d", "drop a: older than 6d"],
        ),
        ("a=9 b=1", "age = '2d', minimum = 1", ["keep b: younger than 2d", "drop a: older than 2d"]),
        ("a=9", "age = '2d', minimum = 3", ["keep a: minimum 3"]),
        (
            "a=9 b=1 latest=8",
            "newest = 1, age = '2d', pattern = 'latest'",
            [
                "keep b: newest 1; younger than 2d",
                "keep latest: matches latest",
                "drop a: does not match latest; not among the newest 1; older than 2d",
            ],
        ),
    ],
)
def test_rules(names: str, rules: str, seen: list[str]) -> None:
    """Each rule keeps what it says, what no rule keeps is dropped, and every reason is told."""
    assert selected(names, rules) == seen


@pytest.mark.parametrize(
    ("names", "rules", "kept"),
    [
        ("1.9.0=1 1.10.0=2", "newest = 1", "1.9.0"),
        ("1.9.0 1.10.0", "newest = 1", "1.10.0"),
        ("1.9.0=1 1.10.0", "newest = 1", "1.10.0"),
        ("1.9.0=1 1.10.0=2", "newest = 1, order = 'semver'", "1.10.0"),
        ("1.9.0 1.10.0", "newest = 1, order = 'name'", "1.9.0"),
        ("a=1 c=1 b=1", "newest = 2", "c b"),
        ("1.0.0 v1.0.0", "newest = 1", "v1.0.0"),
        ("1.0.0-rc.1 1.0.0", "newest = 1", "1.0.0"),
    ],
)
def test_order(names: str, rules: str, kept: str) -> None:
    """The newest are told by creation, else by version, or as the rules say; equals by name."""
    assert [line.split()[1] for line in selected(names, rules) if line.startswith("keep")] == [
        f"{name}:" for name in kept.split()
    ]


@pytest.mark.parametrize(
    ("names", "rules", "seen"),
    [
        (
            "a=2 b c=1",
            "newest = 1, order = 'created'",
            [
                "keep b: may be among the newest 1: it has no created",
                "keep c: newest 1",
                "drop a: not among the newest 1",
            ],
        ),
        (
            "1.0.0 1.1.0 latest",
            "newest = 1, order = 'semver'",
            [
                "keep 1.1.0: newest 1",
                "keep latest: may be among the newest 1: it is no version",
                "drop 1.0.0: not among the newest 1",
            ],
        ),
        (
            "a=2 b c=1",
            "pattern = 'x', minimum = 1, order = 'created'",
            [
                "keep b: may be among the minimum 1: it has no created",
                "keep c: minimum 1",
                "drop a: does not match x",
            ],
        ),
    ],
)
def test_doubt_keeps(names: str, rules: str, seen: list[str]) -> None:
    """What an order cannot tell is kept, and takes no other's place."""
    assert selected(names, rules) == seen


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(1, 5), st.integers(0, 8), st.integers(1, 50))
def test_never_fewer_than_the_rules_say(ages: list[int], newest: int, minimum: int, age: int) -> None:
    """Every item is in one list; as many are kept as each rule says; nothing kept is older than what was dropped."""
    source = """
        local ages, newest, minimum, age = ...
        local items = {}
        for days in ages:gmatch('%d+') do items[#items + 1] = {name = #items .. '', created = -days} end
        local rules = {newest = newest, minimum = minimum, age = age, now = 0}
        local keep, drop = require('retention').select(items, rules)
        local oldest, youngest = 0, -1e9
        for _, each in ipairs(keep) do oldest = math.min(oldest, each.created) end
        for _, each in ipairs(drop) do youngest = math.max(youngest, each.created) end
        return #keep .. ' ' .. #drop .. ' ' .. tostring(oldest >= youngest)"""
    young = sum(1 for each in ages if each <= age)
    kept = min(len(ages), max(newest, minimum, young))
    assert evaluated(source, " ".join(map(str, ages)), newest, minimum, age) == f"{kept} {len(ages) - kept} true"


def test_items_and_results() -> None:
    """Names alone will do; results have what was known, and the lists that came stay as they were."""
    source = """
        local retention, items = require('retention'), {'v1', {name = 'x', created = 7, digest = 'd'}}
        local keep, drop = retention.select(items, {pattern = 'v*'})
        log(keep[1].name .. tostring(keep[1].created)) log(drop[1].name .. drop[1].created) log(#items)
        keep, drop = retention.select({}, {newest = 3}) log(#keep + #drop)
        log(#retention.select({{name = 'now', created = os.time()}}, {age = '1m'}))"""
    assert logs(source) == ["v1nil", "x7", "2", "0", "1"]
