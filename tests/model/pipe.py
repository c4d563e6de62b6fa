"""Connections that are memory, with a bound like a socket's: what is sent waits for room, and an end may be reset.

trio.testing's streams would do, but take as much as is sent, and know no reset.
"""

from __future__ import annotations

import errno
from typing import Final

import trio

ROOM: Final = 256 << 10
"""Bytes on their way in one direction at most."""


class _Lane:
    """One direction."""

    def __init__(self) -> None:
        self.ended = False
        """Whether nobody writes any more."""
        self.unread = False
        """Whether nobody reads any more."""
        self.reset = False
        self.taken = 0
        self._data = bytearray()
        self._changed = trio.lowlevel.ParkingLot()

    @property
    def readable(self) -> bool:
        """Whether there is something to be read, be it the end."""
        return bool(self._data) or self.ended or self.reset

    async def put(self, data: bytes | bytearray | memoryview) -> None:
        left = memoryview(data)
        await trio.lowlevel.checkpoint()
        while True:
            if self.reset or self.unread:
                raise trio.BrokenResourceError from ConnectionResetError(errno.EPIPE, "Broken pipe")
            room = ROOM - len(self._data)
            self._data += left[: max(room, 0)]
            left = left[max(room, 0) :]
            self.changed()
            if not left:
                return
            await self._changed.park()

    async def take(self, most: int) -> bytes:
        await trio.lowlevel.checkpoint()
        while not self.readable:
            await self._changed.park()
        if self.reset:
            raise trio.BrokenResourceError from ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        piece = bytes(self._data[:most])
        del self._data[:most]
        self.taken += len(piece)
        self.changed()
        return piece

    async def empty(self) -> None:
        await trio.lowlevel.checkpoint()
        while self._data and not (self.reset or self.unread):
            await self._changed.park()

    def changed(self) -> None:
        self._changed.unpark_all()


class Pipe(trio.abc.Stream):
    """One end of a connection."""

    def __init__(self, out: _Lane, back: _Lane) -> None:
        self._out, self._back = out, back
        self.closed = False

    @property
    def readable(self) -> bool:
        """Whether `receive_some` would return at once."""
        return self._back.readable

    @property
    def received(self) -> int:
        """Bytes that this end has received."""
        return self._back.taken

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send; see trio.abc.SendStream."""
        self._check()
        await self._out.put(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Return; see trio.abc.SendStream."""
        await trio.lowlevel.checkpoint()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive; see trio.abc.ReceiveStream."""
        self._check()
        return await self._back.take(max_bytes or ROOM)

    async def sent(self) -> None:
        """Wait until the other end has taken all that was sent, or never will."""
        await self._out.empty()

    async def aclose(self) -> None:
        """Close; what was sent can still be received at the other end."""
        self.close()
        await trio.lowlevel.checkpoint()

    def close(self) -> None:
        """Close at once."""
        self.closed = self._out.ended = self._back.unread = True
        self._out.changed()
        self._back.changed()

    def reset(self) -> None:
        """Break the connection: what is on its way is lost."""
        self._out.reset = self._back.reset = True
        self.close()

    def _check(self) -> None:
        if self.closed:
            raise trio.ClosedResourceError


def pipe() -> tuple[Pipe, Pipe]:
    """Return both ends of a new connection."""
    one, other = _Lane(), _Lane()
    return Pipe(one, other), Pipe(other, one)
