"""Fields of a script's log records, whoever sent them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pytest

from regbot.protocol.errors import WireError
from regbot.protocol.values import pack
from regbot.supervisor.runs.user_fields import MAX_FIELDS, MAX_TEXT, RESERVED, read

if TYPE_CHECKING:
    from regbot.protocol.values import Value


def test_fields() -> None:
    """Fields come in the order of their names; bytes that are no UTF-8 are kept."""
    found = read(pack({"size": 1.5, "Count_2": 7, "_ok": True, "name": b"\xff a"}))
    assert list(found.items()) == [("Count_2", 7), ("_ok", True), ("name", "\udcff a"), ("size", 1.5)]


def test_no_fields() -> None:
    """A message needs none."""
    assert read(b"\x80") == {}


NAMES: Final = ("", "1a", "a-b", "a b", "\u00fc", "a\n", "a" * 65, "script=x", *sorted(RESERVED))
VALUES: Final[list[Value]] = [None, [], {}, b"x" * (MAX_TEXT + 1), math.nan, math.inf, -math.inf]
"""What can be no name, and no value, of a field."""


@pytest.mark.parametrize(
    "given",
    [
        *({name: 1} for name in NAMES),
        *({"a": value} for value in VALUES),
        {f"a{number}": 1 for number in range(MAX_FIELDS + 1)},
        [1],
        b"text",
        None,
    ],
)
def test_what_no_honest_child_sends(given: Value) -> None:
    """Names that a record has, or that are none, and values without bounds end the run."""
    with pytest.raises(WireError):
        read(pack(given))
