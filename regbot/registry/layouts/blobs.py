"""Blobs from files and into files: bounded, verified, and in threads a megabyte at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from trio.to_thread import run_sync

from regbot.registry.errors import RegistryError, Unverified

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterable
    from hashlib import _Hash
    from io import FileIO

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.files.draft import Draft

PIECE: Final = 1 << 20
"""Bytes that one trip to a thread moves."""


async def stream(file: FileIO, descriptor: Descriptor) -> AsyncGenerator[bytes]:
    """Yield a blob in pieces; Unverified if it is not what *descriptor* says.

    The last piece is given out when all are known to be right, so that nobody can pass on the whole of something wrong.
    """
    hasher, size, held = descriptor.digest.hasher(), 0, b""
    while piece := await run_sync(_read_piece, file, hasher):
        size += len(piece)
        _check_bound(descriptor, size)
        if held:
            yield held
        held = piece
    _check(descriptor, hasher, size)
    if held:
        yield held


async def fill(draft: Draft, descriptor: Descriptor, data: AsyncIterable[bytes]) -> None:
    """Write *data* to *draft*; Unverified if it is not what *descriptor* says."""
    hasher, size, gathered = descriptor.digest.hasher(), 0, bytearray()
    async for piece in data:
        size += len(piece)
        _check_bound(descriptor, size)
        gathered += piece
        if len(gathered) >= PIECE:
            await run_sync(_write_piece, draft, hasher, gathered)
            gathered = bytearray()
    await run_sync(_write_piece, draft, hasher, gathered)
    _check(descriptor, hasher, size)


def read_bounded(file: FileIO, limit: int, what: str) -> bytes:
    """Return all of a file; Unverified, which names *what*, if that is more than *limit* bytes."""
    body = bytearray()
    while len(body) <= limit and (piece := _read(file, limit + 1 - len(body))):
        body += piece
    if len(body) > limit:
        raise Unverified(f"{what} of a layout has more than {limit} bytes", code="TOO_LARGE")
    return bytes(body)


def _read(file: FileIO, count: int) -> bytes:
    try:
        return file.read(count)
    except OSError as exc:
        raise RegistryError(f"a file of a layout cannot be read: {exc.strerror}", code="UNAVAILABLE") from exc


def _read_piece(file: FileIO, hasher: _Hash) -> bytes:
    piece = _read(file, PIECE)
    hasher.update(piece)
    return piece


def _write_piece(draft: Draft, hasher: _Hash, piece: bytearray) -> None:
    hasher.update(piece)
    draft.write(piece)


def _check_bound(descriptor: Descriptor, size: int) -> None:
    if 0 <= descriptor.size < size:
        what = f"the blob {descriptor.digest} has more than its {descriptor.size} bytes"
        raise Unverified(what, code="SIZE_INVALID")


def _check(descriptor: Descriptor, hasher: _Hash, size: int) -> None:
    if descriptor.size not in {-1, size}:
        what = f"the blob {descriptor.digest} has {size} bytes instead of {descriptor.size}"
        raise Unverified(what, code="SIZE_INVALID")
    if (found := hasher.hexdigest()) != descriptor.digest.encoded:
        what = f"the blob {descriptor.digest} has the digest {descriptor.digest.algorithm}:{found}"
        raise Unverified(what, code="DIGEST_INVALID")
