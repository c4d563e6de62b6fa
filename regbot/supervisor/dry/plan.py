"""What a dry run would have written, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest

MAX_PLAN: Final = 64 << 20
"""Bytes of manifests and names that are kept; what would be more than that is an error."""
MAX_BLOB: Final = 8 << 20
"""Bytes of a blob that is kept; of a larger one it is known that it would be there."""
MAX_BLOBS: Final = 64 << 20
"""Bytes of all blobs that are kept."""
_ENTRY: Final = 400
"""Bytes that the name of something takes, about."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A manifest that would be there, as text: parsed it takes ten times that."""

    descriptor: Descriptor
    body: bytes = field(repr=False)
    subject: Digest | None

    def manifest(self) -> Manifest:
        """Return it parsed; no quota is known of what nobody pulled."""
        return Manifest(self.descriptor, self.body)


@dataclass(frozen=True, slots=True)
class Unkept:
    """A blob that was read and found right, and is too large to be kept."""

    size: int


Source: TypeAlias = Repository | bytes | Unkept
"""Where a blob would have come from, or what it holds."""


@dataclass(slots=True)
class Pending:
    """What one repository would hold besides, or no longer."""

    repository: Repository
    tags: dict[str, Digest | None] = field(default_factory=dict)
    """None is a deleted tag."""
    manifests: dict[Digest, Planned | None] = field(default_factory=dict)
    """None is a deleted manifest."""
    buried: set[Digest] = field(default_factory=set)
    """Manifests that were deleted: the real tags that point at them are gone, even if such a manifest comes back."""
    below: dict[str, Digest | None] = field(default_factory=dict)
    """Where real tags point, as far as it was asked; None: nowhere."""
    blobs: dict[Digest, Source] = field(default_factory=dict)


class Plan:
    """The writes of a whole dry run, by the identity of their repository.

    The runs of one `once` share it, as they would share a registry.  What notes a write raises RegistryError if that is
    more than fits.
    """

    def __init__(self) -> None:
        self._pending: dict[str, Pending] = {}
        self._left, self._left_for_blobs = MAX_PLAN, MAX_BLOBS

    def get(self, identity: str) -> Pending | None:
        """Return what would be written to a repository; None if that is nothing."""
        return self._pending.get(identity)

    def all(self) -> Iterable[Pending]:
        """Return what would be written anywhere."""
        return self._pending.values()

    def writing(self, identity: str, repository: Repository) -> Pending:
        """Return where to note what would be written to a repository."""
        if identity not in self._pending:
            self._take(repository)
            self._pending[identity] = Pending(repository)
        return self._pending[identity]

    def note_tag(self, pending: Pending, tag: str, digest: Digest | None) -> None:
        """Note where a tag would point; None: it would be gone."""
        if tag not in pending.tags:
            self._take(pending.repository)
        pending.tags[tag] = digest

    def note_manifest(self, pending: Pending, manifest: Manifest) -> None:
        """Note that a manifest would be there."""
        descriptor, subject = manifest.descriptor, manifest.subject
        if not pending.manifests.get(descriptor.digest):
            self._take(pending.repository, len(manifest.body))
            planned = Planned(descriptor, manifest.body, subject.digest if subject else None)
            pending.manifests[descriptor.digest] = planned

    def note_deleted(self, pending: Pending, digest: Digest) -> None:
        """Note that a manifest would be gone, and every tag that points at it."""
        if digest not in pending.buried:
            self._take(pending.repository)
        pending.manifests[digest] = None
        pending.buried.add(digest)
        pending.tags |= {tag: None for tag, where in pending.tags.items() if where == digest}

    def note_below(self, pending: Pending, tag: str, digest: Digest | None) -> None:
        """Note where a real tag points."""
        self._take(pending.repository)
        pending.below[tag] = digest

    def note_blob(self, pending: Pending, digest: Digest, source: Source) -> None:
        """Note that a blob would be there; what is known of it already stays, unless that is less."""
        known = pending.blobs.get(digest)
        if known is None:
            self._take(pending.repository)
        if known is None or isinstance(known, Unkept):
            pending.blobs[digest] = source

    async def read(self, pending: Pending, descriptor: Descriptor, content: Content) -> bytes | Unkept:
        """Read a blob to its end, and keep it if there is room; Unverified if it has not its digest or size."""
        known = pending.blobs.get(descriptor.digest)
        wanted = known is None or isinstance(known, Unkept)
        kept = wanted and descriptor.size <= min(MAX_BLOB, self._left_for_blobs)
        room = descriptor.size if kept else 0
        self._left_for_blobs -= room
        held: bytes | None = None
        try:
            held = await _verified(pending.repository, descriptor, content, kept=kept)
        finally:
            if held is None:
                self._left_for_blobs += room
        return held if kept else Unkept(descriptor.size)

    def _take(self, repository: Repository, size: int = 0) -> None:
        """Take the room for one name and *size* bytes."""
        if size + _ENTRY > self._left:
            raise RegistryError(
                f"this dry run would write more than it can remember, {MAX_PLAN >> 20} MiB of manifests and names; "
                "fewer scripts at a time (--script) need less",
                code="TOO_LARGE",
                registry=repository.registry,
                repository=repository.path,
            )
        self._left -= size + _ENTRY


async def _verified(repository: Repository, descriptor: Descriptor, content: Content, *, kept: bool) -> bytes:
    """Return what *content* holds if it is to be *kept*, else nothing, once it is known to be right."""
    hasher, size = descriptor.digest.hasher(), 0
    held = bytearray()
    async with content.open() as data:
        async for piece in data:
            size += len(piece)
            if size > descriptor.size:
                break
            hasher.update(piece)
            if kept:
                held += piece
    if size != descriptor.size:
        more = "more than" if size > descriptor.size else "less than"
        message = f"the blob for {repository} has {more} the {descriptor.size} bytes it should have"
        raise Unverified(message, code="SIZE_INVALID")
    if hasher.hexdigest() != descriptor.digest.encoded:
        message = f"the blob for {repository} should have the digest {descriptor.digest} and has not"
        raise Unverified(message, code="DIGEST_INVALID")
    return bytes(held)
