from __future__ import annotations

import math

import pytest
from hypothesis import given

from regbot.protocol.errors import WireError
from regbot.protocol.messages import (
    MAX_LINE,
    MAX_NAME,
    MAX_NUMBER,
    Call,
    Failed,
    Log,
    Message,
    Metric,
    Reason,
    Start,
    parse,
    unparse,
)
from tests.protocol.wire import METRIC, ONE_OF_EACH, messages


@given(messages)
def test_round_trip(message: Message) -> None:
    """Every message is what its own list stands for."""
    assert parse(unparse(message)) == message


@pytest.mark.parametrize("message", ONE_OF_EACH, ids=lambda message: type(message).__name__)
def test_fields_are_exactly_so_many(message: Message) -> None:
    """A field less or a field more is no message."""
    whole = unparse(message)
    for raw in (whole[:-1], [*whole, b""]):
        with pytest.raises(WireError):
            parse(raw)


@pytest.mark.parametrize(
    "message", [each for each in ONE_OF_EACH if each is not METRIC], ids=lambda message: type(message).__name__
)
@pytest.mark.parametrize("other", [None, True, 1.0, math.nan, [], {}, bytearray(b"x")], ids=repr)
def test_fields_have_one_type(message: Message, other: object) -> None:
    """No field takes a value of another type, not even one that compares equal: True is not 1, and 1.0 is neither."""
    whole = unparse(message)
    for place in range(len(whole)):
        with pytest.raises(WireError):
            parse([*whole[:place], other, *whole[place + 1 :]])


@pytest.mark.parametrize("amount", [-1, -0.5, math.nan, math.inf, True, "1", None])
def test_amounts(amount: object) -> None:
    """What a counter takes is a number that counts: finite, and not negative."""
    with pytest.raises(WireError):
        parse(["metric", "images", amount])
    assert [parse(["metric", "images", good]) for good in (0, 2, 0.5)] == [
        Metric("images", 0.0),
        Metric("images", 2.0),
        Metric("images", 0.5),
    ]


@pytest.mark.parametrize("raw", [None, 0, "done", b"done", {}, {"done": 1}, [], [["done"]], ["DONE"], ["nope", 1]])
def test_what_is_no_message(raw: object) -> None:
    """Only a list that begins with a known name is a message."""
    with pytest.raises(WireError):
        parse(raw)


@pytest.mark.parametrize("number", [-1, MAX_NUMBER + 1, 1 << 64, True, 1.0, math.nan, math.inf, "1", b"1", None])
def test_numbers_of_calls(number: object) -> None:
    """A call has a whole number that a double holds exactly, on the way there and on the way back."""
    answers = ["result", number, b""], ["failure", number, b""]
    for raw in (["call", number, "tag.ls", 0, b""], ["cancel", number], *answers):
        with pytest.raises(WireError, match="number of a message"):
            parse(raw)
    assert parse(["call", MAX_NUMBER, "tag.ls", 0, b""]) == Call(MAX_NUMBER, "tag.ls", 0, b"")


@pytest.mark.parametrize("line", [-1, MAX_LINE + 1, True, 0.0])
def test_lines(line: object) -> None:
    """A line is a whole number within bounds."""
    with pytest.raises(WireError, match="number of a message"):
        parse(["call", 1, "tag.ls", line, b""])


@pytest.mark.parametrize("letter", ["x", "ü", "\ud800"])
def test_names_are_short(letter: str) -> None:
    """A name has at most MAX_NAME bytes, however few characters these are."""
    longest = letter * (MAX_NAME // len(letter.encode("utf-8", "surrogatepass")))
    assert parse(["log", longest, b"", b""]) == Log(longest, b"", b"")
    longer = longest + "xx"
    for raw in (["log", longer, b"", b""], ["call", 1, longer, 0, b""], ["start", longer, b"", b""]):
        with pytest.raises(WireError, match="too long"):
            parse(raw)


def test_reasons_are_a_closed_set() -> None:
    """A failure has one of the known reasons."""
    assert parse(["failed", "memory", b"", b"", 0]) == Failed(Reason.MEMORY, b"", b"", 0)
    with pytest.raises(WireError):
        parse(["failed", "success", b"", b"", 0])


def test_source_is_any_bytes() -> None:
    """A script's source is Lua's business: NULs and invalid UTF-8 travel unchanged."""
    message = Start("x", b"log('\xff\x00')", b"")
    assert parse(unparse(message)) == message
