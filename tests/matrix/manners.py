"""How answers go wrong on their way: ways to send them, for Reply.manner."""

from __future__ import annotations

import re
from math import inf
from typing import Final

import trio

from tests.model.pipe import Pipe

DRIP: Final = 10.0
"""Seconds between two bytes of an answer that drips."""
HUGE: Final = 1 << 30
"""Bytes of an answer that hardly ends."""
_PIECE: Final = 64 << 10
_LENGTH: Final = re.compile(rb"content-length: [0-9]+\r\n", re.IGNORECASE)
_CHUNK: Final = b"%x\r\n%s\r\n" % (_PIECE, b" " * _PIECE)


async def reset(stream: trio.abc.Stream, _head: bytes, _body: bytes) -> bool:
    """Break the connection."""
    assert isinstance(stream, Pipe)
    stream.reset()
    return False


async def hang_up(_stream: trio.abc.Stream, _head: bytes, _body: bytes) -> bool:
    """Close the connection in good order."""
    await trio.lowlevel.checkpoint()
    return False


async def stall(_stream: trio.abc.Stream, _head: bytes, _body: bytes) -> bool:
    """Say nothing for ever."""
    await trio.sleep(inf)
    return False


async def cut(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send the first half, and close."""
    await stream.send_all(_half(head, body))
    return False


async def cut_and_reset(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send the first half, and break the connection when that has arrived."""
    assert isinstance(stream, Pipe)
    await stream.send_all(_half(head, body))
    await stream.sent()
    return await reset(stream, b"", b"")


async def cut_and_stall(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send the first half, and then nothing for ever."""
    await stream.send_all(_half(head, body))
    return await stall(stream, b"", b"")


async def drip(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send byte by byte."""
    for byte in head + body:
        await stream.send_all(bytes([byte]))
        await trio.sleep(DRIP)
    return True


async def drip_body(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send the body byte by byte."""
    await stream.send_all(head)
    return await drip(stream, b"", body)


async def swell(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Send no end of a body; where there is none, no end of a header."""
    if not body:
        line, rest = head.split(b"\r\n", 1)
        await stream.send_all(line + b"\r\nX-Long: ")
        for _ in range(HUGE // _PIECE):
            await stream.send_all(b"x" * _PIECE)
        await stream.send_all(b"\r\n" + rest)
        return False
    await stream.send_all(_LENGTH.sub(b"Transfer-Encoding: chunked\r\n", head))
    await stream.send_all(b"%x\r\n%s\r\n" % (len(body), body))
    for _ in range(HUGE // _PIECE):
        await stream.send_all(_CHUNK)
    await stream.send_all(b"0\r\n\r\n")
    return True


async def overstate(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Say a length of a tebibyte, and send what there is."""
    await stream.send_all(_LENGTH.sub(b"Content-Length: %d\r\n" % (1 << 40), head) + body)
    return False


async def understate(stream: trio.abc.Stream, head: bytes, body: bytes) -> bool:
    """Say half the length, and send everything: what is too much comes where the next answer should begin."""
    await stream.send_all(_LENGTH.sub(b"Content-Length: %d\r\n" % (len(body) // 2), head) + body)
    return True


def _half(head: bytes, body: bytes) -> bytes:
    """Return the head and half of the body, or half of the head where there is no body."""
    return head + body[: len(body) // 2] if body else head[: len(head) // 2]
