"""The index.json of an OCI layout: its tags and manifests (OCI image specification, "Image Layout").  No I/O.

A tag is the annotation `org.opencontainers.image.ref.name` of an entry.  Some tools write a whole reference there
(`docker.io/library/alpine:3.20`): it answers to its tag, too, where no entry is called exactly so.  What is not
understood of the document is kept as it is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from regbot.registry.descriptor import Descriptor
from regbot.registry.errors import Unverified
from regbot.registry.jsontext import Json, parse_object
from regbot.registry.mediatype import OCI_INDEX
from regbot.registry.reference import is_tag

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.registry.digest import Digest

INDEX: Final = "index.json"
MAX_INDEX: Final = 8 << 20
"""Bytes of the file."""
REF_NAME: Final = "org.opencontainers.image.ref.name"
_WHAT: Final = "the index.json of the layout"
_NEW: Final = (("schemaVersion", 2), ("mediaType", OCI_INDEX))


@dataclass(frozen=True, slots=True)
class LayoutIndex:
    """An index.json as it was read; a change makes a new one.

    *entries* are the descriptors in `manifests`, *rest* is everything else at the top of the document.
    """

    entries: Sequence[Json] = ()
    rest: tuple[tuple[str, Json], ...] = _NEW

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Return what an index.json says; Unverified if it cannot be understood."""
        document = parse_object(body, _WHAT)
        entries = document.get("manifests") or []
        if not isinstance(entries, list):
            raise Unverified(f'{_WHAT} has no list as "manifests"', code="MANIFEST_INVALID")
        return cls(entries, tuple((key, value) for key, value in document.items() if key != "manifests"))

    def encode(self) -> bytes:
        """Return the bytes of the file."""
        document = {**dict(self.rest), "manifests": list(self.entries)}
        try:
            return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        except ValueError as exc:  # 1e999 is read as infinity, which JSON cannot say
            raise Unverified(f"{_WHAT} has a number that cannot be written again", code="MANIFEST_INVALID") from exc

    def tags(self) -> list[str]:
        """Return the tags, sorted, each once; names that end in none are left out."""
        return sorted(filter(is_tag, {_tag_part(_name(entry)) for entry in self.entries}))

    def find(self, tag: str) -> Descriptor | None:
        """Return what *tag* points at: the entry called so, else the first whose reference ends so."""
        exact = [entry for entry in self.entries if _name(entry) == tag]
        found = exact or [entry for entry in self.entries if _tag_part(_name(entry)) == tag]
        return Descriptor.read(found[0], f'the entry "{tag}" of {_WHAT}') if found else None

    def set(self, tag: str, descriptor: Descriptor) -> Self:
        """Let *tag* point at *descriptor*, in the place of what was called exactly so.

        An entry of that digest without a name takes the name: other tools leave such entries behind.
        """
        named = [entry for entry in self.entries if _name(entry) == tag]
        if len(named) == 1 and _has_digest(named[0], descriptor.digest):
            return self
        old = [
            place
            for place, entry in enumerate(self.entries)
            if _name(entry) == tag or (not _name(entry) and _has_digest(entry, descriptor.digest))
        ]
        entries = [entry for place, entry in enumerate(self.entries) if place not in old]
        entries.insert(old[0] if old else len(entries), _entry(tag, descriptor))
        return type(self)(entries, self.rest)

    def add(self, descriptor: Descriptor) -> Self:
        """List *descriptor*, without a name, unless it is listed anyway."""
        if any(_has_digest(entry, descriptor.digest) for entry in self.entries):
            return self
        return type(self)([*self.entries, _entry("", descriptor)], self.rest)

    def without_tag(self, tag: str) -> Self:
        """Remove every entry that answers to *tag*."""
        return type(self)([entry for entry in self.entries if _tag_part(_name(entry)) != tag], self.rest)

    def without_digest(self, digest: Digest) -> Self:
        """Remove every entry with *digest*."""
        return type(self)([entry for entry in self.entries if not _has_digest(entry, digest)], self.rest)


def _entry(tag: str, descriptor: Descriptor) -> Json:
    named: dict[str, Json] = {"annotations": {REF_NAME: tag}} if tag else {}
    return {
        "mediaType": descriptor.media_type,
        "digest": str(descriptor.digest),
        "size": descriptor.size,
        **named,
    }


def _name(entry: Json) -> str:
    """Return the name of an entry, "" if it has none."""
    match entry:
        case {"annotations": {"org.opencontainers.image.ref.name": str(name)}}:
            return name
    return ""


def _tag_part(name: str) -> str:
    return name.rpartition(":")[2]


def _has_digest(entry: Json, digest: Digest) -> bool:
    return isinstance(entry, dict) and entry.get("digest") == str(digest)
