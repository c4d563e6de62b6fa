"""What belongs to an image without being part of it: referrers, and tags that spell its digest.

A referrer names the image as its subject (OCI distribution specification, "Listing Referrers").  Older tools tag what
belongs to sha256:0123… as sha256-0123….sig or the like; the tag without an ending is the index of the referrers, for
registries that do not list them ("Referrers Tag Schema").
"""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import NotFound, Unverified
from regbot.registry.referrers_index import tag_of
from regbot.registry.workers import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.registry.copying.errand import Errand
    from regbot.registry.copying.tree import Tree
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference

MAX_DEPTH: Final = 8
"""Followers of followers: a signature of a signature of a list of contents."""


class Followers:
    """Copies what belongs to the manifests of a tree, and to what was copied for that."""

    def __init__(self, errand: Errand, tree: Tree) -> None:
        self._errand, self._registry, self._options = errand, errand.registry, errand.options
        self._source, self._target = errand.source, errand.target
        self._tree = tree
        self._tags: list[str] = []

    async def bring(self) -> None:
        """Copy all of it that is wanted."""
        if not self._options.follows:
            return
        if self._options.digest_tags:
            self._tags = sorted(await self._listed())
        for _ in range(MAX_DEPTH):
            await each(self._follow, self._tree.take_met())
        if self._tree.take_met():
            message = f"{self._source}: what belongs to it has followers of its own, deeper than {MAX_DEPTH}"
            raise Unverified(message, code="TOO_LARGE")

    async def _listed(self) -> list[str]:
        try:
            return await self._registry.tags(self._source.repository)
        except NotFound:
            # Everything may be there by its digest.
            return []

    async def _follow(self, digest: Digest) -> None:
        wanted = self._options.referrers
        if wanted is not None:
            subject = self._source.at(digest)
            found = await self._registry.referrers(subject, artifact_type=wanted.artifact_type)
            self._tree.count(len(found))
            await each(self._tree.referrer, found)
            await self._mend(digest, found)
        tags = self._tags_of(digest)
        self._tree.count(len(tags))
        await each(partial(self._tag, digest), tags)

    async def _mend(self, digest: Digest, wanted: Sequence[Descriptor]) -> None:
        """See to it that the target lists those, too, that it had: whoever put them may not have come to that."""
        found = [referrer for referrer in wanted if self._tree.found(referrer)]
        if found:
            listed = {referrer.digest for referrer in await self._registry.referrers(self._target.at(digest))}
            await each(self._tree.put_again, [referrer for referrer in found if referrer.digest not in listed])

    def _tags_of(self, digest: Digest) -> list[str]:
        start = tag_of(digest)
        tags = takewhile(lambda tag: tag.startswith(start), self._tags[bisect_left(self._tags, start) :])
        # The index of the referrers is not copied where they are: the target keeps its own.
        return [tag for tag in tags if tag != start or self._options.referrers is None]

    async def _tag(self, digest: Digest, tag: str) -> None:
        await self._tree.once("tag", tag, partial(self._copy_tag, tag, is_index=tag == tag_of(digest)))

    async def _copy_tag(self, tag: str, *, is_index: bool) -> None:
        source, target = self._source.tagged(tag), self._target.tagged(tag)
        present = await self._errand.find(target)
        if present is not None and not self._options.force_recursive:
            source = source.at(await self._errand.digest_of(source))
            if source.digest == present.descriptor.digest:
                await self._tree.pass_by(present.descriptor)
                return
        manifest = await self._errand.read(source)
        kept = is_index and present is not None and await self._lists_others(target, manifest)
        await self._tree.below(manifest)
        if not kept:
            await self._tree.put(target, manifest)

    async def _lists_others(self, target: Reference, manifest: Manifest) -> bool:
        """Say whether the target knows referrers that the source does not: its index must not be overwritten.

        Those of the source are added to it as they are put, each naming its subject.
        """
        there = await self._errand.read(target)
        return not {child.digest for child in there.children} <= {child.digest for child in manifest.children}
