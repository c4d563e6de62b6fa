"""The server itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.server.control import ReloadFailed
from regbot.web.asked import told
from regbot.web.problems import Problem
from regbot.web.streams import EventStream, server_events

if TYPE_CHECKING:
    from starlette.responses import Response

    from regbot.web.asked import Asked


async def state(asked: Asked) -> Response:
    """Tell what the server is at."""
    return told(asked.control.state())


async def reload(asked: Asked) -> Response:
    """Have the configuration read anew; if it cannot be used, the old one stays in force."""
    try:
        return told(await asked.control.reload())
    except ReloadFailed as exc:
        why = "the configuration cannot be used, and the old one stays in force; the findings say why"
        raise Problem(422, why, findings=exc.findings) from exc


async def events(asked: Asked) -> Response:
    """Tell of the server and its scripts whenever their states change.

    Events are `server` (a ServerState; the first comes at once) and `scripts` (a ScriptChanges: what changed since the
    stream began).  There is a comment at least each 15 seconds.
    """
    asked.streams.check_room()
    return EventStream(asked.streams, server_events(asked.control, asked.streams))
