"""What an operator may want to know of the work on registries; nothing depends on anybody listening."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the copy to *target* is: blobs and bytes that are done, of those known to be needed so far."""

    target: str
    blobs: int
    blobs_known: int
    bytes: int
    bytes_known: int


class Observer(Protocol):
    """Is told things in sentences that hold no secret.  No method blocks or raises."""

    def debug(self, text: str) -> None:
        """Take note of how something is done: why a request is anonymous, that one is made again."""
        ...

    def warn(self, text: str) -> None:
        """Take note of what an operator should look into, though an operation may well have succeeded."""
        ...

    def error(self, text: str) -> None:
        """Take note of harm that outlasts an operation, though nobody be there to catch its error: a lost tag."""
        ...

    def progress(self, progress: Progress) -> None:
        """Take note of how far a copy is."""
        ...


class Silent:
    """An Observer that does nothing."""

    def debug(self, text: str) -> None:
        """Forget it."""

    def warn(self, text: str) -> None:
        """Forget it."""

    def error(self, text: str) -> None:
        """Forget it."""

    def progress(self, progress: Progress) -> None:
        """Forget it."""


class Meter(Protocol):
    """Is told of every request and every wait, by the name of the registry.  No method blocks or raises."""

    def requested(self, registry: str, status: int) -> None:
        """Take note of an answer, wherever it came from on behalf of a registry; 0: there was none."""
        ...

    def received(self, registry: str, size: int) -> None:
        """Take note of bytes of a body that came."""
        ...

    def sent(self, registry: str, size: int) -> None:
        """Take note of bytes of a body that were sent."""
        ...

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Take note of a wait: *why* is `slot`, `pace` (reqPerSec), `retry` or `ratelimit`."""
        ...

    def remaining(self, registry: str, pulls: int) -> None:
        """Take note of how many pulls a registry says are left."""
        ...


class Unmetered:
    """A Meter that does nothing."""

    def requested(self, registry: str, status: int) -> None:
        """Forget it."""

    def received(self, registry: str, size: int) -> None:
        """Forget it."""

    def sent(self, registry: str, size: int) -> None:
        """Forget it."""

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Forget it."""

    def remaining(self, registry: str, pulls: int) -> None:
        """Forget it."""
