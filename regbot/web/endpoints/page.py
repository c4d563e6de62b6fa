"""The page: files that a browser loads, the same for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from regbot.web.page.files import SHELL, assets
from regbot.web.problems import Problem

if TYPE_CHECKING:
    from regbot.web.asked import Asked


async def shell(asked: Asked) -> Response:
    """Give the page."""
    return _file(asked, SHELL)


async def file(asked: Asked) -> Response:
    """Give a file of the page."""
    return _file(asked, asked.name)


def _file(asked: Asked, name: str) -> Response:
    if (found := assets().get(name)) is None:
        raise Problem(404, "the page has no such file")
    # Nothing of an older version is mixed with what is newer: a browser asks each time whether it is the same.
    headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
    known = {tag.strip().removeprefix("W/") for tag in asked.headers.get("if-none-match", "").split(",")}
    if found.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.content_type)
