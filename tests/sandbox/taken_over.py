"""What a child does that somebody took over: frames that no prelude sends, or not so many.

A flood is written in large pieces, as fast as the supervisor takes it.
"""

from __future__ import annotations

import os
import time
from typing import Final

from regbot.sandbox import pipe

DONE: Final = b"\x91\xa4done"
CALL: Final = b"\x95\xa4call%s\xa4echo\x00\xc4\x01\x90"
TAGS: Final = b"\x95\xa4call%s\xa6tag.ls\x00\xc4\x06\x91\xc4\x03a/b"
REFERENCE: Final = b"\x95\xa4call%s\xadreference.new\x00\xc4\x06\x91\xc4\x03a/b"
MANIFEST: Final = b"\x95\xa4call%s\xacmanifest.get\x00\xc4\x08\x91\xc4\x05r/a:b"
REQUIRE: Final = b"\x95\xa4call%s\xa7require\x00\xc5\x0f\xa4\x91\xc5\x0f\xa0" + b"regbto-" * 571 + b"abc"
CANCEL: Final = b"\x92\xa6cancel%s"
LOG: Final = b"\x94\xa3log\xa4info\xc4\x01x\xc4\x01\x80"
METRIC: Final = b"\x93\xa6metric\xa1x\x01"
PAUSE: Final = 0.02
"""Seconds between two bytes of a frame that never ends."""


def framed(body: bytes) -> bytes:
    """Return a frame."""
    return len(body).to_bytes(4) + body


def write_all(data: bytes) -> None:
    """Write bytes that are frames already."""
    while data:
        data = data[os.write(pipe.PIPE_FD, data) :]


def calls(form: bytes, first: int, count: int) -> bytes:
    """Return the frames of so many calls."""
    return b"".join(framed(form % (b"\xce" + number.to_bytes(4))) for number in range(first, first + count))


class TakenOver:
    """Behaviours; *hex* is what the source says besides the name of one."""

    def __init__(self) -> None:
        self.hex = b""

    def loop(self) -> list[bytes]:
        """Never end."""
        while True:
            pass

    def silent(self) -> list[bytes]:
        """Say nothing, and use no time: wait for what nobody sends."""
        while True:
            pipe.receive()

    def write(self) -> list[bytes]:
        """Write the bytes that the source says in hex, and leave."""
        write_all(bytes.fromhex(self.hex.decode()))
        return []

    def write_and_wait(self) -> list[bytes]:
        """Write the bytes that the source says in hex, and no more."""
        self.write()
        return self.silent()

    def trickle(self) -> list[bytes]:
        """Send a frame byte by byte, without end."""
        write_all(b"\x00\x00\xff\xff")
        while True:
            write_all(b"\x95")
            later = time.monotonic() + PAUSE
            while time.monotonic() < later:
                pass

    def call_flood(self) -> list[bytes]:
        """Call again and again, and read no answer."""
        write_all(calls(REFERENCE, 1, 10_000))
        return self.silent()

    def tag_flood(self) -> list[bytes]:
        """Call again and again for tags, and read no answer."""
        write_all(calls(TAGS, 1, 10_000))
        return self.silent()

    def log_flood(self) -> list[bytes]:
        """Log without end."""
        while True:
            write_all(framed(LOG) * 2000)

    def metric_flood(self) -> list[bytes]:
        """Count without end."""
        while True:
            write_all(framed(METRIC) * 2000)

    def ping(self) -> list[bytes]:
        """Call sixty times at once, read the answers, and do so again, for ever."""
        number = 1
        while True:
            write_all(calls(REFERENCE, number, 60))
            for _ in range(60):
                pipe.receive()
            number += 60

    def unknown_modules(self) -> list[bytes]:
        """Likewise with modules that are not there, and long names."""
        number = 1
        while True:
            write_all(calls(REQUIRE, number, 60))
            for _ in range(60):
                pipe.receive()
            number += 60

    def slow_reader(self) -> list[bytes]:
        """Read the answer to a call byte by byte."""
        pipe.send(TAGS % b"\x01")
        size = int.from_bytes(b"".join(os.read(pipe.PIPE_FD, 1) for _ in range(4)))
        for _ in range(size):
            os.read(pipe.PIPE_FD, 1)
        return [DONE]

    def big_answers(self) -> list[bytes]:
        """Ask for sixty-four manifests at once, and never read one."""
        write_all(calls(MANIFEST, 1, 64))
        while True:
            time.monotonic()
