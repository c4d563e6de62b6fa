"""What is answered instead of what was asked for: a problem (RFC 9457) that says what was wrong and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import Response

from regbot.web.encoding import encode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MEDIA: Final = "application/problem+json"
EXPLAINED: Final[Mapping[int, str]] = {
    400: "The request is not understood: a parameter or a body is no such thing.",
    401: "The token is missing or wrong.",
    403: "The request was made by another site.",
    404: "There is no such script, no such run, or no such path.",
    405: "The path knows other methods; Allow lists them.",
    408: "The body took too long to come.",
    409: "That cannot be now; nothing was done.",
    413: "The body is too large.",
    415: "The body should be JSON.",
    421: "The Host is none of this server's.",
    422: "The request is understood, and what it says cannot be used.",
    500: "A bug of regbot; its log says more.",
    503: "The server cannot do that now; try again later.",
}
"""What each status means here."""


class Problem(Exception):
    """Ends a request with a status and a *detail*; *findings* are those of a file that cannot be used."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        findings: Sequence[str] | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.status, self.detail, self.headers, self.findings = status, detail, headers, findings

    def response(self) -> Response:
        """Return the answer."""
        members: dict[str, object] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.findings is not None:
            members["findings"] = list(self.findings)
        return Response(encode(members), self.status, headers=self.headers, media_type=MEDIA)
