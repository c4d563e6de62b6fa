"""Sockets that are bound and listen before anything else runs: an address that cannot be had is known at once."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regbot.web.address import Address, CannotListen, advice, is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BACKLOG: Final = 100
_PRIVATE: Final = 0o177
"""The umask under which a socket is made: its file is for its owner alone from the first moment on."""
_ABSENT: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


@dataclass(slots=True)
class Bound:
    """Where we listen.  *local* is whether only this machine can connect; *inode* is that of a Unix socket's file."""

    address: Address
    sockets: Sequence[socket.socket]
    local: bool
    inode: tuple[int, int] | None = None

    def close(self) -> None:
        """Stop listening, and remove the file of a Unix socket if it is still ours; any number of times."""
        for each in self.sockets:
            each.close()
        if self.inode is None:
            return
        with suppress(OSError):
            found = os.lstat(self.address.path)
            if (found.st_dev, found.st_ino) == self.inode:
                Path(self.address.path).unlink()
        self.inode = None


def bind(address: Address, *, anywhere: bool) -> Bound:
    """Listen; CannotListen if that cannot be, or if others could connect and it is not meant for *anywhere*."""
    try:
        if address.path:
            return _bind_path(address)
        hosts = address.resolve()
        local = all(is_loopback(host) for _, host in hosts)
        if not (local or anywhere):
            why = "other machines reach it, and anybody there could have scripts run"
            raise CannotListen(f"{address}: {why}; name a --token-file, or listen at 127.0.0.1 or unix:PATH")
        sockets = _bind_hosts(address, hosts)
    except OSError as exc:
        raise CannotListen(f"{address}: {advice(exc)}") from exc
    return Bound(Address(address.host, sockets[0].getsockname()[1]), sockets, local)


def _bind_hosts(address: Address, hosts: Sequence[tuple[socket.AddressFamily, str]]) -> list[socket.socket]:
    """Listen at every address of a host, at the same port."""
    with ExitStack() as stack:
        bound: list[socket.socket] = []
        absent: OSError | None = None
        for family, host in hosts:
            port = bound[0].getsockname()[1] if bound else address.port
            try:
                bound.append(stack.enter_context(_bind_one(family, host, port)))
            except OSError as exc:
                # localhost is ::1 also where IPv6 is switched off.
                if exc.errno not in _ABSENT:
                    raise
                absent = exc
        if not bound and absent is not None:
            raise absent
        stack.pop_all()
        return bound


def _bind_one(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    with ExitStack() as stack:
        made = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            # [::] is every address of both kinds, as users of other servers expect.
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, host != "::")
        made.bind((host, port))
        made.listen(BACKLOG)
        stack.pop_all()
        return made


def _bind_path(address: Address) -> Bound:
    path = address.path
    # Nobody else looks whether a socket is stale, or replaces it, meanwhile.
    with _locked(Path(path).parent), ExitStack() as stack:
        _remove_stale(address)
        made = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        before = os.umask(_PRIVATE)
        try:
            made.bind(path)
        finally:
            os.umask(before)
        made.listen(BACKLOG)
        stack.pop_all()
        found = os.lstat(path)
        return Bound(address, [made], local=True, inode=(found.st_dev, found.st_ino))


def _remove_stale(address: Address) -> None:
    try:
        mode = os.lstat(address.path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise CannotListen(f"{address}: there is something else than a socket, which is left alone; use another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.settimeout(0)
        try:
            other.connect(address.path)
        except ConnectionRefusedError:
            Path(address.path).unlink()
            return
        except BlockingIOError:
            pass  # Its queue is full: somebody has it.
    raise CannotListen(f"{address}: another program listens there; end it, or use another path")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)
