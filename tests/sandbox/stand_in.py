"""A launcher whose children run one of the few Python scripts below instead of Lua, in the real jail.

It is started like regbot/sandbox/__main__.py.  A script's source is the name of what its child does, between two
exclamation marks, and then perhaps bytes in hex and another (nothing here reads msgpack).
"""

from __future__ import annotations

import os
import re
import sys
from typing import Final

time_zone, *folders = sys.argv[1:]
sys.path.extend(folders)

from regbot.sandbox import launcher, pipe  # noqa: E402 -- found only now
from tests.sandbox.taken_over import CALL, CANCEL, DONE, TAGS, TakenOver, framed, write_all  # noqa: E402 -- likewise

SOURCE: Final = re.compile(rb"!([a-z_]+)!(?:([0-9a-f]*)!)?")


class Script(TakenOver):
    """Does what its source says."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: list[bytes | None] = []
        self._process = os.getpid()  # The filter forbids that later.

    def resume(self, body: bytes) -> bytes | None:
        """Go on with what is next; the first body is that of Start."""
        if not self._answers:
            said = SOURCE.search(body)
            assert said is not None, "the test names what its child does"
            self.hex = said[2] or b""
            self._answers = [*getattr(self, said[1].decode())(), None]
        return self._answers.pop(0)

    def done(self) -> list[bytes]:
        """End as a script should."""
        return [DONE]

    def three_calls(self) -> list[bytes]:
        """Call three times, and wait for each answer."""
        return [piece for number in (1, 2, 3) for piece in (CALL % bytes([number]), b"")] + [DONE]

    def deaf(self) -> list[bytes]:
        """Call sixty times, and never read an answer."""
        for number in range(1, 61):
            pipe.send(CALL % bytes([number]))
        return self.loop()

    def unread(self) -> list[bytes]:
        """Ask for tags sixty times, and never read an answer."""
        for number in range(1, 61):
            pipe.send(TAGS % bytes([number]))
        return self.loop()

    def cancel_early(self) -> list[bytes]:
        """Cancel a call that was not made yet."""
        return [CANCEL % b"\x01", DONE]

    def cancel_often(self) -> list[bytes]:
        """Call, cancel that twenty thousand times while it is open, and as often after its answer."""
        flood = framed(CANCEL % b"\x01") * 20_000
        pipe.send(TAGS % b"\x01")
        write_all(flood)
        pipe.receive()
        write_all(flood)
        return [DONE]

    def forged_field(self) -> list[bytes]:
        """Log a message with a field in the place of one that every record has."""
        return [b"\x94\xa3log\xa4info\xc4\x01x\xc4\x07\x81\xc4\x03msg\x01", DONE]

    def forged_metric(self) -> list[bytes]:
        """Count what has no name."""
        return [b"\x93\xa6metric\xa0\x01", DONE]

    def small(self) -> list[bytes]:
        """Store twenty blobs at once, each of 100 KiB."""
        return self._store(100 << 10)

    def large(self) -> list[bytes]:
        """Store twenty blobs at once, each of 2 MiB."""
        return self._store(2 << 20)

    def _store(self, size: int) -> list[bytes]:
        payload = b"\x92\xc4\x03a/b\xc6" + size.to_bytes(4) + bytes(size)
        for number in range(1, 21):
            call = b"\x95\xa4call%s\xa8blob.put\x00\xc6" % bytes([number])
            pipe.send(call + len(payload).to_bytes(4) + payload)
        return self.loop()

    def leave(self) -> list[bytes]:
        """Go without a word."""
        return []

    def confess(self) -> list[bytes]:
        """Log which process this is, and then say nothing."""
        said = str(self._process).encode()
        pipe.send(b"\x94\xa3log\xa4info\xc4%s%s\xc4\x01\x80" % (bytes([len(said)]), said))
        return self.silent()

    def garbage(self) -> list[bytes]:
        """Send a frame that is no message."""
        return [b"\xc1\xc1\xc1"]

    def flood(self) -> list[bytes]:
        """Announce a frame beyond every bound."""
        os.write(pipe.PIPE_FD, b"\xff\xff\xff\xff")
        return [b""]

    def half(self) -> list[bytes]:
        """Leave in the middle of a frame."""
        os.write(pipe.PIPE_FD, b"\x00\x00\x00\x09abc")
        return []

    def starve(self) -> list[bytes]:
        """Use more memory than allowed."""
        return [b"x" * (1 << 40)]

    def open(self) -> list[bytes]:
        """Make a system call that is forbidden."""
        os.open("/etc/passwd", os.O_RDONLY)
        return [DONE]

    def stumble(self) -> list[bytes]:
        """Meet an error that nobody thought of."""
        return [b"x"[1:2], DONE[len(DONE)].to_bytes()]


launcher.run(time_zone, Script)
