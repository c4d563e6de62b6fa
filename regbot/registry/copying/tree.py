"""What manifests name, copied from one repository to another."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry import mediatype
from regbot.registry.copying.choice import Choice, is_opened
from regbot.registry.errors import NotFound, RegistryError, Unverified
from regbot.registry.reference import Reference
from regbot.registry.workers import WORKERS, each

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from regbot.registry.copying.errand import Errand
    from regbot.registry.copying.tally import Tally
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Manifest

MAX_DEPTH: Final = 8
"""Indexes in one another."""
MAX_PARTS: Final = 50_000
"""Manifests, blobs and tags of one copy, each as often as something names it."""


class Tree:
    """Copies what manifests name: each content once as a manifest and once as a blob, however often it is named.

    Parts come before what names them, and where two things name one part, both wait for it.  None can wait for itself:
    no manifest holds the digest of one that holds its own.
    """

    def __init__(self, errand: Errand, tally: Tally) -> None:
        self._errand, self._registry, self._options = errand, errand.registry, errand.options
        self._source, self._target = errand.source.repository, errand.target.repository
        self._choice = Choice(errand.registry, errand.source, errand.options.platforms)
        self._tally = tally
        self._parts: dict[tuple[str, str], trio.Event] = {}
        self._met: dict[Digest, None] = {}
        self._found: set[Digest] = set()
        self._taken = self._named = 0
        self.written = False
        """Whether a manifest was put."""

    async def below(self, manifest: Manifest, *, chosen: bool = False, above: tuple[Digest, ...] = ()) -> None:
        """Copy everything that *manifest* names; with *chosen*, of an index only the platforms of the options.

        *above* are the indexes that it is in.
        """
        digest = manifest.descriptor.digest
        self.refuse_old(manifest.descriptor, *manifest.children)
        if digest in above or len(above) >= MAX_DEPTH:
            raise Unverified(f"{self._source}: indexes within indexes, deeper than {MAX_DEPTH}", code="TOO_LARGE")
        self.count(len(manifest.children) + len(manifest.blobs))
        self._met[digest] = None

        async def entry(descriptor: Descriptor) -> None:
            await self._entry(descriptor, chosen=chosen and is_opened(descriptor), above=(*above, digest))

        # Inside another index one at a time: else there were eight to the power of their depth in memory.
        await each(entry, await self._entries(manifest, chosen=chosen), 1 if above else WORKERS)
        for blob in manifest.blobs:
            self._expect(blob)
        await each(self._blob, manifest.blobs)

    async def referrer(self, descriptor: Descriptor) -> None:
        """Copy a manifest that is listed as a referrer, with all that it names; one that is gone is passed over."""
        work = partial(self._manifest, descriptor, chosen=False, above=(), may_lack=True)
        await self.once("manifest", str(descriptor.digest), work)

    def refuse_old(self, *descriptors: Descriptor) -> None:
        """Raise RegistryError if one of them is a manifest that is not copied."""
        old = [found for found in descriptors if found.media_type in mediatype.OLD]
        if old:
            raise RegistryError(
                f"{self._source}@{old[0].digest} is of schema 1, which registries no longer take: it is not copied; "
                "push the image anew with a present-day tool",
                code="UNSUPPORTED",
                registry=self._source.registry,
                repository=self._source.path,
            )

    async def put(self, target: Reference, manifest: Manifest, *, child: bool = False) -> None:
        """Put a manifest whose parts are there; a *child* is named by an index that comes later."""
        try:
            await self._registry.put_manifest(target, manifest, child=child)
        except RegistryError as exc:
            if not (exc.lacks_parts and manifest.blobs and self._errand.moves):
                raise
            # What was there a short while ago has been collected since.  That it failed made it known: now it is asked.
            await each(self._bring_blob, [blob for blob in manifest.blobs if self._is_wanted(blob)])
            await self._registry.put_manifest(target, manifest, child=child)
        self.written = True

    async def put_again(self, descriptor: Descriptor) -> None:
        """Put a manifest that the target has, but does not list among its subject's referrers."""
        manifest = await self._errand.read(Reference(self._source, digest=descriptor.digest))
        if manifest.subject is not None:
            await self.put(Reference(self._target, digest=descriptor.digest), manifest)

    async def pass_by(self, descriptor: Descriptor, *, chosen: bool = False, above: tuple[Digest, ...] = ()) -> None:
        """Meet a manifest that the target has, and those in it; nothing is read unless something follows them."""
        self._met[descriptor.digest] = None
        if not self._options.follows or descriptor.media_type not in mediatype.INDEXES or len(above) >= MAX_DEPTH:
            return
        index = await self._errand.read(Reference(self._source, digest=descriptor.digest))
        self.count(len(index.children))
        for child in await self._entries(index, chosen=chosen):
            if not mediatype.is_blob(child.media_type):
                await self.pass_by(child, chosen=chosen and is_opened(child), above=(*above, descriptor.digest))

    def found(self, descriptor: Descriptor) -> bool:
        """Say whether the target had a manifest, so that it was not put."""
        return descriptor.digest in self._found

    def count(self, parts: int) -> None:
        """Take note of parts that are named; Unverified if they are too many for one copy."""
        self._named += parts
        if self._named > MAX_PARTS:
            raise Unverified(f"{self._source}: a copy of more than {MAX_PARTS} parts", code="TOO_LARGE")

    def take_met(self) -> list[Digest]:
        """Return the manifests met since the last call, each once: those the target has, or will have by this copy."""
        new = list(self._met)[self._taken :]
        self._taken += len(new)
        return new

    async def once(self, kind: str, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work for a part, or wait until somebody has."""
        if (done := self._parts.get((kind, name))) is not None:
            await done.wait()
            return
        done = self._parts[kind, name] = trio.Event()
        await work()
        done.set()

    async def _entries(self, manifest: Manifest, *, chosen: bool) -> Sequence[Descriptor]:
        return await self._choice.of(manifest) if chosen else manifest.children

    async def _entry(self, descriptor: Descriptor, *, chosen: bool, above: tuple[Digest, ...]) -> None:
        """Copy what an index lists, whatever that is."""
        if mediatype.is_blob(descriptor.media_type):
            self._expect(descriptor)
            await self._blob(descriptor)
            return
        kind = "part of an index" if chosen else "manifest" if _is_manifest(descriptor) else "unknown"
        work = partial(self._manifest, descriptor, chosen=chosen, above=above)
        await self.once(kind, str(descriptor.digest), work)

    async def _manifest(
        self, descriptor: Descriptor, *, chosen: bool, above: tuple[Digest, ...], may_lack: bool = False
    ) -> None:
        there = Reference(self._target, digest=descriptor.digest)
        if not self._options.force_recursive and await self._errand.find(there):
            self._found.add(descriptor.digest)
            await self.pass_by(descriptor, chosen=chosen, above=above)
            return
        try:
            manifest = await self._errand.read(Reference(self._source, digest=descriptor.digest))
        except (NotFound, Unverified) as exc:
            if may_lack and isinstance(exc, NotFound):
                return
            if _is_manifest(descriptor):
                raise
            # An index may list anything; what it lists is a manifest if it can be had as one.
            self._expect(descriptor)
            await self._blob(descriptor)
            return
        await self.below(manifest, chosen=chosen, above=above)
        await self.put(there, manifest, child=bool(above))

    def _is_wanted(self, blob: Descriptor) -> bool:
        return self._options.include_external or not blob.urls

    def _expect(self, blob: Descriptor) -> None:
        if self._is_wanted(blob):
            self._tally.expect(blob)

    async def _blob(self, blob: Descriptor) -> None:
        if self._is_wanted(blob):
            await self.once("blob", str(blob.digest), partial(self._copy_blob, blob))

    async def _copy_blob(self, blob: Descriptor) -> None:
        await self._bring_blob(blob)
        self._tally.arrived(blob)

    async def _bring_blob(self, blob: Descriptor) -> None:
        moved = partial(self._tally.moved, blob)
        try:
            await self._registry.copy_blob(blob, self._source, self._target, moved=moved)
        except NotFound as exc:
            if not blob.urls:
                raise
            raise _external(blob, exc) from exc


def _is_manifest(descriptor: Descriptor) -> bool:
    return descriptor.media_type in mediatype.MANIFESTS or not descriptor.media_type


def _external(layer: Descriptor, missing: NotFound) -> NotFound:
    return NotFound(
        f"the layer {layer.digest} is not in the source's registry, and the other places that its manifest names "
        f"({len(layer.urls)}) are not asked; without includeExternal it is left out: {missing.message}",
        status=missing.status,
        code=missing.code,
        registry=missing.registry,
        repository=missing.repository,
        request=missing.request,
    )
