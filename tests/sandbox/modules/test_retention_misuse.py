"""What the module `retention` refuses: a rule that may not mean what was meant deletes nothing."""

from __future__ import annotations

from typing import Final

import pytest

from tests.sandbox.scripted import error_of

ITEMS: Final = "{'latest', {name = '1.0.0', created = 1}}"
RULE: Final = "the rule "


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ("nil", "the rules should be a table such as {newest = 3}, not nil"),
        ("{}", "no rule says what to keep: give newest, age, semver or pattern"),
        ("{minimum = 3, order = 'name'}", "no rule says what to keep: give newest, age, semver or pattern"),
        (
            "{newst = 3}",
            'there is no rule "newst"; there are newest, now, age, order, semver, minimum, pattern',
        ),
        ("{3}", "there is no rule whose name is a number"),
        ("{newest = 0}", RULE + '"newest" should be a whole number, 1 or more, not 0'),
        ("{newest = 1/0}", RULE + '"newest" should be a whole number, 1 or more, not inf'),
        ("{minimum = -1}", RULE + '"minimum" should be a whole number, 0 or more, not -1'),
        *(
            (
                f"{{age = {age}}}",
                RULE + f'"age" should be a time above 0, such as "30d" or "72h", or seconds, not {seen}',
            )
            for age, seen in [
                ("'30'", '"30"'),
                ("'3x'", '"3x"'),
                ("'0d'", '"0d"'),
                ("''", '""'),
                ("-1", "-1"),
                ("{}", "a table"),
            ]
        ),
        ("{semver = 2}", RULE + '"semver" should be a range of versions, not 2'),
        ("{semver = 'a'}", RULE + '"semver" should be a range of versions (in "a", "a" is no number), not "a"'),
        ("{pattern = 1}", RULE + '"pattern" should be a glob or a list of globs, not 1'),
        ("{pattern = {}}", RULE + '"pattern" should be a glob or a list of globs, not a table'),
        ("{pattern = {1}}", RULE + '"pattern" should be a glob or a list of globs, not a table'),
        (
            "{pattern = '['}",
            RULE + '"pattern" should be a glob or a list of globs ("[" has a [ without its ] at byte 1), not "["',
        ),
        ("{newest = 1, order = 'age'}", RULE + '"order" should be "created", "semver" or "name", not "age"'),
        ("{age = 1, now = 'x'}", RULE + '"now" should be seconds of the epoch, not "x"'),
        ("{order = 'x', newest = 0, now = 'x'}", RULE + '"newest" should be a whole number, 1 or more, not 0'),
        (
            "{newest = 1}",
            (
                'which are newest? 1 of 2 items have no created, and "latest" is no version: '
                'add the rule order = "created", "semver" or "name"'
            ),
        ),
    ],
)
def test_bad_rules(rules: str, text: str) -> None:
    """Rules that may not mean what was meant are an error at the script's line; nothing is selected by half of them."""
    source = f"local retention = require('retention')\nlocal x = retention.select({ITEMS}, {rules})"
    assert error_of(source) == f"main:2: retention.select: {text}"


@pytest.mark.parametrize(
    ("given_items", "text"),
    [
        ("nil", "the items should be a list of names, or of tables with name and created, not nil"),
        ("{name = 'a'}", "the items should be a list of names, or of tables with name and created, not a table"),
        ("{'a', 1}", "the list's item 2 should be a name, or a table with a name, not 1"),
        ("{{}}", "the list's item 1 should be a name, or a table with a name, not a table"),
        (
            "{{name = 'a', created = 'x'}}",
            'the "created" of item 1 should be seconds of the epoch, as image.created gives them, or nil, not "x"',
        ),
        ("{'a', 'b', {name = 'a'}}", 'items 1 and 3 are both called "a"'),
    ],
)
def test_bad_items(given_items: str, text: str) -> None:
    """Items that cannot be what was meant are an error at the script's line."""
    source = f"local x = require('retention').select({given_items}, {{newest = 1}})"
    assert error_of(source) == f"main:1: retention.select: {text}"
