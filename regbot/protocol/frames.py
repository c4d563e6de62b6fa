"""One frame a message: four bytes of length, big-endian, then that many bytes of msgpack.

Nothing here reads or writes: bytes go in, messages come out.  A length is judged before a byte of its frame is kept, so
that a frame costs at most its limit; what msgpack may build of it is bounded by a message's shape (a flat list of at
most five fields), so that no frame becomes more objects than that.
"""

from __future__ import annotations

import struct
from typing import Final

import msgpack

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Message, parse, unparse

MAX_FRAME: Final = 16 << 20
"""Bytes of a frame without its length: the default of the limit `messageBytes`."""
MAX_FIELDS: Final = 8
HEADER: Final = struct.Struct(">I")


def encode(message: Message) -> bytes:
    """Return the frame of *message*."""
    body: bytes = msgpack.packb(unparse(message), use_bin_type=True)
    return HEADER.pack(len(body)) + body


def decode(body: bytes | bytearray | memoryview, limit: int = MAX_FRAME) -> Message:
    """Return the message in the *body* of one frame; WireError if it is none."""
    try:
        raw = msgpack.unpackb(
            body,
            raw=False,
            strict_map_key=True,
            max_str_len=limit,
            max_bin_len=limit,
            max_array_len=MAX_FIELDS,
            max_map_len=0,
            max_ext_len=0,
        )
    # msgpack says what is wrong with ValueError and its kin, and with RecursionError for deep nesting.
    except (ValueError, msgpack.UnpackException, RecursionError) as exc:
        raise WireError("a frame is not msgpack, or too much of it") from exc
    return parse(raw)


class Decoder:
    """Turns a stream of bytes, in pieces of any size, into messages.

    It keeps at most one frame and one piece.  After a WireError it is of no more use: nothing says where the next
    frame would begin.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """Add *data*, return the messages that it completes."""
        self._buffer += data
        found: list[Message] = []
        start = 0
        while len(self._buffer) - start >= HEADER.size:
            (length,) = HEADER.unpack_from(self._buffer, start)
            if length > self._limit:
                raise WireError(f"a frame of {length} bytes is over the limit of {self._limit}")
            end = start + HEADER.size + length
            if len(self._buffer) < end:
                break
            found.append(decode(bytes(self._buffer[start + HEADER.size : end]), self._limit))
            start = end
        del self._buffer[:start]
        return found

    @property
    def pending(self) -> int:
        """The bytes of a frame that is not whole yet."""
        return len(self._buffer)
