"""Copying an image, or an index with all that it holds, and what belongs to it.

Written against api.Registry only, so all of it works for registries and layouts, and in a dry run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.registry import mediatype
from regbot.registry.copying.choice import parse_platforms
from regbot.registry.copying.errand import Errand
from regbot.registry.copying.followers import Followers
from regbot.registry.copying.options import CopyOptions, IfExists
from regbot.registry.copying.tally import Tally, unheard
from regbot.registry.copying.tree import Tree
from regbot.registry.errors import RegistryError, Unverified
from regbot.registry.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.api import Registry
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Head
    from regbot.registry.observer import Progress


@dataclass(frozen=True, slots=True)
class Copied:
    """What came of a copy: *digest* is what the target is now.

    *changed* says whether anything was put, *blobs* how many blobs were seen to (sent, mounted or found there), *bytes*
    how much of them was sent through here.
    """

    digest: Digest
    changed: bool = False
    blobs: int = 0
    bytes: int = 0


async def copy(
    registry: Registry,
    source: Reference,
    target: Reference,
    options: CopyOptions,
    progress: Callable[[Progress], None] = unheard,
) -> Copied:
    """Copy an image, or an index with all that it holds; *progress* is told of every piece and of the end.

    What the target has stays untouched: nothing is asked for twice, and equal digests mean that nothing is to be done.
    The target's tag is put last, so it is the old one or the new one, whole, wherever a copy ends.  Where the target
    names a digest, the source must have it (Unverified).
    """
    errand = Errand(registry, source, target, options)
    present = await errand.find(Reference(target.repository, target.tag) if target.tag else target)
    if present is not None and options.if_exists is IfExists.SKIP:
        return Copied(present.descriptor.digest)
    if present is not None and options.if_exists is IfExists.FAIL:
        raise _exists(target, f"exists already: it is {present.descriptor.digest}")
    pinned = await _pinned(errand, present)
    same = present is not None and pinned.digest == present.descriptor.digest
    if present is not None and same and options.fast_check:
        return Copied(present.descriptor.digest)
    copy_of = _Copy(errand, progress)
    if present is not None and same and not options.force_recursive:
        return await copy_of.present(present)
    return await copy_of.all(pinned)


async def _pinned(errand: Errand, present: Head | None) -> Reference:
    """Return the source by its digest, if that is known or has to be compared with what is *present*."""
    source, options = errand.source, errand.options
    compared = options.fast_check or options.if_exists is IfExists.SAME or not options.force_recursive
    if present is None or not compared:
        return source.at(source.digest) if source.digest else source
    digest = await errand.digest_of(source)
    _expect(errand.target, digest)
    if options.if_exists is IfExists.SAME and digest != present.descriptor.digest:
        raise _exists(errand.target, f"is {present.descriptor.digest}, and the source of the copy is {digest}")
    return source.at(digest)


class _Copy:
    """One copy, of which it is known that something is to be done."""

    def __init__(self, errand: Errand, progress: Callable[[Progress], None]) -> None:
        self._errand = errand
        self._tally = Tally(errand.target, progress)
        self._tree = Tree(errand, self._tally)
        self._followers = Followers(errand, self._tree)

    async def present(self, head: Head) -> Copied:
        """Bring what belongs to an image that the target has."""
        chosen = self._chosen(head.descriptor)
        if self._errand.moves:
            await self._tree.pass_by(head.descriptor, chosen=chosen)
            await self._followers.bring()
        return self._copied(head.descriptor.digest)

    async def all(self, source: Reference) -> Copied:
        """Bring the image, too."""
        manifest = await self._errand.read(source)
        digest = manifest.descriptor.digest
        _expect(self._errand.target, digest)
        chosen = self._chosen(manifest.descriptor)
        if self._errand.moves:
            await self._tree.below(manifest, chosen=chosen)
            # Before the tag: whoever checks signatures finds them as soon as there is something to be checked.
            await self._followers.bring()
        self._tree.refuse_old(manifest.descriptor)
        await self._tree.put(self._errand.target, manifest)
        return self._copied(digest)

    def _chosen(self, descriptor: Descriptor) -> bool:
        """Say whether only a part of an index is wanted; InvalidText if a platform is none."""
        if not self._errand.options.platforms or descriptor.media_type not in mediatype.INDEXES:
            return False
        parse_platforms(self._errand.options.platforms)
        return True

    def _copied(self, digest: Digest) -> Copied:
        if self._tree.written:
            self._tally.tell()
        return Copied(digest, self._tree.written, self._tally.blobs, self._tally.sent)


def _exists(target: Reference, why: str) -> RegistryError:
    where = target.repository
    return RegistryError(f"{target} {why}", code="EXISTS", registry=where.registry, repository=where.path)


def _expect(target: Reference, digest: Digest) -> None:
    if target.digest not in {None, digest}:
        raise Unverified(
            f"the source of the copy to {target} is {digest}",
            code="DIGEST_INVALID",
            registry=target.repository.registry,
            repository=target.repository.path,
        )
