"""Manifests as received, and what their JSON says (OCI image specification, "Image Manifest" and "Image Index")."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor, annotations_of
from regbot.registry.digest import Digest
from regbot.registry.errors import Unverified
from regbot.registry.jsontext import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.registry.jsontext import Json, Object

MAX_READ: Final = 8 << 20
"""Bytes of a manifest that is accepted."""
MAX_WRITTEN: Final = 4 << 20
"""Bytes of a manifest that is sent (OCI distribution specification, "Pushing Manifests")."""

_LEADING_NUMBER: Final = re.compile(r"\s*([0-9]{1,15})\s*(?:;|$)")


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a registry said of its pull quota (`RateLimit-*` headers); *known* is False where it said nothing.

    *remain* of *limit* requests are left, *reset* seconds remain of the window; *policies* are the limits as written,
    "100;w=21600" is a hundred in six hours.
    """

    known: bool = False
    remain: int = 0
    limit: int = 0
    reset: int = 0
    policies: tuple[str, ...] = ()

    @classmethod
    def parse(cls, headers: Mapping[str, str]) -> Self:
        """Return what *headers*, a mapping that ignores case, say; nonsense in them counts as nothing said."""
        limits = [part.strip() for part in headers.get("RateLimit-Limit", "").split(",")]
        remain = _leading(headers.get("RateLimit-Remaining", ""))
        return cls(
            known=remain is not None,
            remain=remain or 0,
            limit=_leading(limits[0]) or 0,
            reset=_leading(headers.get("RateLimit-Reset", "")) or 0,
            # A limit without a window is no policy of its own: it repeats the one of those behind it that is nearest.
            policies=tuple(limits if ";" in limits[0] else limits[1:]),
        )


def _leading(text: str) -> int | None:
    match = _LEADING_NUMBER.match(text)
    return int(match[1]) if match else None


@dataclass(frozen=True, slots=True)
class Head:
    """The answer to a HEAD: what the manifest is, not what it holds."""

    descriptor: Descriptor
    rate_limit: RateLimit


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest's bytes, as received, with their descriptor and what they say.

    Making one raises Unverified where the bytes say nothing that can be understood.
    """

    descriptor: Descriptor
    body: bytes = field(repr=False)
    rate_limit: RateLimit = field(default=RateLimit(), compare=False)
    tree: Object = field(init=False, repr=False, compare=False)
    children: tuple[Descriptor, ...] = field(init=False, repr=False, compare=False)
    """An index's manifests."""
    config: Descriptor | None = field(init=False, repr=False, compare=False)
    layers: tuple[Descriptor, ...] = field(init=False, repr=False, compare=False)
    subject: Descriptor | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        tree = parse_object(self.body, "a manifest")
        read = {} if self.descriptor.media_type in mediatype.OLD else tree
        for name, value in (
            ("tree", tree),
            ("children", _list(read, "manifests")),
            ("config", _one(read, "config")),
            ("layers", _list(read, "layers") + _list(read, "blobs")),
            ("subject", _one(read, "subject")),
        ):
            object.__setattr__(self, name, value)

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests, not layers."""
        return self.descriptor.media_type in mediatype.INDEXES

    @property
    def blobs(self) -> tuple[Descriptor, ...]:
        """The config, where there is one, and the layers."""
        return (self.config, *self.layers) if self.config else self.layers

    @property
    def artifact_type(self) -> str:
        """What kind of content it is: what it says itself, else its config's media type; "" for a plain index."""
        said = self.tree.get("artifactType")
        if isinstance(said, str) and said:
            return said
        return self.config.media_type if self.config else ""

    def referrer(self) -> Descriptor:
        """Return the descriptor by which its subject's referrers list it ("Listing Referrers")."""
        said = annotations_of(self.tree, "a manifest")
        return replace(self.descriptor, artifact_type=self.artifact_type, annotations=said)

    @classmethod
    def read(
        cls, body: bytes, *, media_type: str = "", digest: Digest | None = None, rate_limit: RateLimit | None = None
    ) -> Self:
        """Return the manifest that *body* is; Unverified if it is none, too large, or has not the *digest*.

        *media_type* is what whoever sent it calls it ("": nothing said), a Content-Type with parameters will do.
        """
        if len(body) > MAX_READ:
            raise Unverified(f"a manifest of {len(body)} bytes: at most {MAX_READ} are accepted", code="TOO_LARGE")
        if digest is not None:
            digest.verify(body, "a manifest")
        kind = _media_type(parse_object(body, "a manifest"), mediatype.bare(media_type))
        descriptor = Descriptor(kind, digest or Digest.of(body), len(body))
        return cls(descriptor, body, rate_limit or RateLimit())


def _media_type(tree: Object, said: str) -> str:
    """Return what a manifest is: what its sender and it itself say, or what its members show.

    One that could be taken for an index and for an image is refused (CVE-2021-41190).
    """
    index, image = "manifests" in tree, "layers" in tree or "config" in tree
    if index and image:
        raise Unverified("a manifest that is an index and an image at once", code="MANIFEST_INVALID")
    own = tree.get("mediaType") or ""
    told = [kind for kind in (own, said) if kind in mediatype.MANIFESTS]
    if len(set(told)) > 1:
        raise Unverified(f"a manifest that is sent as {said} and calls itself {own}", code="MANIFEST_INVALID")
    if told:
        kind = str(told[0])
    elif index or image:
        kind = mediatype.OCI_INDEX if index else mediatype.OCI_MANIFEST
    else:
        raise Unverified(f'a manifest was expected, and "{said[:100]}" came', code="MANIFEST_INVALID")
    if (kind in mediatype.INDEXES and image) or (kind in mediatype.IMAGES and index):
        raise Unverified(f"a manifest that is sent as {kind} and is none", code="MANIFEST_INVALID")
    return kind


def _one(tree: Object, key: str) -> Descriptor | None:
    found = tree.get(key)
    return None if found is None else Descriptor.read(found, f'the "{key}" of a manifest')


def _list(tree: Object, key: str) -> tuple[Descriptor, ...]:
    found: Json = tree.get(key)
    if found is None:
        return ()
    if not isinstance(found, list):
        raise Unverified(f'the "{key}" of a manifest are no list', code="MANIFEST_INVALID")
    return tuple(Descriptor.read(item, f'one of the "{key}" of a manifest') for item in found)
