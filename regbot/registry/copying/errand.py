"""One copy: what, from where to where, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.registry.errors import NotFound, RegistryError

if TYPE_CHECKING:
    from regbot.registry.api import Registry
    from regbot.registry.copying.options import CopyOptions
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.reference import Reference


@dataclass(frozen=True, slots=True)
class Errand:
    """A copy to be made.  Mirrors are asked for nothing but content by its digest."""

    registry: Registry
    source: Reference
    target: Reference
    options: CopyOptions

    @property
    def moves(self) -> bool:
        """Whether it leads to another repository; within one, all that manifests name is there."""
        return self.source.repository != self.target.repository

    async def find(self, target: Reference) -> Head | None:
        """Return what a target has already, None if nothing.

        Where we may only push, and nothing hangs on what is there, that is nothing, too.
        """
        try:
            return await self.registry.head(target, origin=True)
        except NotFound:
            return None
        except RegistryError as exc:
            if exc.turns_away and self.options.pushes_blindly:
                return None
            raise

    async def digest_of(self, source: Reference) -> Digest:
        """Return the digest of a source, by asking only if it has to be."""
        return source.digest or (await self.registry.head(source, origin=True)).descriptor.digest

    async def read(self, source: Reference) -> Manifest:
        """Return the manifest of a source."""
        return await self.registry.manifest(source, origin=source.digest is None)
