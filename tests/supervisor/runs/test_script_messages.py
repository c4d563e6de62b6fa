"""What a script says and counts, in the log of the real command."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from regbot.supervisor.runs.outcome import Verdict
from tests.regbot import once, regbot
from tests.supervisor.scripts import runner

STAND_IN: Final = Path(__file__).parents[2] / "sandbox" / "stand_in.py"

CONFIG: Final = r"""scripts:
- name: main
  script: |
    log("\255\0 \237\160\128 ☃")
    logger.debug("hidden")
    logger.warn("kept", {tag = "v\128", _Logger__self = 1, size = 0.5, dry = true})
    metric.add("script", 2)
    metric.add("time")
    error("odd \254", 0)
"""
"""The bytes of the first message: one that UTF-8 does not have, NUL, a lone surrogate, and a character."""


def test_in_logfmt() -> None:
    """Bytes that are no UTF-8 are escaped as slog does; fields follow the message; counters are a group."""
    lines = regbot("once", "-c", "-", stdin=CONFIG).stderr.splitlines()
    assert [line.partition(" level=")[2] for line in lines] == [
        r'INFO msg="User script message" script=main message="\xff\x00 \xed\xa0\x80 ☃"',
        r'WARN msg="User script message" script=main message=kept _Logger__self=1 dry=true size=0.5 tag="v\x80"',
        'INFO msg="Script metrics" script=main metrics.script=2 metrics.time=1',
        r'ERROR msg="Error running script" script=main outcome=error error="main: odd \xfe"',
    ]


def test_in_json() -> None:
    """JSON stays UTF-8, and shows the same bytes as the same text."""
    message, kept, counted, failed = once(CONFIG).records
    assert (message["level"], message["message"]) == ("INFO", "\\xff\0 \\xed\\xa0\\x80 ☃")
    assert kept == {**kept, "level": "WARN", "message": "kept", "_Logger__self": 1, "dry": True, "size": 0.5}
    assert (kept["tag"], failed["error"]) == ("v\\x80", "main: odd \\xfe")
    assert counted["metrics"] == {"script": 2, "time": 1}


@pytest.mark.parametrize("behaviour", ["forged_field", "forged_metric"])
async def test_a_child_that_says_what_no_script_can(behaviour: str) -> None:
    """A taken-over child that gets around the prelude's checks has broken the protocol, and its run ends."""
    async with runner(entry=STAND_IN) as run:
        outcome = await run(f"!{behaviour}!")
    assert outcome.verdict is Verdict.PROTOCOL


def test_counters_of_runs() -> None:
    """Each run has counters of its own, and of one that counted nothing there is no record of them."""
    counting = "script: \"metric.add('x', 0.5)\""
    ended = once(f"scripts: [{{name: a, {counting}}}, {{name: b, {counting}}}, {{name: c, script: log(1)}}]")
    told = [(record["script"], record["metrics"]) for record in ended.records if "metrics" in record]
    assert told == [("a", {"x": 0.5}), ("b", {"x": 0.5})]
