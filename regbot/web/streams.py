"""Server-sent events (HTML Living Standard, 9.2): what is new, as it comes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import trio
from starlette.responses import StreamingResponse

from regbot.supervisor.history.record import RUNNING
from regbot.supervisor.server.control import Unknown
from regbot.web.encoding import encode
from regbot.web.problems import Problem
from regbot.web.views import ScriptChanges, run_view

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from regbot.supervisor.server.control import Control, ScriptState, ServerState
    from regbot.supervisor.server.telemetry import Telemetry

MEDIA: Final = "text/event-stream"
MAX_STREAMS: Final = 50
HEARTBEAT: Final = 15.0
"""Seconds without an event after which a comment says that we are still there."""
ROUND: Final = 0.25
"""Seconds between two looks at what is new in a run."""
LONG_ROUND: Final = 1.0
"""Seconds between two looks at all scripts: there may be thousands."""
_AGAIN: Final = 2000
"""Milliseconds after which a client connects again."""
_COMMENT: Final = b": still here\n\n"


class Streams:
    """The streams that are open; they look at the scripts together."""

    def __init__(self, control: Control, telemetry: Telemetry, *, most: int = MAX_STREAMS) -> None:
        self._control, self._telemetry, self._most = control, telemetry, most
        self._open = 0
        self._version = 0
        self._scripts: dict[str, ScriptState] = {}

    def check_room(self) -> None:
        """Problem if one more stream would be one too many."""
        if self._open >= self._most:
            why = f"there are {self._most} event streams already; close one, or ask again later"
            raise Problem(503, why, headers={"Retry-After": "10"})

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a stream while it is open."""
        self._open += 1
        self._telemetry.streams(self._open)
        try:
            yield
        finally:
            self._open -= 1
            self._telemetry.streams(self._open)

    def scripts(self, version: int) -> Mapping[str, ScriptState]:
        """Return all scripts as of a version; the state of one that has not changed is the same object."""
        if version != self._version:
            before = self._scripts
            states = ((state, before.get(state.name)) for state in self._control.scripts())
            self._scripts = {state.name: old if old == state else state for state, old in states}
            self._version = version
        return self._scripts


class EventStream(StreamingResponse):
    """An answer that goes on until there is nothing more to come, or the client is gone."""

    def __init__(self, streams: Streams, events: AsyncGenerator[bytes, None]) -> None:
        # A proxy that waits for the end of an answer would wait for the end of the run (nginx).
        super().__init__(events, media_type=MEDIA, headers={"X-Accel-Buffering": "no"})
        self._streams, self._events = streams, events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events, counted; nothing but the headers to whoever asks by HEAD."""
        with self._streams.counted():
            try:
                if scope["method"] == "HEAD":
                    await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                    await send({"type": "http.response.body"})
                else:
                    await super().__call__(scope, receive, send)
            finally:
                with trio.CancelScope(shield=True):
                    await self._events.aclose()


async def server_events(control: Control, streams: Streams) -> AsyncGenerator[bytes, None]:
    """Yield `server` whenever its state is another, and `scripts` with those whose states are."""
    yield f"retry: {_AGAIN}\n\n".encode()
    version = await control.changed(0)
    server: ServerState | None = None
    before = streams.scripts(version)
    while True:
        if (state := control.state()) != server:
            server = state
            yield _event("server", server)
        scripts = streams.scripts(version)
        changed = [each for name, each in scripts.items() if before.get(name) is not each]
        removed = [name for name in before if name not in scripts]
        before = scripts
        if changed or removed:
            yield _event("scripts", ScriptChanges(changed=changed, removed=removed))
        await trio.sleep(LONG_ROUND)
        while (newer := await _newer(control, version)) is None:
            yield _COMMENT
        version = newer


async def run_events(control: Control, number: int, heard: tuple[int, int, int]) -> AsyncGenerator[bytes, None]:
    """Yield what a run does: `record`, and each `log`, `operation` and `change` beyond those *heard* of; then `end`."""
    yield f"retry: {_AGAIN}\n\n".encode()
    version, last = 0, None
    at = list(heard)
    while True:
        while (newer := await _newer(control, version)) is None:
            yield _COMMENT
        version = newer
        # First the record: all that a run did before its end is there once it says that it has ended.
        try:
            record, news = await control.run(number), await _news(control, number, at)
        except Unknown:
            # History has dropped it meanwhile.
            yield _event("end", None, at)
            return
        for kind, (name, values) in enumerate(news):
            for value in values:
                at[kind] += 1
                yield _event(name, value, at)
        if (view := run_view(record, control.doing(number))) != last:
            last = view
            yield _event("record", view, at)
        if record.outcome != RUNNING:
            yield _event("end", None, at)
            return
        await trio.sleep(ROUND)


async def _news(control: Control, number: int, at: Sequence[int]) -> list[tuple[str, Sequence[object]]]:
    return [
        ("log", await control.lines(number, after=at[0])),
        ("operation", await control.steps(number, after=at[1])),
        ("change", await control.changes(number, after=at[2])),
    ]


async def _newer(control: Control, version: int) -> int | None:
    """Return the next version; None if there is none for as long as a client waits for a sign of life."""
    with trio.move_on_after(HEARTBEAT):
        return await control.changed(version)
    return None


def _event(name: str, value: object, at: Sequence[int] | None = None) -> bytes:
    """Return an event; its id says how much of each kind was heard by then.  JSON has no line breaks."""
    number = f"id: {'.'.join(map(str, at))}\n" if at is not None else ""
    data = b"" if value is None else encode(value)
    return f"event: {name}\n{number}data: ".encode() + data + b"\n\n"
