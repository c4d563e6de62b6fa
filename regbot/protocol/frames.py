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
MAX_FIELDS: Final = 5
"""Entries of a message's list: a call's."""
HEADER: Final = struct.Struct(">I")


def encode(message: Message) -> bytes:
    """Return the frame of *message*."""
    body: bytes = msgpack.packb(unparse(message), unicode_errors="surrogatepass")
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> Message:
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
    """Turns a stream of bytes, in pieces of any size, into messages.

    It keeps at most one frame and one piece.  After a WireError it is of no more use, because nothing says where the
    next frame would begin; messages of the piece that held the fault are lost with it.
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
            found.append(decode(bytes(self._buffer[start + HEADER.size : end])))
            start = end
        del self._buffer[:start]
        return found

    @property
    def pending(self) -> int:
        """The bytes of a frame that is not whole yet."""
        return len(self._buffer)
