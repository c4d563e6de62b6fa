"""A dry run's registry: reads come from the real one, writes stay in memory, and reads see them.

Nothing here can change a registry: the overlay holds a `Reader`, and the client below it (registry/http/) was made to
send GET and HEAD only.  What would fail, fails: a copy of what does not exist, the deletion of a tag that is not there.
A registry refuses an image whose blobs it has not, so these are looked for; whether it refuses to delete at all, or an
index whose parts are missing, GET and HEAD do not tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry import mediatype
from regbot.registry.api import nobody
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.manifest import MAX_WRITTEN, Manifest
from regbot.registry.workers import each
from regbot.supervisor.dry.outlook import Outlook

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.reference import Reference, Repository
    from regbot.supervisor.dry.plan import Pending


class Overlay(Outlook):
    """The `Registry` of one run in a dry run: what it does not do it keeps in mind."""

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:  # noqa: ARG002 -- of layouts
        """Keep a manifest in memory; see api.Registry."""
        _refuse_unfit(reference, manifest)
        await self._expect_blobs(reference, manifest)
        pending = self._writing(reference.repository)
        self._plan.note_manifest(pending, manifest)
        if tag := reference.meant_tag:
            self._plan.note_tag(pending, tag, manifest.descriptor.digest)

    async def delete_manifest(self, reference: Reference) -> None:
        """Forget a manifest and the tags that point at it; see api.Registry."""
        if reference.digest is None:
            raise InvalidText("manifest to delete", str(reference), "it needs a digest")
        digest = (await self.head(reference.at(reference.digest), origin=True)).descriptor.digest
        self._plan.note_deleted(self._writing(reference.repository), digest)

    async def delete_tag(self, reference: Reference) -> Digest:
        """Forget a tag; see api.Registry."""
        tagged = reference.tagged(reference.tag)
        digest = (await self.head(tagged, origin=True)).descriptor.digest
        self._plan.note_tag(self._writing(tagged.repository), tagged.tag, None)
        return digest

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Read a blob, and keep it in memory if it is small; see api.Registry."""
        pending = self._writing(repository)
        what = await self._plan.read(pending, descriptor, content)
        self._plan.note_blob(pending, descriptor.digest, what)
        return True

    async def copy_blob(
        self,
        descriptor: Descriptor,
        source: Repository,
        target: Repository,
        *,
        moved: Callable[[int], None] = nobody,  # noqa: ARG002 -- nothing moves
    ) -> bool:
        """Note that the target would have the blob; the source must have it now."""
        if await self._has(target, descriptor.digest, unknown=False):
            return False
        if not await self.has_blob(source, descriptor.digest):
            raise NotFound(
                f"{source} has no blob {descriptor.digest}",
                status=404,
                code="BLOB_UNKNOWN",
                registry=source.registry,
                repository=source.path,
            )
        origin = self._origin(source, descriptor.digest)
        self._plan.note_blob(self._writing(target), descriptor.digest, origin)
        return True

    async def _expect_blobs(self, reference: Reference, manifest: Manifest) -> None:
        """Raise what a registry would answer to an image whose blobs are not there; nothing is looked for twice."""
        repository, digest = reference.repository, manifest.descriptor.digest
        pending = self._written(repository)
        planned = pending is not None and pending.manifests.get(digest) is not None
        if repository.is_layout or planned or self._saw(repository, digest):
            return

        async def expect(blob: Descriptor) -> None:
            if not await self._has(repository, blob.digest, unknown=True):
                why = f"{repository} has no blob {blob.digest}"
                raise _unfit(RegistryError, reference, why, "MANIFEST_BLOB_UNKNOWN")

        await each(expect, [blob for blob in manifest.blobs if not blob.urls])

    async def _has(self, repository: Repository, digest: Digest, *, unknown: bool) -> bool:
        """Say whether a blob would be there; *unknown* where we may not look, for we may push all the same."""
        try:
            return self._saw(repository, digest) or await self.has_blob(repository, digest)
        except RegistryError as exc:
            if exc.turns_away:
                return unknown
            raise

    def _writing(self, repository: Repository) -> Pending:
        return self._plan.writing(self._below.identity(repository), repository)


def _refuse_unfit(reference: Reference, manifest: Manifest) -> None:
    """Raise what putting it in earnest would raise before anything is sent."""
    if reference.digest not in {None, manifest.descriptor.digest}:
        raise _unfit(Unverified, reference, f"the manifest is {manifest.descriptor.digest}", "DIGEST_INVALID")
    if len(manifest.body) > MAX_WRITTEN and not reference.repository.is_layout:
        raise _unfit(RegistryError, reference, f"{len(manifest.body)} bytes are more than {MAX_WRITTEN}", "TOO_LARGE")
    if manifest.descriptor.media_type in mediatype.OLD:
        raise _unfit(RegistryError, reference, "manifests of schema 1 are no longer written", "UNSUPPORTED")


def _unfit(kind: type[RegistryError], reference: Reference, why: str, code: str) -> RegistryError:
    where = reference.repository
    return kind(f"{reference} cannot be put: {why}", code=code, registry=where.registry, repository=where.path)
