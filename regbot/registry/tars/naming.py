"""What an image is called, and where its parts lie, in a tar file (OCI image specification, "Image Layout").

`docker save` writes another list beside or instead of index.json: manifest.json (Docker's image specification 1.2,
"Combined Image JSON + Filesystem Changeset Format").
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final, TypeVar

from regbot.registry import mediatype
from regbot.registry.errors import InvalidText, NotFound, Unverified
from regbot.registry.manifest import MAX_READ, Manifest
from regbot.registry.reference import DEFAULT_TAG, LAYOUT, Reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.tars.archive import Archive

_Key = TypeVar("_Key")

MARKER: Final = "oci-layout"
DOCKER: Final = "manifest.json"
IMAGE_NAME: Final = "io.containerd.image.name"
"""Annotation in index.json: the whole name; containerd and Docker go by it."""

MAX_IMAGES: Final = 10_000
"""Images in one archive."""

_SHOWN: Final = 200
"""Characters of a name that an error repeats."""
_MAX_SHOWN: Final = 30
"""Names that an error lists."""
_NO_PATH: Final = re.compile("[^a-z0-9]+")


def place(digest: Digest) -> str:
    """Return where a blob lies."""
    return f"blobs/{digest.algorithm}/{digest.encoded}"


async def manifest_in(archive: Archive, descriptor: Descriptor) -> Manifest:
    """Read a manifest of an archive; NotFound, or Unverified if it is not what *descriptor* says."""
    body = await archive.read(place(descriptor.digest), MAX_READ)
    return Manifest.read(body, media_type=descriptor.media_type, digest=descriptor.digest)


def full_name(reference: Reference) -> str:
    """Return what an image is called in an archive: registry/repository:tag, of a digest registry/repository@digest.

    Docker and skopeo understand nothing else, so a layout is called as if its folder were a repository of localhost.
    """
    repository = reference.repository
    name = f"localhost/{_as_path(repository.path)}" if repository.is_layout else str(repository)
    tag = tag_of(reference)
    return f"{name}:{tag}" if tag else f"{name}@{reference.digest}"


def tag_of(reference: Reference) -> str:
    """Return the reference's tag; "" if it is one of a digest alone."""
    return reference.tag or ("" if reference.digest else DEFAULT_TAG)


def is_manifest(descriptor: Descriptor) -> bool:
    """Say whether an index lists a manifest by the descriptor, for certain."""
    return descriptor.media_type in mediatype.MANIFESTS or not descriptor.media_type


def choose(images: Mapping[_Key, Collection[str]], reference: Reference, what: str) -> _Key:
    """Return which of the images in an archive, key to names, is meant by *reference*.

    A single one is, whatever it is called.  Of several it is the one with the reference's full name, then the one with
    its tag; NotFound, which names *what*, says what they are called instead.
    """
    if len(images) > MAX_IMAGES:
        raise Unverified(f"{what} holds more than {MAX_IMAGES} images", code="TOO_LARGE")
    if len(images) == 1:
        return next(iter(images))
    full, tag = full_name(reference), tag_of(reference)
    for fits in (lambda name: _normal(name) == full, lambda name: tag and name.rpartition(":")[2] == tag):
        found = [key for key, names in images.items() if any(map(fits, names))]
        if len(found) == 1:
            return found[0]
    if not images:
        raise NotFound(f"{what} holds no image", code="MANIFEST_UNKNOWN")
    names = sorted({name[:_SHOWN] for each in images.values() for name in each})
    there = ", ".join(names[:_MAX_SHOWN]) or "they have no names"
    several = f"{what} holds {len(images)} images, of which none, or more than one, is called {tag or full}"
    raise NotFound(f"{several}; there are: {there}", code="MANIFEST_UNKNOWN")


def _normal(name: str) -> str:
    """Return a name in the form that full_name gives it."""
    try:
        return full_name(Reference.parse(name))
    except InvalidText:
        return name


def _as_path(folder: str) -> str:
    parts = posixpath.normpath(folder.removeprefix(LAYOUT)).lower().split("/")
    return "/".join(filter(None, (_NO_PATH.sub("-", part).strip("-") for part in parts))) or "layout"
