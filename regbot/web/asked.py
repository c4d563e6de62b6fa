"""What an endpoint is given, and how it is described: the rows of the table in app.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from starlette.responses import Response

from regbot.web.encoding import encode
from regbot.web.problems import Problem
from regbot.web.queries import Nothing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.datastructures import Headers

    from regbot.supervisor.server.control import Control
    from regbot.supervisor.server.telemetry import Telemetry
    from regbot.web.streams import Streams

API: Final = "/api/v1"
JSON: Final = "application/json"
_DIGITS: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request that may be answered.

    *path* holds the parts of its path by name, as they were sent; *query* and *body* are of the kinds that the
    endpoint's row says.
    """

    control: Control
    telemetry: Telemetry
    streams: Streams
    headers: Headers
    path: Mapping[str, str]
    query: Any
    body: Any

    @property
    def number(self) -> int:
        """The number of a run in the path; Problem if that is none."""
        text = self.path["id"]
        if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
            raise Problem(404, "there is no such run: runs have numbers")
        return int(text)

    @property
    def name(self) -> str:
        """The name of a script, or of a file, in the path."""
        return unquote(self.path["name"], errors="surrogateescape")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Endpoint:
    """One row: what is asked, who answers, and what the answer is like.

    *gives* is the type of the answer's JSON (None: it is none), *media* its content type; *problems* are the statuses
    it may have besides those of every row.  *open* is for everybody, without the token.
    """

    method: str
    path: str
    answer: Callable[[Asked], Awaitable[Response]]
    gives: Any = None
    status: int = 200
    media: str = JSON
    query: type = Nothing
    body: type | None = None
    problems: tuple[int, ...] = ()
    open: bool = False
    hidden: bool = False
    """Whether it is left out of the description: what a browser loads."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers of the answer that matter, and what they say."""
    leads: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What can be asked next: operation to a parameter of its path, and where in this answer that is."""


def told(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a value as an answer."""
    return Response(encode(value), status, headers=headers, media_type=JSON)
