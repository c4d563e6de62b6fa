"""What a taken-over child may write after its script came: byte strings, by what is wrong with them."""

from __future__ import annotations

import math
import struct
from typing import Final

import msgpack

from tests.protocol.wire import AMPLIFIERS, array, framed, mapping


def message(*fields: object) -> bytes:
    """Return a frame of any fields."""
    return framed(msgpack.packb(list(fields), unicode_errors="surrogatepass"))


def call(
    number: object = 1, operation: object = "tag.ls", line: object = 1, payload: object = b"\x91\xc4\x03a/b"
) -> bytes:
    """Return a call, or what might be taken for one."""
    return message("call", number, operation, line, payload)


def asked(payload: bytes, operation: str = "reference.new") -> bytes:
    """Return a call with these arguments."""
    return call(1, operation, 1, payload)


LIMIT: Final = 1 << 18
"""Bytes of a message in the runs that these are for."""
DONE: Final = message("done")
OK: Final = call()
SAID: Final = message("log", "info", b"x", b"\x80")

_FRAMES: Final = {
    "empty frame": framed(b""),
    "length 2^32 - 1": b"\xff\xff\xff\xff",
    "length 2^31": b"\x80\x00\x00\x00" + DONE,
    "length of the limit and one": struct.pack(">I", LIMIT + 1),
    "a length in the other order": struct.pack("<I", 6) + DONE[4:],
    "no length": DONE[4:] * 2,
    "text": b"Traceback (most recent call last):\n",
    "HTTP": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a NUL frame": framed(b"\0"),
    "nil": framed(b"\xc0"),
    "the byte that msgpack never uses": framed(b"\xc1"),
    "true": framed(b"\xc3"),
    "a number": framed(b"\x07"),
    "a text": framed(msgpack.packb("done")),
    "a map": framed(msgpack.packb({"done": 1})),
    "a list in a list": framed(msgpack.packb([["done"]])),
    "a list of nothing": framed(b"\x90"),
    "two messages in a frame": framed(DONE[4:] * 2),
    "a byte behind the message": framed(DONE[4:] + b"\xc0"),
    "half a message in a whole frame": framed(OK[4:-3]),
    "a frame cut short by one": struct.pack(">I", 5) + DONE[4:] + DONE,
    "a long text announced": framed(b"\x91\xdb\xff\xff\xff\xff"),
    "long bytes announced": framed(b"\x94\xa3log\xa4info\xc6\xff\xff\xff\xff"),
    "an extension": framed(b"\x92\xa4done\xd4\x05\x00"),
    "a time": message("cancel", msgpack.Timestamp(1, 1)),
    "lists without end": framed(b"\x91" * 200_000),
    "maps without end": framed(b"\x81\xa1a" * 60_000),
    "a tree of empty lists": framed(array(100_000) + b"\x90" * 100_000),
    "a tree of eights": framed(b"\x98" * 30_000),
}
_MESSAGES: Final = {
    "ready twice": message("ready"),
    "ready with more": message("ready", 1),
    "start": message("start", "main", b"log(1)", b"\x80"),
    "result": message("result", 1, b"\xc0"),
    "failure": message("failure", 1, b"\x80"),
    "an answer to its own call": OK + message("result", 1, b"\xc0"),
    "done twice": DONE + DONE,
    "done and more": DONE + OK,
    "done and garbage": DONE + b"\xff",
    "done with more": message("done", 1),
    "failed and done": message("failed", "error", b"x", b"", 0) + DONE,
    "failed of no reason": message("failed", "because", b"x", b"", 0),
    "failed of a long reason": message("failed", "x" * 70_000, b"x", b"", 0),
    "failed with a long text": message("failed", "error", b"x" * 70_000, b"", 0),
    "failed with a long traceback": message("failed", "error", b"", b"x" * 70_000, 0),
    "failed by a call that is text": message("failed", "error", b"", b"", "1"),
    "an unknown message": message("eval", "1"),
    "a name of Python": message("__class__"),
    "a name as bytes": message(b"done"),
    "a name with a NUL": message("done\0"),
    "a name in capitals": message("DONE"),
    "a name that is a number": message(1),
    "a name with a lone surrogate": message("done\ud800"),
}
_CALLS: Final = {
    "number 0": call(0),
    "number -1": call(-1),
    "number true": call(True),  # noqa: FBT003 -- true is 1, and no number
    "number 1.0": call(1.0),
    "number NaN": call(math.nan),
    "number 2^53 + 1": call((1 << 53) + 1),
    "number 2^64 - 1": call((1 << 64) - 1),
    "number as text": call("1"),
    "number nil": call(None),
    "the same number again": OK + call(1),
    "a lower number": call(9) + call(3),
    "line -1": call(1, line=-1),
    "line 2^40": call(1, line=1 << 40),
    "line NaN": call(1, line=math.nan),
    "line as text": call(1, line="1"),
    "an unknown operation": call(1, "image.eval"),
    "no operation": call(1, ""),
    "an operation of Python": call(1, "__class__"),
    "an operation of ours": call(1, "perform"),
    "an operation with a dot behind": call(1, "tag.ls."),
    "an operation with a line's end": call(1, "tag.ls\r\n"),
    "an operation of the shell": call(1, "shell.read", payload=b"\x92\xc4\x05ready\xc4\x00"),
    "an operation as bytes": call(1, b"tag.ls"),
    "an operation of 257 bytes": call(1, "x" * 257),
    "an operation of 100 KiB": call(1, "x" * 100_000),
    "arguments that are no bytes": call(1, payload=["a/b"]),
    "arguments as text": call(1, payload="\x91"),
    "four fields": message("call", 1, "tag.ls", 1),
    "six fields": message("call", 1, "tag.ls", 1, b"\x90", b""),
    "done before the answer": OK + DONE,
    "cancelled before it was made": message("cancel", 1),
    "cancelled twice": OK + message("cancel", 1) * 2,
    "cancel as text": message("cancel", "1"),
    "cancel NaN": message("cancel", math.nan),
}
_ARGUMENTS: Final = {
    "no arguments at all": asked(b""),
    "arguments that are a map": asked(b"\x80"),
    "arguments that are nil": asked(b"\xc0"),
    "arguments that are text": asked(b"\xc4\x03a/b"),
    "more arguments than there are": asked(b"\x92\xc4\x03a/b\xc0"),
    "arguments cut off": asked(b"\x92\xc4\x03a/b"),
    "two values": asked(b"\x91\xc4\x03a/b\xc0"),
    "an extension among them": asked(b"\x91\xd4\x05\x00"),
    "nested too deep": asked(b"\x91" * 65 + b"\xc0"),
    "a key that is a number": asked(b"\x91\x81\x01\x02"),
    "a key that is a list": asked(b"\x91\x81\x90\x02"),
    "a map without its values": asked(b"\x91" + mapping(3)),
    "invalid UTF-8": asked(b"\x91\xa2\xc0\xaf"),
    "arguments of another encoding": asked(b"\x91\xc1"),
}
_SAYINGS: Final = {
    "a log of an unknown level": message("log", "fatal", b"x", b"\x80"),
    "a log of a long level": message("log", "i" * 300, b"x", b"\x80"),
    "a log that is text": message("log", "info", "x", b"\x80"),
    "a log with three fields": message("log", "info", b"x"),
    "fields that are a list": message("log", "info", b"x", b"\x90"),
    "a field of every record": message("log", "info", b"x", b"\x81\xc4\x05level\x01"),
    "a field with an odd name": message("log", "info", b"x", b"\x81\xc4\x03a\nb\x01"),
    "a field that is NaN": message("log", "info", b"x", b"\x81\xc4\x01a\xcb\x7f\xf8" + bytes(6)),
    "a field that is a list": message("log", "info", b"x", b"\x81\xc4\x01a\x90"),
    "too many fields": message("log", "info", b"x", msgpack.packb({b"f%d" % n: 1 for n in range(17)})),
    "fields without end": message("log", "info", b"x", b"\x91" * 1000),
    "a metric without a name": message("metric", "", 1),
    "a metric that names a label": message("metric", 'a{b="c"}', 1),
    "a metric of -1": message("metric", "a", -1),
    "a metric of NaN": message("metric", "a", math.nan),
    "a metric of infinity": message("metric", "a", math.inf),
    "a metric of true": message("metric", "a", True),  # noqa: FBT003 -- true is 1, and no number
    "a metric as text": message("metric", "a", "1"),
}
FAULTS: Final = (
    _FRAMES
    | _MESSAGES
    | _CALLS
    | _ARGUMENTS
    | _SAYINGS
    | {f"amplified: {name}": framed(body) for name, body in AMPLIFIERS.items() if len(body) <= LIMIT}
)
"""Each breaks the protocol, whatever follows."""

UNFINISHED: Final = {
    "one byte": b"\x00",
    "half a length": b"\x00\x00",
    "a length, and nothing": struct.pack(">I", 6),
    "the length of the limit": struct.pack(">I", LIMIT) + b"\x95",
    "a message but for its last byte": OK[:-1],
    "half a message after whole ones": SAID + OK + DONE[:7],
}
"""Each waits for more, for ever."""

LEGAL: Final = {
    "nothing": b"",
    "a message for the log": SAID,
    "a call that nobody waits for": asked(b"\x91\xc4\x03a/b"),
    "a call with a wrong argument": asked(b"\x91\x01"),
    "a call with more than is taken": asked(b"\x91\xc5\xff\xff" + bytes(0xFFFF)),
    "a call with many values": asked(b"\x91" + array(5000) + bytes(5000)),
    "numbers with a gap": asked(b"\x91\xc4\x03a/b") + call(1 << 40, "reference.new"),
    "an answered call cancelled": asked(b"\x91\xc4\x03a/b") + message("cancel", 1),
    "long forms of short numbers": framed(
        b"\xdc\x00\x05\xd9\x04call\xcf" + struct.pack(">Q", 7) + b"\xadreference.new\xd0\x05\xc6\x00\x00\x00\x01\x90"
    ),
}
"""Each may be said, and then a child is busy, or leaves."""
