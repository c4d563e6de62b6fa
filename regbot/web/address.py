"""Where a server listens: a host and a port, or a Unix socket."""

from __future__ import annotations

import errno
import ipaddress
import os
import re
import socket
from dataclasses import dataclass
from typing import Final, Self

_TCP: Final = re.compile(r"(?:\[(?P<six>[^\[\]]+)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_LONGEST: Final = 107
"""Bytes of the path of a Unix socket (unix(7))."""
_FORMS: Final = "use HOST:PORT, [IPV6]:PORT or unix:PATH"


class CannotListen(Exception):
    """Nothing can be shown where it was asked for; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """An address as somebody wrote it: of a Unix socket *path* is set, else *host* and *port* (0: any that is free)."""

    host: str = ""
    port: int = 0
    path: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read HOST:PORT, [IPV6]:PORT or unix:PATH; CannotListen if it is none of these."""
        if text.startswith("unix:"):
            return cls(path=_path(text.removeprefix("unix:")))
        if re.fullmatch(r":[0-9]+", text):
            raise CannotListen(
                f"{text} names no host: 127.0.0.1{text} is this machine only, 0.0.0.0{text} is everywhere"
            )
        if (match := _TCP.fullmatch(text)) is None:
            raise CannotListen(f'"{text[:200]}" is no address: {_FORMS}')
        if (port := int(match["port"])) > 0xFFFF:
            raise CannotListen(f"{text[:200]}: there is no port {port}, the last one is 65535")
        if match["six"] is not None and not _is_six(match["six"]):
            raise CannotListen(f"{text[:200]}: what is in brackets should be an IPv6 address; {_FORMS}")
        return cls(host=match["six"] or match["host"], port=port)

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def resolve(self) -> list[tuple[socket.AddressFamily, str]]:
        """Return the addresses of the host, each once; CannotListen if it has none."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError) as exc:
            why = exc.strerror if isinstance(exc, OSError) else exc
            raise CannotListen(f"{self}: there is no address for {self.host}: {why}") from exc
        return list(dict.fromkeys((family, str(where[0])) for family, _, _, _, where in found))


def is_loopback(host: str) -> bool:
    """Whether this is a literal address that only this machine reaches."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def advice(exc: OSError) -> str:
    """Return what the system said, and what to do about it."""
    said = exc.strerror or str(exc)
    match exc.errno:
        case errno.EADDRINUSE:
            return f"{said}: another program listens there; end it, or choose another port"
        case errno.EADDRNOTAVAIL:
            return f"{said}: no network interface has this address (ip address)"
        case errno.EACCES | errno.EPERM:
            return f"{said}: a port below 1024, or a folder, that this user may not use"
        case _:
            return said


def _path(path: str) -> str:
    if not path or "\0" in path:
        raise CannotListen("unix: should be followed by the path of the socket: unix:/run/regbot/socket")
    if len(os.fsencode(path)) > _LONGEST:
        raise CannotListen(f"unix:{path[:200]}: a socket's path has at most {_LONGEST} bytes; use a shorter one")
    return path


def _is_six(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
