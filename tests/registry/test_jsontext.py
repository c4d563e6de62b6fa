from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry.errors import Unverified
from regbot.registry.jsontext import MAX_DEPTH, MAX_VALUES, parse_list, parse_object


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<html>",
        b"[]",
        b"1",
        b"null",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b"\xff\xfe{",
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda text: repr(text[:12]),
)
def test_refused(text: bytes) -> None:
    """What is no JSON object, or could choke a parser, is unverified and nothing else."""
    with pytest.raises(Unverified, match="a manifest"):
        parse_object(text, "a manifest")


@given(st.binary())
def test_any_bytes(text: bytes) -> None:
    """Any bytes are an object or Unverified."""
    try:
        assert isinstance(parse_object(text, "it"), dict)
    except Unverified:
        return


def test_last_of_duplicates_counts() -> None:
    """A duplicate key does no harm: the last one counts, as in Go."""
    assert parse_object(b'{"a": 1, "a": 2}', "it") == {"a": 2}


def test_depth() -> None:
    """As many levels as are allowed pass, and one more does not."""
    inner = MAX_DEPTH - 1
    assert parse_object(b'{"a":' + b"[" * inner + b"]" * inner + b"}", "it")
    with pytest.raises(Unverified, match="deeper"):
        parse_object(b'{"a":' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", "it")


def test_number_of_values() -> None:
    """A document of very many small values is refused before it is parsed."""
    with pytest.raises(Unverified, match="more than"):
        parse_object(b'{"a":[' + b"0," * MAX_VALUES + b"0]}", "it")


def test_list() -> None:
    """An array is read like an object, and is no object."""
    assert parse_list(b'[1, {"a": []}]', "it") == [1, {"a": []}]
    with pytest.raises(Unverified, match="it is no JSON array"):
        parse_list(b"{}", "it")
