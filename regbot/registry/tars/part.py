"""Indexes of which a tar file holds a part.

Docker 29 saves an index as it was pulled, with all that it lists, and of what it lists only the platforms that were
pulled, too (https://github.com/containerd/containerd/issues/12908).  No registry takes an index like that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.copying.tree import MAX_DEPTH, MAX_PARTS
from regbot.registry.errors import NotFound, Unverified
from regbot.registry.tars.naming import is_manifest, manifest_in, place

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.observer import Observer
    from regbot.registry.tars.archive import Archive

_SHOWN: Final = 30
"""Platforms that an error lists."""
_NO_IMAGE: Final = "unknown"
"""The operating system of what builders list beside images: attestations."""


class Part:
    """What an archive holds of an index; *has* says whether the target has a manifest already."""

    def __init__(self, archive: Archive, has: Callable[[Digest], Awaitable[bool]], observer: Observer) -> None:
        self._archive, self._has, self._observer = archive, has, observer
        self._opened: set[Digest] = set()
        self._listed: dict[Digest, Descriptor] = {}

    async def choose(self, entry: Descriptor, wanted: Digest | None) -> Descriptor:
        """Return what to load for *entry* of index.json: itself, or the only image in it that is whole.

        The latter where a manifest that it lists is neither in the archive nor at the target.  Where several images are
        whole it is the *wanted* one; NotFound, if there is none, says what is there and what is missing.
        """
        await self._open(entry, 1)
        if not await self._lacks_any():
            return entry
        whole = {each.digest: each for each in self._listed.values() if await self._is_whole(each)}
        fitting = [each for each in whole.values() if wanted in {None, each.digest}]
        if len(fitting) != 1:
            raise self._fault([each for each in self._listed.values() if _is_image(each)], whole)
        (image,) = fitting
        self._observer.debug(
            f"{self._archive.what}: of the index {entry.digest} only {_name(image)} is there; {image.digest} is loaded"
        )
        return image

    async def _open(self, descriptor: Descriptor, depth: int) -> None:
        """Gather what an index lists, and the indexes in it that are there."""
        if depth > MAX_DEPTH:
            raise Unverified(f"{self._archive.what}: indexes within indexes, deeper than {MAX_DEPTH}", code="TOO_LARGE")
        self._opened.add(descriptor.digest)
        for child in (await manifest_in(self._archive, descriptor)).children:
            if child.media_type in mediatype.INDEXES and self._holds(child):
                if child.digest not in self._opened:
                    await self._open(child, depth + 1)
            elif is_manifest(child):
                self._listed[child.digest] = child
        if len(self._listed) > MAX_PARTS:
            raise Unverified(f"{self._archive.what} has more than {MAX_PARTS} parts", code="TOO_LARGE")

    async def _lacks_any(self) -> bool:
        for each in self._listed.values():
            if not self._holds(each) and not await self._has(each.digest):
                return True
        return False

    async def _is_whole(self, child: Descriptor) -> bool:
        if not self._holds(child) or not _is_image(child):
            return False
        blobs = (await manifest_in(self._archive, child)).blobs
        return all(blob.urls or self._holds(blob) for blob in blobs)

    def _holds(self, descriptor: Descriptor) -> bool:
        return self._archive.has(place(descriptor.digest))

    def _fault(self, images: Sequence[Descriptor], whole: Collection[Digest]) -> NotFound:
        there = [_name(each) for each in images if each.digest in whole]
        missing = [_name(each) for each in images if each.digest not in whole]
        return NotFound(
            f"{self._archive.what} holds an index and not all of it: there are {_list(there)}, and missing are"
            f" {_list(missing)}; save one platform (docker save --platform), or all of them"
            " (skopeo copy --all docker://NAME oci-archive:FILE)",
            code="MANIFEST_UNKNOWN",
        )


def _is_image(child: Descriptor) -> bool:
    return child.platform is None or child.platform.os != _NO_IMAGE


def _name(child: Descriptor) -> str:
    return str(child.platform) if child.platform and child.platform.os else str(child.digest)


def _list(names: list[str]) -> str:
    shown = ", ".join(sorted(names)[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown or "none"
