"""The ranges of the module `semver`, held to npm's."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sandbox.modules.plain import evaluated
from tests.sandbox.scripted import error_of

IDENTIFIERS: Final = "is not identifiers of letters, digits and -, with dots between"


@pytest.mark.parametrize(
    ("wanted", "inside", "outside"),
    [
        ("1.2.3", "1.2.3 v1.2.3 1.2.3+b", "1.2.4 1.2.3-rc"),
        ("=v1.2.3", "1.2.3", "1.2.2"),
        ("1.2", "1.2.0 1.2.9", "1.1.9 1.3.0 1.2.0-rc"),
        ("1", "1.0.0 1.9.9", "0.9.9 2.0.0"),
        ("1.x", "1.0.0 1.9.9", "2.0.0"),
        ("1.2.*", "1.2.0 1.2.9", "1.3.0"),
        ("*", "0.0.0 9.9.9", "1.0.0-rc"),
        (">1.2.3", "1.2.4 2.0.0", "1.2.3 1.2.4-rc"),
        (">1.2", "1.3.0", "1.2.0 1.2.9"),
        (">=1.2", "1.2.0 3.0.0", "1.1.9 1.2.0-rc"),
        ("<1.2", "1.1.9 0.0.0", "1.2.0 1.1.9-rc"),
        ("<=1.2", "1.2.9 0.0.0", "1.3.0"),
        (">= 1.2.3   <2", "1.2.3 1.9.9", "1.2.2 2.0.0 2.0.0-rc"),
        (">=1.2,<2", "1.9.9", "2.0.0"),
        (">=1<2", "1.9.9", "2.0.0"),
        ("!=1.2.3", "1.2.4", "1.2.3"),
        (">=1 !=1.5", "1.4.0 1.6.0", "1.5.0 1.5.9"),
        ("^1.2.3", "1.2.3 1.9.0", "1.2.2 2.0.0 2.0.0-rc"),
        ("^0.2.3", "0.2.3 0.2.9", "0.2.2 0.3.0"),
        ("^0.0.3", "0.0.3", "0.0.2 0.0.4"),
        ("^0.0", "0.0.9", "0.1.0"),
        ("^0", "0.9.9", "1.0.0"),
        ("^1.x", "1.9.9", "2.0.0"),
        ("^*", "0.0.0 9.9.9", "1.0.0-rc"),
        ("~1.2.3", "1.2.3 1.2.9", "1.2.2 1.3.0"),
        ("~1.2", "1.2.0 1.2.9", "1.3.0"),
        ("~1", "1.0.0 1.9.9", "2.0.0"),
        ("1.2 - 2.3", "1.2.0 2.3.9", "1.1.9 2.4.0"),
        ("1.2.3 - 2.3.4", "1.2.3 2.3.4", "1.2.2 2.3.5"),
        ("1.x - 2", "1.0.0 2.9.9", "3.0.0"),
        ("1 || >=3", "1.5.0 4.0.0", "2.0.0"),
        ("1.2.3||2.x", "1.2.3 2.5.0", "1.2.4"),
        (">=1.2.3-rc.2", "1.2.3-rc.2 1.2.3-rc.10 1.2.3 2.0.0", "1.2.3-rc.1 1.2.4-rc.2"),
        ("^1.2.3-beta.2", "1.2.3-beta.4 1.2.3 1.8.0", "1.2.3-beta.1 1.2.4-beta.2 2.0.0-beta.2"),
        ("~1.2.3-rc", "1.2.3-rc 1.2.4", "1.2.2 1.3.0"),
        ("^0.0.1-beta", "0.0.1-beta.2 0.0.1", "0.0.2"),
        (">1.0.0-a !=1.0.0-c", "1.0.0-b 1.0.0", "1.0.0-c 1.0.0-a"),
        ("!=1.0.0-c", "1.0.0", "1.0.0-b"),
        (">=9007199254740993", "9007199254740993.0.0", "9007199254740992.9.9"),
        ("*", "1.0.0", "latest 1.2 v1"),
    ],
)
def test_ranges(wanted: str, inside: str, outside: str) -> None:
    """A range holds what npm's does; a text that is no version is in none."""
    source = "return require('semver').satisfies(...)"
    versions = [*inside.split(), *outside.split()]
    assert [version for version in versions if evaluated(source, version, wanted) is True] == inside.split()


@given(st.text("1.2-rx*<>=^~!| ,v0+", max_size=10))
def test_any_text_is_a_range_or_an_error(wanted: str) -> None:
    """Whatever a range is, it can be asked, or the error says what cannot be read."""
    source = "local ok, answer = pcall(require('semver').satisfies, '1.2.0', ...) return ok or answer"
    answer = evaluated(source, wanted)
    assert answer is True or f'semver.satisfies: the range "{wanted}" cannot be read: ' in str(answer)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("", "nothing stands where a version should; any version is *"),
        ("1 ||", "nothing stands where a version should; any version is *"),
        ("=>1", "there is no operator =>; there are = != > >= < <= ^ ~"),
        (">= <2", "behind >= there is no version"),
        ("1 | 2", 'in "|", "|" is no number'),
        ("latest", 'in "latest", "latest" is no number'),
        ("1.", 'in "1.", "" is no number'),
        ("1 - 2 3", 'in "-", "" is no number'),
        ("01.2", 'in "01.2", its number 01 begins with 0'),
        ("1.x.3", 'in "1.x.3", a number is behind an x'),
        ("1.2.3.4", 'in "1.2.3.4", there are more than three numbers'),
        ("1.2-rc", 'in "1.2-rc", there is a prerelease without three numbers before it'),
        ("1.2.3-a_b", f'in "1.2.3-a_b", its prerelease {IDENTIFIERS}'),
    ],
)
def test_bad_ranges(wanted: str, problem: str) -> None:
    """A range that cannot be read is an error that says why, never one that holds nothing or everything."""
    text = error_of(f"local x = require('semver').satisfies('1.0.0', '{wanted}')")
    assert text == f'main:1: semver.satisfies: the range "{wanted}" cannot be read: {problem}'


def test_a_long_range() -> None:
    """A range has its bound, too."""
    text = error_of("local x = require('semver').satisfies('1.0.0', ('1||'):rep(400))")
    assert text.endswith(" cannot be read: it has more than 1024 bytes")
