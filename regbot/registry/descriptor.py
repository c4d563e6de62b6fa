"""Descriptors: OCI image specification, "OCI Content Descriptors"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from regbot.registry.digest import Digest
from regbot.registry.errors import InvalidText, Unverified
from regbot.registry.platform import Platform

if TYPE_CHECKING:
    from regbot.registry.jsontext import Json, Object


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is known of content before it is read.  *size* is in bytes, -1 where nobody said."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    artifact_type: str = ""

    @classmethod
    def read(cls, tree: Json, what: str) -> Self:
        """Return the descriptor that *tree* describes; Unverified, which names *what*, if that is none."""
        if not isinstance(tree, dict):
            raise _fault(what, "is no object")
        size = tree.get("size")
        # True is an int, and equals 1, too.
        if type(size) is not int or size < 0:
            raise _fault(what, "has no size")
        platform = tree.get("platform")
        return cls(
            media_type=_text(tree, "mediaType", what),
            digest=_digest(tree, what),
            size=size,
            platform=None if platform is None else Platform.read(platform),
            urls=_urls(tree, what),
            annotations=annotations_of(tree, what),
            artifact_type=_text(tree, "artifactType", what),
        )


def annotations_of(tree: Object, what: str) -> tuple[tuple[str, str], ...]:
    """Return the annotations of a descriptor or a manifest; Unverified, which names *what*, if they are no texts."""
    found = tree.get("annotations") or {}
    if not isinstance(found, dict):
        raise _fault(what, 'has no map of texts as "annotations"')
    texts = tuple((key, value) for key, value in found.items() if isinstance(value, str))
    if len(texts) != len(found):
        raise _fault(what, 'has no map of texts as "annotations"')
    return texts


def _digest(tree: Object, what: str) -> Digest:
    try:
        return Digest.parse(_text(tree, "digest", what))
    except InvalidText as exc:
        raise _fault(what, f"has no digest ({exc})") from exc


def _text(tree: Object, key: str, what: str) -> str:
    match tree.get(key):
        case None:
            return ""
        case str(text):
            return text
    raise _fault(what, f'has something else than text as "{key}"')


def _urls(tree: Object, what: str) -> tuple[str, ...]:
    found = tree.get("urls") or []
    if not isinstance(found, list):
        raise _fault(what, 'has no list of texts as "urls"')
    urls = tuple(url for url in found if isinstance(url, str))
    if len(urls) != len(found):
        raise _fault(what, 'has no list of texts as "urls"')
    return urls


def _fault(what: str, why: str) -> Unverified:
    return Unverified(f"{what} {why}", code="MANIFEST_INVALID")
