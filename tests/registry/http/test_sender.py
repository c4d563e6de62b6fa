from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
import trio.testing

from regbot.registry.digest import Digest
from regbot.registry.errors import NotFound, RegistryError, Unreachable
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.endpoint import Endpoint
from regbot.registry.http.exchange import Answer, Request
from regbot.registry.http.notices import Notices
from regbot.registry.http.retry import PATIENCE, Retries
from regbot.registry.http.sender import MAX_REDIRECTS, Sender
from regbot.registry.reference import Repository
from regbot.registry.remote import uploads
from tests.fake_registry import (
    AT_ONCE,
    CANARY,
    NAME,
    NOW,
    FakeRegistry,
    Listener,
    Pieces,
    Reply,
    client,
    error,
    host,
    raw_server,
)

if TYPE_CHECKING:
    from regbot.registry.credentials import Login

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


async def test_upload_elsewhere() -> None:
    """What a registry has stored elsewhere goes there without our credentials, which it got itself."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply())
    fake.on(f"PUT {CDN}", Reply())
    sender = client(fake, host(user="bot"))
    await sender.send(request(sender))
    await sender.send(replace(request(sender, "PUT"), url=httpx.URL(CDN), body=Pieces(b"x")))
    assert [asked.headers.get("Authorization") for asked in fake.asked] == [None, BASIC, None]


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


async def test_login_of_a_stream() -> None:
    """A stream that was turned away is gone; who has it still may send it again, and then says who he is."""
    fake = FakeRegistry()
    fake.on("PUT /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply())
    sender = client(fake, host(user="bot"))
    with pytest.raises(RegistryError, match=r"401: Unauthorized .the login was renewed") as caught:
        await sender.send(replace(request(sender, "PUT"), body=Pieces(b"x")))
    await sender.send(replace(request(sender, "PUT"), body=Pieces(b"x")))
    assert (caught.value.temporary, fake.asked[1].headers["Authorization"]) == (True, BASIC)


async def test_refused_login_of_a_stream() -> None:
    """Where there is nothing else to say that is the end of it."""
    fake = FakeRegistry()
    fake.on("PUT /v2/team/app/tags/list", Reply(401, headers=CHALLENGE))
    sender = client(fake)
    with pytest.raises(RegistryError, match="no credentials are configured") as caught:
        await sender.send(replace(request(sender, "PUT"), body=Pieces(b"x")))
    assert not caught.value.temporary


async def test_warning() -> None:
    """A registry's warning is passed on, that of a place that it redirects to is not."""
    listener, fake = Listener(), FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(307, headers={"Location": CDN, "Warning": '299 - "ours"'}))
    fake.on(f"GET {CDN}", Reply(200, headers={"Warning": '299 - "theirs"'}))
    sender = client(fake, observer=listener)
    await sender.send(replace(request(sender), anywhere=True))
    assert listener.warned == [f"registry {NAME} warns: ours"]


@pytest.mark.parametrize("status", [403, 503])
async def test_error_that_breaks_off(status: int) -> None:
    """Of an error whose body breaks off the status is known all the same."""
    answer = b"HTTP/1.1 %d \r\nContent-Length: 50\r\n\r\n{" % status
    async with raw_server(*[answer] * 6) as address:
        sender = Client(Hosts([Host(address, tls=Tls.DISABLED)]), user_agent="", retries=AT_ONCE)
        with pytest.raises(RegistryError, match=str(status)) as caught:
            await sender.send(Request("GET", sender.top_url(address, "x"), address))
        await sender.aclose()
    assert caught.value.status == status


class Dripping(FakeRegistry):
    """Never comes to the end of the head of an answer, once the body of the request is there."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Take the body, and the time."""
        assert isinstance(request.stream, httpx.AsyncByteStream)
        _ = [piece async for piece in request.stream]
        await trio.sleep_forever()
        raise AssertionError


class Slow(Pieces):
    """A body that takes its time."""

    async def __anext__(self) -> bytes:
        await trio.sleep(PATIENCE)
        return await super().__anext__()


@pytest.mark.parametrize(
    ("body", "seconds"), [(b"", PATIENCE), (Slow(b"a", b"b", b"c"), 5 * PATIENCE)], ids=["get", "put"]
)
async def test_head_that_drips(autojump_clock: trio.testing.MockClock, body: bytes | Pieces, seconds: float) -> None:
    """An answer that does not begin is given up; sending a body may take as long as it takes."""
    sender = client(Dripping(), retries=Retries(tries=1))
    with pytest.raises(Unreachable, match="took too long"):
        async with sender.open(replace(request(sender), body=body)):
            pass
    assert trio.current_time() == pytest.approx(seconds)


REALM = "https://auth.test/token?scope=x"


def asking(fake: FakeRegistry) -> tuple[Sender, Endpoint]:
    """Return what asks a token server, which *fake* is."""
    sender = Sender("regbot/test", Notices(Listener()), wall=lambda: NOW)

    async def send(request: Request) -> Answer:
        return await sender.ask(endpoint, request)

    endpoint = Endpoint(host(user="bot"), fake, send, Listener())
    return sender, endpoint


async def test_token_server() -> None:
    """A token server gets the request as it is, with nothing of ours added."""
    fake = FakeRegistry()
    fake.on(f"GET {REALM}", Reply(200, b"token"))
    sender, endpoint = asking(fake)
    answer = await sender.ask(endpoint, Request("GET", httpx.URL(REALM), NAME))
    assert (answer.body, fake.elsewhere, "Authorization" in fake.asked[0].headers) == (b"token", [True], False)


async def test_token_server_that_is_busy() -> None:
    """Its errors keep status, words, and when it wants to be asked again."""
    fake = FakeRegistry()
    fake.on(f"GET {REALM}", Reply(429, error("TOOMANYREQUESTS", "slow down"), {"X-Retry-After": f"{NOW + 9:.0f}"}))
    sender, endpoint = asking(fake)
    with pytest.raises(RegistryError, match="429 TOOMANYREQUESTS: slow down") as caught:
        await sender.ask(endpoint, Request("GET", httpx.URL(REALM), NAME))
    assert (caught.value.temporary, caught.value.retry_after) == (True, 9)


async def test_token_of_a_registry() -> None:
    """What a registry's challenge leads to is asked for, and used."""
    fake, challenge = FakeRegistry(), {"WWW-Authenticate": 'Bearer realm="https://auth.test/token",service="x"'}
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=challenge), Reply(200, b"there"))
    fake.on("GET /token", Reply(200, b'{"token": "t0ken"}'))
    sender = client(fake)
    assert (await sender.send(request(sender))).body == b"there"
    assert fake.asked[-1].headers["Authorization"] == "Bearer t0ken"


async def test_login_that_fails() -> None:
    """Where nobody can say who we are after all, that is the error."""
    fake = FakeRegistry()
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE))

    async def fail() -> Login:
        raise RegistryError("the credential helper failed", code="CREDENTIALS")

    sender = client(fake, replace(host(), helper=fail))
    with pytest.raises(RegistryError, match="the credential helper failed"):
        await sender.send(request(sender))
    assert len(fake.asked) == 1


async def test_who_is_down() -> None:
    """A token server that does not answer is named, and not the registry that sent us there."""
    fake = FakeRegistry()
    challenge = {"WWW-Authenticate": 'Bearer realm="https://auth.test:444/token"'}
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=challenge))
    fake.on("GET /token", ConnectionRefusedError(111, "Connection refused"))
    sender = client(fake)
    with pytest.raises(Unreachable, match=r"no answer from auth\.test:444: the connection was refused"):
        await sender.send(request(sender))


async def test_warning_with_a_secret() -> None:
    """A registry that warns with our password does not bring it into the log."""
    fake, listener = FakeRegistry(), Listener()
    headers = {"Warning": f'299 - "{CANARY} is old"'}
    fake.on("GET /v2/team/app/tags/list", Reply(401, headers=CHALLENGE), Reply(headers=headers))
    sender = client(fake, host(user="bot"), observer=listener)
    await sender.send(request(sender))
    assert listener.warned == [f"registry {NAME} warns: *** is old"]


async def test_long_location() -> None:
    """A place for an upload that is too long for any request is an error of the registry."""
    fake = FakeRegistry()
    fake.on("POST /v2/team/app/blobs/uploads/", Reply(202, headers={"Location": "/x?" + "a" * 65470}))
    with pytest.raises(RegistryError, match="leads to what is no URL, or has more than") as caught:
        await uploads.begin(client(fake), REPOSITORY, Digest.of(b""))
    assert caught.value.code == "REDIRECTED"
