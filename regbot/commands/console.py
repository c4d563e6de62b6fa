"""What commands print, and how they say it."""

from __future__ import annotations

from regbot.commands.status import UsageError


def say(text: str) -> None:
    """Write to standard output; what cannot be written there is told, and is no success."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        raise
    except OSError as exc:
        raise UsageError(f"cannot write to standard output: {exc.strerror}") from exc


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: 1 fault, 2 faults."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
