"""Telling systemd how we are: sd_notify(3), its protocol in a few lines."""

from __future__ import annotations

import os
import socket
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loguru import Logger

_SOCKET: Final = "NOTIFY_SOCKET"


class Notifier:
    """Sends states to the socket that *environ* names; to nobody where it names none."""

    def __init__(self, environ: Mapping[str, str], log: Logger) -> None:
        address = environ.get(_SOCKET, "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._log = log
        self.watchdog = _watchdog(environ) if address else None
        """Seconds within which `alive` has to be said; None: nobody waits for it."""

    def ready(self, status: str) -> None:
        """Say that the configuration is in force, after start or reload."""
        self._send("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the configuration is being read anew."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def alive(self) -> None:
        """Say that the event loop turns."""
        self._send("WATCHDOG=1")

    def _send(self, *states: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
                sender.sendto("\n".join(states).encode(), self._address)
        except OSError as exc:
            self._log.bind(state=states[0], error=exc.strerror).warning("systemd cannot be told ($NOTIFY_SOCKET)")


def _watchdog(environ: Mapping[str, str]) -> float | None:
    text, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not text.isdecimal() or process not in {"", str(os.getpid())}:
        return None
    return int(text) / 1e6 or None
