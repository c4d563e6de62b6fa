"""The log of a run, as its trail keeps it."""

from __future__ import annotations

from io import StringIO

import pytest

from regbot.protocol.values import pack
from regbot.supervisor.audit.tap import tapped
from regbot.supervisor.audit.trail import MAX_LOG, Trail
from regbot.supervisor.logs import LEVELS, Writer, open_log
from regbot.supervisor.runs.script_log import ScriptLog


def test_records_are_kept_with_their_fields() -> None:
    """A record is kept with level, message and fields, without what is the same in all, and is still written."""
    trail, stream = Trail(), StringIO()
    log = tapped(open_log(Writer(stream=stream)), trail, LEVELS["info"])
    log.bind(script="s", run=7, count=2, share=0.5, sure=True).warning("odd")
    (line,) = trail.lines
    assert (line.level, line.message, line.fields) == ("warn", "odd", {"count": 2, "share": 0.5, "sure": True})
    assert line.time.tzinfo is not None
    assert "msg=odd script=s run=7" in stream.getvalue()


def test_what_is_below_the_level_is_not_kept() -> None:
    """Records below the least level are none of the trail's, though the log may have them."""
    trail, stream = Trail(), StringIO()
    log = tapped(open_log(Writer(LEVELS["debug"], stream=stream)), trail, LEVELS["info"])
    log.debug("hidden")
    log.info("shown")
    assert [line.message for line in trail.lines] == ["shown"]
    assert "hidden" in stream.getvalue()


def test_what_a_script_says_is_kept_with_its_fields() -> None:
    """Also the fields that a script gives; bytes that are no text are spelled out."""
    trail = Trail()
    log = tapped(open_log(Writer(stream=StringIO())), trail, LEVELS["info"])
    ScriptLog(log.bind(script="s"), 1000).write("info", b"a\x80", pack({"tag": b"v\xff"}))
    (line,) = trail.lines
    assert (line.message, line.fields) == ("User script message", {"message": r"a\x80", "tag": r"v\xff"})


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"a": 1, "b": {"c": "x"}}, {"f.a": 1, "f.b.c": "x"}),
        (1 << 60, {"f": str(1 << 60)}),
        (float("nan"), {"f": "nan"}),
        (None, {"f": "None"}),
        ("\ud800", {"f": r"\ud800"}),
    ],
)
def test_fields_are_values_of_json(value: object, kept: dict[str, object]) -> None:
    """What JSON cannot hold, or not every reader of it, is kept as a text; groups of fields are flat, as in the log."""
    trail = Trail()
    tapped(open_log(Writer(stream=StringIO())), trail, 0).bind(f=value).info("x")
    assert trail.lines[0].fields == kept


def test_a_flood_is_counted_and_not_kept() -> None:
    """The first lines are kept, as many as fit; all are counted, and each stirs whoever looks on."""
    stirred: list[int] = []
    trail = Trail(stir=lambda: stirred.append(1))
    log = tapped(open_log(Writer(stream=StringIO())), trail, 0)
    for number in range(100):
        log.bind(number=number).info("x" * 10_000 if number % 10 else "y")
    assert (trail.lines_in_all, len(stirred)) == (100, 100)
    assert [line.fields["number"] for line in trail.lines] == list(range(len(trail.lines)))
    assert sum(len(line.message) for line in trail.lines) <= MAX_LOG < 100 * 10_000
