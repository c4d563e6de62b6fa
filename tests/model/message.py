"""What a server of the tests is asked and what it answers, before and after HTTP/1.1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

import trio

Manner: TypeAlias = Callable[[trio.abc.Stream, bytes, bytes], Awaitable[bool]]
"""Sends the head and the body of an answer in its own way; False if the connection is at its end."""
Answerer: TypeAlias = "Callable[[Asked], Awaitable[Reply]]"
"""A server: what it says to each request."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: *target* is path and query as sent, the names of *headers* are in lower case.

    *body* gives its bytes as they come, once.
    """

    method: str
    host: str
    target: str
    headers: Mapping[str, str]
    body: AsyncIterator[bytes]

    @property
    def path(self) -> str:
        """The target without its query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The parameters behind the path; of several of one name the last."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    async def read(self, limit: int) -> bytes:
        """Return the whole body; Refused if it has more than *limit* bytes."""
        data = b""
        async for piece in self.body:
            data += piece
            if len(data) > limit:
                raise Refused(400, "MANIFEST_INVALID", "manifest invalid", "http: request body too large")
        return data


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer.  Where *headers* tell no length it is that of the body; *manner* sends it otherwise than at once."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    manner: Manner | None = None


class Refused(Exception):
    """An answer of errors (OCI distribution specification, "Error Codes"): one, or one for each of *details*."""

    def __init__(
        self, status: int, code: str, message: str, *details: object, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self._status, self._headers = status, headers
        error: dict[str, object] = {"code": code, "message": message}
        self._errors = [{**error, "detail": detail} for detail in details] or [error]

    @property
    def reply(self) -> Reply:
        """What is sent."""
        return as_json({"errors": self._errors}, status=self._status, headers=self._headers)


def as_json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer of JSON, as docker-registry writes it: on one line, with an end of line."""
    body = json.dumps(value, separators=(",", ":")).encode() + b"\n"
    return Reply(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, body)


def as_text(text: str, *, status: int, headers: Mapping[str, str] | None = None) -> Reply:
    """Return an answer of plain text."""
    kind = {"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return Reply(status, {**kind, **(headers or {})}, text.encode())
