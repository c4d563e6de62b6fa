"""Runs: those that are going on, and those that history keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from regbot.web.asked import API, told
from regbot.web.problems import Problem
from regbot.web.queries import resumption
from regbot.web.streams import EventStream, run_events
from regbot.web.views import run_view

if TYPE_CHECKING:
    from starlette.responses import Response

    from regbot.web.asked import Asked


async def ls(asked: Asked) -> Response:
    """List runs, the latest first; the header Link leads to those before."""
    query = asked.query
    records = await asked.control.runs(script=query.script, before=query.before, limit=query.limit)
    if len(records) < query.limit:
        return told(records)
    following = {"script": query.script, "before": records[-1].id, "limit": query.limit}
    return told(records, headers={"Link": f'<{API}/runs?{urlencode(following)}>; rel="next"'})


async def get(asked: Asked) -> Response:
    """Tell of a run, and what it is at."""
    record = await asked.control.run(asked.number)
    return told(run_view(record, asked.control.doing(asked.number)))


async def log(asked: Asked) -> Response:
    """Give the log of a run: the first 256 KiB of it."""
    return told(await asked.control.lines(asked.number, after=asked.query.after))


async def operations(asked: Asked) -> Response:
    """List the operations that a run called for: the first thousand."""
    return told(await asked.control.steps(asked.number, after=asked.query.after))


async def changes(asked: Asked) -> Response:
    """List what a run wrote, or in a dry run would have: the first ten thousand."""
    return told(await asked.control.changes(asked.number, after=asked.query.after))


async def cancel(asked: Asked) -> Response:
    """End a run that is going on; what it has done stays done."""
    if not await asked.control.cancel(asked.number):
        raise Problem(409, "the run has ended already")
    record = await asked.control.run(asked.number)
    return told(record, 202)


async def events(asked: Asked) -> Response:
    """Tell what a run does, from its beginning or from where somebody left off, until its end.

    Events are `log` (a LogLine), `operation` (a Step), `change` (a Change), `record` (a Run, whenever it has changed)
    and at last `end`, without data.  The id of each event resumes the stream after it.  There is a comment at least
    each 15 seconds.
    """
    heard = resumption(asked.headers.get("last-event-id"), asked.query)
    asked.streams.check_room()
    await asked.control.run(asked.number)
    return EventStream(asked.streams, run_events(asked.control, asked.number, heard))
