"""Content that can be read more than once, from any byte on: what an upload that broke off needs."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Protocol

from regbot.registry.api import nobody
from regbot.registry.held import Held

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from regbot.registry.api import Reader
    from regbot.registry.descriptor import Descriptor
    from regbot.registry.reference import Repository


class Content(Protocol):
    """Bytes whose digest and size somebody else knows."""

    def open(self, offset: int = 0) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream the bytes from *offset* on, in pieces of any size; may be called again after a failure."""
        ...


class Bytes:
    """Content that is held in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the bytes in one piece; see Content."""
        yield Held(self._data[offset:])


class Blob:
    """A blob of any repository or layout, verified as it is read; *moved* is told of the bytes that pass."""

    def __init__(
        self, reader: Reader, repository: Repository, descriptor: Descriptor, moved: Callable[[int], None] = nobody
    ) -> None:
        self._reader, self._repository, self._descriptor = reader, repository, descriptor
        self._moved = moved

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the blob; see Content.  What lies before *offset* is read and dropped: it is part of the digest."""
        async with self._reader.blob(self._repository, self._descriptor) as data:
            yield _Skipping(data, offset, self._moved)


class _Skipping:
    """A stream without its first bytes; *moved* is told of the others."""

    def __init__(self, data: AsyncIterator[bytes], count: int, moved: Callable[[int], None]) -> None:
        self._data, self._left, self._moved = data, count, moved

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            piece = await anext(self._data)
            skipped = min(self._left, len(piece))
            self._left -= skipped
            if skipped < len(piece):
                self._moved(len(piece) - skipped)
                return piece[skipped:]
