"""What a Meter is told of requests: every answer, the bytes of bodies, and waits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from regbot.registry.errors import RegistryError, Unreachable
from regbot.registry.hosts import Host, Hosts
from regbot.registry.http.client import Client
from regbot.registry.http.exchange import Request
from regbot.registry.http.retry import Retries
from regbot.registry.http.throttle import Throttle
from tests.fake_registry import AT_ONCE, NAME, FakeRegistry, Reply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from trio.testing import MockClock

PATH = "/v2/team/app/blobs/uploads/"


class Told:
    """A Meter that keeps what it is told, of one registry."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.bytes = {"received": 0, "sent": 0}
        self.waits: list[tuple[str, float]] = []
        self.pulls: list[int] = []

    def requested(self, registry: str, status: int) -> None:
        """Keep a status."""
        assert registry == NAME
        self.statuses.append(status)

    def received(self, registry: str, size: int) -> None:
        """Add up bytes."""
        assert registry == NAME
        self.bytes["received"] += size

    def sent(self, registry: str, size: int) -> None:
        """Add up bytes."""
        assert registry == NAME
        self.bytes["sent"] += size

    def waited(self, registry: str, seconds: float, why: str) -> None:
        """Keep a wait."""
        assert registry == NAME
        self.waits.append((why, round(seconds, 3)))

    def remaining(self, registry: str, pulls: int) -> None:
        """Keep what is left."""
        assert registry == NAME
        self.pulls.append(pulls)


def metered(fake: FakeRegistry, *, retries: Retries = AT_ONCE, host: Host | None = None) -> tuple[Client, Told]:
    """Return a client of the fake, and what its meter is told."""
    told = Told()
    hosts = Hosts([host or Host(NAME)])
    return Client(hosts, user_agent="", connect=fake, retries=retries, meter=told), told


def request(method: str = "GET", path: str = PATH) -> Request:
    """Return a request to the fake."""
    return Request(method, httpx.URL(f"https://{NAME}{path}"), NAME, "team/app")


async def test_every_answer_counts() -> None:
    """Challenge, token server, redirect and where it leads: each is a request, on behalf of the registry."""
    fake = FakeRegistry()
    challenge = {"WWW-Authenticate": 'Bearer realm="https://auth.test/token"'}
    fake.on(f"GET {PATH}", Reply(401, headers=challenge), Reply(307, headers={"Location": "https://cdn.test/x"}))
    fake.on("GET /token", Reply(200, b'{"token": "t"}'))
    fake.on("GET https://cdn.test/x", Reply(200, b"content"))
    client, told = metered(fake)
    answer = await client.send(replace(request(), anywhere=True))
    assert (answer.body, told.statuses) == (b"content", [401, 200, 307, 200])
    assert told.bytes == {"received": len('{"token": "t"}') + len("content"), "sent": 0}


async def test_no_answer_counts_as_none() -> None:
    """A request without an answer has the status 0, and so has each further try."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", OSError("broken"))
    client, told = metered(fake, retries=Retries(tries=3, first=0.0))
    with pytest.raises(Unreachable):
        await client.send(request())
    assert told.statuses == [0, 0, 0]


async def test_one_that_is_given_up_counts(mock_clock: MockClock) -> None:
    """A request that its run did not wait for was sent all the same."""

    class Silent(FakeRegistry):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002 -- as there
            await trio.sleep_forever()
            raise AssertionError

    client, told = metered(Silent())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send, request())
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    assert told.statuses == [0]


async def test_bytes_that_are_sent() -> None:
    """A body counts as often as it is sent, whole or in pieces."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"12345"
        yield b"678"

    fake = FakeRegistry()
    fake.on(f"POST {PATH}", Reply(503), Reply(200))
    client, told = metered(fake)
    await client.send(replace(request("POST"), body=b"abc"))
    assert (told.bytes["sent"], told.statuses) == (6, [503, 200])
    await client.send(replace(request("POST"), body=pieces(), headers={"Content-Length": "8"}))
    assert told.bytes["sent"] == 14


async def test_an_error_has_bytes_too() -> None:
    """What an error says was received."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(404, b"nothing here"))
    client, told = metered(fake)
    with pytest.raises(RegistryError):
        await client.send(request())
    assert told.bytes["received"] == len(b"nothing here")


async def test_waits_before_another_try(autojump_clock: MockClock) -> None:
    """The wait that a registry asks for is told, and so is that of others whom it keeps waiting."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(429, headers={"Retry-After": "5"}), Reply(200))
    client, told = metered(fake)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(client.send, request())
        await trio.sleep(2)
        await client.send(request())
    assert sorted(told.waits) == [("retry", 3.0), ("retry", 5.0)]


async def test_waits_for_a_slot_and_for_the_pace(autojump_clock: MockClock) -> None:
    """Who waits for a slot, or because of reqPerSec, is told how long; who does not is not."""
    told = Told()
    throttle = Throttle(NAME, slots=1, per_second=0.5, meter=told)
    await throttle.pace()
    await throttle.pace()
    taken = await throttle.take()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(throttle.take)
        await trio.sleep(3)
        throttle.give(taken)
    assert told.waits == [("pace", 2.0), ("slot", 3.0)]


@pytest.mark.parametrize(
    ("headers", "pulls"),
    [({"RateLimit-Limit": "100;w=21600", "RateLimit-Remaining": "76;w=21600"}, [76]), ({}, [])],
)
async def test_pulls_that_are_left(headers: dict[str, str], pulls: list[int]) -> None:
    """Where a registry says how many pulls are left, that is told."""
    fake = FakeRegistry()
    fake.on(f"GET {PATH}", Reply(200, headers=headers))
    client, told = metered(fake)
    await client.send(request())
    assert told.pulls == pulls
