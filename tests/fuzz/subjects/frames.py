"""A child's stream: Decoder, messages and Conversation, however its bytes come."""

from __future__ import annotations

import zlib
from random import Random
from typing import TYPE_CHECKING, Final

import msgpack

from regbot.protocol.conversation import Conversation
from regbot.protocol.errors import WireError
from regbot.protocol.frames import HEADER, Decoder
from regbot.protocol.messages import Call, Message, Ready, Result, Start, unparse
from tests.fuzz.subject import Subject, mutated
from tests.protocol.wire import ONE_OF_EACH, framed

if TYPE_CHECKING:
    from collections.abc import Iterable

LIMIT: Final = 300
"""Bytes of a frame: so small that some are over it."""
_BODIES: Final = [msgpack.packb(unparse(message)) for message in ONE_OF_EACH]
_TOKENS: Final = [
    b"\x90", b"\x91", b"\x95", b"\x9f", b"\xdc\xff\xff", b"\xdd\xff\xff\xff\xff", b"\x80", b"\x81\xa0\x00", b"\xc0",
    b"\xc2", b"\xc3", b"\xa4call", b"\xc4\x04call", b"\xa6cancel", b"\xa6failed", b"\xa5error", b"\xc4\x00", b"\xa0",
    b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", b"\xcb\x7f\xf8\0\0\0\0\0\0", b"\xcb\x3f\xf0\0\0\0\0\0\0", b"\xd4\x05\0",
    b"\xd6\xff\0\0\0\0", b"\xa2\xff\xfe", b"\xa3\xed\xa0\x80", b"\xff", b"\xd0\x80", b"\xd9\xff", b"\xc6\0\0\xff\xff",
]  # fmt: skip


def make(chance: Random) -> bytes:
    """Return a stream: mostly messages that a child may send, in order, with something wrong somewhere or nothing."""
    number, frames = 0, list[bytes]()
    for _ in range(chance.choice((1, 2, 3, 5, 9))):
        number += chance.choice((1, 1, 1, 1, 2, 0))
        body = _body(chance, number)
        if chance.random() < 0.15:
            body = mutated(chance, body, _BODIES, _TOKENS)
        frames.append(framed(body) if chance.random() < 0.97 else HEADER.pack(chance.getrandbits(32)) + body)
    stream = b"".join(frames)
    return mutated(chance, stream, _BODIES, _TOKENS) if chance.random() < 0.1 else stream


def _body(chance: Random, number: int) -> bytes:
    said: tuple[list[object], ...] = (
        ["call", number, "tag.ls", chance.randint(0, 99), b"\x90"],
        ["log", "info", chance.randbytes(chance.choice((0, 3, 50))), b"\x80"],
        ["metric", "m", chance.choice((1, 0.5, 0))],
        ["cancel", chance.randint(0, number)],
    )
    if chance.random() < 0.1:
        return bytes(chance.choice(_BODIES))
    body: bytes = msgpack.packb(chance.choice(said))
    return body


def check(data: bytes) -> str:
    """Hold that any bytes are messages and then perhaps one WireError: the same, whatever pieces they come in."""
    chance = Random(zlib.crc32(data))  # noqa: S311 -- no secret is made of it
    cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(1, 6)))
    at_once = heard([data])
    assert heard(data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)) == at_once
    if len(data) < 200:
        assert heard(bytes([byte]) for byte in data) == at_once
    messages, fault = at_once
    count = f"{len(messages)} messages" if len(messages) < 3 else "more messages"
    return f"{'refused' if fault else 'accepted'} after {count}"


def heard(parts: Iterable[bytes]) -> tuple[list[Message], str]:
    """Return the messages of a stream that keep to the rules, and the fault that ended them, or ""."""
    decoder, talk, found = Decoder(LIMIT), Conversation(in_flight=3), list[Message]()
    talk.received(Ready())
    talk.sent(Start("x", b"", b""))
    answered = 0
    try:
        for part in parts:
            decoder.feed(part)
            while (message := decoder.next()) is not None:
                talk.received(message)
                found.append(message)
                # Every other call is answered, so that the others fill what may be in flight.
                if isinstance(message, Call) and (answered := answered + 1) % 2:
                    talk.sent(Result(message.number, b""))
            assert decoder.pending <= LIMIT + HEADER.size, "more is kept than a frame"
    except WireError as exc:
        return found, str(exc)
    return found, ""


SUBJECT: Final = Subject("frames", make, check)
