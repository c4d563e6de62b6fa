"""Strategies for messages and payloads, and bytes that no honest encoder makes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

from regbot.protocol.conversation import FOLLOWS
from regbot.protocol.messages import (
    MAX_AMOUNT,
    MAX_LINE,
    MAX_NUMBER,
    Call,
    Cancel,
    Done,
    Failed,
    Failure,
    Log,
    Message,
    Metric,
    Ready,
    Reason,
    Result,
    Start,
)

if TYPE_CHECKING:
    from regbot.protocol.values import Value

numbers = st.integers(0, MAX_NUMBER)
names = st.text(max_size=60)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Ready),
    st.builds(Start, names, st.binary(), st.binary()),
    st.builds(Call, numbers, names, st.integers(0, MAX_LINE), st.binary()),
    st.builds(Cancel, numbers),
    st.builds(Log, names, st.binary(), st.binary()),
    st.builds(Metric, names, st.floats(0, MAX_AMOUNT)),
    st.builds(Result, numbers, st.binary()),
    st.builds(Failure, numbers, st.binary()),
    st.builds(Done),
    st.builds(Failed, st.sampled_from(Reason), st.binary(), st.binary(), numbers),
)

scalars = st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 64) - 1) | st.floats() | st.binary() | st.text()
values: st.SearchStrategy[Value] = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=30
)

METRIC: Final = Metric("images_deleted", 1.5)
ONE_OF_EACH: Final[tuple[Message, ...]] = (
    Ready(),
    Start("nightly", b"log('hi')", b"\x80"),
    Call(1, "tag.ls", 3, b"\x90"),
    Cancel(1),
    Log("info", b"hi", b"\x80"),
    METRIC,
    Result(1, b"\x90"),
    Failure(1, b"\x80"),
    Done(),
    Failed(Reason.ERROR, b"nightly:1: no", b"stack", 0),
)
assert {type(message) for message in ONE_OF_EACH} == {kind for row in FOLLOWS.values() for kind in row}


def framed(body: bytes) -> bytes:
    """Return *body* behind its true length."""
    return struct.pack(">I", len(body)) + body


def array(length: int) -> bytes:
    """Return the head of a msgpack list that announces *length* entries."""
    return b"\xdd" + struct.pack(">I", length)


def mapping(length: int) -> bytes:
    """Return the head of a msgpack map that announces *length* entries."""
    return b"\xdf" + struct.pack(">I", length)


MIB: Final = 1 << 20
AMPLIFIERS: Final = {
    "empty lists": array(MIB - 5) + b"\x90" * (MIB - 5),
    "empty maps": array(MIB - 5) + b"\x80" * (MIB - 5),
    "lists of one": array(MIB // 2 - 5) + b"\x91\x01" * (MIB // 2 - 5),
    "maps of one": array(MIB // 3 - 5) + b"\x81\xa0\x01" * (MIB // 3 - 5),
    "floats": array(MIB // 5 - 5) + b"\xca\x3f\x80\x00\x01" * (MIB // 5 - 5),
    "tree of eights": b"\x98" * 6 + (b"\x98" + b"\x90" * 8) * (MIB // 10),
    "announced lists, nested": array(MIB - 1) * 400,
    "announced maps, nested": (mapping(MIB - 1) + b"\xa0") * 400,
    "announced list": array(0xFFFFFFFF),
    "announced map": mapping(0xFFFFFFFF),
    "announced text": b"\xdb\xff\xff\xff\xff",
    "announced bytes": b"\xc6\xff\xff\xff\xff",
    "announced extension": b"\xc9\xff\xff\xff\xff\x05",
    "nested too deep for C": b"\x91" * MIB,
    "extensions": array(MIB // 3 - 5) + b"\xd4\x05\x00" * (MIB // 3 - 5),
    "times": array(MIB // 6 - 5) + b"\xd6\xff\x60\x00\x00\x00" * (MIB // 6 - 5),
    "numbers with one hash": mapping(20_010)
    + b"".join(
        b"\xcb" + struct.pack(">d", (1 + i / MIB) * 2.0 ** (61 * (k - 15))) + b"\x00"
        for i in range(667)
        for k in range(30)
    ),
}
"""Bodies of at most a MiB that a naive reader turns into many times their size."""
