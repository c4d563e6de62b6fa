"""A child as the supervisor sees it: messages, a pidfd, and its end.

The other end of the socket may be taken over by whoever wrote the script, so that everything that comes from it is
checked: frames by their Decoder, their order by the Conversation.  A child that has begun with a frame has to go on,
and one that closes a half of its socket has to end: honest ones do, at once.  Silence is no fault, nor is not to read.
"""

from __future__ import annotations

import math
import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import trio

from regbot.protocol.conversation import MAX_IN_FLIGHT, Conversation, State
from regbot.protocol.errors import WireError
from regbot.protocol.frames import HEADER, MAX_FRAME, Decoder, encode
from regbot.supervisor.children.ending import ChildEnded, Fate

if TYPE_CHECKING:
    from regbot.config.model import Limits
    from regbot.protocol.messages import Message

__all__ = ["PATIENCE", "Child", "ChildEnded", "ChildLimits", "Fate", "take"]

PATIENCE: Final = 10.0
"""Seconds that are waited for the rest of a frame, and for the end of a child that has closed a half of its socket."""
MESSAGES_IN_A_ROW: Final = 4
"""Messages of a child that are taken before the other tasks have their turn."""
_PIECE: Final = 64 << 10
_WHOLE: Final = 1 << 20
"""Bytes of a frame that have a patience of their own: on a busy machine a long one takes its time."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one run may use.

    *memory* in bytes, beyond what an idle child has; *cpu* in seconds of CPU time (None: no limit but the deadline);
    *message* in bytes of one frame from the child; *in_flight* in calls without an answer; *patience* as PATIENCE.
    """

    memory: int
    cpu: int | None = None
    message: int = MAX_FRAME
    in_flight: int = MAX_IN_FLIGHT
    patience: float = PATIENCE

    @classmethod
    def of(cls, limits: Limits, *, patience: float = PATIENCE) -> Self:
        """Return those of a script's limits that its child is held to."""
        return cls(limits.memory, limits.cpu, limits.message_bytes, limits.in_flight, patience)


async def take(lock: trio.Lock) -> None:
    """Acquire a lock that is mostly free; trio's own way lets every other task go first, and that costs each answer."""
    try:
        lock.acquire_nowait()
    except trio.WouldBlock:
        await lock.acquire()


class Child:
    """One locked-down child.  launcher.child() makes it, and when its block ends it is gone."""

    def __init__(self, stream: trio.SocketStream, pidfd: int, fate: Fate, limits: ChildLimits) -> None:
        self._stream, self._pidfd, self._fate = stream, pidfd, fate
        self.hold_to(limits)
        self._waited, self._come = 0.0, 0
        """Seconds for which the rest of a frame was waited for, and bytes that came of it, since the last full MiB."""
        self._ahead: Message | None = None
        self._in_a_row = 0
        self._sending = trio.Lock()
        self._room = select.poll()
        self._room.register(stream.socket.fileno(), select.POLLOUT)

    @property
    def has_room(self) -> bool:
        """Whether a frame of a few KiB would be sent at once, however long the child does not read.

        Linux calls a socket of this kind writable while three quarters of its buffer are free.
        """
        return not self._sending.locked() and bool(self._room.poll(0))

    @property
    def ended(self) -> bool:
        """Whether the process has ended."""
        process = select.poll()
        process.register(self._pidfd, select.POLLIN)
        return bool(process.poll(0))

    def hold_to(self, limits: ChildLimits) -> None:
        """Take the limits that are ours to watch; the child has sent Ready at most, and that was not received yet."""
        self._conversation = Conversation(limits.in_flight)
        self._decoder = Decoder(limits.message)
        self._longest = HEADER.size + max(limits.message, MAX_FRAME)
        self._patience = limits.patience

    async def send(self, message: Message) -> None:
        """Send one message; tasks may do so at once.  It waits for as long as the child does not read.

        WireError if the conversation does not allow it now or its frame is over the bound: nothing was sent then.  A
        child that has gone is no error here, receive() says how it ended; one that hears no more but lives on is.
        """
        frame = encode(message)
        if len(frame) > self._longest:
            raise WireError(f"a frame of {len(frame)} bytes is over the limit of {self._longest}")
        deaf = False
        await take(self._sending)
        try:
            self._conversation.sent(message)
            await self._stream.send_all(frame)
        except trio.BrokenResourceError:
            deaf = True
        finally:
            self._sending.release()
        if deaf:
            await self._end_expected("it takes no more answers, and lives on")

    async def receive(self) -> Message:
        """Return the next message; WireError if the child breaks the protocol, ChildEnded if it has gone."""
        message = await self.first()
        self._ahead = None
        self._conversation.received(message)
        if self._conversation.state is State.ENDED and self._decoder.pending:
            raise WireError("more follows its last word")
        return message

    async def first(self) -> Message:
        """Wait for the next message and return it, but leave it to be received; errors as in receive()."""
        if self._ahead is None:
            self._ahead = await self._next()
        return self._ahead

    async def wait(self) -> int:
        """Wait for the child's end and return its exit status, negative for a signal.

        SIGKILL is also what is said of a child whose launcher died: the kernel sends it then.
        """
        return await self._fate.status()

    def kill(self) -> None:
        """End the child at once, if it has not ended by itself.  There is nothing in it to tidy up."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def aclose(self) -> None:
        """Kill the child, wait until the kernel has ended it, and close what we hold of it.  Not to be cancelled."""
        self.kill()
        await trio.lowlevel.wait_readable(self._pidfd)
        with suppress(ChildProcessError):
            # The launcher reaps its children.  If it died they may be ours: we can be the init of a container.
            os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOHANG)  # noqa: ASYNC222 -- WNOHANG does not wait
        os.close(self._pidfd)
        await trio.aclose_forcefully(self._stream)

    async def _next(self) -> Message:
        self._in_a_row += 1
        if self._in_a_row > MESSAGES_IN_A_ROW:
            await trio.lowlevel.checkpoint()
            self._in_a_row = 1
        while (message := self._decoder.next()) is None:
            self._decoder.feed(await self._piece())
            self._in_a_row = 1  # To read from the socket gives the others their turn.
        self._waited, self._come = 0.0, 0
        return message

    async def _piece(self) -> bytes | bytearray:
        """Return what comes next, at least a byte."""
        began, piece = trio.current_time(), None
        with trio.move_on_after(max(0.0, self._patience - self._waited) if self._decoder.pending else math.inf):
            piece = await self._read()
        if piece is None:
            raise WireError(f"the rest of a frame did not come within {self._patience:g}s")
        if not piece:
            await self._end_expected("it says nothing any more, and lives on")
            raise ChildEnded(await self.wait())
        self._waited += trio.current_time() - began if self._decoder.pending else 0.0
        self._come += len(piece)
        if self._come >= _WHOLE:
            self._waited, self._come = 0.0, 0
        return piece

    async def _read(self) -> bytes | bytearray:
        try:
            return await self._stream.receive_some(_PIECE)
        except trio.BrokenResourceError:
            return b""  # It was killed with our last frame unread.

    async def _end_expected(self, otherwise: str) -> None:
        """Wait for the end of a child that has closed a half of its socket; WireError if it lives on."""
        with trio.move_on_after(self._patience):
            await self.wait()
            return
        if not self.ended:  # Else it is the launcher that takes its time.
            raise WireError(otherwise)
