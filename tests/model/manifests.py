"""Manifests of a model registry (OCI distribution specification, "Pulling manifests" to "Deleting manifests")."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tests import images
from tests.model.message import Asked, Refused, Reply
from tests.model.store import Stored, check_digest, digest_of

if TYPE_CHECKING:
    from tests.model.options import Options
    from tests.model.store import Held, Store

MAX_MANIFEST: Final = 4 << 20
_TYPES: Final = {kinds[noun] for kinds in images.TYPES.values() for noun in ("index", "manifest")}
_OCI: Final = {images.TYPES["oci"]["index"]: ("index", "indexes"), images.TYPES["oci"]["manifest"]: ("manifest",) * 2}


class Manifests:
    """What can be asked of manifests."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store, self._options = store, options

    async def answer(self, asked: Asked, repository: str, reference: str) -> Reply:
        """Answer a request for one manifest."""
        if ":" in reference:
            check_digest(reference)
        if asked.method in {"GET", "HEAD"}:
            return self._get(asked, repository, reference)
        if asked.method == "PUT":
            return await self._put(asked, repository, reference)
        return self._delete(repository, reference)

    def _get(self, asked: Asked, repository: str, reference: str) -> Reply:
        held = self._store.of(repository)
        digest = held.tags.get(reference, reference)
        found = held.manifests.get(digest)
        if found is None:
            detail = {"Name": repository, "Revision": digest} if ":" in reference else {"Tag": reference}
            raise Refused(404, "MANIFEST_UNKNOWN", "manifest unknown", detail)
        if asked.headers.get("if-none-match") in {f'"{digest}"', digest}:
            return Reply(304)
        if found.media_type in _OCI and found.media_type not in asked.headers.get("accept", ""):
            one, many = _OCI[found.media_type]
            why = f"OCI {one} found, but accept header does not support OCI {many if one == 'index' else 'manifests'}"
            raise Refused(404, "MANIFEST_UNKNOWN", why)
        headers = {"Content-Type": found.media_type, "Etag": f'"{digest}"', **self._said(digest)}
        return Reply(200, headers, found.body)

    async def _put(self, asked: Asked, repository: str, reference: str) -> Reply:
        body = await asked.read(MAX_MANIFEST)
        media_type = asked.headers.get("content-type", "")
        tree = _parse(body, media_type)
        digest = digest_of(body, reference)
        if ":" in reference and reference != digest:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        manifest = Stored(media_type, body)
        _check_parts(self._store.of(repository), manifest)
        self._store.tag(repository, reference, manifest)
        headers = {"Location": f"/v2/{repository}/manifests/{digest}", **self._said(digest)}
        if self._options.referrers and "subject" in tree:
            headers["OCI-Subject"] = tree["subject"]["digest"]
        return Reply(201, headers)

    def _delete(self, repository: str, reference: str) -> Reply:
        if not self._options.deletes:
            raise Refused(405, "UNSUPPORTED", "The operation is unsupported.")
        held = self._store.of(repository)
        if ":" in reference:
            if reference not in held.manifests:
                raise Refused(404, "MANIFEST_UNKNOWN", "manifest unknown")
            self._store.drop(repository, reference)
            return Reply(202)
        if not self._options.tag_deletes:
            raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        if reference not in held.tags:
            raise Refused(404, "MANIFEST_UNKNOWN", "manifest unknown")
        del held.tags[reference]
        return Reply(202)

    def _said(self, digest: str) -> dict[str, str]:
        return {"Docker-Content-Digest": digest} if self._options.digest_header else {}


def _parse(body: bytes, media_type: str) -> dict[str, Any]:
    """Return what a manifest says; Refused if it is none of its media type."""
    if media_type not in _TYPES:
        raise Refused(400, "MANIFEST_INVALID", "manifest invalid", {})
    try:
        tree = json.loads(body)
        right = isinstance(tree, dict) and tree.get("mediaType") in {None, media_type}
    except ValueError:
        right, tree = False, {}
    if not right:
        raise Refused(400, "MANIFEST_INVALID", "manifest invalid", {})
    return dict(tree)


def _check_parts(held: Held, manifest: Stored) -> None:
    """Raise Refused unless the repository has everything that a manifest names; its subject may come later."""
    missing = [name for name in manifest.children if name not in held.manifests]
    missing += [name for name in manifest.blobs if name not in held.blobs]
    if missing:
        raise Refused(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", *missing)
