"""Portions of a stream, one after another, such as the chunks of an upload."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry.errors import RegistryError, Unverified

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Portions:
    """A stream that is taken in portions.

    *position* is that of the next byte, *failure* what the stream itself raised, which is no fault of the taker's.
    """

    def __init__(self, data: AsyncIterator[bytes], position: int = 0) -> None:
        self.position = position
        self.failure: RegistryError | None = None
        self._data = data
        self._rest = b""

    def take(self, size: int) -> AsyncIterator[bytes]:
        """Return the next *size* bytes as a stream; Unverified where the whole ends before."""
        return _Portion(self, size)

    async def piece(self, most: int) -> bytes:
        """Return the next bytes, *most* at most."""
        try:
            while not self._rest:
                self._rest = await anext(self._data)
        except StopAsyncIteration:
            message = f"the content ends after {self.position} bytes, too early"
            self.failure = Unverified(message, code="SIZE_INVALID")
        except RegistryError as exc:
            self.failure = exc
        if self.failure is not None:
            raise self.failure
        piece, self._rest = self._rest[:most], self._rest[most:]
        self.position += len(piece)
        return piece


class _Portion:
    def __init__(self, portions: Portions, size: int) -> None:
        self._portions, self._left = portions, size

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        piece = await self._portions.piece(self._left)
        self._left -= len(piece)
        return piece
