"""Scripts of the configuration that is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.server.control import Busy
from regbot.web.asked import API, told
from regbot.web.problems import Problem

if TYPE_CHECKING:
    from starlette.responses import Response

    from regbot.web.asked import Asked


async def ls(asked: Asked) -> Response:
    """List all scripts, in the order of the file."""
    return told(asked.control.scripts())


async def get(asked: Asked) -> Response:
    """Tell the state of a script; its name is one part of the path, %-escaped, slashes included."""
    return told(asked.control.script(asked.name))


async def start(asked: Asked) -> Response:
    """Start a run of a script now; it is a dry run if that is asked for, or if the server makes all runs so."""
    try:
        record = await asked.control.start(asked.name, dry_run=asked.body.dry_run)
    except Busy as exc:
        raise Problem(409, str(exc)) from exc
    return told(record, 201, {"Location": f"{API}/runs/{record.id}"})
