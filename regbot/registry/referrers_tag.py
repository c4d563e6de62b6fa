"""The tag of what refers to a manifest (OCI distribution specification, "Referrers Tag Schema")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import trio

from regbot.registry import manifests, mediatype, referrers_index
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.http import Client
    from regbot.registry.reference import Reference

_GONE: Final = frozenset({"MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})
"""Codes by which a registry refuses an index that names what is not there."""


class ReferrersTag:
    """Reads and changes those tags, in the repositories that one client reaches; of each one task at a time."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._writers: WeakValueDictionary[Reference, trio.Lock] = WeakValueDictionary()

    async def read(self, subject: Reference) -> Manifest | None:
        """Return what is under the tag for *subject*, which should be an index; None if there is no such tag."""
        try:
            return await manifests.get(self._client, _kept_at(subject))
        except NotFound:
            return None

    async def change(self, subject: Reference, edit: Callable[[bytes], bytes], done: str) -> None:
        """Edit the index of what refers to *subject*; *done* is what an error has to say of the work before."""
        async with self._writers.setdefault(subject, trio.Lock()):
            try:
                await self._rewrite(subject, await self.read(subject), edit)
            except RegistryError as exc:
                raise _half_done(subject, done, exc) from exc

    async def _rewrite(self, subject: Reference, index: Manifest | None, edit: Callable[[bytes], bytes]) -> None:
        if index is not None and not index.is_index:
            raise _fault(subject, "MANIFEST_INVALID", f"{_kept_at(subject)} is no index")
        before = index.body if index else referrers_index.EMPTY
        after = edit(before)
        if after == before:
            return
        if index is None or not await self._dropped(subject, index, after):
            media_type = index.descriptor.media_type if index else mediatype.OCI_INDEX
            await self._store(subject, Manifest.read(after, media_type=media_type))

    async def _dropped(self, subject: Reference, index: Manifest, after: bytes) -> bool:
        """Delete *index* if nothing is left in it; say whether it is gone."""
        if Manifest.read(after, media_type=index.descriptor.media_type).children:
            return False
        try:
            await manifests.delete(self._client, subject.at(index.descriptor.digest))
        except NotFound:
            return True
        except RegistryError:
            return False  # an empty one says the same
        return True

    async def _store(self, subject: Reference, index: Manifest) -> None:
        """Put an index; where the registry says that something in it is not there, without that."""
        try:
            await manifests.put(self._client, _kept_at(subject), index)
        except RegistryError as exc:
            if exc.code not in _GONE:
                raise
            body = index.body
            for child in index.children:
                if await self._is_gone(subject.at(child.digest)):
                    body = referrers_index.without_entry(body, child.digest)
            if body == index.body:
                raise
            pruned = Manifest.read(body, media_type=index.descriptor.media_type)
            await manifests.put(self._client, _kept_at(subject), pruned)

    async def _is_gone(self, reference: Reference) -> bool:
        try:
            await manifests.head(self._client, reference)
        except NotFound:
            return True
        return False


def _kept_at(subject: Reference) -> Reference:
    """Return the tag of the index of what refers to *subject*."""
    assert subject.digest is not None
    return subject.tagged(referrers_index.tag_of(subject.digest))


def _fault(subject: Reference, code: str, message: str) -> Unverified:
    where = subject.repository
    return Unverified(message, code=code, registry=where.registry, repository=where.path)


def _half_done(subject: Reference, done: str, cause: RegistryError) -> RegistryError:
    return RegistryError(
        f"{done}, but the index of what refers to {subject} could not be changed: {cause}",
        status=cause.status,
        code=cause.code,
        registry=cause.registry,
        repository=cause.repository,
        request=cause.request,
        temporary=cause.temporary,
        retry_after=cause.retry_after,
    )
