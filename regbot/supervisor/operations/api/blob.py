"""blob: content by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.content import Bytes
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.errors import RegistryError
from regbot.supervisor.operations.api import answers
from regbot.supervisor.operations.arguments import MAX_CONTENT, InvalidArgument

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from regbot.registry.api import Registry
    from regbot.supervisor.operations.arguments import Blob, Image

READ: Final = 1 << 20
"""Bytes of a blob that are read where a script names no other limit."""


async def head(registry: Registry, image: Image, digest: Digest | None) -> Value:
    """Return what a blob of the image's repository is; the digest may be the reference's."""
    found = digest or image.reference.digest
    if found is None:
        raise InvalidArgument("which blob? its digest is the second argument, or that of the reference")
    repository = image.reference.repository
    return answers.blob(repository, await registry.blob_head(repository, found))


async def put(registry: Registry, image: Image, content: bytes | Blob) -> Value:
    """Store bytes, or another repository's blob, in the image's repository."""
    target = image.reference.repository
    if isinstance(content, bytes):
        descriptor = Descriptor("application/octet-stream", Digest.of(content), len(content))
        await registry.put_blob(target, descriptor, Bytes(content))
    else:
        descriptor = content.descriptor
        if descriptor.size < 0:
            # It has to be known for an upload, and another answer may tell.
            descriptor = await registry.blob_head(content.repository, descriptor.digest)
        await registry.copy_blob(descriptor, content.repository, target)
    return answers.stored(descriptor)


async def content(registry: Registry, blob: Blob, limit: int | None) -> Value:
    """Return the bytes of a blob, verified; TOO_LARGE if there are more than *limit*."""
    most = READ if limit is None else limit
    if most > MAX_CONTENT:
        raise InvalidArgument(f"at most {MAX_CONTENT} bytes of a blob can be read, not {most}")
    _bound(blob, blob.descriptor.size, most)
    pieces: list[bytes] = []
    size = 0
    async with registry.blob(blob.repository, blob.descriptor) as data:
        async for piece in data:
            size += len(piece)
            _bound(blob, size, most)
            pieces.append(piece)
    return b"".join(pieces)


def _bound(blob: Blob, size: int, most: int) -> None:
    if size > most:
        raise RegistryError(
            f"the blob is larger than {most} bytes; b:content(max) reads more, up to {MAX_CONTENT}",
            code="TOO_LARGE",
            registry=blob.repository.registry,
            repository=blob.repository.path,
        )
