from __future__ import annotations

import base64
from contextlib import nullcontext
from dataclasses import replace

import httpcore
import httpx
import pytest
import trio
import trio.testing

from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified, WriteRefused
from regbot.registry.exchange import Request
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http import MAX_BODY, MAX_REDIRECTS, Client
from regbot.registry.reference import Repository
from tests.fake_registry import CANARY, NAME, FakeRegistry, Reply, client, error, host, raw_server

REPOSITORY = Repository(NAME, "team/app")
CHALLENGE = {"WWW-Authenticate": 'Basic realm="x"'}
BASIC = "Basic " + base64.b64encode(f"bot:{CANARY}".encode()).decode()
CDN = "https://cdn.test/blob?signature=1"


def request(client: Client, method: str = "GET", body: bytes = b"") -> Request:
    """Return a request for the tags of a repository."""
    return Request(method, client.url(REPOSITORY, "tags/list"), NAME, REPOSITORY.path, body=body)


async def test_headers() -> None:
    """A request names us, and wants what it gets as it is."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply())
    sender = client(fake)
    await sender.send(request(sender))
    (asked,) = fake.asked
    assert asked.url == f"https://{NAME}/v2/team/app/tags/list"
    assert (asked.headers["User-Agent"], asked.headers["Accept-Encoding"]) == ("regbot/test", "identity")
    assert "Authorization" not in asked.headers


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


async def test_challenge_is_answered() -> None:
    """A 401 is answered once, and from then on the answer goes along."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply())
    sender = client(fake, host(user="bot"))
    await sender.send(request(sender))
    await sender.send(request(sender))
    assert [asked.headers.get("Authorization") for asked in fake.asked] == [None, BASIC, BASIC]


async def test_wrong_password() -> None:
    """Credentials that are refused are sent once, and the error tells the user and not the password."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, error("UNAUTHORIZED"), CHALLENGE))
    sender = client(fake, host(user="bot"))
    with pytest.raises(RegistryError, match='refuses user "bot"') as caught:
        await sender.send(request(sender))
    assert (caught.value.status, caught.value.code, len(fake.asked)) == (401, "UNAUTHORIZED", 2)
    assert CANARY not in repr(vars(caught.value)) + str(caught.value)


async def test_no_credentials() -> None:
    """Without credentials the error says that none are configured."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE))
    sender = client(fake)
    with pytest.raises(RegistryError, match=f"no credentials are configured for {NAME}"):
        await sender.send(request(sender))


@pytest.mark.parametrize(
    "elsewhere", [CDN, f"https://{NAME}:444/x", f"https://other.{NAME}/x", "//cdn.test/x"], ids=lambda url: url[8:20]
)
async def test_redirect_without_credentials(elsewhere: str) -> None:
    """A blob's redirect to another host, or port, is followed without our credentials, even if it asks for them."""
    fake = FakeRegistry()
    target = str(httpx.URL(f"https://{NAME}").join(elsewhere))
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply(307, headers={"Location": elsewhere}))
    fake.on(f"GET {target}", Reply(401, headers=CHALLENGE))
    sender = client(fake, host(user="bot"))
    with pytest.raises(RegistryError):
        await sender.send(replace(request(sender), anywhere=True))
    assert [(asked.url, "Authorization" in asked.headers) for asked in fake.asked[1:]] == [
        (f"https://{NAME}/v2/team/app/tags/list", True),
        (target, False),
    ]
    assert fake.elsewhere == [False, True]


@pytest.mark.parametrize(
    "path", ["latest/meta-data", "v2/tags/list", "v2/a/manifests/v1", "v2/../a/tags/list", "v2/a%2Fb%3Fc/tags/list"]
)
async def test_redirect_to_something_else(path: str) -> None:
    """A list that is redirected to another host's pages of another kind is an error, and nothing is asked there."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(307, headers={"Location": f"https://inside.test/{path}"}))
    sender = client(fake)
    with pytest.raises(RegistryError, match="not the same at another registry") as caught:
        await sender.send(request(sender))
    assert (caught.value.code, len(fake.asked)) == ("REDIRECTED", 1)


async def test_redirect_to_another_registry() -> None:
    """A registry that only says where another one has the same thing is followed there."""
    fake = FakeRegistry()
    target = "https://other.test/v2/mirror/team/app/tags/list?n=5"
    fake.on("GET /v2/team/app/tags/list", Reply(307, headers={"Location": target}))
    fake.on(f"GET {target}", Reply(200, b"there"))
    sender = client(fake)
    assert (await sender.send(request(sender))).body == b"there"


async def test_error_from_elsewhere() -> None:
    """Of an error that another host answered only the status is shown."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(307, headers={"Location": CDN}))
    fake.on(f"GET {CDN}", Reply(403, error("DENIED", CANARY)))
    sender = client(fake)
    with pytest.raises(RegistryError, match=r"403: Forbidden \(said by cdn\.test") as caught:
        await sender.send(replace(request(sender), anywhere=True))
    assert caught.value.code == ""


async def test_error_of_an_upload_elsewhere() -> None:
    """Nor is one shown that the place of an upload answered."""
    fake = FakeRegistry()
    fake.on(f"PUT {CDN}", Reply(500, CANARY.encode()))
    sender = client(fake)
    with pytest.raises(RegistryError, match="500") as caught:
        await sender.send(Request("PUT", httpx.URL(CDN), NAME))
    assert CANARY not in str(caught.value)


async def test_redirect_at_home() -> None:
    """A redirect within the registry keeps the credentials."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply(308, headers={"Location": "/other"}))
    fake.on("GET /other", Reply(200, b"there"))
    sender = client(fake, host(user="bot"))
    answer = await sender.send(request(sender))
    assert answer.body == b"there"
    assert fake.asked[-1].headers["Authorization"] == BASIC


@pytest.mark.parametrize("location", ["http://cdn.test/x", "ftp://cdn.test/x", "", "http://[", "javascript:1"])
async def test_redirect_not_followed(location: str) -> None:
    """A redirect to nowhere, or from https to anything less, is an error."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(302, headers={"Location": location}))
    sender = client(fake)
    with pytest.raises(RegistryError) as caught:
        await sender.send(request(sender))
    assert (caught.value.code, len(fake.asked)) == ("REDIRECTED", 1)


async def test_redirects_end() -> None:
    """A registry that redirects for ever is given up."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(307, headers={"Location": "/v2/team/app/tags/list"}))
    sender = client(fake)
    with pytest.raises(RegistryError, match="redirects"):
        await sender.send(request(sender))
    assert len(fake.asked) == MAX_REDIRECTS + 1


async def test_writes_are_not_redirected() -> None:
    """A write that is redirected is an error: what it changes is not for somebody else to choose."""
    fake = FakeRegistry()
    fake.on("PUT /v2/team/app/tags/list", Reply(307, headers={"Location": CDN}))
    sender = client(fake)
    with pytest.raises(RegistryError) as caught:
        await sender.send(request(sender, "PUT", b"x"))
    assert (caught.value.status, len(fake.asked)) == (307, 1)


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


async def test_error_of_the_specification() -> None:
    """An error carries status, code, registry, repository and request, and the request has no query."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(403, error("DENIED", "not\nyours")))
    sender = client(fake)
    asked = Request("GET", sender.url(REPOSITORY, "tags/list", {"token": CANARY}), NAME, REPOSITORY.path)
    with pytest.raises(RegistryError, match="403 DENIED: not yours") as caught:
        await sender.send(asked)
    found = caught.value
    assert (found.registry, found.repository) == (NAME, REPOSITORY.path)
    assert found.request == f"GET https://{NAME}/v2/team/app/tags/list"
    assert CANARY not in str(found)


async def test_not_found() -> None:
    """A 404 is NotFound."""
    fake = FakeRegistry()
    sender = client(fake)
    with pytest.raises(NotFound, match="404 MANIFEST_UNKNOWN"):
        await sender.send(request(sender))


async def test_long_error_is_cut() -> None:
    """Of an endless error only the beginning is shown."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(500, b"<p>" + b"x" * 10_000_000))
    sender = client(fake)
    with pytest.raises(RegistryError) as caught:
        await sender.send(request(sender))
    assert len(str(caught.value)) < 700


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
    sender = Client(Hosts([Host("127.0.0.1:9", tls=Tls.DISABLED)]), user_agent="")
    url = sender.top_url("127.0.0.1:9", "_catalog")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9.*refused"):
        await sender.send(Request("GET", url, "127.0.0.1:9"))


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "xn--a.example"])
async def test_no_name_of_the_dns(name: str) -> None:
    """A host that can have no address is Unreachable, and no other error."""
    sender = Client(Hosts(), user_agent="")
    with pytest.raises(Unreachable, match="no answer"):
        await sender.send(Request("GET", sender.top_url(name, "_catalog"), name))


async def test_plain_http_hint() -> None:
    """A registry that speaks plain HTTP where TLS was expected comes with the advice to disable it."""
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as address:
        sender = Client(Hosts(), user_agent="")
        with pytest.raises(Unreachable, match="tls: disabled"):
            await sender.send(Request("GET", sender.top_url(address, "_catalog"), address))
        await sender.aclose()


async def test_tls_hint() -> None:
    """A registry that speaks TLS where plain HTTP was expected comes with the advice to enable it."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(400, b"Client sent an HTTP request to an HTTPS server.\n"))
    sender = client(fake, host(tls=Tls.DISABLED))
    with pytest.raises(RegistryError, match="tls: enabled"):
        await sender.send(request(sender))


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


async def test_at_most_three_at_once() -> None:
    """Of many requests to one registry three are under way at a time."""
    gauge = [0, 0]

    class Slow(FakeRegistry):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            gauge[0] += 1
            gauge[1] = max(gauge)
            await trio.testing.wait_all_tasks_blocked()
            gauge[0] -= 1
            return await super().handle_async_request(request)

    sender = client(Slow())
    async with trio.open_nursery() as nursery:
        for _ in range(9):
            nursery.start_soon(_ignore_missing, sender)
    assert gauge[1] == 3


async def _ignore_missing(sender: Client) -> None:
    with pytest.raises(NotFound):
        await sender.send(request(sender))
