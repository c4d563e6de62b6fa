"""The application: who may ask is asked first, then the table says who answers."""

from __future__ import annotations

import traceback
from functools import partial
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.routing import Route, Router

from regbot.supervisor.server.control import Unknown
from regbot.web import queries
from regbot.web.asked import JSON, Asked
from regbot.web.intake import answered
from regbot.web.problems import Problem
from regbot.web.streams import Streams
from regbot.web.table import ENDPOINTS

if TYPE_CHECKING:
    from loguru import Logger
    from starlette.types import Message, Receive, Scope, Send

    from regbot.supervisor.server.control import Control
    from regbot.supervisor.server.telemetry import Telemetry
    from regbot.web.asked import Endpoint
    from regbot.web.guard import Guard
    from regbot.web.intake import Body

_BODY = "regbot.body"
"""Where a request's body is in its scope."""


class App:
    """An ASGI application that shows a server."""

    def __init__(self, control: Control, telemetry: Telemetry, guard: Guard, log: Logger) -> None:
        self._telemetry, self._guard, self._log = telemetry, guard, log
        streams = Streams(control, telemetry)
        rows = [_Row(each, control, telemetry, streams, guard) for each in ENDPOINTS]
        routes = [Route(row.endpoint.path, row, methods=[row.endpoint.method]) for row in rows]
        self._router = Router(routes, default=self._nowhere, redirect_slashes=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        await answered(receive, partial(self._answer, scope, send))

    async def _answer(self, scope: Scope, send: Send, body: Body) -> None:
        # Parts of a path are told apart before they are unescaped: a script's name may hold a slash.
        sent = scope["raw_path"].decode("ascii")
        scope = {**scope, "app": self, "path": sent, _BODY: body}
        reply = _Reply(send)
        try:
            self._guard.check_site(scope["method"], Headers(scope=scope))
            await self._router(scope, body.disconnected, reply.send)
        except Exception as exc:  # noqa: BLE001 -- each becomes an answer
            problem = self._problem(exc, scope)
            if not reply.status:
                await problem.response()(scope, body.disconnected, reply.send)
        row = scope.get("endpoint")
        self._telemetry.answered(row.endpoint.path if isinstance(row, _Row) else "other", reply.status)

    def _problem(self, exc: Exception, scope: Scope) -> Problem:
        match exc:
            case Problem():
                return exc
            case Unknown():
                return Problem(404, str(exc))
            case HTTPException(status_code=405):
                return self._wrong_method(scope, exc)
        said = "".join(traceback.format_exception(exc))
        self._log.bind(traceback=said).error("A request could not be answered: this is a bug of regbot")
        return Problem(500, "this is a bug of regbot; the log of the server says more")

    def _wrong_method(self, scope: Scope, exc: HTTPException) -> Problem:
        row = scope["endpoint"]
        try:
            row.check_token(scope)
        except Problem as problem:
            return problem
        allowed = ", ".join(sorted((exc.headers or {}).get("Allow", "").split(", ")))
        return Problem(405, f"this path knows other methods: {allowed}", headers={"Allow": allowed})

    async def _nowhere(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        self._guard.check_token(Headers(scope=scope))
        raise Problem(404, "there is no such path; /api/v1/openapi.json lists those that there are")


class _Row:
    """One row of the table, as ASGI."""

    def __init__(
        self, endpoint: Endpoint, control: Control, telemetry: Telemetry, streams: Streams, guard: Guard
    ) -> None:
        self.endpoint = endpoint
        self._control, self._telemetry, self._streams, self._guard = control, telemetry, streams, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        self.check_token(scope)
        headers = Headers(scope=scope)
        body = await scope[_BODY].content()
        asked = Asked(
            control=self._control,
            telemetry=self._telemetry,
            streams=self._streams,
            headers=headers,
            path=scope["path_params"],
            query=queries.parameters(scope["query_string"], self.endpoint.query),
            body=self._content(body, headers),
        )
        response = await self.endpoint.answer(asked)
        await response(scope, receive, send)

    def check_token(self, scope: Scope) -> None:
        """Problem if whoever asks may not."""
        if not self.endpoint.open:
            self._guard.check_token(Headers(scope=scope))

    def _content(self, body: bytes, headers: Headers) -> object:
        if self.endpoint.body is None:
            return None
        if body and headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise Problem(415, f"the body should be JSON: say Content-Type: {JSON}")
        return queries.content(body, self.endpoint.body)


class _Reply:
    """The way back; it knows the status of the answer, 0 until there is one."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        """Send a part of an answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
        await self._send(message)
