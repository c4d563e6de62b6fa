"""The table of all that can be asked: what serves it, guards it and describes it reads nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from regbot.supervisor.audit.change import Change
from regbot.supervisor.audit.trail import LogLine, Step
from regbot.supervisor.history.record import RunRecord
from regbot.supervisor.server.control import Reloaded, ScriptState, ServerState
from regbot.supervisor.server.telemetry import PLAIN
from regbot.web import streams
from regbot.web.asked import API, Asked, Endpoint, told
from regbot.web.describing import describe
from regbot.web.endpoints import page, probes, runs, scripts, server
from regbot.web.queries import After, Nothing, Resumption, Runs, Start
from regbot.web.views import Alive, Ready, Run

if TYPE_CHECKING:
    from starlette.responses import Response


async def openapi(_: Asked) -> Response:
    """Describe the API: this document."""
    return told(describe(ENDPOINTS))


_LOCATION: Final = {"Location": "Path of the run."}
_OF_RUN: Final = {
    f"runs_{name}": ("id", "$response.body#/id") for name in ("get", "log", "operations", "changes", "cancel", "events")
}
_OF_RUNS: Final = {"runs_get": ("id", "$response.body#/0/id")}
_OF_SCRIPTS: Final = {f"scripts_{name}": ("name", "$response.body#/0/name") for name in ("get", "start")}
_LINK: Final = {"Link": "Where the runs before these are, as rel=next, if there may be any."}

ENDPOINTS: Final = (
    Endpoint(method="GET", path="/healthz", answer=probes.alive, gives=Alive, open=True),
    Endpoint(method="GET", path="/readyz", answer=probes.ready, gives=Ready, problems=(503,), open=True),
    Endpoint(method="GET", path="/metrics", answer=probes.metrics, media=PLAIN),
    Endpoint(method="GET", path=f"{API}/server", answer=server.state, gives=ServerState),
    Endpoint(method="POST", path=f"{API}/reload", answer=server.reload, gives=Reloaded, body=Nothing),
    Endpoint(method="GET", path=f"{API}/events", answer=server.events, media=streams.MEDIA, problems=(503,)),
    Endpoint(method="GET", path=f"{API}/scripts", answer=scripts.ls, gives=Sequence[ScriptState], leads=_OF_SCRIPTS),
    Endpoint(method="GET", path=f"{API}/scripts/{{name}}", answer=scripts.get, gives=ScriptState, problems=(404,)),
    Endpoint(
        method="POST",
        path=f"{API}/scripts/{{name}}/runs",
        answer=scripts.start,
        gives=RunRecord,
        status=201,
        body=Start,
        problems=(404, 409),
        headers=_LOCATION,
        leads=_OF_RUN,
    ),
    Endpoint(
        method="GET",
        path=f"{API}/runs",
        answer=runs.ls,
        gives=Sequence[RunRecord],
        query=Runs,
        headers=_LINK,
        leads=_OF_RUNS,
    ),
    Endpoint(method="GET", path=f"{API}/runs/{{id}}", answer=runs.get, gives=Run, problems=(404,)),
    Endpoint(
        method="GET",
        path=f"{API}/runs/{{id}}/log",
        answer=runs.log,
        gives=Sequence[LogLine],
        query=After,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path=f"{API}/runs/{{id}}/operations",
        answer=runs.operations,
        gives=Sequence[Step],
        query=After,
        problems=(404,),
    ),
    Endpoint(
        method="GET",
        path=f"{API}/runs/{{id}}/changes",
        answer=runs.changes,
        gives=Sequence[Change],
        query=After,
        problems=(404,),
    ),
    Endpoint(
        method="POST",
        path=f"{API}/runs/{{id}}/cancel",
        answer=runs.cancel,
        gives=RunRecord,
        status=202,
        body=Nothing,
        problems=(404, 409),
    ),
    Endpoint(
        method="GET",
        path=f"{API}/runs/{{id}}/events",
        answer=runs.events,
        media=streams.MEDIA,
        query=Resumption,
        problems=(404, 503),
    ),
    Endpoint(method="GET", path=f"{API}/openapi.json", answer=openapi, gives=dict[str, Any]),
    Endpoint(method="GET", path="/", answer=page.shell, open=True, hidden=True),
    Endpoint(method="GET", path="/page/{name}", answer=page.file, open=True, hidden=True),
)
