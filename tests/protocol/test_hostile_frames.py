"""A collection of hostile frames that may lie next to the checkout, against the decoder and the conversation."""

from __future__ import annotations

import runpy
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, cast

import pytest

from regbot.protocol.conversation import Conversation, State
from regbot.protocol.errors import WireError
from regbot.protocol.frames import Decoder, encode
from regbot.protocol.messages import Call, Done, Log, Ready, Start
from regbot.protocol.values import unpack
from tests.protocol.wire import MIB

LIMIT: Final = MIB // 4

COLLECTION: Final = Path(__file__).parents[3] / "shared/escapes/hostile_frames.py"
Frames = Callable[[str, int, Callable[[str, object, object], object]], Iterator[tuple[str, bytes]]]


def ours(kind: str, number: object, extra: object) -> object:
    """Say a message of the collection in our own words."""
    if kind == "call":
        return ["call", number, extra if extra is not None else "tag.ls", 1, b"\x91\xc4\x01x"]
    if kind == "log":
        return ["log", "info", extra.encode("utf-8", "surrogatepass") if isinstance(extra, str) else b"hi"]
    return ["done"] if kind == "final" else ["ready"]


def converse(data: bytes) -> State:
    """Take what a child says after Start, reading each payload; return how far the conversation came."""
    talk, decoder = Conversation(), Decoder(limit=LIMIT)
    talk.received(Ready())
    talk.sent(Start("x", b"", b""))
    decoder.feed(data)
    while (message := decoder.next()) is not None:
        talk.received(message)
        if isinstance(message, Call):
            unpack(message.payload)
    return talk.state


def test_controls() -> None:
    """An honest message of the same words is understood (or the test below proves nothing)."""
    assert converse(encode(Log("info", b"hi", b"")) + encode(Done())) is State.ENDED


@pytest.mark.skipif(not COLLECTION.exists(), reason="optional: ../shared/escapes is not there")
def test_collection_of_hostile_frames() -> None:
    """Each of the frames is taken or refused with WireError, and none costs more than a few times the limit."""
    frames = cast("Frames", runpy.run_path(str(COLLECTION))["hostile_frames"])
    refused = set()
    for name, data in frames("prefix", LIMIT, ours):
        tracemalloc.start()
        try:
            converse(data)
        except WireError:
            refused.add(name)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert peak < 32 * MIB + 4 * len(data), name
    assert len(refused) > 100
    assert {"prefix/final-twice", "prefix/id-duplicate", "prefix/len-u32max", "prefix/id-true"} <= refused
