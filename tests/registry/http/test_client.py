from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import httpcore
import pytest
import trio
import trio.testing

from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified, WriteRefused
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import MAX_BODY, Client
from regbot.registry.http.exchange import Request
from regbot.registry.http.retry import PATIENCE
from regbot.registry.reference import Repository
from tests.fake_registry import (
    AT_ONCE,
    CANARY,
    NAME,
    NOW,
    Answerer,
    FakeRegistry,
    Listener,
    Pieces,
    Reply,
    client,
    error,
    raw_server,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import httpx

    from regbot.registry.http.exchange import Answer
    from tests.docker_registry import DockerRegistry

REPOSITORY = Repository(NAME, "team/app")
TAGS = "GET /v2/team/app/tags/list"
BUSY = Reply(503)


def request(client: Client, method: str = "GET", body: bytes | AsyncIterator[bytes] = b"") -> Request:
    """Return a request for the tags of a repository."""
    return Request(method, client.url(REPOSITORY, "tags/list"), NAME, REPOSITORY.path, body=body)


def answering(*answers: Answerer, method: str = "GET") -> FakeRegistry:
    """Return a registry that gives *answers* in turn."""
    fake = FakeRegistry()
    fake.on(f"{method} /v2/team/app/tags/list", *answers)
    return fake


class Timed(FakeRegistry):
    """Takes down when it was asked."""

    def __init__(self, *answers: Answerer) -> None:
        super().__init__()
        self.times: list[float] = []
        self.on(TAGS, *answers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Take it down."""
        self.times.append(trio.current_time())
        return await super().handle_async_request(request)


def test_url() -> None:
    """Prefix, plain HTTP, another hostname and values of a query all find their way into a URL."""
    sender = Client(Hosts([Host(NAME, hostname="[::1]:5000", tls=Tls.DISABLED, path_prefix="/hub/")]), user_agent="")
    url = sender.url(REPOSITORY, "tags/list", {"last": "a&b=c"})
    assert str(url) == "http://[::1]:5000/v2/hub/team/app/tags/list?last=a%26b%3Dc"


@pytest.mark.parametrize(
    "hostname", ["a/b", "user:secret@a", "a b", "a:port", "a:65536", "?", "999.999.999.999", "[1:2]"]
)
def test_bad_hostname(hostname: str) -> None:
    """A hostname that is none is a fault of the configuration, not of the program."""
    sender = Client(Hosts([Host(NAME, hostname=hostname)]), user_agent="")
    with pytest.raises(RegistryError, match="should be a host or host:port") as caught:
        sender.url(REPOSITORY, "tags/list")
    assert caught.value.code == "CONFIG"
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["999.999.999.999", "[1:2]"])
def test_no_registry(name: str) -> None:
    """A name that a script made up and no request can go to is an error of the same kind."""
    with pytest.raises(RegistryError, match="should be a host") as caught:
        Client(Hosts(), user_agent="").top_url(name, "_catalog")
    assert caught.value.code == "NAME_INVALID"


@pytest.mark.parametrize("prefix", ["a\x01b", "a?b", "A", "a//b", "..", "\udcff", "a" * 300], ids=ascii)
def test_bad_prefix(prefix: str) -> None:
    """A prefix that no repository's name begins with is a fault of the configuration."""
    sender = Client(Hosts([Host(NAME, path_prefix=prefix)]), user_agent="")
    with pytest.raises(RegistryError, match=f"pathPrefix of registry {NAME}") as caught:
        sender.url(REPOSITORY, "tags/list")
    assert caught.value.code == "CONFIG"


@pytest.mark.parametrize("last", ["a" * 70_000, "\0", "ä"])
def test_any_last(last: str) -> None:
    """Whatever a script gives as last makes a URL or is an error of the registry."""
    sender = client(FakeRegistry())
    with nullcontext() if len(last) < 10 else pytest.raises(RegistryError, match="too long"):
        sender.url(REPOSITORY, "tags/list", {"last": last})


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
async def test_read_only(method: str) -> None:
    """A client that only reads refuses every other method before anything is sent."""
    fake = FakeRegistry()
    sender = client(fake, read_only=True)
    with pytest.raises(WriteRefused):
        await sender.send(request(sender, method))
    assert fake.asked == []


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_read_only_reads(method: str) -> None:
    """And it does read."""
    fake = FakeRegistry()
    fake.on(f"{method} /v2/team/app/tags/list", Reply())
    sender = client(fake, read_only=True)
    assert (await sender.send(request(sender, method))).status == 200


async def test_large_answer() -> None:
    """An answer beyond the limit is refused, one at the limit is not."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(200, b"x" * MAX_BODY), Reply(200, b"x" * (MAX_BODY + 1)))
    sender = client(fake)
    assert len((await sender.send(request(sender))).body) == MAX_BODY
    with pytest.raises(Unverified, match="more than"):
        await sender.send(request(sender))


@pytest.mark.parametrize(
    "cause", [httpcore.ConnectError("no"), httpcore.ReadTimeout("no"), OSError(111, "Connection refused")], ids=repr
)
async def test_unreachable(cause: Exception) -> None:
    """Whatever the network does is Unreachable, with the registry's name and the cause."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", cause)
    sender = client(fake)
    with pytest.raises(Unreachable, match=f"no answer from {NAME}"):
        await sender.send(request(sender))


async def test_nobody_listens() -> None:
    """A port on which nobody listens is named, with the reason."""
    sender = Client(Hosts([Host("127.0.0.1:9", tls=Tls.DISABLED)]), user_agent="", retries=AT_ONCE)
    url = sender.top_url("127.0.0.1:9", "_catalog")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9.*refused.*tried 6 times"):
        await sender.send(Request("GET", url, "127.0.0.1:9"))


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "xn--a.example"])
async def test_no_name_of_the_dns(name: str) -> None:
    """A host that can have no address is Unreachable, and no other error."""
    sender = Client(Hosts(), user_agent="")
    with pytest.raises(Unreachable, match="no answer"):
        await sender.send(Request("GET", sender.top_url(name, "_catalog"), name))


async def test_silent_registry(autojump_clock: trio.testing.MockClock) -> None:
    """An exchange that never comes to its end is given up."""

    class Silent(FakeRegistry):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await trio.sleep_forever()
            raise AssertionError(request)

    sender = client(Silent())
    with pytest.raises(Unreachable, match="took too long"):
        await sender.send(request(sender))


async def test_waiting_for_a_slot_costs_no_patience(autojump_clock: trio.testing.MockClock) -> None:
    """Who waits for others has not begun yet: only silence of the registry counts."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply())
    sender = client(fake, Host(NAME, req_concurrent=1))
    async with trio.open_nursery() as nursery, sender.lease(NAME, NAME):
        nursery.start_soon(sender.send, request(sender))
        await trio.sleep(80_000)
    assert len(fake.asked) == 1


@pytest.mark.parametrize(("calls", "most"), [(1, 3), (5, 5)])
async def test_at_once(calls: int, most: int) -> None:
    """Of many requests to one registry three are under way at a time, or as many as a script has calls in flight."""
    gauge = [0, 0]

    class Slow(FakeRegistry):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            gauge[0] += 1
            gauge[1] = max(gauge)
            await trio.testing.wait_all_tasks_blocked()
            gauge[0] -= 1
            return await super().handle_async_request(request)

    sender = client(Slow())
    sender.at_once(calls)
    async with trio.open_nursery() as nursery:
        for _ in range(9):
            nursery.start_soon(_ignore_missing, sender)
    assert gauge[1] == most


async def _ignore_missing(sender: Client) -> None:
    with pytest.raises(NotFound):
        await sender.send(request(sender))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize(
    "trouble",
    [*map(Reply, (408, 429, 500, 502, 503, 504)), httpcore.ReadTimeout("no"), ConnectionResetError(104, "reset")],
    ids=lambda trouble: getattr(trouble, "status", "network"),
)
async def test_tried_again(method: str, trouble: Answerer) -> None:
    """What may pass is tried again, whatever is asked for."""
    fake = answering(trouble, trouble, Reply(200, b"there"), method=method)
    sender = client(fake)
    assert (await sender.send(request(sender, method, b"x"))).status == 200
    assert [asked.body for asked in fake.asked] == [b"x"] * 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 416, 501])
async def test_tried_once(status: int) -> None:
    """What would be answered the same again is asked for once; who may not, least of all."""
    fake = answering(Reply(status), Reply())
    sender = client(fake)
    with pytest.raises(RegistryError) as caught:
        await sender.send(request(sender))
    assert (caught.value.status, caught.value.temporary, len(fake.asked)) == (status, False, 1)


@pytest.mark.parametrize(
    ("method", "body", "once"),
    [("PATCH", b"x", False), ("PUT", Pieces(b"x"), False), ("PUT", b"x", True)],
    ids=["PATCH", "stream", "once"],
)
async def test_left_to_others(method: str, body: bytes | Pieces, *, once: bool) -> None:
    """What goes on elsewhere in a stream, and what its sender wants to settle himself, is sent once."""
    fake = answering(BUSY, method=method)
    sender = client(fake)
    with pytest.raises(RegistryError) as caught:
        await sender.send(replace(request(sender, method, body), once=once))
    assert (caught.value.temporary, caught.value.tries, len(fake.asked)) == (True, 0, 1)


async def test_given_up() -> None:
    """In the end the error tells method, URL without query, status, the registry's words, and the tries."""
    fake = answering(httpcore.ReadError("no"), Reply(429, error("TOOMANYREQUESTS", "slow down")))
    sender = client(fake)
    url = sender.url(REPOSITORY, "tags/list", {"token": CANARY})
    with pytest.raises(RegistryError) as caught:
        await sender.send(Request("GET", url, NAME, REPOSITORY.path))
    words = f"GET https://{NAME}/v2/team/app/tags/list: 429 TOOMANYREQUESTS: slow down (tried 6 times)"
    assert (str(caught.value), caught.value.status, caught.value.code) == (words, 429, "TOOMANYREQUESTS")


async def test_told() -> None:
    """Each further try is told to who wants to know, without what is secret."""
    listener = Listener()
    sender = client(answering(BUSY, Reply()), observer=listener)
    await sender.send(Request("GET", sender.url(REPOSITORY, "tags/list", {"token": CANARY}), NAME))
    assert listener.debugged == [
        f"trying again in 0.0 s: GET https://{NAME}/v2/team/app/tags/list: 503: Service Unavailable"
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "60"},
        {"retry-after": "Fri, 15 Jan 2027 08:01:00 GMT"},
        {"Retry-After": f"{NOW + 60:.0f}"},
        {"Retry-After": f"{(NOW + 60) * 1000:.0f}"},
        {"X-Retry-After": f"{NOW + 60:.0f}"},
        {"RateLimit-Reset": "60"},
        {"X-RateLimit-Reset": f"{NOW + 60:.0f}"},
    ],
    ids=str,
)
async def test_asked_for(autojump_clock: trio.testing.MockClock, headers: dict[str, str]) -> None:
    """A registry is asked again when it wants to be, however it says so."""
    fake = Timed(Reply(429, headers=headers), Reply())
    sender = client(fake)
    await sender.send(request(sender))
    assert fake.times == [0.0, 60.0]


async def test_not_beyond_the_deadline(autojump_clock: trio.testing.MockClock) -> None:
    """What would be beyond the deadline is not waited for, and the error says what the registry wanted."""
    sender = client(answering(Reply(429, headers={"Retry-After": "60"})))
    with trio.fail_after(30), pytest.raises(RegistryError, match=r"429.*wants to be asked again in 60 s"):
        await sender.send(request(sender))
    assert trio.current_time() == 0


async def test_waiting_holds_no_slot(autojump_clock: trio.testing.MockClock) -> None:
    """While one request waits to be tried again, another has the registry's only slot."""
    fake = Timed(Reply(429, headers={"Retry-After": "60"}), Reply())
    fake.on("GET /v2/_catalog", Reply())
    sender = client(fake, Host(NAME, req_concurrent=1))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(sender.send, request(sender))
        await trio.sleep(1)
        await sender.send(Request("GET", sender.top_url(NAME, "_catalog"), NAME))
    assert fake.times == [0.0, 1.0, 60.0]


async def test_silence_ends(autojump_clock: trio.testing.MockClock) -> None:
    """A registry that never answers is given up, without any deadline, within the patience for it and one more try."""

    class Silent(Timed):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await trio.sleep(request.extensions["timeout"]["read"])
            return await super().handle_async_request(request)

    sender = client(Silent(httpcore.ReadTimeout("")))
    with pytest.raises(Unreachable, match=r"took too long.*tried 5 times"):
        await sender.send(request(sender))
    assert trio.current_time() <= 2 * PATIENCE


async def test_lost_delete() -> None:
    """A DELETE whose answer was lost, and that then finds nothing, says that it may have been the one."""
    fake = answering(httpcore.ReadError("no"), Reply(404), method="DELETE")
    sender = client(fake)
    with pytest.raises(NotFound) as caught:
        await sender.send(request(sender, "DELETE"))
    assert caught.value.lost


WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole"


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwho",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwho",
        b"garbage\r\n\r\n",
    ],
    ids=["nothing", "head", "length", "chunks", "chunk", "garbage"],
)
async def test_broken_off(broken: bytes) -> None:
    """An answer that breaks off anywhere is noticed, and asked for again."""
    async with raw_server(broken, broken, WHOLE) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="", retries=AT_ONCE)
        assert (await sender.send(Request("GET", sender.top_url(address, "x"), address))).body == b"whole"
        await sender.aclose()


async def test_stream_that_breaks_off() -> None:
    """An answer that streams is asked for again until it begins; where it breaks off is for its reader to handle."""
    async with raw_server(b"", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwho", WHOLE) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="", retries=AT_ONCE)
        with pytest.raises(Unreachable, match="the answer broke off after 3 bytes") as caught:
            async with sender.open(Request("GET", sender.top_url(address, "x"), address)) as (_, body):
                await body.read(5)
        await sender.aclose()
    assert caught.value.temporary


async def test_persist() -> None:
    """Work of several requests is done again by those who know how; and a whole registry has a wait of its own."""
    fake = answering(BUSY, BUSY, Reply(), method="PATCH")
    sender = client(fake)

    async def work() -> int:
        return (await sender.send(request(sender, "PATCH"))).status

    assert await sender.persist(REPOSITORY, "PATCH uploads", work) == 200
    assert await sender.persist(NAME, "PATCH uploads", work) == 200
    assert len(fake.asked) == 4


def test_host() -> None:
    """What is configured of a registry can be asked for."""
    configured = Host(NAME, disable_head=True)
    assert client(FakeRegistry(), configured).host(NAME) is configured


async def test_registry_that_starts_again(registry: DockerRegistry) -> None:
    """A registry that is down for a moment costs a moment."""
    registry.stop()
    sender = Client(Hosts([Host(registry.host, tls=Tls.DISABLED)]), user_agent="")
    answers: list[Answer] = []

    async def ask() -> None:
        answers.append(await sender.send(Request("GET", sender.top_url(registry.host, "_catalog"), registry.host)))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.testing.wait_all_tasks_blocked()
        await trio.to_thread.run_sync(registry.start)
    await sender.aclose()
    assert [answer.status for answer in answers] == [200]
