from __future__ import annotations

import struct
import tracemalloc
from typing import TYPE_CHECKING

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.protocol.errors import WireError
from regbot.protocol.frames import HEADER, MAX_FRAME, Decoder, decode, encode
from regbot.protocol.messages import Call, Done, Log, Ready, Start
from tests.protocol.wire import AMPLIFIERS, MIB, framed, messages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regbot.protocol.messages import Message


def feed(decoder: Decoder, pieces: Iterable[bytes]) -> tuple[list[Message], bool]:
    """Return the messages that *pieces* complete, and whether a WireError ended them."""
    found: list[Message] = []
    try:
        for piece in pieces:
            decoder.feed(piece)
            while (message := decoder.next()) is not None:
                found.append(message)
    except WireError:
        return found, True
    return found, False


@given(st.lists(messages, max_size=5), st.data())
def test_round_trip_in_any_pieces(sent: list[Message], data: st.DataObject) -> None:
    """Messages arrive as they were sent, however their bytes are cut."""
    stream = b"".join(map(encode, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    decoder = Decoder()
    assert feed(decoder, pieces) == (sent, False)
    assert decoder.pending == 0


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_any_bytes_are_messages_or_one_error(pieces: list[bytes]) -> None:
    """No bytes raise anything but WireError."""
    feed(Decoder(), pieces)


@given(st.lists(st.binary(max_size=40).map(framed) | messages.map(encode), max_size=5))
def test_any_framed_bytes_are_messages_or_one_error(frames: list[bytes]) -> None:
    """With a true length, whatever stands behind it is a message or a WireError, piece by piece as well as at once."""
    slowly, failed = feed(Decoder(), (bytes([byte]) for frame in frames for byte in frame))
    assert feed(Decoder(), [b"".join(frames)]) == (slowly, failed)


@given(messages, st.data())
def test_a_changed_byte_is_harmless(message: Message, data: st.DataObject) -> None:
    """A frame with one byte changed is a message, a frame not whole yet, or a WireError."""
    frame = bytearray(encode(message))
    frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    feed(Decoder(), [bytes(frame)])


def test_hostile_length_is_refused_at_once() -> None:
    """A length over the limit is an error as soon as its four bytes are there; the limit itself is none."""
    assert feed(Decoder(limit=100), [HEADER.pack(100)]) == ([], False)
    assert feed(Decoder(), [b"\xff\xff\xff\xff"]) == ([], True)
    decoder = Decoder(limit=100)
    decoder.feed(HEADER.pack(101))
    with pytest.raises(WireError, match="101 bytes is over the limit of 100"):
        decoder.next()


def test_nothing_is_reserved_for_announced_bytes() -> None:
    """A length at the limit takes no memory before its bytes come."""
    tracemalloc.start()
    try:
        decoders = [Decoder() for _ in range(100)]
        for decoder in decoders:
            feed(decoder, [HEADER.pack(MAX_FRAME) + b"\x95"])
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_no_frame_is_amplified(name: str) -> None:
    """A frame of a MiB costs a few MiB at most before it is refused, whatever it announces or nests."""
    frame = framed(AMPLIFIERS[name])
    tracemalloc.start()
    try:
        assert feed(Decoder(), [frame]) == ([], True)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_memory_is_measured() -> None:
    """The measure of the tests above sees what a naive reader does with the same bytes."""
    tracemalloc.start()
    try:
        msgpack.unpackb(AMPLIFIERS["empty maps"])
        assert tracemalloc.get_traced_memory()[1] > 40 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc0",
        b"\x07",
        b"\xc3",
        b"\x80",
        b"\x90",
        b"\xc1",
        msgpack.packb("done"),
        msgpack.packb({"done": 1}),
        msgpack.packb(["done"])[:-1],
        msgpack.packb(["done"]) * 2,
        msgpack.packb(["done"]) + b"\xc0",
        msgpack.packb(["done", "done"]),
        msgpack.packb([["done"]]),
        msgpack.packb([b"done"]),
        msgpack.packb(["call", 1, "tag.ls", 1, b"", b""]),
        msgpack.packb(["call", 1, "tag.ls", 1, []]),
        msgpack.packb(["log", "info", msgpack.ExtType(5, b"")]),
        b"\x94\xa3log\xa4info\xc7\x00\xff\xc4\x00",
        b"\x94\xa3log\xa3\xff\xfe\xfd\xc4\x00\xc4\x00",
        b"\x94\xa3log\xa3\xed\xa0\x80\xc4\x00\xc4\x00",
        b"Traceback (most recent call last):\n",
    ],
)
def test_bodies_that_are_no_message(body: bytes) -> None:
    """What is not exactly one flat list of a message's fields is refused, invalid UTF-8 and lone surrogates too."""
    with pytest.raises(WireError):
        decode(body)


def test_odd_but_legal_encodings() -> None:
    """An encoding may be longer than it need be: that is no fault."""
    body = b"\xdc\x00\x05\xd9\x04call\xcf" + struct.pack(">Q", 7) + b"\xa6tag.ls\xd0\x05\xc6\x00\x00\x00\x01x"
    assert decode(body) == Call(7, "tag.ls", 5, b"x")


def test_pending_counts_what_is_not_whole() -> None:
    """`pending` tells a stream that ended between messages from one that broke off."""
    decoder = Decoder()
    log = Log("info", b"hi", b"")
    assert feed(decoder, [encode(Ready()) + encode(log)[:-1]]) == ([Ready()], False)
    assert decoder.pending == len(encode(log)) - 1
    assert feed(decoder, [encode(log)[-1:] + encode(Done())]) == ([log, Done()], False)
    assert decoder.pending == 0


def test_messages_are_read_one_by_one() -> None:
    """A message is made when it is asked for: what stands before a fault is heard, and a flood becomes no objects."""
    flood = encode(Log("info", b"hi", b"")) * 100_000
    tracemalloc.start()
    try:
        decoder = Decoder()
        decoder.feed(flood + b"\xff\xff\xff\xff")
        assert decoder.next() == Log("info", b"hi", b"")
        assert tracemalloc.get_traced_memory()[1] < 2.5 * len(flood)
    finally:
        tracemalloc.stop()
    assert feed(decoder, [b""]) == ([Log("info", b"hi", b"")] * 99_999, True)


def test_a_frame_that_was_read_is_let_go() -> None:
    """A decoder holds on to no large frame until the next one comes."""
    decoder = Decoder()
    tracemalloc.start()
    try:
        decoder.feed(encode(Log("info", bytes(4 * MIB), b"")))
        assert decoder.next() is not None
        assert tracemalloc.get_traced_memory()[0] < MIB
        assert tracemalloc.get_traced_memory()[1] < 20 * MIB
    finally:
        tracemalloc.stop()


def test_a_name_with_a_surrogate_is_sent() -> None:
    """A name that came out of JSON or YAML with half a character in it is no error of ours."""
    assert b"a\xed\xa0\x80" in encode(Start("a\ud800", b"", b""))
