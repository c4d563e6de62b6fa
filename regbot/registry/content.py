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
    """A blob of any repository or layout, verified as it is read; *moved* is told of bytes that never passed before."""

    def __init__(
        self, reader: Reader, repository: Repository, descriptor: Descriptor, moved: Callable[[int], None] = nobody
    ) -> None:
        self._reader, self._repository, self._descriptor = reader, repository, descriptor
        self._meter = Meter(moved)

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream the blob; see Content.  What lies before *offset* is read and dropped: it is part of the digest."""
        async with self._reader.blob(self._repository, self._descriptor) as data:
            yield _Counted(skipping(data, offset), offset, self._meter)


class Metered:
    """Content that tells a meter how far it is read."""

    def __init__(self, inner: Content, meter: Meter) -> None:
        self._inner, self._meter = inner, meter

    @asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        """Stream what is inside; see Content."""
        async with self._inner.open(offset) as data:
            yield _Counted(data, offset, self._meter)


class Meter:
    """How far content was read at best: *moved* is told of bytes that never were before, and how many they are."""

    def __init__(self, moved: Callable[[int], None]) -> None:
        self._moved, self._told = moved, 0

    def reach(self, position: int) -> None:
        """Take note that the bytes before *position* were read."""
        if position > self._told:
            self._moved(position - self._told)
            self._told = position


class _Counted:
    """A stream that tells how far it is."""

    def __init__(self, data: AsyncIterator[bytes], position: int, meter: Meter) -> None:
        self._data, self._position, self._meter = data, position, meter

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        piece = await anext(self._data)
        self._position += len(piece)
        self._meter.reach(self._position)
        return piece


def skipping(data: AsyncIterator[bytes], count: int) -> AsyncIterator[bytes]:
    """Return the stream without its first *count* bytes."""
    return _Skipping(data, count) if count else data


class _Skipping:
    def __init__(self, data: AsyncIterator[bytes], count: int) -> None:
        self._data, self._left = data, count

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while True:
            piece = await anext(self._data)
            skipped = min(self._left, len(piece))
            self._left -= skipped
            if skipped < len(piece):
                return piece[skipped:]
