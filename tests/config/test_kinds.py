from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regbot.config import kinds, limits
from regbot.config.document import compose
from regbot.config.findings import Report
from regbot.config.kinds import Kind, Unreadable
from regbot.config.model import Tls
from regbot.registry.credentials import Secret

if TYPE_CHECKING:
    from regbot.config.nodes import Node


def node(text: str) -> Node:
    """Return the tree of a YAML text."""
    found = compose(text.encode(), Report("f"))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (kinds.TEXT, "0123", "0123"),
        (kinds.TEXT, "yes", "yes"),
        (kinds.TEXT, "1.0", "1.0"),
        (kinds.TEXT, "2001-01-01", "2001-01-01"),
        (kinds.TEXT, "!!str 12", "12"),
        (kinds.TEXT, "! x", "x"),
        (kinds.SECRET, "0123", Secret("0123")),
        (kinds.FLAG, "true", True),
        (kinds.FLAG, "Yes", True),
        (kinds.FLAG, "on", True),
        (kinds.FLAG, "'y'", True),
        (kinds.FLAG, "FALSE", False),
        (kinds.FLAG, "no", False),
        (kinds.FLAG, "off", False),
        (kinds.VERSION, "1", 1),
        (kinds.VERSION, "0", 0),
        (kinds.INTEGER, "-3", -3),
        (kinds.INTEGER, "+3", 3),
        (kinds.INTEGER, "'3'", 3),
        (kinds.INTEGER, "1_000", 1000),
        (kinds.INTEGER, "0x1F", 31),
        (kinds.INTEGER, "010", 8),
        (kinds.INTEGER, "0o10", 8),
        (kinds.INTEGER, "0b11", 3),
        (kinds.INTEGER, "08", 8),
        (kinds.INTEGER, "1e3", 1000),
        (kinds.INTEGER, "2.0", 2),
        (kinds.NATURAL, "0", 0),
        (kinds.NUMBER, "0.5", 0.5),
        (kinds.NUMBER, "4", 4.0),
        (kinds.DURATION, "1m30s", 90.0),
        (kinds.DURATION, "0", 0.0),
        (limits.SIZE, "128MiB", 128 << 20),
        (kinds.SCHEDULE, "''", None),
        (kinds.TLS, "Disabled", Tls.DISABLED),
        (kinds.TLS, "''", None),
        (kinds.SCHEME, "HTTP", Tls.DISABLED),
        (kinds.SCHEME, "https", None),
        (kinds.OPTIONS, "{a: 1, b: yes}", (("a", "1"), ("b", "yes"))),
    ],
)
def test_read(kind: Kind[object], text: str, value: object) -> None:
    """A value is read as its field wants it."""
    assert kind.read(node(text)) == value


def test_schedule() -> None:
    """A schedule is parsed where it stands."""
    schedule = kinds.SCHEDULE.read(node("'@hourly'"))
    assert schedule is not None
    assert schedule.text == "@hourly"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (kinds.TEXT, "[a]", "a list stands where one value should"),
        (kinds.TEXT, "{a: b}", "a map stands where one value should; a template needs quotes"),
        (kinds.TEXT, "!!binary aGk=", "a tag .* needs quotes"),
        (kinds.TEXT, "!own x", "a tag .* needs quotes"),
        (kinds.SECRET, "[a]", "a list stands"),
        (kinds.FLAG, "maybe", '"maybe" is neither true nor false'),
        (kinds.VERSION, "2", "version 2 is newer than this program"),
        (kinds.INTEGER, "many", '"many" is no whole number'),
        (kinds.INTEGER, "1.5", "is no whole number"),
        (kinds.INTEGER, "''", "is no whole number"),
        (kinds.INTEGER, "9223372036854775808", "does not fit into 64 bits"),
        (kinds.INTEGER, "1e300", "does not fit into 64 bits"),
        (kinds.NATURAL, "-1", "-1 is below zero"),
        (kinds.NUMBER, "fast", '"fast" is no number'),
        (kinds.NUMBER, "-0.5", "-0.5 is below zero"),
        (kinds.NUMBER, "inf", "is no number"),
        (kinds.DURATION, "10", "no unit"),
        (limits.SIZE, "lots", "is no size"),
        (limits.SIZE, "128", "128 is less than 1MiB"),
        (kinds.SCHEDULE, "'@never'", "is no schedule"),
        (kinds.TLS, "maybe", '"maybe" is not one of enabled, insecure, disabled'),
        (kinds.OPTIONS, "[a]", "should be a map"),
    ],
)
def test_unreadable(kind: Kind[object], text: str, message: str) -> None:
    """What a field cannot hold is refused with the rule."""
    with pytest.raises(Unreadable, match=message):
        kind.read(node(text))
