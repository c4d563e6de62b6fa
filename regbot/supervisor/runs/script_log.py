"""What a script says, as records of the log: at the levels that there are, and no more than it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.protocol.errors import WireError
from regbot.supervisor.logs import with_fields
from regbot.supervisor.runs import user_fields

if TYPE_CHECKING:
    from loguru import Logger

RECORD: Final = 128
"""Bytes that a message costs in the log besides its text: time, level, names."""
SAID: Final = "User script message"
"""What a record says that holds what a script said."""
_LEVELS: Final = {"trace": "TRACE", "debug": "DEBUG", "info": "INFO", "warn": "WARNING", "error": "ERROR"}


def decoded(text: bytes) -> str:
    """Return a script's text; bytes that are no UTF-8 stay what they are, for the log to spell out."""
    return text.decode("utf-8", "surrogateescape")


class ScriptLog:
    """The messages of one run, of which *limit* bytes are logged; one record says so when the rest is left out.

    The prelude (sandbox/prelude/calls.lua) counts the same bytes, and sends nothing after the first message that is
    over the limit: what a script says in vain costs us nothing.
    """

    def __init__(self, log: Logger, limit: int) -> None:
        self._log, self._limit = log, limit
        self._left = limit

    def write(self, level: str, text: bytes, fields: bytes) -> None:
        """Log a message; WireError if it is one that the prelude lets no script send."""
        if level not in _LEVELS:
            raise WireError(f"there is no log level {level[:80]!r}")
        if self._left < 0:
            raise WireError(f"a message for the log comes after the {self._limit} bytes that may be logged")
        self._left -= len(text) + len(fields) + RECORD
        if self._left < 0:
            self._log.bind(limit="logBytes", bytes=self._limit).warning("The rest of this script's log is cut")
            return
        said = with_fields(self._log.bind(message=decoded(text)), user_fields.read(fields))
        said.log(_LEVELS[level], SAID)
