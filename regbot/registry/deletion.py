"""Deleting a tag, also where the registry knows no such thing.

Many registries (docker-registry 2.8) delete manifests only, and a manifest goes with all its tags.  There the tag is
moved to a manifest that no other tag can have, and that one is deleted: a copy of the tag's own manifest with a random
annotation, so that all it names is in the repository already.

    DELETE tag -> cannot          only 400, 404 and 405 with a code that says so; any other refusal is final
    DELETE of a random digest     does this registry delete manifests at all?  If not, nothing was touched
    GET tag                       the manifest to put back, should anything fail from here on
    PUT copy under the tag
    DELETE copy by its digest     the tag goes with it, and nothing else
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry import manifests, mediatype
from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.http import Client
    from regbot.registry.reference import Reference

RESTORE_PATIENCE: Final = 4.0
"""Seconds for putting the manifest back, all in all: whoever stops a service kills it soon after, docker after ten."""
ANNOTATION: Final = "io.github.regbot.deleted"

_CANNOT: Final = {
    400: {"UNSUPPORTED", "DIGEST_INVALID", "TAG_INVALID", "MANIFEST_INVALID"},
    404: {"UNSUPPORTED"},
    405: {"UNSUPPORTED", ""},
}
"""Status, and codes with it, by which a registry says that it cannot delete by tag."""


async def delete_tag(
    client: Client,
    reference: Reference,
    *,
    warn: Callable[[str], None] = lambda _: None,
    nonce: Callable[[], str] = lambda: secrets.token_hex(32),
) -> None:
    """Delete a tag and nothing else.  On any failure the tag points where it did.

    Where that cannot be had, *warn* is told what to do about it: nobody may be there any more to catch the error.
    """
    refused = await _try(client, reference)
    if refused is not None:
        await _check(client, reference, refused, nonce())
        tag = reference.tagged(reference.tag)
        original = await manifests.get(client, tag)
        await _Trick(client, tag, original, make_stand_in(tag, original, nonce()), warn).play()


async def _try(client: Client, reference: Reference) -> RegistryError | None:
    """Delete the tag as the specification has it; return the refusal of a registry that cannot."""
    try:
        await manifests.delete_tag(client, reference)
    except RegistryError as exc:
        if exc.code in _CANNOT.get(exc.status, ()):
            return exc
        raise
    return None


async def _check(client: Client, reference: Reference, refused: RegistryError, nonce: str) -> None:
    """Raise *refused*, with the reason, unless the registry would delete a manifest."""
    try:
        await manifests.delete(client, reference.at(Digest.of(nonce.encode())))
    except RegistryError as exc:
        if isinstance(exc, NotFound) and exc.code != "UNSUPPORTED":
            return
        raise RegistryError(
            f"{refused}; manifests cannot be deleted there either: {exc}",
            status=exc.status,
            code=exc.code,
            registry=refused.registry,
            repository=refused.repository,
            request=refused.request,
        ) from exc


@dataclass(frozen=True, slots=True)
class _Trick:
    """A tag that is to go, what it points at, and what stands in for that."""

    client: Client
    reference: Reference
    original: Manifest
    stand_in: Manifest
    warn: Callable[[str], None]

    async def play(self) -> None:
        gone = False
        try:
            await manifests.put(self.client, self.reference, self.stand_in, over=self.original.descriptor.digest)
            await manifests.delete(self.client, self.reference.at(self.stand_in.descriptor.digest))
        except BaseException as exc:
            gone = await self._undo(exc)
            if not (gone and isinstance(exc, RegistryError)):
                raise

    async def _undo(self, cause: BaseException) -> bool:
        """Put the original back, even if the caller is cancelled; say whether the tag is gone after all."""
        failure: BaseException = cause
        with trio.move_on_after(RESTORE_PATIENCE, shield=True):
            try:
                return await self._restore()
            except RegistryError as exc:
                failure = exc
        lost = _lost(self.reference, self.original, failure)
        self.warn(lost.message)
        raise lost from failure

    async def _restore(self) -> bool:
        """Put the original back if the tag points at the stand-in; say whether the tag is gone after all.

        Where somebody else moved it meanwhile, it stays.  No slot is waited for: what holds them may last longer.
        """
        try:
            found, _ = await manifests.head(self.client, self.reference, leased=True)
            if found.descriptor.digest == self.stand_in.descriptor.digest:
                await manifests.put(self.client, self.reference, self.original, leased=True)
        except NotFound:
            return True
        return False


def _lost(reference: Reference, original: Manifest, failure: BaseException) -> RegistryError:
    digest = original.descriptor.digest
    known = failure if isinstance(failure, RegistryError) else None
    return RegistryError(
        f"{reference} may be gone or point at a stand-in: deleting it failed, and so did putting back what it was; "
        f"a copy of {reference.at(digest)} to {reference} mends it ({known or 'there was no time left'})",
        code="TAG_LOST",
        request=known.request if known else "",
        registry=reference.repository.registry,
        repository=reference.repository.path,
    )


def make_stand_in(reference: Reference, original: Manifest, nonce: str) -> Manifest:
    """Return a manifest that names what *original* names, and is like no other."""
    if original.descriptor.media_type in mediatype.OLD:
        raise RegistryError(
            f"{reference} cannot be deleted: the registry deletes no tags, and nothing can stand in for schema 1",
            code="UNSUPPORTED",
            registry=reference.repository.registry,
            repository=reference.repository.path,
        )
    # Without its subject, or it would be listed among what refers to that.
    kept = {name: value for name, value in original.tree.items() if name != "subject"}
    body = json.dumps({**kept, "annotations": {ANNOTATION: nonce}}).encode()
    return Manifest.read(body, media_type=original.descriptor.media_type)
