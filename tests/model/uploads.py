"""Uploads to a model registry (OCI distribution specification, "Pushing blobs")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tests.model.message import Asked, Refused, Reply
from tests.model.store import check_digest, digest_of

if TYPE_CHECKING:
    from tests.model.options import Options
    from tests.model.store import Store, Upload

_SPAN: Final = re.compile("([0-9]+)-([0-9]+)")


class Uploads:
    """What can be asked of blobs that are to be."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store, self._options = store, options

    async def begin(self, asked: Asked, repository: str) -> Reply:
        """Mount a blob of another repository, or begin an upload."""
        mount, source = asked.query.get("mount", ""), asked.query.get("from", "")
        data = self._store.of(source).blobs.get(mount) if self._options.mounts else None
        if data is None:
            return self._state(asked, self._store.begin(repository), 202)
        self._store.made(repository).blobs[mount] = data
        return self._done(asked, repository, mount)

    async def answer(self, asked: Asked, repository: str, number: str) -> Reply:
        """Answer a request for an upload under way."""
        upload = self._find(asked, repository, number)
        if asked.method == "PATCH":
            return await self._more(asked, upload)
        if asked.method == "PUT":
            return await self._finish(asked, upload)
        if asked.method == "DELETE":
            del self._store.uploads[number]
            return Reply(204, {"Docker-Upload-Uuid": number})
        return self._state(asked, upload, 204)

    def _find(self, asked: Asked, repository: str, number: str) -> Upload:
        upload = self._store.uploads.get(number)
        state = asked.query.get("_state", "")
        if not state.startswith(f"{number}."):
            raise Refused(404, "BLOB_UPLOAD_INVALID", "blob upload invalid", {})
        if upload is None or upload.repository != repository:
            raise Refused(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry", {})
        # docker-registry takes no Location but the one it gave for the bytes that it has: not even to cancel.
        if self._options.stateful and state != upload.state:
            raise Refused(404, "BLOB_UPLOAD_INVALID", "blob upload invalid")
        return upload

    async def _more(self, asked: Asked, upload: Upload) -> Reply:
        kind = asked.headers.get("content-type", "application/octet-stream")
        if kind != "application/octet-stream":
            raise Refused(500, "UNKNOWN", "unknown error", {})
        self._check_span(asked, upload)
        before = len(upload.data)
        await _append(asked, upload)
        upload.short = len(upload.data) - before < self._options.chunk_min
        return self._state(asked, upload, 202)

    async def _finish(self, asked: Asked, upload: Upload) -> Reply:
        digest = asked.query.get("digest", "")
        if not digest:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content", "digest missing")
        check_digest(digest)
        self._check_span(asked, upload)
        if not (self._options.single_put or upload.data):
            # As a proxy in front of it does, which the registry never hears of.
            raise Refused(413, "SIZE_INVALID", "the blob is too large for one request")
        await _append(asked, upload)
        # From here on the upload is at its end, whatever comes of it.
        del self._store.uploads[upload.number]
        if digest_of(upload.data, digest) != digest:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content", {"Digest": digest})
        self._store.made(upload.repository).blobs[digest] = bytes(upload.data)
        return self._done(asked, upload.repository, digest)

    def _check_span(self, asked: Asked, upload: Upload) -> None:
        """Refuse a chunk that does not begin where the one before it ended; docker-registry does not look."""
        match = _SPAN.fullmatch(asked.headers.get("content-range", ""))
        if match and not self._options.stateful and int(match[1]) != len(upload.data):
            raise Refused(416, "BLOB_UPLOAD_INVALID", "blob upload invalid", headers=self._where(asked, upload))

    def _state(self, asked: Asked, upload: Upload, status: int) -> Reply:
        return Reply(status, self._where(asked, upload))

    def _where(self, asked: Asked, upload: Upload) -> dict[str, str]:
        path = f"/v2/{upload.repository}/blobs/uploads/{upload.number}?_state={upload.state}"
        shortest = {"OCI-Chunk-Min-Length": str(self._options.chunk_min)} if self._options.chunk_min else {}
        span = f"0-{max(len(upload.data) - 1, 0)}"
        return {"Docker-Upload-Uuid": upload.number, "Range": span, **self._location(asked, path), **shortest}

    def _done(self, asked: Asked, repository: str, digest: str) -> Reply:
        said = {"Docker-Content-Digest": digest} if self._options.digest_header else {}
        return Reply(201, {**self._location(asked, f"/v2/{repository}/blobs/{digest}"), **said})

    def _location(self, asked: Asked, path: str) -> dict[str, str]:
        return {"Location": path if self._options.relative else f"http://{asked.host}{path}"}


async def _append(asked: Asked, upload: Upload) -> None:
    """Take the body as it comes: what came before a connection broke stays."""
    async for piece in asked.body:
        if upload.short:
            raise Refused(400, "BLOB_UPLOAD_INVALID", "the chunk before this one was too small")
        upload.data += piece
