"""The log's two forms and its levels."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from regbot.supervisor.logs import Writer, json_line, level_number, logfmt_line, open_log, with_fields

NOON = datetime(2026, 1, 2, 12, 0, 0, 5000, tzinfo=UTC)


def test_logfmt_is_slogs() -> None:
    """A script's message reads exactly as the Go program writes it."""
    line = logfmt_line(NOON, "info", "User script message", {"script": "a b", "message": "hello world"})
    assert line == (
        'time=2026-01-02T12:00:00.005Z level=INFO msg="User script message" script="a b" message="hello world"\n'
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("plain", "plain"),
        ("", '""'),
        ("a b", '"a b"'),
        ("a=b", '"a=b"'),
        ('say "hi"', r'"say \"hi\""'),
        ("back\\slash", "back\\slash"),
        ("back \\slash", r'"back \\slash"'),
        ("\ufffd", '"\ufffd"'),
        ("two\nlines\ttab", r'"two\nlines\ttab"'),
        ("\x01\x1b[31m\x7f", r'"\x01\x1b[31m\x7f"'),
        ("\u2603\u00fc", "\u2603\u00fc"),
        ("\u200b", r'"\u200b"'),
        ("\U000e0001", r'"\U000e0001"'),
        (b"a\xff\x80".decode("utf-8", "surrogateescape"), r'"a\xff\x80"'),
        ("\ud800\x85", r'"\ud800\u0085"'),
    ],
)
def test_logfmt_quotes(text: str, written: str) -> None:
    """What is not printable, or would end a value, is quoted as Go quotes it."""
    assert logfmt_line(NOON, "info", "x", {"value": text}).rstrip("\n").partition(" value=")[2] == written


def test_json_keys_come_in_order() -> None:
    """JSON holds the same keys in the same order, time, level and msg first."""
    line = json_line(NOON, "warn", "Error", {"script": "a", "error": "<b> & \n", "dry-run": True})
    assert list(json.loads(line).items()) == [
        ("time", "2026-01-02T12:00:00.005Z"),
        ("level", "WARN"),
        ("msg", "Error"),
        ("script", "a"),
        ("error", "<b> & \n"),
        ("dry-run", True),
    ]


def test_time_keeps_its_zone() -> None:
    """A local time is written with its offset."""
    east = NOON.astimezone(timezone(timedelta(hours=2)))
    assert json.loads(json_line(east, "info", "x", {}))["time"] == "2026-01-02T14:00:00.005+02:00"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"\xff\x80 \0".decode("utf-8", "surrogateescape"), "\\xff\\x80 \0"),
        ("\ud800\udfff", "\\ud800\\udfff"),
        ("\u2603\u0085", "\u2603\u0085"),
    ],
)
def test_json_spells_out_what_is_no_character(text: str, shown: str) -> None:
    """A byte that is no UTF-8, and half a character, stand in JSON as the text that stands for them."""
    assert json.loads(json_line(NOON, "info", "x", {"message": text}))["message"] == shown


def test_no_value_breaks_a_line() -> None:
    """Whatever is inside of a value, the line can be written."""
    assert json.loads(json_line(NOON, "info", "x", {"value": ["\udcff"]}))["value"] == ["?"]


def test_a_group_of_fields() -> None:
    """A group is an object in JSON, and in logfmt its fields have its name before theirs, as slog writes them."""
    fields = {"metrics": {"deleted": 3, "script": 0.5}}
    assert json.loads(json_line(NOON, "info", "x", fields))["metrics"] == fields["metrics"]
    assert logfmt_line(NOON, "info", "x", fields).endswith(" msg=x metrics.deleted=3 metrics.script=0.5\n")


@pytest.mark.parametrize("name", ["_Logger__self", "__self", "message", "record"])
def test_a_field_may_have_any_name(name: str) -> None:
    """No name of a field means anything to what the log is made with."""
    stream = io.StringIO()
    with_fields(open_log(Writer(as_json=True, stream=stream)), {name: 1}).info("x")
    assert json.loads(stream.getvalue())[name] == 1


@pytest.mark.parametrize(("text", "number"), [("trace", -8), ("INFO", 0), ("Warn", 4), ("DEBUG+2", -2), ("error-1", 7)])
def test_levels(text: str, number: int) -> None:
    """Levels are written in any case, with an offset if need be."""
    assert level_number(text) == number


@pytest.mark.parametrize("text", ["", "loud", "info+", "+2", "info+1000", "in fo"])
def test_unknown_levels(text: str) -> None:
    """What is no level is refused with the levels that are."""
    with pytest.raises(ValueError, match="trace, debug, info, warn, error"):
        level_number(text)


def test_records_below_the_level_are_left_out() -> None:
    """DEBUG+8 is as high as WARN: information is left out, a warning is not."""
    stream = io.StringIO()
    log = open_log(Writer(level_number("DEBUG+8"), as_json=True, stream=stream))
    log.info("hidden")
    log.bind(script="a").warning("shown {braces} <b>")
    assert [json.loads(line)["msg"] for line in stream.getvalue().splitlines()] == ["shown {braces} <b>"]


def test_a_log_that_cannot_be_written_stops_nobody() -> None:
    """Records that are lost are counted, and whoever logs goes on."""
    # What is left in the buffer cannot be written at the end, either.
    with suppress(OSError), Path("/dev/full").open("w") as full:
        writer = Writer(stream=full)
        open_log(writer).info("lost")
        open_log(writer).info("lost, too")
        assert writer.lost == 2
