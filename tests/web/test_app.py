"""The application without a connection: a Control and a clock of the tests' own."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import pytest
import trio

from regbot.supervisor.audit.trail import LogLine
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.server.telemetry import Telemetry
from regbot.web.address import Address
from regbot.web.app import App
from regbot.web.guard import Guard
from tests.web.stillness import WHEN, Still

if TYPE_CHECKING:
    from starlette.types import Message
    from trio.testing import MockClock

SOCKET: Final = Address(path="socket")


class Asked:
    """One request to an application, without a connection."""

    def __init__(self, control: Still, address: Address = SOCKET) -> None:
        self.log = io.StringIO()
        log = open_log(Writer(stream=self.log))
        telemetry = Telemetry("1")
        guard = Guard(address, None, telemetry, log)
        self._app = App(control, telemetry, guard, log)
        self.sent: list[Message] = []

    async def ask(self, method: str, path: str, body: bytes | None = b"", host: str = "") -> tuple[int, Any]:
        """Return status and JSON of the answer; a *body* of None never comes."""
        incoming, outgoing = trio.open_memory_channel[Any](1)
        if body is not None:
            await incoming.send({"type": "http.request", "body": body})
        scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b""}
        await self._app({**scope, "headers": [(b"host", host.encode())]}, outgoing.receive, self._send)
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
    with pytest.raises(json.JSONDecodeError):
        await asked.ask("GET", "/api/v1/runs/1/events")
    assert [each["type"] for each in asked.sent].count("http.response.start") == 1
    assert "this is a bug of regbot" in asked.log.getvalue()


async def test_not_ready() -> None:
    """A server that cannot run scripts yet, or no more, is not ready, and says why."""
    control = Still()
    control.ready = False
    assert (await Asked(control).ask("GET", "/readyz"))[1]["detail"].startswith("no script can run yet")
    control.stopping = True
    assert await Asked(control).ask("GET", "/readyz") == (503, not_ready("the server is stopping"))


def not_ready(detail: str) -> dict[str, object]:
    """Return the problem that a server that is not ready answers with."""
    return {"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail}


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/server", "/api/v1/nowhere", "/"])
async def test_rebinding(path: str) -> None:
    """Without a token nothing is answered to a name that somebody's DNS has lead to loopback."""
    address = Address("127.0.0.1", 80)
    assert (await Asked(Still(), address).ask("GET", path, host="evil.example"))[0] == 421


async def test_no_rebinding() -> None:
    """Loopback's own name is answered."""
    assert (await Asked(Still(), Address("127.0.0.1", 80)).ask("GET", "/healthz", host="localhost"))[0] == 200
