from __future__ import annotations

import math
import struct
import tracemalloc
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.protocol.errors import WireError
from regbot.protocol.values import MAX_DEPTH, MAX_VALUES, pack, unpack
from tests.protocol.wire import AMPLIFIERS, MIB, array, mapping, values

if TYPE_CHECKING:
    from regbot.protocol.values import Value


@given(values)
def test_round_trip(value: Value) -> None:
    """A value comes back as it was, its types too: 1, 1.0 and True are three things."""
    assert repr(unpack(pack(value))) == repr(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_one_error(payload: bytes) -> None:
    """No payload raises anything but WireError."""
    with suppress(WireError):
        pack(unpack(payload))


@given(values, st.data())
def test_a_changed_byte_is_harmless(value: Value, data: st.DataObject) -> None:
    """A payload with one byte changed is a value or a WireError."""
    payload = bytearray(pack(value))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with suppress(WireError):
        unpack(bytes(payload))


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_no_payload_is_amplified(name: str) -> None:
    """A payload of a MiB is refused before it costs more than the bound on values allows."""
    tracemalloc.start()
    try:
        with pytest.raises(WireError):
            unpack(AMPLIFIERS[name])
        assert tracemalloc.get_traced_memory()[1] < 24 * MIB
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("count", [MAX_VALUES - 1, MAX_VALUES])
def test_bound_on_values(count: int) -> None:
    """So many values are read, the list that holds them counted, and one more is not."""
    payload = array(count) + b"\x01" * count
    if count < MAX_VALUES:
        assert unpack(payload) == [1] * count
    else:
        with pytest.raises(WireError, match=f"more than {MAX_VALUES} values"):
            unpack(payload)


@pytest.mark.parametrize("depth", [MAX_DEPTH, MAX_DEPTH + 1])
def test_bound_on_depth(depth: int) -> None:
    """What may be packed is as deep as what may be read, and no deeper."""
    nested: Value = []
    for _ in range(depth - 1):
        nested = [nested]
    if depth == MAX_DEPTH:
        assert unpack(pack(nested)) == nested
        return
    with pytest.raises(WireError, match="deeper"):
        pack(nested)
    with pytest.raises(WireError, match="deeper"):
        unpack(b"\x91" * (depth - 1) + b"\x90")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x92\x01",
        b"\x01\x01",
        b"\x90\xc0",
        b"\xa2\xc0\xaf",
        b"\xa3\xed\xa0\x80",
        b"\xd9",
        b"\x81\x01\x02",
        b"\x81\xc0\x01",
        b"\x81\xc3\x01",
        b"\x81\x90\x01",
        b"\x81\xa1k",
        b"\x81\xcb" + struct.pack(">d", math.nan) + b"\x01",
        b"\xc7\x00\x05",
        b"\xc7\x00\xff",
        b"\xd6\xff\x60\x00\x00\x00",
        b"\xc7\x0c\xff\xff\xff\xff\xff" + b"\x00" * 8,
        msgpack.packb([1, msgpack.ExtType(80, b"cposix\nsystem\n")]),
        mapping(2) + b"\xa1k\x01",
    ],
)
def test_payloads_that_are_no_value(payload: bytes) -> None:
    """What is cut off, doubled, an extension, a time, no UTF-8 or a map with other keys than text is refused."""
    with pytest.raises(WireError):
        unpack(payload)


def test_strings_of_lua() -> None:
    """A Lua string is bytes, but as the key of a map it is text; of two equal keys the last one counts."""
    pairs = mapping(3) + b"\xc4\x01k\xc4\x02\xff\x00" + b"\xa1k\xc4\x01v" + b"\xc4\x01\xff\x01"
    assert unpack(pairs) == {"k": b"v", "\\xff": 1}


def test_numbers_beyond_lua() -> None:
    """An integer that msgpack cannot hold becomes a float, and one that no float holds is refused."""
    assert unpack(pack([1 << 64, -(1 << 63) - 1])) == [2.0**64, -(2.0**63)]
    with pytest.raises(WireError):
        pack(1 << 2000)


def test_what_pack_takes() -> None:
    """Any list and any map will do, and a lone surrogate, which JSON can hold, becomes bytes."""
    assert unpack(pack(MappingProxyType({"a": (1, "x")}))) == {"a": [1, "x"]}
    assert pack("\ud800") == b"\xa3\xed\xa0\x80"
