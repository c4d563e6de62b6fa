"""Images and indexes as wholes: choosing a platform, reading a config, copying.

Written against api.Reader and api.Registry only, so all of it works for registries and layouts, and in a dry run.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import trio

from regbot.registry import mediatype
from regbot.registry.errors import InvalidText, NotFound, RegistryError, Unverified
from regbot.registry.platform import Platform, best
from regbot.registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from regbot.registry.api import Reader, Registry
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.reference import Repository

MAX_DEPTH: Final = 8
"""Indexes in one another."""
MAX_NESTED: Final = 32
"""Indexes that are looked into for one platform."""
MAX_CONFIG: Final = 8 << 20
"""Bytes of a config that is accepted."""
WORKERS: Final = 8
"""Parts of one index or image that are copied at once; the registries' own limits are narrower."""

_Item = TypeVar("_Item")


async def resolve(reader: Reader, reference: Reference, platform: str | None) -> Manifest:
    """Return the manifest of an image; of an index, that of *platform* (None: this machine's).

    An image is returned whatever *platform* says.  NotFound tells the platforms that an index has; InvalidText if
    *platform* is none.
    """
    manifest = await reader.manifest(reference)
    if not manifest.is_index:
        return manifest
    wanted = Platform.local() if platform is None else Platform.parse(platform)
    search = _Search(reader, reference, wanted)
    chosen = await search.within(manifest, 1)
    if chosen is None:
        raise search.failure()
    return chosen


class _Search:
    """The search for one platform in an index and the indexes inside it."""

    def __init__(self, reader: Reader, reference: Reference, wanted: Platform) -> None:
        self._reader, self._reference, self._wanted = reader, reference, wanted
        self._seen: list[str] = []
        self._opened = 0

    async def within(self, index: Manifest, depth: int) -> Manifest | None:
        """Return what suits best in *index*, else the first that suits in an index inside it."""
        self._seen += [str(child.platform) for child in index.children if child.platform]
        chosen = best(self._wanted, index.children)
        inside = [child for child in index.children if child.media_type in mediatype.INDEXES]
        for child in inside if chosen is None else [chosen]:
            manifest = await self._open(child)
            if not manifest.is_index:
                return manifest
            found = await self.within(manifest, depth + 1) if depth < MAX_DEPTH else None
            if found is not None:
                return found
        return None

    async def _open(self, child: Descriptor) -> Manifest:
        self._opened += 1
        if self._opened > MAX_NESTED:
            raise Unverified(f"{self._reference} holds too many indexes in one another", code="TOO_LARGE")
        return await self._reader.manifest(self._reference.at(child.digest))

    def failure(self) -> NotFound:
        """Say what there is instead."""
        there = ", ".join(sorted(set(self._seen))[:30]) or "none with a platform"
        repository = self._reference.repository
        return NotFound(
            f"{self._reference} has no image for {self._wanted}; there are: {there}",
            code="MANIFEST_UNKNOWN",
            registry=repository.registry,
            repository=repository.path,
        )


async def config(reader: Reader, reference: Reference, platform: str | None) -> tuple[Manifest, bytes]:
    """Return an image's manifest and the bytes of its config, verified; a platform is chosen as in `resolve`."""
    manifest = await resolve(reader, reference, platform)
    repository = reference.repository
    descriptor = manifest.config
    if descriptor is None:
        kind = manifest.descriptor.media_type
        raise RegistryError(
            f"{reference} is no image with a config, it is {kind}",
            code="UNSUPPORTED",
            registry=repository.registry,
            repository=repository.path,
        )
    if descriptor.size > MAX_CONFIG:
        raise Unverified(
            f"{reference} has a config of {descriptor.size} bytes: at most {MAX_CONFIG} are accepted", code="TOO_LARGE"
        )
    inline = _inline(manifest, descriptor)
    if inline is not None:
        return manifest, inline
    async with reader.blob(repository, descriptor) as data:
        return manifest, b"".join([chunk async for chunk in data])


def _inline(manifest: Manifest, descriptor: Descriptor) -> bytes | None:
    """Return the config that the manifest carries itself, if it does (`data` of a descriptor)."""
    tree = manifest.tree["config"]
    text = tree.get("data") if isinstance(tree, dict) else None
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise Unverified(f"the data in the config's descriptor is no base64: {exc}", code="MANIFEST_INVALID") from exc
    descriptor.digest.verify(data, "the data in the config's descriptor")
    return data


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How to copy."""

    force_recursive: bool = False
    """Look at every part, though the whole seems to be there."""
    include_external: bool = False
    """Copy layers, too, that name other places to get them from."""


async def copy(registry: Registry, source: Reference, target: Reference, options: CopyOptions) -> None:
    """Copy an image, or an index with all that it holds.

    What the target has stays untouched: nothing is asked for twice, and equal digests mean that nothing is to be done.
    The target's tag is put last, so it is the old one or the new one, whole, wherever a copy ends.  Where the target
    names a digest, the source must have it (Unverified).
    """
    digest = source.digest
    if not options.force_recursive:
        present = await _present(registry, Reference(target.repository, target.tag) if target.tag else target)
        if present is not None:
            digest = digest or (await registry.head(source)).descriptor.digest
            _expect(target, digest)
            if present.descriptor.digest == digest:
                return
    manifest = await registry.manifest(source.at(digest) if digest else source)
    _expect(target, manifest.descriptor.digest)
    if source.repository != target.repository:
        await _Copy(registry, source.repository, target.repository, options).parts(manifest, ())
    await registry.put_manifest(target, manifest)


class _Copy:
    """Copies what manifests name; each content once as a manifest and once as a blob, however often it is named."""

    def __init__(self, registry: Registry, source: Repository, target: Repository, options: CopyOptions) -> None:
        self._registry, self._source, self._target, self._options = registry, source, target, options
        self._done: dict[tuple[str, Digest], trio.Event] = {}

    async def parts(self, manifest: Manifest, above: tuple[Digest, ...]) -> None:
        """Copy everything that *manifest* names; *above* are the indexes that it is in."""
        digest = manifest.descriptor.digest
        if digest in above or len(above) >= MAX_DEPTH:
            raise Unverified(f"{self._source}: indexes within indexes, deeper than {MAX_DEPTH}", code="TOO_LARGE")

        async def child(descriptor: Descriptor) -> None:
            part = ("manifest", descriptor.digest)
            await self._once(part, lambda: self._manifest(descriptor, (*above, digest)))

        async def blob(descriptor: Descriptor) -> None:
            part = ("blob", descriptor.digest)
            await self._once(part, lambda: self._registry.copy_blob(descriptor, self._source, self._target))

        inside = [each for each in manifest.children if _is_manifest(each)]
        await _each(child, inside)
        others = [each for each in (*manifest.children, *manifest.blobs) if each not in inside]
        await _each(blob, [each for each in others if self._options.include_external or not each.urls])

    async def _manifest(self, descriptor: Descriptor, above: tuple[Digest, ...]) -> None:
        there = Reference(self._target, digest=descriptor.digest)
        if not self._options.force_recursive and await _present(self._registry, there):
            return
        manifest = await self._registry.manifest(Reference(self._source, digest=descriptor.digest))
        await self.parts(manifest, above)
        await self._registry.put_manifest(there, manifest)

    async def _once(self, part: tuple[str, Digest], work: Callable[[], Awaitable[None]]) -> None:
        if part in self._done:
            # Its manifest may only be put once this is there, too.
            await self._done[part].wait()
            return
        done = self._done[part] = trio.Event()
        await work()
        done.set()


async def _each(work: Callable[[_Item], Awaitable[None]], items: Collection[_Item]) -> None:
    """Do *work* for every item, some at a time; the first failure ends the others and is raised as it is."""
    failures: list[Exception] = []
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            try:
                await work(item)
            except (RegistryError, InvalidText) as exc:
                failures.append(exc)
                nursery.cancel_scope.cancel()
                return

    async with trio.open_nursery() as nursery:
        for _ in range(min(WORKERS, len(items))):
            nursery.start_soon(worker)
    if failures:
        raise failures[0]


async def _present(registry: Registry, reference: Reference) -> Head | None:
    try:
        return await registry.head(reference)
    except NotFound:
        return None


def _is_manifest(descriptor: Descriptor) -> bool:
    # An index may list other content: caches of builders list layers.
    return descriptor.media_type in mediatype.MANIFESTS or not descriptor.media_type


def _expect(target: Reference, digest: Digest) -> None:
    if target.digest not in {None, digest}:
        raise Unverified(
            f"the source of the copy to {target} is {digest}",
            code="DIGEST_INVALID",
            registry=target.repository.registry,
            repository=target.repository.path,
        )
