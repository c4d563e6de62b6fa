"""An OCI layout on disk: what blocks, and so runs in threads."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.files.files import quoted
from regbot.registry.jsontext import parse_object
from regbot.registry.layouts.blobs import read_bounded
from regbot.registry.layouts.index import INDEX, MAX_INDEX, LayoutIndex
from regbot.registry.manifest import MAX_READ, Manifest
from regbot.registry.reference import DEFAULT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from io import FileIO

    from regbot.registry.digest import Digest
    from regbot.registry.files.files import Files, Folder
    from regbot.registry.reference import Reference, Repository

VERSION: Final = "1.0.0"
_MARKER: Final = "oci-layout"
_MAX_MARKER: Final = 4096


class LayoutFiles:
    """The files of the layouts beneath one files folder."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def index(self, repository: Repository) -> LayoutIndex:
        """Return the index of a layout; NotFound where the folder is none."""
        with self._files.folder(repository.path) as folder:
            return _read_index(folder)

    def manifest(self, reference: Reference) -> Manifest:
        """Return a manifest by digest; where there is none by tag; where neither is, by the tag "latest"."""
        repository, digest, kind = reference.repository, reference.digest, ""
        if digest is None:
            descriptor = self.index(repository).find(reference.tag or DEFAULT_TAG)
            if descriptor is None:
                raise unknown_manifest(reference)
            digest, kind = descriptor.digest, descriptor.media_type
        try:
            file = self._files.open(f"{repository.path}/{_place(digest)}")
        except NotFound as exc:
            raise unknown_manifest(reference) from exc
        with file:
            return Manifest.read(read_bounded(file, MAX_READ, "a manifest"), media_type=kind, digest=digest)

    def open_blob(self, repository: Repository, digest: Digest) -> FileIO:
        """Open a blob for reading."""
        try:
            return self._files.open(f"{repository.path}/{_place(digest)}")
        except NotFound as exc:
            what = f"{repository} has no blob {digest}"
            raise NotFound(what, code="BLOB_UNKNOWN", repository=repository.path) from exc

    def has(self, repository: Repository, digest: Digest) -> bool:
        """Say whether there is a blob."""
        try:
            self._files.open(f"{repository.path}/{_place(digest)}").close()
        except NotFound:
            return False
        return True

    def blobs(self, repository: Repository, digest: Digest) -> Folder:
        """Open the folder of the blobs of one algorithm, made if it is missing."""
        return self._files.folder(f"{repository.path}/blobs/{digest.algorithm}", create=True)

    def store(self, repository: Repository, digest: Digest, body: bytes) -> None:
        """Write a manifest or an index as a blob."""
        with self.blobs(repository, digest) as folder:
            folder.sweep()
            folder.write(digest.encoded, body)

    def remove(self, repository: Repository, digest: Digest) -> None:
        """Remove a blob, if it is there."""
        with suppress(NotFound), self._files.folder(f"{repository.path}/blobs/{digest.algorithm}") as folder:
            folder.unlink(digest.encoded)


def _place(digest: Digest) -> str:
    return f"blobs/{digest.algorithm}/{digest.encoded}"


def _read_index(folder: Folder) -> LayoutIndex:
    """Return the index of a layout; NotFound where the folder is none."""
    try:
        _check_version(folder)
        with folder.open(INDEX) as index:
            return LayoutIndex.parse(read_bounded(index, MAX_INDEX, "the index.json"))
    except NotFound as exc:
        raise NotFound(f"{quoted(folder.path)} is no OCI layout: {exc}", code="NAME_UNKNOWN") from exc


def _check_version(folder: Folder) -> None:
    with folder.open(_MARKER) as marker:
        document = parse_object(read_bounded(marker, _MAX_MARKER, f"the {_MARKER}"), f"the {_MARKER} of the layout")
    if (version := document.get("imageLayoutVersion")) != VERSION:
        raise Unverified(f"a layout of version {str(version)[:40]}, not {VERSION}", code="UNSUPPORTED")


def rewrite(folder: Folder, change: Callable[[LayoutIndex], LayoutIndex], *, create: bool) -> bool:
    """Rewrite index.json, which nobody else does meanwhile; say whether that changed anything."""
    if create and not folder.exists(_MARKER):
        folder.write(_MARKER, json.dumps({"imageLayoutVersion": VERSION}).encode())
    if create and not folder.exists(INDEX):
        _check_version(folder)
        old = LayoutIndex()
    else:
        old = _read_index(folder)
    new = change(old)
    if new == old:
        return False
    if len(body := new.encode()) > MAX_INDEX:
        raise RegistryError(f"index.json would have {len(body)} bytes; at most {MAX_INDEX} are read", code="TOO_LARGE")
    folder.sweep()
    folder.write(INDEX, body)
    return True


def unknown_manifest(reference: Reference) -> NotFound:
    """Return the error for a manifest that is not there."""
    return NotFound(f"there is no {reference}", code="MANIFEST_UNKNOWN", repository=reference.repository.path)
