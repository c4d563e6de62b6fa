"""The token that whoever reads or acts has to show: read from a file, and again when that has changed."""

from __future__ import annotations

import hmac
import os
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final

import trio

from regbot.web.address import CannotListen

if TYPE_CHECKING:
    from loguru import Logger

SHORTEST: Final = 16
"""Characters of a token: fewer could be found by trying."""
_LONGEST: Final = 4096
_EVERY: Final = 1.0
"""Seconds between two looks at the file."""
_TOKEN: Final = re.compile(rb"[!-~]+")


class Token:
    """The token of a file; its own text is shown nowhere."""

    def __init__(self, path: str, log: Logger) -> None:
        """Read the file; CannotListen if it holds no token."""
        self._path, self._log = Path(path), log
        try:
            self._seen, self._token = self._read()
        except OSError as exc:
            raise CannotListen(f"--token-file {path} cannot be read: {exc.strerror}") from exc
        except ValueError as exc:
            raise CannotListen(f"--token-file {path}: {exc}") from exc
        self._look_at = 0.0

    def __repr__(self) -> str:
        return f"Token({str(self._path)!r})"

    def opens(self, shown: bytes) -> bool:
        """Whether this is the token; it takes the same time wherever the first difference is."""
        self._renew()
        return hmac.compare_digest(shown, self._token)

    def _renew(self) -> None:
        """Read the file anew if it was replaced; one that cannot be used changes nothing."""
        if (now := trio.current_time()) < self._look_at:
            return
        self._look_at = now + _EVERY
        try:
            if _state(self._path.stat()) == self._seen:
                return
            self._seen, self._token = self._read()
        except (OSError, ValueError) as exc:
            if self._seen is not None:
                why = exc.strerror if isinstance(exc, OSError) else exc
                self._log.bind(file=str(self._path)).warning(
                    f"The token file cannot be used, the old token holds: {why}"
                )
            self._seen = None
            return
        self._log.bind(file=str(self._path)).info("The token was read anew")

    def _read(self) -> tuple[tuple[int, int, int] | None, bytes]:
        with self._path.open("rb") as file:
            found = os.fstat(file.fileno())
            line = file.read(_LONGEST).split(b"\n", 1)[0].strip()
        if len(line) < SHORTEST:
            raise ValueError(f"its first line should be a token of {SHORTEST} characters or more: openssl rand -hex 32")
        if _TOKEN.fullmatch(line) is None:
            raise ValueError("a token has neither spaces nor characters beyond ASCII: openssl rand -hex 32 makes one")
        if found.st_mode & stat.S_IROTH:
            self._log.bind(file=str(self._path)).warning("Everybody on this machine can read the token: chmod o-r")
        return _state(found), line


def _state(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_mtime_ns, found.st_size
