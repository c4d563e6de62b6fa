"""Streams of events, on a mock clock."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import trio

from regbot.supervisor.audit.trail import LogLine
from regbot.supervisor.server.telemetry import Telemetry
from regbot.web.streams import HEARTBEAT, Streams, run_events, server_events
from tests.web.stillness import WHEN, Still, record, script

if TYPE_CHECKING:
    from trio.testing import MockClock


def parts(event: bytes) -> tuple[str, Any]:
    """Return the name and the data of an event."""
    fields = dict(line.split(": ", 1) for line in event.decode().splitlines() if line and not line.startswith(":"))
    return fields.get("event", ""), json.loads(fields.get("data") or "null")


async def test_signs_of_life(autojump_clock: MockClock) -> None:
    """A stream on which nothing comes says each 15 seconds that it is still there."""
    control = Still()
    stream = run_events(control, 1, (0, 0, 0))
    assert (await anext(stream)).startswith(b"retry: ")
    assert parts(await anext(stream))[0] == "record"
    begun = trio.current_time()
    assert (await anext(stream)).startswith(b":")
    assert (await anext(stream)).startswith(b":")
    assert HEARTBEAT * 2 <= trio.current_time() - begun < HEARTBEAT * 2 + 1
    await stream.aclose()


async def test_last_lines_come_before_the_end(autojump_clock: MockClock) -> None:
    """What a run logged between two looks is told before its end is."""
    control = Still()
    stream = run_events(control, 1, (0, 0, 0))
    assert [parts(await anext(stream))[0] for _ in range(2)] == ["", "record"]
    control.log.append(LogLine(time=WHEN, level="info", message="first", fields={}))
    control.stir()
    assert parts(await anext(stream))[0] == "log"
    control.log.append(LogLine(time=WHEN, level="info", message="last", fields={}))
    control.record = record(outcome="success", ended=WHEN)
    control.stir()
    assert [parts(each)[0] async for each in stream] == ["log", "record", "end"]


async def test_forgotten_run(autojump_clock: MockClock) -> None:
    """A stream ends when history has dropped the run."""
    control = Still()
    stream = run_events(control, 1, (0, 0, 0))
    await anext(stream)
    control.record = None
    assert [parts(each)[0] async for each in stream] == ["end"]


async def test_scripts_that_change(autojump_clock: MockClock) -> None:
    """The stream of the server tells of scripts that changed, came or are gone, and of no others."""
    control = Still()
    streams = Streams(control, Telemetry("1"))
    stream = server_events(control, streams)
    assert [parts(await anext(stream))[0] for _ in range(2)] == ["", "server"]
    control.states = [script("a"), script("b", skipped=1)]
    control.stir()
    changed = parts(await anext(stream))
    assert [each["name"] for each in changed[1]["changed"]] == ["b"]
    control.states = [script("b", skipped=1), script("c")]
    control.stir()
    _, value = parts(await anext(stream))
    assert ([each["name"] for each in value["changed"]], value["removed"]) == (["c"], ["a"])
    assert (await anext(stream)).startswith(b":")
    await stream.aclose()
