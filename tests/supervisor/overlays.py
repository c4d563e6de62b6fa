"""An overlay over registries on loopback, for tests."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from regbot.registry.digest import Digest
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.registries import Registries
from regbot.supervisor.audit.recorded import Recorded
from regbot.supervisor.dry.overlay import Overlay
from regbot.supervisor.dry.plan import Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from regbot.registry.reference import Reference
    from regbot.supervisor.audit.change import Change
    from tests.copies import Asked
    from tests.images import Image


@asynccontextmanager
async def dry(
    registry: Asked, changes: list[Change] | None = None, *, others: Sequence[Asked] = ()
) -> AsyncIterator[Recorded]:
    """Give a dry run's registry over one, and *others*, which cannot write; *changes* gets the writes not made."""
    hosts = Hosts([Host(each.host, tls=Tls.DISABLED) for each in (registry, *others)])
    async with Registries(hosts, read_only=True, user_agent="") as below:
        noted: list[Change] = [] if changes is None else changes
        yield Recorded(Overlay(below, Plan()), noted.append)


def at(reference: Reference, image: Image) -> Reference:
    """Return the reference of an image by its digest."""
    return reference.at(Digest.parse(image.digest))
