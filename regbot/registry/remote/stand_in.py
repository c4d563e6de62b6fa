"""What a tag is moved to, to be deleted with it, where a registry deletes manifests only (deletion.py)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry import mediatype
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.manifest import Manifest
from regbot.registry.remote import manifests
from regbot.registry.remote.grace import Grace

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.http.client import Client
    from regbot.registry.reference import Reference

RESTORE_PATIENCE: Final = 4.0
"""Seconds for coming to an end, or putting the manifest back, all in all: whoever stops a service kills it soon after,
docker after ten."""
ANNOTATION: Final = "io.github.regbot.deleted"

_FORWARD: Final = 0.6
"""The part of them for what is under way, and settles most: the rest is for putting back."""
_LOOK_AGAIN: Final = 0.2
"""Seconds between looks at whether a push that nobody answered was done after all."""


class StandIn:
    """Takes the place of *original* under the tag of *reference*, and is deleted.

    What fails or is cancelled is undone.  Where that cannot be had, *warn* is told what to do about it.
    """

    def __init__(self, client: Client, reference: Reference, original: Manifest, nonce: Callable[[], str]) -> None:
        self._client, self._reference, self._original, self._nonce = client, reference, original, nonce
        self._grace = Grace(RESTORE_PATIENCE)
        # The original can be put back if a copy of it can be put.
        self._faithful = original.descriptor.media_type not in mediatype.OLD
        self._manifest = copy_of(original, nonce()) if self._faithful else empty(nonce())
        self._unsettled = False  # whether the tag may yet be moved, by a push that was not answered
        self._gone = False

    async def play(self, warn: Callable[[str], None]) -> None:
        """Delete the tag.  Once the push has begun, a cancellation has to wait until that is settled, for a while."""
        try:
            await self._grace.spend(self._forward, _FORWARD)
        except BaseException as exc:
            if not self._gone:
                await self._undo(exc, warn)
            if not (self._gone and isinstance(exc, RegistryError)):
                raise

    async def _forward(self) -> None:
        if self._faithful:
            try:
                await self._put()
            except RegistryError as exc:
                if not exc.lacks_parts:
                    raise
                self._faithful = False
                self._manifest = empty(self._nonce())
        if not self._faithful:
            await self._rehearse()
            await self._put()
        await self._delete()

    async def _rehearse(self) -> None:
        """Put and delete a manifest without a tag: what could not be put back should be deleted at the first go."""
        manifest = empty(self._nonce())
        pinned = self._reference.at(manifest.descriptor.digest)
        await manifests.put(self._client, pinned, manifest)
        await manifests.delete(self._client, pinned)

    async def _put(self) -> None:
        self._unsettled = True
        try:
            await manifests.put(self._client, self._reference, self._manifest, over=self._original.descriptor.digest)
        except RegistryError as exc:
            self._unsettled = exc.status == 0 and exc.code != "TAG_MOVED"
            raise
        self._unsettled = False

    async def _delete(self) -> None:
        await manifests.delete(self._client, self._reference.at(self._manifest.descriptor.digest))
        self._gone = True

    async def _undo(self, cause: BaseException, warn: Callable[[str], None]) -> None:
        """Put the original back, even if the caller is cancelled; or learn that the tag is gone after all."""
        failure: BaseException = cause
        with trio.move_on_after(self._grace.left, shield=True):
            try:
                await self._restore()
            except NotFound:
                self._gone = True
                return
            except RegistryError as exc:
                failure = exc
            else:
                return
        lost = self._lost(failure)
        warn(lost.message)
        raise lost from failure

    async def _restore(self) -> None:
        """Put the original back if the tag points at the stand-in; NotFound if it is gone.

        Where somebody else moved it meanwhile, it stays.  No slot is waited for: what holds them may last longer.
        """
        while True:
            found, _ = await manifests.head(self._client, self._reference, leased=True)
            if found.descriptor.digest == self._manifest.descriptor.digest:
                break
            if not self._unsettled or found.descriptor.digest != self._original.descriptor.digest:
                return
            await trio.sleep(_LOOK_AGAIN)
        self._unsettled = False
        if self._faithful:
            await manifests.put(self._client, self._reference, self._original, leased=True)
        else:
            await self._delete()

    def _lost(self, failure: BaseException) -> RegistryError:
        known = failure if isinstance(failure, RegistryError) else None
        what, where = self._reference.at(self._original.descriptor.digest), self._reference.repository
        if self._unsettled:
            why = "the registry has not answered a push to it, and may still do it"
        elif self._faithful:
            why = "deleting it failed, and so did putting back what it was"
        else:
            why = "deleting it failed, and what it was cannot be put back, for the registry has not all of it"
        because = known or "there was no time left"
        mends = f"a copy of {what} to {self._reference} mends it" if self._faithful else "delete it again"
        return RegistryError(
            f"{self._reference} may be gone or point at a stand-in: {why}; {mends} ({because})",
            code="TAG_LOST",
            request=known.request if known else "",
            registry=where.registry,
            repository=where.path,
        )


def copy_of(original: Manifest, nonce: str) -> Manifest:
    """Return a manifest that names what *original* names, so all of it is there, and is like no other."""
    # Without its subject, or it would be listed among what refers to that.
    kept = {name: value for name, value in original.tree.items() if name != "subject"}
    body = json.dumps({**kept, "annotations": {ANNOTATION: nonce}}).encode()
    return Manifest.read(body, media_type=original.descriptor.media_type)


def empty(nonce: str) -> Manifest:
    """Return an index that names nothing, and is like no other."""
    tree = {"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": [], "annotations": {ANNOTATION: nonce}}
    return Manifest.read(json.dumps(tree).encode(), media_type=mediatype.OCI_INDEX)
