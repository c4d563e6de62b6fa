"""What registries tell of their requests, counted for the run on whose behalf they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.supervisor.audit.trail import CURRENT

if TYPE_CHECKING:
    from regbot.registry.observer import Meter


class TrailMeter:
    """A Meter that adds to the trail of the run that is CURRENT, and tells each of *others* as well."""

    def __init__(self, *others: Meter) -> None:
        self._others = others

    def requested(self, registry: str, status: int) -> None:
        """Count a request."""
        if (trail := CURRENT.get()) is not None:
            trail.requests += 1
        for other in self._others:
            other.requested(registry, status)

    def received(self, registry: str, size: int) -> None:
        """Count bytes that came."""
        if (trail := CURRENT.get()) is not None:
            trail.received += size
        for other in self._others:
            other.received(registry, size)

    def sent(self, registry: str, size: int) -> None:
        """Count bytes that were sent."""
        if (trail := CURRENT.get()) is not None:
            trail.sent += size
        for other in self._others:
            other.sent(registry, size)

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Count the seconds of a wait."""
        if (trail := CURRENT.get()) is not None:
            trail.waited += seconds
        for other in self._others:
            other.waited(registry, seconds, why)

    def remaining(self, registry: str, pulls: int) -> None:
        """Pass on how many pulls are left: that is no matter of a run's."""
        for other in self._others:
            other.remaining(registry, pulls)
