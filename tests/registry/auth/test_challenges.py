from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.auth.challenges import MAX_HEADER, MAX_ITEMS, Challenge, parse_challenges

BEARER = Challenge("bearer", {"realm": "https://t/token", "service": "s", "scope": "repository:a/b:pull,push"})
BASIC = Challenge("basic", {"realm": "x"})


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ('Basic realm="a, b=c"', [Challenge("basic", {"realm": "a, b=c"})]),
        ("BASIC", [Challenge("basic")]),
        (
            'Bearer realm="https://t/token",service="s",scope="repository:a/b:pull,push", Basic realm="x"',
            [BEARER, BASIC],
        ),
        (
            'Basic realm="x", Bearer realm="https://t/token" service="s" scope="repository:a/b:pull,push"',
            [BASIC, BEARER],
        ),
        ('bearer Realm = "https://t/token" ; SERVICE=s;scope="repository:a/b:pull,push"', [BEARER]),
        (r'Basic Realm = "say \"hi\""', [Challenge("basic", {"realm": 'say "hi"'})]),
        ("Basic realm=plain, charset=UTF-8", [Challenge("basic", {"realm": "plain", "charset": "UTF-8"})]),
        (
            "Bearer realm=https://t/token,service=",
            [Challenge("bearer", {"realm": "https://t/token"}), Challenge("service")],
        ),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), BASIC]),
        ('Basic realm="x", realm="y"', [BASIC]),
        ('Basic realm="never closed', [Challenge("basic"), Challenge("realm")]),
        ('realm="lost"', []),
        ("=, Basic", []),
    ],
)
def test_challenges(header: str, challenges: list[Challenge]) -> None:
    """A header has as many challenges as schemes, each with its parameters, however they stand apart."""
    assert parse_challenges(header) == challenges


@given(st.text() | st.text(alphabet='aB =,;"\\'))
def test_any_header(header: str) -> None:
    """No header is an error."""
    assert isinstance(parse_challenges(header), list)


def test_long_header() -> None:
    """What stands beyond the bound is not read."""
    assert parse_challenges("," * (MAX_HEADER - 5) + "Basic") == [Challenge("basic")]
    assert parse_challenges("," * MAX_HEADER + "Basic") == []


def test_many() -> None:
    """Nor are more schemes and parameters than anybody needs."""
    assert len(parse_challenges("Basic, " * 1000)) == MAX_ITEMS


@pytest.mark.parametrize("piece", ['"', "a ", "a=", 'a="\\', ", ", "a", "\\", '"a=', " "], ids=ascii)
def test_linear(piece: str) -> None:
    """No header takes long."""
    before = time.process_time()
    parse_challenges("Basic a=" + piece * (1 << 20))
    assert time.process_time() - before < 1
