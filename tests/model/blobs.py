"""Blobs of a model registry (OCI distribution specification, "Pulling blobs", "Deleting Blobs"; RFC 9110, 14)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.model.message import Asked, Refused, Reply, as_text
from tests.model.store import check_digest

if TYPE_CHECKING:
    from tests.model.options import Options
    from tests.model.store import Store

_RANGE: Final = re.compile("bytes=([0-9]*)-([0-9]*)")


class Blobs:
    """What can be asked of blobs that are there."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store, self._options = store, options

    async def answer(self, asked: Asked, repository: str, digest: str) -> Reply:
        """Answer a request for one blob."""
        check_digest(digest)
        if asked.method == "DELETE":
            return self._delete(repository, digest)
        data = self._store.of(repository).blobs.get(digest)
        if data is None:
            raise Refused(404, "BLOB_UNKNOWN", "blob unknown to registry", digest)
        if self._options.blobs_at and asked.method == "GET":
            return Reply(307, {"Location": f"http://{self._options.blobs_at}{asked.path}?signature=of-the-registry"})
        said = {"Docker-Content-Digest": digest} if self._options.digest_header else {}
        return ranged(asked, data, {"Etag": f'"{digest}"', "Cache-Control": "max-age=31536000", **said})

    def _delete(self, repository: str, digest: str) -> Reply:
        if not self._options.deletes:
            raise Refused(405, "UNSUPPORTED", "The operation is unsupported.")
        if self._store.of(repository).blobs.pop(digest, None) is None:
            raise Refused(404, "BLOB_UNKNOWN", "blob unknown to registry")
        return Reply(202)


def ranged(asked: Asked, data: bytes, headers: dict[str, str]) -> Reply:
    """Return an answer of *data*, or of the one range of it that is asked for."""
    plain = {"Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", **headers}
    wanted = asked.headers.get("range")
    if wanted is None:
        return Reply(200, plain, data)
    match = _RANGE.fullmatch(wanted)
    if match is None or not any(match.groups()) or (all(match.groups()) and int(match[1]) > int(match[2])):
        return as_text("", status=416, headers=headers)
    first, last = _span(match[1], match[2], len(data))
    if first > last:
        return as_text("", status=416, headers={**headers, "Content-Range": f"bytes */{len(data)}"})
    return Reply(206, {**plain, "Content-Range": f"bytes {first}-{last}/{len(data)}"}, data[first : last + 1])


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """Return the first and the last byte of a range in *size* bytes."""
    if not first:
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last or size - 1), size - 1)
