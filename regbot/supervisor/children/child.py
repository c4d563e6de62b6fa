"""A child as the supervisor sees it: messages, a pidfd, and its end.

The other end of the socket may be taken over by whoever wrote the script, so that everything that comes from it is
checked: frames by their Decoder, their order by the Conversation.
"""

from __future__ import annotations

import os
import select
import signal
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import trio

from regbot.protocol.conversation import MAX_IN_FLIGHT, Conversation
from regbot.protocol.errors import WireError
from regbot.protocol.frames import HEADER, MAX_FRAME, Decoder, encode

if TYPE_CHECKING:
    from regbot.config.model import Limits
    from regbot.protocol.messages import Message

_PIECE: Final = 64 << 10

# What a child's exit statuses mean (sandbox/child.py, which this layer must not import; a test compares them).
MEANINGS: Final = {
    0: "it left without a last word",
    1: "out of memory",
    3: "out of memory",
    4: "it saw the supervisor hang up",
    5: "it was sent a frame over the bound",
    6: "an error in the sandbox itself",
}
OUT_OF_MEMORY: Final = frozenset({1, 3})
_SIGNALS: Final = {
    signal.SIGSYS: "it made a forbidden system call",
    signal.SIGXCPU: "its CPU time is used up",
    signal.SIGSEGV: "it ran over its stack, or its interpreter is broken",
}


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one run may use.

    *memory* in bytes, beyond what an idle child has; *cpu* in seconds of CPU time (None: no limit but the deadline);
    *message* in bytes of one frame from the child; *in_flight* in calls without an answer.
    """

    memory: int
    cpu: int | None = None
    message: int = MAX_FRAME
    in_flight: int = MAX_IN_FLIGHT

    @classmethod
    def of(cls, limits: Limits) -> Self:
        """Return those of a script's limits that its child is held to."""
        return cls(limits.memory, limits.cpu, limits.message_bytes, limits.in_flight)


class ChildEnded(Exception):
    """The child has gone without a last word.  *status* is its exit status, or negative: the signal that killed it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the child {_explain(status)}")
        self.status = status
        self.out_of_memory = status in OUT_OF_MEMORY
        self.out_of_time = status == -signal.SIGXCPU


class Fate:
    """How a child ends: decided once, by the launcher's word or by the launcher's own end."""

    def __init__(self) -> None:
        self._decided = trio.Event()
        self._status = 0

    def decide(self, status: int) -> None:
        """Take note of the end."""
        self._status = status
        self._decided.set()

    async def status(self) -> int:
        """Wait for the end and return the exit status, negative for a signal."""
        await self._decided.wait()
        return self._status


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
        self._conversation = Conversation(limits.in_flight)
        self._decoder = Decoder(limits.message)
        self._arrived: deque[Message] = deque()
        self._sending = trio.Lock()
        self._room = select.poll()
        self._room.register(stream.socket.fileno(), select.POLLOUT)

    @property
    def has_room(self) -> bool:
        """Whether a frame of a few KiB would be sent at once, however long the child does not read.

        Linux calls a socket of this kind writable while three quarters of its buffer are free.
        """
        return not self._sending.locked() and bool(self._room.poll(0))

    async def send(self, message: Message) -> None:
        """Send one message; tasks may do so at once.  It waits for as long as the child does not read.

        WireError if the conversation does not allow it now or its frame is over the bound: nothing was sent then.  A
        child that has gone is no error here; receive() says how it ended.
        """
        frame = encode(message)
        if len(frame) > HEADER.size + MAX_FRAME:
            raise WireError(f"a frame of {len(frame)} bytes is over the limit of {MAX_FRAME}")
        await take(self._sending)
        try:
            self._conversation.sent(message)
            with suppress(trio.BrokenResourceError):
                await self._stream.send_all(frame)
        finally:
            self._sending.release()

    async def receive(self) -> Message:
        """Return the next message; WireError if the child breaks the protocol, ChildEnded if it has gone."""
        await self._fill()
        message = self._arrived.popleft()
        self._conversation.received(message)
        return message

    async def first(self) -> Message:
        """Wait for the next message and return it, but leave it to be received; errors as in receive()."""
        await self._fill()
        return self._arrived[0]

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

    async def _fill(self) -> None:
        while not self._arrived:
            try:
                piece = await self._stream.receive_some(_PIECE)
            except trio.BrokenResourceError:
                piece = b""  # It was killed with our last frame unread.
            if not piece:
                raise ChildEnded(await self.wait())
            self._arrived.extend(self._decoder.feed(bytes(piece)))


def _explain(status: int) -> str:
    if status >= 0:
        return f"ended with status {status} ({MEANINGS.get(status, 'which has no meaning')})"
    try:
        fatal = signal.Signals(-status)
    except ValueError:
        return f"was killed by signal {-status}"
    return f"was killed by {fatal.name}" + (f" ({_SIGNALS[fatal]})" if fatal in _SIGNALS else "")
