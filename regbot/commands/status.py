"""How a command ends."""

from __future__ import annotations

from enum import IntEnum


class ExitStatus(IntEnum):
    """What the caller of `regbot` learns from its end; ended by a signal it is 128 and the signal's number."""

    SUCCESS = 0
    FAILED = 1
    """A script failed, or something is wrong with what was to be checked."""
    USAGE = 2
    """Nothing was done."""
    SIGNAL = 128


class UsageError(Exception):
    """The command line or the configuration asks for what cannot be; the message says what and what to do."""
