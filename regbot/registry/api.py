"""What can be asked of registries and layouts, whichever they are.

`Registries` (registries.py) answers by HTTP or from OCI layouts; the supervisor's overlay answers for a dry run.
Copying (copying.py) and every operation of a script are written against these two protocols and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from regbot.registry.content import Content
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.manifest import Head, Manifest
    from regbot.registry.reference import Reference, Repository


def nobody(count: int) -> None:
    """Be told of bytes, and forget them."""


class Reader(Protocol):
    """Everything that changes nothing.  Each method raises RegistryError, NotFound where something is not there."""

    async def repositories(self, registry: str, *, limit: int = 0, last: str = "") -> list[str]:
        """Return the paths of a registry's repositories; *limit* of them (0: all) after *last*."""
        ...

    async def tags(self, repository: Repository, *, limit: int = 0, last: str = "") -> list[str]:
        """Return a repository's tags in the registry's order; *limit* of them (0: all) after *last*."""
        ...

    async def head(self, reference: Reference, *, origin: bool = False) -> Head:
        """Return digest, type and size of a manifest without its bytes.

        With *origin* the registry itself is asked, and none of its mirrors: a write depends on the answer.
        """
        ...

    async def manifest(self, reference: Reference, *, origin: bool = False) -> Manifest:
        """Return a manifest as received: index or image, no platform is chosen.  *origin* as of `head`."""
        ...

    async def referrers(self, reference: Reference, *, artifact_type: str = "") -> list[Descriptor]:
        """Return the manifests whose subject is the reference's digest; of *artifact_type*, "" for all.

        None, too, where there is no such digest.
        """
        ...

    def blob(self, repository: Repository, descriptor: Descriptor) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream a blob.

        Digest, and size where the descriptor has one, are checked before the last bytes are given out: Unverified.
        """
        ...

    async def blob_head(self, repository: Repository, digest: Digest) -> Descriptor:
        """Return what is known of a blob without reading it: digest and size (-1 where nobody says)."""
        ...

    async def has_blob(self, repository: Repository, digest: Digest) -> bool:
        """Say whether the repository has the blob."""
        ...


class Registry(Reader, Protocol):
    """Everything that changes something, too."""

    async def put_manifest(self, reference: Reference, manifest: Manifest, *, child: bool = False) -> None:
        """Store a manifest byte for byte, under the reference's tag and, where it has one, digest.

        A *child* is named by an index that comes later: a layout need not list it by itself.
        """
        ...

    async def delete_manifest(self, reference: Reference) -> None:
        """Delete a manifest by the reference's digest, and so every tag that points at it."""
        ...

    async def delete_tag(self, reference: Reference) -> Digest | None:
        """Delete the reference's tag and nothing else; return what it pointed at, if that became known."""
        ...

    async def put_blob(self, repository: Repository, descriptor: Descriptor, content: Content) -> bool:
        """Store a blob whose digest and size are known; False if nothing was to be done, for it is there."""
        ...

    async def copy_blob(
        self, descriptor: Descriptor, source: Repository, target: Repository, *, moved: Callable[[int], None] = nobody
    ) -> bool:
        """Have the target hold the source's blob: nothing, a mount or a stream, whichever is enough; False: nothing.

        *moved* is told the number of bytes of each piece that passes.
        """
        ...
