"""What there is before the walls are put up: that a child is cut off from it can be seen only by comparing."""

from __future__ import annotations

import ctypes
import os
import socket
from contextlib import suppress
from typing import Final

NAMESPACES: Final = {"user": "user", "net": "net", "ipc": "ipc", "uts": "uts", "mount": "mnt", "pid": "pid"}
"""What a layer is called by us, and the namespace behind it by /proc/self/ns."""

_KEYCTL: Final = {"x86_64": 250, "aarch64": 219}
_GET_KEYRING_ID: Final = 0
_SESSION_KEYRING: Final = -3
_libc: Final = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class Surroundings:
    """This process, and what it can reach, as the supervisor sees it.

    Made before anything is given up.  The descriptors stay open: of /proc, which an empty root has not, and of a TCP
    port on 127.0.0.1 that answers.
    """

    def __init__(self) -> None:
        self.user, self.group = os.geteuid(), os.getegid()
        self.keyring = keyring()
        self.proc = -1
        with suppress(OSError):
            self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
        self.namespaces = self.namespaces_now()
        self.port = 0
        with suppress(OSError):
            self._listener = socket.create_server(("127.0.0.1", 0))
            # Or what follows would prove nothing.
            if self.connect(self._listener.getsockname()[1]):
                self.port = self._listener.getsockname()[1]

    def namespaces_now(self) -> dict[str, int]:
        """Return what /proc calls the namespaces that the process is in now, as far as it tells."""
        found = {}
        for name, file in NAMESPACES.items():
            with suppress(OSError):
                found[name] = os.stat(f"self/ns/{file}", dir_fd=self.proc).st_ino
        return found

    def maps(self) -> list[bytes]:
        """Return the lines of /proc/self/maps of the process that asks; OSError without /proc."""
        with os.fdopen(os.open("self/maps", os.O_RDONLY, dir_fd=self.proc), "rb") as file:
            return file.read().splitlines()

    @staticmethod
    def connect(port: int) -> bool:
        """Say whether there is a way to a port of 127.0.0.1."""
        with socket.socket() as client:
            client.settimeout(1)
            try:
                client.connect(("127.0.0.1", port))
            except OSError:
                return False
        return True


def keyring() -> int | None:
    """Return the number of the session's keyring (keyctl(2)), None if that cannot be had."""
    number = _KEYCTL.get(os.uname().machine, -1)
    words = (number, _GET_KEYRING_ID, _SESSION_KEYRING, 0)
    found: int = _libc.syscall(*(ctypes.c_long(word) for word in words))
    return found if found > 0 else None


def control(option: int) -> int:
    """Return what prctl(2) answers to a question that has a number for an answer."""
    answered: int = _libc.prctl(option, *(ctypes.c_ulong(0),) * 4)
    if answered < 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}): {os.strerror(ctypes.get_errno())}")
    return answered
