"""Frames on the child's one socket: four bytes of length, big-endian, then that many bytes.

The same form as regbot/protocol/frames.py, which this must not import (it would bring msgpack along); a test holds both
to each other.  Only read(2) and write(2) are used: a child may call nothing else on a descriptor.
"""

from __future__ import annotations

import os
import struct
from typing import Final

PIPE_FD: Final = 3
"""The descriptor of the socket in every child; seccomp/sandbox.json allows this number and no other."""
MAX_FRAME: Final = 1 << 30
"""Bytes of a frame without its length, whatever the limits of a run are.  Nothing is reserved for what is announced."""
HEADER: Final = struct.Struct(">I")

READY: Final = b"\x91\xa5ready"
"""The one message of a child that does not come from Lua: the doors are locked."""

_PIECE: Final = 256 << 10


class HungUp(Exception):
    """The supervisor has closed its end."""


class Oversize(Exception):
    """The supervisor announced a frame that is longer than any may be."""


def failed(text: str) -> bytes:
    """Return the body of the message that the doors could not be locked, and why."""
    reason = text.encode()[:255]
    return b"\x95\xa6failed\xa5error\xc4" + bytes([len(reason)]) + reason + b"\xc4\x00\x00"


def send(body: bytes) -> None:
    """Send one frame; HungUp if nobody will read it."""
    left = memoryview(HEADER.pack(len(body)) + body)
    try:
        while left:
            left = left[os.write(PIPE_FD, left) :]
    except (BrokenPipeError, ConnectionResetError) as exc:
        raise HungUp from exc


def receive() -> bytes:
    """Return the body of the next frame; HungUp if none will come, Oversize if it is over the bound."""
    (length,) = HEADER.unpack(_exactly(HEADER.size))
    if length > MAX_FRAME:
        raise Oversize
    return _exactly(length)


def _exactly(size: int) -> bytes:
    pieces = []
    while size:
        try:
            piece = os.read(PIPE_FD, min(size, _PIECE))
        except ConnectionResetError as exc:
            raise HungUp from exc
        if not piece:
            raise HungUp
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
