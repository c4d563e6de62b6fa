"""One frame a message: four bytes of length, big-endian, then that many bytes of msgpack.

Nothing here reads or writes: bytes go in, messages come out.  A frame is refused by its length, before its bytes are
waited for.  Its fields are taken one by one, and none may be a list or a map with anything in it: a frame never becomes
more objects than a message has fields, and costs a small multiple of its own bytes.
"""

from __future__ import annotations

import struct
from typing import Final

import msgpack

from regbot.protocol.errors import WireError
from regbot.protocol.messages import Message, parse, unparse

MAX_FRAME: Final = 16 << 20
"""Bytes of a frame without its length: the default of the limit `messageBytes`."""
LONGEST: Final = 1 << 30
"""Bytes of a frame that a child takes, and the most that the limit can be."""
MAX_FIELDS: Final = 5
"""Entries of a message's list: a call's."""
HEADER: Final = struct.Struct(">I")
_KEPT: Final = 64 << 10
"""Bytes of messages that are over which a decoder holds on to: to take out each by itself would cost more."""


def encode(message: Message) -> bytes:
    """Return the frame of *message*."""
    body: bytes = msgpack.packb(unparse(message), unicode_errors="surrogatepass")
    return HEADER.pack(len(body)) + body


def decode(body: bytes | memoryview) -> Message:
    """Return the message in the *body* of one frame; WireError if it is none."""
    flat = msgpack.Unpacker(max_buffer_size=max(len(body), 1), max_array_len=0, max_map_len=0, max_ext_len=0)
    try:
        flat.feed(body)
        count: int = flat.read_array_header()
        fields: list[object] = [flat.unpack() for _ in range(min(count, MAX_FIELDS))]
    except (ValueError, msgpack.UnpackException) as exc:
        raise WireError("a frame is not msgpack, or no flat list") from exc
    if len(fields) != count or flat.tell() != len(body):
        raise WireError("a frame holds more than one message")
    return parse(fields)


class Decoder:
    """Turns a stream of bytes, in pieces of any size, into messages, each when it is asked for.

    It keeps at most one frame and one piece.  After a WireError it is of no more use, because nothing says where the
    next frame would begin.
    """

    def __init__(self, limit: int = MAX_FRAME) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._start = 0
        """Where in the buffer the next frame begins."""

    def feed(self, data: bytes | bytearray) -> None:
        """Add bytes."""
        del self._buffer[: self._start]
        self._start = 0
        self._buffer += data

    def next(self) -> Message | None:
        """Return the next message, None if it is not whole yet; WireError if it is none, or will be too long."""
        if self.pending < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(self._buffer, self._start)
        if length > self._limit:
            raise WireError(f"a frame of {length} bytes is over the limit of {self._limit}")
        begin = self._start + HEADER.size
        if len(self._buffer) < begin + length:
            return None
        with memoryview(self._buffer) as whole, whole[begin : begin + length] as body:
            message = decode(body)
        self._start = begin + length
        if self._start > _KEPT:
            self.feed(b"")
        return message

    @property
    def pending(self) -> int:
        """The bytes that no message was made of yet."""
        return len(self._buffer) - self._start
