"""Attacks on the network, on this machine and beyond."""

from __future__ import annotations

import fcntl
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from regbot.sandbox.pipe import PIPE_FD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.walls.targets import Targets

FAMILIES: Final = range(46)
_FLAGS: Final = struct.Struct("16sh14x")
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def any_family(_: Targets, __: int) -> None:
    """Make a socket of whatever family and kind there is."""
    for family in FAMILIES:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET, socket.SOCK_RAW):
            with suppress(OSError):
                socket.socket(family, kind).close()
                return
    raise OSError


def connect(where: Targets, _: int) -> None:
    """Connect to a TCP port where somebody listens."""
    with socket.socket() as tcp:
        tcp.connect(("127.0.0.1", where.port))


def bind(_: Targets, __: int) -> None:
    """Listen at a TCP port."""
    with socket.socket() as tcp:
        tcp.bind(("127.0.0.1", 0))
        tcp.listen()


def datagram(where: Targets, _: int) -> None:
    """Send a datagram to where somebody receives."""
    with socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x", ("127.0.0.1", where.udp_port))


def abstract(where: Targets, _: int) -> None:
    """Connect to an abstract socket where somebody listens."""
    with socket.socket(socket.AF_UNIX) as unix:
        unix.connect(where.abstract)


def by_path(where: Targets, _: int) -> None:
    """Connect to a socket in a folder where somebody listens: Docker's would be one."""
    with socket.socket(socket.AF_UNIX) as unix:
        unix.connect(f"{where.folder}/socket")


def raw(_: Targets, __: int) -> None:
    """Read what passes on every interface."""
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


def raise_loopback(_: Targets, __: int) -> None:
    """Raise the loopback interface, and so have a network; outside it is up already."""
    with socket.socket() as tcp:
        _, flags = _FLAGS.unpack(fcntl.ioctl(tcp, _GET_FLAGS, _FLAGS.pack(b"lo", 0)))
        fcntl.ioctl(tcp, _SET_FLAGS, _FLAGS.pack(b"lo", flags | _UP))


def pass_descriptor(_: Targets, __: int) -> None:
    """Send a descriptor to the supervisor."""
    with socket.socket(fileno=PIPE_FD) as pipe:
        socket.send_fds(pipe, [b"x"], [PIPE_FD])


ATTACKS: Final[dict[str, Callable[[Targets, int], None]]] = {
    "a socket of any of 46 families": any_family,
    "TCP: connect to loopback": connect,
    "TCP: listen on loopback": bind,
    "UDP: send to loopback": datagram,
    "Unix socket: connect to an abstract name": abstract,
    "Unix socket: connect to a path": by_path,
    "packet socket": raw,
    "raise the loopback interface": raise_loopback,
    "send the supervisor a descriptor": pass_descriptor,
}
