"""The tag of what refers to a manifest (OCI distribution specification, "Referrers Tag Schema")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import trio

from regbot.registry import mediatype, referrers_index
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.manifest import Manifest
from regbot.registry.remote import manifests

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.http.client import Client
    from regbot.registry.reference import Reference

_EDIT: Final = "PUT manifests"
"""The kind of request that waits where a registry wants to be left alone."""


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
        """Edit the index of what refers to *subject*; *done* is what an error has to say of the work before.

        It is looked at after that: another process may have read it before and written it since.  One that writes still
        later undoes the edit all the same; the next copy of what is missing then mends it (followers.py).
        """
        async with self._writers.setdefault(subject, trio.Lock()):

            async def attempt() -> None:
                if not await self._rewrite(subject, await self.read(subject), edit):
                    raise _fault(subject, "UNAVAILABLE", "others changed it meanwhile", temporary=True)

            try:
                await self._client.persist(subject.repository, _EDIT, attempt)
            except RegistryError as exc:
                raise _half_done(subject, done, exc) from exc

    async def _rewrite(self, subject: Reference, index: Manifest | None, edit: Callable[[bytes], bytes]) -> bool:
        """Write the edited index, if that changes anything; say whether it is there."""
        if index is not None and not index.is_index:
            raise _fault(subject, "MANIFEST_INVALID", f"{_kept_at(subject)} is no index")
        before = index.body if index else referrers_index.EMPTY
        after = edit(before)
        if after == before or (index is not None and await self._dropped(subject, index, after)):
            return True
        media_type = index.descriptor.media_type if index else mediatype.OCI_INDEX
        stored = await self._store(subject, Manifest.read(after, media_type=media_type))
        try:
            found, _ = await manifests.head(self._client, _kept_at(subject))
        except NotFound:
            return False
        return found.descriptor.digest == stored.descriptor.digest

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

    async def _store(self, subject: Reference, index: Manifest) -> Manifest:
        """Put an index; where the registry says that something in it is not there, without that.  Return what it is."""
        try:
            await manifests.put(self._client, _kept_at(subject), index)
        except RegistryError as exc:
            if not exc.lacks_parts:
                raise
            body = index.body
            for child in index.children:
                if await self._is_gone(subject.at(child.digest)):
                    body = referrers_index.without_entry(body, child.digest)
            if body == index.body:
                raise
            pruned = Manifest.read(body, media_type=index.descriptor.media_type)
            await manifests.put(self._client, _kept_at(subject), pruned)
            return pruned
        return index

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


def _fault(subject: Reference, code: str, message: str, *, temporary: bool = False) -> RegistryError:
    where = subject.repository
    kind = RegistryError if temporary else Unverified
    return kind(message, code=code, registry=where.registry, repository=where.path, temporary=temporary)


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
