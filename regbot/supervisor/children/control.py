"""One launcher process: exec'ed, listened to, and dead when its control socket ends.

The messages on that socket are described where they are answered, in sandbox/launcher.py.  They come from our own
program, which no script has ever touched: what is wrong with them is a defect, and not to be handled.
"""

from __future__ import annotations

import array
import errno
import itertools
import os
import select
import socket
from contextlib import ExitStack
from signal import SIGKILL
from typing import TYPE_CHECKING, Final

import trio

from regbot.supervisor.children import starting
from regbot.supervisor.children.child import Child
from regbot.supervisor.children.ending import Fate
from regbot.supervisor.children.layers import LauncherFailed, Layer, require

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    from regbot.supervisor.children.child import ChildLimits

_MAX_MESSAGE: Final = 4096


class _Request:
    """One child that was asked for: its pidfd or why there is none, and later its end."""

    def __init__(self) -> None:
        self.answered = trio.Event()
        self.pidfd = -1
        self.refusal = ""
        self.fate = Fate()


class LauncherProcess:
    """A launcher from its exec to its end.

    *patience* is the seconds within which it must answer anything; *required* the walls that it must have.
    """

    def __init__(self, command: Sequence[str], patience: float, required: Collection[str] = ()) -> None:
        self._popen, self._pidfd, control = starting.start(command)
        self._patience, self._required = patience, required
        self._control = trio.socket.from_stdlib_socket(control)
        self._layers: tuple[Layer, ...] = ()
        self._hello, self._over = trio.Event(), trio.Event()
        self._numbers = itertools.count(1)
        self._requests: dict[int, _Request] = {}
        """The children that were asked for, until their end was reported."""
        self._retired = False
        self._listening = trio.CancelScope()
        # A nursery around the caller's block would wrap what escapes from it into a group.  What escapes from
        # this task is a defect of ours, and trio ends the program for it.
        trio.lowlevel.spawn_system_task(self._listen)

    @property
    def gone(self) -> bool:
        """Whether the process has ended."""
        return self._over.is_set()

    @property
    def alive(self) -> bool:
        """Whether the process lives; unlike `gone`, this knows of an end that nobody has heard of yet."""
        if self.gone:
            return False
        process = select.poll()
        process.register(self._pidfd, select.POLLIN)
        return not process.poll(0)

    async def greeted(self) -> Sequence[Layer]:
        """Wait for the hello and return its layers; LauncherFailed if there is none, or a required wall is missing."""
        await self.answer(self._hello.wait)
        if not self._layers:
            status = self._popen.returncode
            raise LauncherFailed(f"the launcher ended with status {status} before it was ready (see standard error)")
        require(self._required, self._layers)
        return self._layers

    async def fork(self, limits: ChildLimits) -> Child | None:
        """Ask for a child; None if the launcher died instead or has retired, LauncherFailed if it has none to give."""
        await self.greeted()
        if self._retired:
            return None
        request = _Request()
        with ExitStack() as undo:
            ours, theirs = starting.pair(socket.SOCK_STREAM)
            undo.enter_context(ours)
            with theirs:
                await self._ask(request, limits, theirs)
            # Once asked, a child may exist: whatever is cancelled, its pidfd must be waited for.
            with trio.CancelScope(shield=True):
                await self.answer(request.answered.wait)
            if request.refusal:
                raise LauncherFailed(f"no process for a child: {request.refusal}")
            if request.pidfd < 0:
                return None
            undo.pop_all()
        stream = trio.SocketStream(trio.socket.from_stdlib_socket(ours))
        return Child(stream, request.pidfd, request.fate, limits)

    async def answer(self, waiting: Callable[[], Awaitable[object]]) -> None:
        """Wait for something that the launcher will say; a launcher that says nothing for long is killed."""
        with trio.move_on_after(self._patience):
            await waiting()
            return
        await self.aclose()

    def retire(self) -> None:
        """Give no child any more, and end with the last one."""
        self._retired = True
        if not self._requests:
            self._listening.cancel()

    async def aclose(self) -> None:
        """Kill the process, and wait until it has ended."""
        self._listening.cancel()
        await self._over.wait()

    async def _ask(self, request: _Request, limits: ChildLimits, theirs: socket.socket) -> None:
        number = next(self._numbers)
        text = f"fork {number} {limits.memory} {limits.cpu or 0}"
        descriptor = array.array("i", [theirs.fileno()])
        self._requests[number] = request
        try:
            await self._control.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor)])
        except trio.Cancelled:
            self._forget(number)  # Then nothing was sent.
            raise
        except OSError:
            await self._over.wait()
            request.answered.set()  # It died, and that is the answer.

    async def _listen(self) -> None:
        try:
            with self._listening:
                while await self._hear():
                    pass
        finally:
            with trio.CancelScope(shield=True):
                await self._bury()

    async def _hear(self) -> bool:
        """Take one message from the launcher; false after the last."""
        room = socket.CMSG_SPACE(array.array("i").itemsize)
        try:
            text, extra, _, _ = await self._control.recvmsg(_MAX_MESSAGE, room, socket.MSG_CMSG_CLOEXEC)
        except ConnectionResetError:
            return False  # It died with a request of ours unread.
        descriptors = array.array("i", b"".join(data for _, _, data in extra))
        match text.decode().split("\n"):
            case ["hello", *layers]:
                self._layers = tuple(map(Layer.parse, layers))
                self._hello.set()
            case [answer] if answer:
                self._take(*answer.split(" ", 2), descriptors=descriptors)
        return bool(text)

    def _take(self, what: str, number: str, detail: str = "", *, descriptors: Sequence[int]) -> None:
        request = self._requests[int(number)]
        if what == "started" and descriptors:
            (request.pidfd,) = descriptors
        elif what == "started":
            # The kernel drops what we have no number left for.  The child leaves when its socket is closed.
            request.refusal = os.strerror(errno.EMFILE)
        else:
            self._forget(int(number))
        if what == "refused":
            request.refusal = detail
        if what == "exited":
            request.fate.decide(int(detail))
        request.answered.set()

    def _forget(self, number: int) -> None:
        del self._requests[number]
        if self._retired and not self._requests:
            self._listening.cancel()

    async def _bury(self) -> None:
        self._popen.kill()
        await trio.lowlevel.wait_readable(self._pidfd)
        self._popen.wait()
        os.close(self._pidfd)
        self._control.close()
        self._over.set()
        self._hello.set()
        for request in self._requests.values():
            # The kernel kills the children of a launcher that died.
            request.fate.decide(-SIGKILL)
            request.answered.set()
        self._requests.clear()
