"""`regbot health`: ask a server whether it is alive.

A container runs it every few seconds: the standard library's sockets are all that is loaded.
"""

from __future__ import annotations

import re
import socket
import sys
import time
from typing import TYPE_CHECKING, Final

from regbot.commands.console import say
from regbot.commands.status import ExitStatus, UsageError

if TYPE_CHECKING:
    from argparse import Namespace

PATIENCE: Final = 3.0
"""Seconds that the server has to accept, and again for its whole answer: it is one that waits for nothing."""
MAX_ANSWER: Final = 16 << 10
"""Bytes of the answer that are read."""

_UNIX: Final = "unix:"
# A label of more than 63 characters (RFC 1035, section 2.3.4) would be a UnicodeError of the resolver.
_LABEL: Final = r"[A-Za-z0-9_-]{1,63}"
_TCP: Final = re.compile(rf"(?:\[([0-9A-Fa-f:.]+)\]|({_LABEL}(?:\.{_LABEL})*\.?)):([0-9]{{1,5}})")
# The status line of RFC 9112, section 4.
_STATUS: Final = re.compile(rb"HTTP/1\.[01] ([0-9]{3})[ \r]")
_SHOWN: Final = 200
"""Characters of an answer that are shown."""


def command(arguments: Namespace) -> int:
    """Ask the server, return the exit status: SUCCESS only if it says 200."""
    address = arguments.listen
    target = parse(address)
    try:
        status, said = answer(target, PATIENCE)
    except OSError as exc:
        why = f"{exc.strerror or exc}; is the server running, with --listen {address}?"
        return _failed(f"{address}: {why}")
    if status is None:
        return _failed(f"{address}: what answers there does not speak HTTP/1.1: {said!r}")
    if status != 200:
        return _failed(f"{address}: /healthz answers {status}: {said}")
    say(f"{address}: alive")
    return ExitStatus.SUCCESS


def parse(address: str) -> str | tuple[str, int]:
    """Return the path of a Unix socket, or host and port; UsageError if *address* is neither."""
    if address.startswith(_UNIX) and address != _UNIX:
        return address.removeprefix(_UNIX)
    found = _TCP.fullmatch(address)
    if found is None or not 0 < int(found[3]) < 1 << 16:
        form = "it is HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080, or unix:PATH"
        raise UsageError(f'"{address}" is no address of a server: {form}')
    return found[1] or found[2], int(found[3])


def answer(target: str | tuple[str, int], patience: float) -> tuple[int | None, str]:
    """Return the status of what is answered (None: it is not HTTP) and the beginning of its text; OSError.

    *patience* is in seconds, for connecting and for the answer each.
    """
    with _connected(target, patience) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = _read(connection, time.monotonic() + patience)
    found = _STATUS.match(received)
    body = received.partition(b"\r\n\r\n")[2] if found else received
    # What answers may be anything: nothing of it moves the cursor of a terminal.
    said = "".join(each if each.isprintable() else " " for each in body.decode("utf-8", "replace"))
    return int(found[1]) if found else None, said.strip()[:_SHOWN]


def _connected(target: str | tuple[str, int], patience: float) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target, timeout=patience)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(patience)
    try:
        connection.connect(target)
    except OSError:
        connection.close()
        raise
    return connection


def _read(connection: socket.socket, end: float) -> bytes:
    """Return what comes until the other side closes, MAX_ANSWER of it at most; TimeoutError once it is *end*."""
    answer = b""
    while len(answer) < MAX_ANSWER:
        # One byte a second would never be late by the time-out of a single read.
        connection.settimeout(max(end - time.monotonic(), 0.001))
        piece = connection.recv(MAX_ANSWER)
        if not piece:
            break
        answer += piece
    return answer


def _failed(why: str) -> int:
    print(f"regbot: {why}", file=sys.stderr)
    return ExitStatus.FAILED
