"""Probes and metrics: whether the server is alive, whether scripts can run, and what is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from regbot.web.asked import told
from regbot.web.problems import Problem
from regbot.web.views import Alive, Ready

if TYPE_CHECKING:
    from regbot.web.asked import Asked


async def alive(_: Asked) -> Response:
    """Say that the server is alive."""
    return told(Alive())


async def ready(asked: Asked) -> Response:
    """Say whether scripts can run."""
    if asked.control.ready:
        return told(Ready())
    stopping = asked.control.state().stopping
    raise Problem(503, "the server is stopping" if stopping else "no script can run yet: the server is starting")


async def metrics(asked: Asked) -> Response:
    """Give the metrics of the server, for Prometheus, also as OpenMetrics."""
    content, media = asked.telemetry.render(asked.headers.get("accept", ""))
    return Response(content, media_type=media)
