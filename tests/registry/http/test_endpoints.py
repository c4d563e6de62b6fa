from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest

from regbot.registry.auth.challenges import Challenge
from regbot.registry.auth.refusals import REST
from regbot.registry.credentials import Login, Secret
from regbot.registry.hosts import Host, Hosts
from regbot.registry.http.endpoints import MAX_OTHERS, Endpoints
from regbot.registry.http.exchange import Request
from regbot.registry.observer import Silent
from tests.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from trio.testing import MockClock

    from regbot.registry.http.endpoint import Endpoint
    from regbot.registry.http.exchange import Answer


class Closing(FakeRegistry):
    """Counts how often it was closed."""

    closed = 0

    async def aclose(self) -> None:
        """Count."""
        self.closed += 1


async def ask(endpoint: Endpoint, request: Request) -> Answer:
    """Be asked nothing."""
    raise AssertionError((endpoint, request))


def endpoints(fake: FakeRegistry) -> Endpoints:
    """Return what knows one registry by the configuration."""
    return Endpoints(Hosts([Host("a", req_concurrent=7)]), fake, ask, Silent())


def test_find() -> None:
    """A registry is the same each time, and as configured."""
    known = endpoints(FakeRegistry())
    assert known.find("a") is known.find("a")
    assert (known.find("a").throttle.slots, known.find("b").throttle.slots) == (7, 3)


def test_at_once() -> None:
    """How many calls are in flight counts at every registry, known before or not, but for one that is configured."""
    known = endpoints(FakeRegistry())
    before = known.find("before")
    known.at_once(8)
    assert [each.throttle.slots for each in (before, known.find("after"), known.find("a"))] == [8, 8, 7]


async def test_two_names() -> None:
    """Two names of one address are two registries, each with slots of its own."""
    known = Endpoints(Hosts([Host("a", hostname="x"), Host("b", hostname="x")]), FakeRegistry(), ask, Silent())
    assert known.find("a").throttle is not known.find("b").throttle


async def test_forget() -> None:
    """Of too many registries those are forgotten that nobody asked for in a long while, with their connections."""
    fake = Closing()
    known = endpoints(fake)
    first, second = known.find("x"), known.find("y")
    first.transport(elsewhere=False)
    for number in range(MAX_OTHERS - 1):
        known.find(f"r{number}")
    known.find("y")
    await known.forget()
    assert fake.closed == 1
    assert (known.find("x") is first, known.find("y") is second) == (False, True)


async def test_configured_stays() -> None:
    """A registry that somebody configured is never forgotten, with what was refused there and how fast it may be."""
    known = endpoints(FakeRegistry())
    configured = known.find("a")
    for number in range(MAX_OTHERS + 10):
        known.find(f"r{number}")
    await known.forget()
    assert known.find("a") is configured


async def test_what_still_counts_stays(mock_clock: MockClock) -> None:
    """A registry where a login rests, or the next request has to wait, is kept until that is over."""
    login = Login("bot", Secret("x"))
    hosts = Hosts(other=lambda name: Host(name, login=login, req_per_sec=0.1 if name == "slow" else 0))
    known = Endpoints(hosts, FakeRegistry(), ask, Silent())
    refusing, slow = known.find("refusing"), known.find("slow")
    request = Request("GET", refusing.base, "refusing")
    refusing.auth.heard(request, 401, [Challenge("basic")], {})
    async with refusing.auth.headers(request) as said:
        refusing.auth.heard(request, 401, [Challenge("basic")], said)
    await slow.throttle.pace()
    kept = []
    for moment in (0, 1):
        mock_clock.jump(moment * REST)
        for number in range(MAX_OTHERS):
            known.find(f"r{number}")
        await known.forget()
        kept.append([known.find("refusing") is refusing, known.find("slow") is slow])
    assert kept == [[True, True], [False, False]]


@pytest.mark.parametrize("busy", [1, MAX_OTHERS + 5])
async def test_what_is_used_stays(busy: int) -> None:
    """Whatever holds a slot is kept, however many there are."""
    known = endpoints(FakeRegistry())
    used = [known.find(f"r{number}") for number in range(busy)]
    async with AsyncExitStack() as stack:
        for endpoint in used:
            await stack.enter_async_context(endpoint.throttle.hold())
        for number in range(MAX_OTHERS):
            known.find(f"x{number}")
        await known.forget()
        assert [known.find(f"r{number}") for number in range(busy)] == used


async def test_aclose() -> None:
    """Every connection is closed in the end."""
    fake = Closing()
    known = endpoints(fake)
    for name in ("a", "b"):
        endpoint = known.find(name)
        endpoint.transport(elsewhere=False)
    await known.aclose()
    assert fake.closed == 2
