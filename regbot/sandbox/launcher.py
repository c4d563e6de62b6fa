"""The launcher: a clean process that imports, reads and compiles everything once, and then only forks.

It talks with the supervisor in ASCII messages on one SOCK_SEQPACKET socket, its descriptor 0:

    launcher: hello, then a line for each layer ("net yes", "root no Operation not permitted")
    supervisor: fork NUMBER MEMORY CPU, with the child's end of a socket pair
    launcher: started NUMBER, with a pidfd of the child, or: refused NUMBER REASON
    launcher: exited NUMBER STATUS (negative: the signal)

It holds no secret: its environment is empty, every inherited descriptor is closed.  It ends when the supervisor does,
by the parent-death signal or by the end of the socket, and its children end with it.
"""

from __future__ import annotations

import errno
import gc
import json
import os
import select
import signal
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn

from regbot.sandbox import child, jail, kernel, landlock, namespaces, privileges, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regbot.sandbox.layers import Layer

CONTROL_FD: Final = 0
_STDERR: Final = 2
_LAST_FD: Final = (1 << 32) - 1
_MAX_REQUEST: Final = 256
_PAGE: Final = os.sysconf("SC_PAGESIZE")
_CHILD_START: Final = 1 << 20
"""Bytes of address space that a child takes between its fork and its script."""


def run(time_zone: str, make_script: Callable[[], child.Script]) -> NoReturn:
    """Be the launcher until the supervisor hangs up; every child runs what *make_script* makes in it."""
    # A supervisor that is dead already has left the socket at its end.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.close_range(1, 1)
    kernel.close_range(_STDERR + 1, _LAST_FD)
    _ignore_signals()
    _settle_time_zone(time_zone)
    plan, layers = prepare(read_profile())
    with suppress(BrokenPipeError, ConnectionResetError), socket.socket(fileno=CONTROL_FD) as control:
        control.send("\n".join(["hello", *map(str, layers)]).encode())
        _Launcher(control, plan, make_script).serve()
    os._exit(0)  # The supervisor is gone; so are the children, by their parent-death signal.


def read_profile() -> dict[str, Any]:
    """Return the seccomp profile of the children."""
    name = os.path.join(os.path.dirname(os.path.abspath(__file__)), "profile.json")  # noqa: PTH100, PTH118, PTH120 -- pathlib costs milliseconds to import
    with open(name, encoding="utf-8") as file:  # noqa: PTH123 -- likewise
        profile: dict[str, Any] = json.load(file)
    return profile


class _Launcher:
    """Forks on request and reaps; it blocks in one poll(2) and knows its children by their pidfds only."""

    def __init__(self, control: socket.socket, plan: jail.Plan, make_script: Callable[[], child.Script]) -> None:
        self._control, self._plan, self._make_script = control, plan, make_script
        self._numbers: dict[int, int] = {}
        """The number of the run by the pidfd of its child."""
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)

    def serve(self) -> None:
        """Answer requests until the supervisor hangs up."""
        while True:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._numbers:
                    self._reap(descriptor)
                elif not self._answer():
                    return

    def _answer(self) -> bool:
        request, descriptors, _, _ = socket.recv_fds(self._control, _MAX_REQUEST, 1)
        if not request:
            return False
        number, memory, cpu = map(int, request.split()[1:])
        try:
            self._fork(number, descriptors, jail.Limits(memory, cpu))
        except OSError as exc:
            if exc.errno == errno.ENOMEM and self._alone():
                # The kernel says so, too, where the first process of our namespace was killed, and all others with it:
                # none can be forked there any more.  A launcher without children may end, and another takes over.
                return False
            self._control.send(f"refused {number} {exc.strerror}".encode())
        return True

    def _alone(self) -> bool:
        """Whether every child has ended."""
        return self._numbers.keys() <= {descriptor for descriptor, _ in self._poll.poll(0)}

    def _fork(self, number: int, descriptors: list[int], limits: jail.Limits) -> None:
        if not descriptors:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))  # Where no number is free the kernel drops them.
        (theirs,) = descriptors
        try:
            if (process := os.fork()) == 0:
                child.live(theirs, jail.Cell(self._plan, limits), self._make_script)
        finally:
            os.close(theirs)  # Now, so that its number is free for the pidfd: a child without one could not be ended.
        pidfd = os.pidfd_open(process)
        self._numbers[pidfd] = number
        self._poll.register(pidfd, select.POLLIN)
        socket.send_fds(self._control, [f"started {number}".encode()], [pidfd])

    def _reap(self, pidfd: int) -> None:
        ended = os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        assert ended is not None, "only WNOHANG may find nothing"
        status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        self._poll.unregister(pidfd)
        os.close(pidfd)
        self._control.send(f"exited {self._numbers.pop(pidfd)} {status}".encode())


def _ignore_signals() -> None:
    """Leave it to the supervisor what a signal to the whole group means: it may give running scripts time to end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)


def _settle_time_zone(name: str) -> None:
    """Have the C library read the zone now.  Without TZ it would look at /etc/localtime again at each os.date."""
    os.environ["TZ"] = name
    time.tzset()
    time.localtime()


def prepare(profile: Mapping[str, Any]) -> tuple[jail.Plan, list[Layer]]:
    """Compile the children's seccomp *profile*, then leave the namespaces and give up what is not needed any more."""
    program = seccomp.compile_profile(profile, os.uname().machine)
    gc.collect()
    gc.freeze()  # A collection in a child would otherwise write to, and so copy, every page that has objects.
    gc.disable()
    base = _address_space() + _CHILD_START
    layers = list(namespaces.leave())
    nobody = privileges.keep_what_children_need()
    abi, files = landlock.supported()
    # A new user namespace has reset both.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    return jail.Plan(os.getpid(), program, abi, nobody.holds, base), [*layers, nobody, files]


def _address_space() -> int:
    with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 -- pathlib costs milliseconds to import
        return int(file.read().split()[0]) * _PAGE
