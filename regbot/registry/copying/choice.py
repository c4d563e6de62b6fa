"""The platforms that are wanted of an index, where not all are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry import mediatype
from regbot.registry.errors import NotFound, Unverified
from regbot.registry.platform import Platform

if TYPE_CHECKING:
    from regbot.registry.api import Reader
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Manifest
    from regbot.registry.reference import Reference

MAX_NESTED: Final = 32
"""Indexes without a platform that are looked into."""
_SHOWN: Final = 30
"""Platforms that an error names."""


class Choice:
    """The entries of *platforms* in an index and in the indexes inside it.

    A platform means itself and nothing that merely runs there: "linux/arm/v7" is not "linux/arm/v6".  "" means the
    entries without a platform.
    """

    def __init__(self, reader: Reader, image: Reference, platforms: tuple[str, ...]) -> None:
        self._reader, self._image, self._texts = reader, image, platforms
        self._found: dict[Digest, list[Descriptor]] = {}
        self._seen: set[str] = set()

    async def of(self, index: Manifest) -> list[Descriptor]:
        """Return what is wanted of an index, in its order; NotFound, if that is nothing, says what there is.

        An index inside it that has no platform itself is wanted if anything in it is, and is asked about then.
        """
        found = await self._within(index)
        if found:
            return found
        shown = ", ".join(sorted(self._seen)[:_SHOWN]) or "none with a platform"
        asked = ", ".join(text or '""' for text in self._texts)
        raise NotFound(
            f"{self._image} has nothing for the platforms {asked}; there are: {shown}",
            code="MANIFEST_UNKNOWN",
            registry=self._image.repository.registry,
            repository=self._image.repository.path,
        )

    async def _within(self, index: Manifest) -> list[Descriptor]:
        digest = index.descriptor.digest
        if digest not in self._found:
            if len(self._found) > MAX_NESTED:
                raise Unverified(f"{self._image} holds too many indexes in one another", code="TOO_LARGE")
            self._found[digest] = []
            self._found[digest] = [child for child in index.children if await self._suits(child)]
        return self._found[digest]

    async def _suits(self, child: Descriptor) -> bool:
        wanted = parse_platforms(self._texts)
        if child.platform is not None and child.platform.os:
            self._seen.add(str(child.platform))
            return any(each is not None and each.means(child.platform) for each in wanted)
        if child.media_type in mediatype.INDEXES:
            inside = await self._reader.manifest(self._image.at(child.digest))
            return bool(await self._within(inside))
        return None in wanted


def parse_platforms(texts: tuple[str, ...]) -> list[Platform | None]:
    """Return the platforms that *texts* name, None for "" (entries without one); InvalidText if one is none."""
    return [Platform.parse(text) if text else None for text in texts]


def is_opened(child: Descriptor) -> bool:
    """Say whether an entry that is wanted is an index of which only a part is: one without a platform."""
    return child.media_type in mediatype.INDEXES and not (child.platform and child.platform.os)
