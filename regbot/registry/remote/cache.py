"""What was learned of registries and cannot change: manifests and configs by digest, and which blobs are where."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, TypeVar

import trio

if TYPE_CHECKING:
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference, Repository

MAX_BYTES: Final = 32 << 20
"""Bytes of manifests and configs that are kept."""
MAX_KNOWN: Final = 20_000
"""Tags and blobs that are remembered."""
MAX_EPOCHS: Final = 1000
"""Repositories of which it is known when they were last forgotten."""
BLOB_LIFE: Final = 600.0
"""Seconds for which a blob that was seen is taken to be there still: registries collect garbage."""


class Cache:
    """Everything is kept by repository, and dropped with it on any sign that something was deleted there."""

    def __init__(self) -> None:
        self._epochs: OrderedDict[Repository, int] = OrderedDict()
        self._forgotten = self._before = 0
        self._contents: OrderedDict[tuple[Repository, Digest], Manifest | bytes] = OrderedDict()
        self._bytes = 0
        self._tags: OrderedDict[tuple[Repository, str], Digest] = OrderedDict()
        self._blobs: OrderedDict[tuple[Repository, Digest], float] = OrderedDict()

    def epoch(self, repository: Repository) -> int:
        """Return what changes when a repository is forgotten: what was asked for before that may be no more."""
        return self._epochs.get(repository, self._before)

    def manifest(self, repository: Repository, digest: Digest) -> Manifest | None:
        """Return a manifest that is kept."""
        found = self._find(repository, digest)
        return None if isinstance(found, bytes) else found

    def content(self, repository: Repository, digest: Digest) -> bytes | None:
        """Return a small blob that is kept."""
        found = self._find(repository, digest)
        return found if isinstance(found, bytes) else None

    def keep(self, repository: Repository, digest: Digest, what: Manifest | bytes) -> None:
        """Keep a manifest or a small blob, whose digest was verified."""
        self._drop(repository, digest)
        self._contents[repository, digest] = what
        self._bytes += _size(what)
        while self._bytes > MAX_BYTES:
            _, oldest = self._contents.popitem(last=False)
            self._bytes -= _size(oldest)

    def tag(self, repository: Repository, tag: str) -> Digest | None:
        """Return where a tag pointed when it was last looked at."""
        return self._tags.get((repository, tag))

    def note_tag(self, repository: Repository, tag: str, digest: Digest) -> None:
        """Remember where a tag points."""
        _put(self._tags, (repository, tag), digest)

    def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether a blob was seen there a short while ago."""
        seen = self._blobs.get((repository, digest))
        return seen is not None and trio.current_time() - seen < BLOB_LIFE

    def note_blob(self, repository: Repository, digest: Digest) -> None:
        """Remember that a blob is there."""
        _put(self._blobs, (repository, digest), trio.current_time())

    def missed(self, reference: Reference) -> None:
        """Take note that a manifest is not there: if it should be, something was deleted."""
        repository, digest = reference.repository, reference.digest
        if (repository, digest) in self._contents if digest else (repository, reference.tag) in self._tags:
            self.forget(repository)

    def missed_blob(self, repository: Repository, digest: Digest) -> None:
        """Take note that a blob is not there; likewise."""
        if (repository, digest) in self._blobs:
            self.forget(repository)

    def forget(self, repository: Repository) -> None:
        """Drop everything about a repository."""
        self._forgotten += 1
        self._epochs[repository] = self._forgotten
        self._epochs.move_to_end(repository)
        if len(self._epochs) > MAX_EPOCHS:
            # The epoch of all that are not named here changes with it, which is more often than need be.
            _, self._before = self._epochs.popitem(last=False)
        for _, digest in [key for key in self._contents if key[0] == repository]:
            self._drop(repository, digest)
        _drop_all(self._tags, repository)
        _drop_all(self._blobs, repository)

    def _find(self, repository: Repository, digest: Digest) -> Manifest | bytes | None:
        found = self._contents.get((repository, digest))
        if found is not None:
            self._contents.move_to_end((repository, digest))
        return found

    def _drop(self, repository: Repository, digest: Digest) -> None:
        dropped = self._contents.pop((repository, digest), None)
        if dropped is not None:
            self._bytes -= _size(dropped)


def _size(what: Manifest | bytes) -> int:
    # A parsed manifest takes a multiple of its text.
    return len(what) if isinstance(what, bytes) else 8 * len(what.body)


_Key = TypeVar("_Key")
_Item = TypeVar("_Item")


def _drop_all(known: OrderedDict[tuple[Repository, _Key], _Item], repository: Repository) -> None:
    for key in [key for key in known if key[0] == repository]:
        del known[key]


def _put(known: OrderedDict[_Key, _Item], key: _Key, item: _Item) -> None:
    known[key] = item
    known.move_to_end(key)
    while len(known) > MAX_KNOWN:
        known.popitem(last=False)
