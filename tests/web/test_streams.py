"""Streams of events, and answers that take their time, on a mock clock."""

from __future__ import annotations

import io
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import trio

from regbot.supervisor.audit.trail import LogLine
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.server.telemetry import Telemetry
from regbot.web.address import Address
from regbot.web.app import App
from regbot.web.guard import Guard
from regbot.web.streams import HEARTBEAT, Streams, run_events, server_events
from tests.web.stillness import WHEN, Still, record, script

if TYPE_CHECKING:
    from trio.testing import MockClock

    from starlette.types import Message


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


class Asked:
    """One request to an application, without a connection."""

    def __init__(self, control: Still) -> None:
        self.log = io.StringIO()
        log = open_log(Writer(stream=self.log))
        telemetry = Telemetry("1")
        guard = Guard(Address(path="socket"), None, telemetry, log)
        self._app = App(control, telemetry, guard, log)
        self.sent: list[Message] = []

    async def ask(self, method: str, path: str, body: bytes | None = b"") -> tuple[int, Any]:
        """Return status and JSON of the answer; a *body* of None never comes."""
        incoming, outgoing = trio.open_memory_channel[Any](1)
        if body is not None:
            await incoming.send({"type": "http.request", "body": body})
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        await self._app({**scope, "headers": []}, outgoing.receive, self._send)
        return self.sent[0]["status"], json.loads(b"".join(each.get("body", b"") for each in self.sent[1:]))

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


async def test_slow_body(autojump_clock: MockClock) -> None:
    """A body that does not come is not waited for long."""
    status, problem = await Asked(Still()).ask("POST", "/api/v1/reload", None)
    assert (status, problem["title"]) == (408, "Request Timeout")


async def test_bug() -> None:
    """A bug ends one request, tells whoever asked nothing of it, and is in the log with its trace."""
    asked = Asked(Still())
    status, problem = await asked.ask("POST", "/api/v1/scripts/secret-name/runs")
    assert (status, "secret-name" in str(problem)) == (500, False)
    assert "RuntimeError: secret-name" in asked.log.getvalue()


async def test_bug_in_a_stream() -> None:
    """A bug in a stream that has begun ends it, and no second answer is begun."""
    control = Still()
    control.log.append(LogLine(time=WHEN, level="info", message="", fields={"no": object()}))  # type: ignore[dict-item]
    asked = Asked(control)
    with trio.CancelScope():
        ask = partial(asked.ask, "GET", "/api/v1/runs/1/events")
        try:
            await ask()
        except json.JSONDecodeError:
            pass
    assert [each["type"] for each in asked.sent].count("http.response.start") == 1
    assert "this is a bug of regbot" in asked.log.getvalue()


async def test_not_ready() -> None:
    """A server that cannot run scripts yet, or no more, is not ready, and says why."""
    control = Still()
    control.ready = False
    assert (await Asked(control).ask("GET", "/readyz"))[1]["detail"].startswith("no script can run yet")
    control.stopping = True
    assert await Asked(control).ask("GET", "/readyz") == (503, pytest_any_with("the server is stopping"))


def pytest_any_with(detail: str) -> dict[str, object]:
    """Return the problem that a server that is not ready answers with."""
    return {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail}
