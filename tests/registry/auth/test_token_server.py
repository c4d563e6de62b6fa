from __future__ import annotations

import base64
import json
import traceback
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

import httpx
import pytest
import trio
import trio.testing

from regbot.registry.auth.token_server import PATIENCE, TokenServer
from regbot.registry.auth.wanted import Wanted
from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.errors import NotFound, RegistryError, Unreachable, Unverified
from regbot.registry.http import faults
from regbot.registry.http.exchange import Answer, Request
from tests.fake_registry import CANARY, NOW, error

REALM = httpx.URL("https://auth.test/token?tenant=1")
BOT = Login("bot", Secret(CANARY))
IDENTITY = Login(identity_token=Secret(CANARY))
SCOPES = ("repository:team/app:pull,push", "repository:team/base:pull")


class Server:
    """Answers each request with the next of *answers*, the last one for ever: members of an answer, or a status."""

    def __init__(self, *answers: Mapping[str, object] | int | Callable[[Request], RegistryError]) -> None:
        self.asked: list[Request] = []
        self._answers = list(answers)

    async def __call__(self, request: Request) -> Answer:
        """Be a Send."""
        self.asked.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, int):
            raise faults.refusal(answer, error("DENIED"), request.where)
        if not isinstance(answer, Mapping):
            raise answer(request)
        return Answer(200, httpx.Headers(), json.dumps(answer).encode(), request.url)

    @property
    def grants(self) -> list[str]:
        """What was shown each time: "GET", or the kind of grant and the secret itself."""
        return [shown(request) for request in self.asked]


def shown(request: Request) -> str:
    """Return how a request asks."""
    if request.method == "GET":
        return "GET"
    form = fields(request)
    return f"{form['grant_type']} {form.get('refresh_token') or form['password']}"


def fields(request: Request) -> dict[str, str]:
    """Return the fields of a form."""
    assert isinstance(request.body, bytes)
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def server(send: Server) -> TokenServer:
    """Return what asks *send*."""
    return TokenServer("registry.test", send, lambda: NOW)


def wanted(login: Login = BOT, service: str = "s & t") -> Wanted:
    """Return what is wanted in these tests."""
    return Wanted(REALM, service, SCOPES, login)


async def test_get() -> None:
    """User and password go by Basic; what is wanted goes into the query, beside what is there."""
    send = Server({"token": "t", "expires_in": 300})
    given = await server(send).ask(wanted(), "team/app")
    (asked,) = send.asked
    assert (given.token.reveal(), given.life) == ("t", 300)
    assert dict(asked.headers) == {"Authorization": "Basic " + base64.b64encode(f"bot:{CANARY}".encode()).decode()}
    assert asked.url.params.multi_items() == [
        ("tenant", "1"),
        ("service", "s & t"),
        ("scope", SCOPES[0]),
        ("scope", SCOPES[1]),
        ("account", "bot"),
        ("client_id", "regbot"),
    ]


async def test_anonymous() -> None:
    """Nobody asks without a password, and never by POST."""
    send = Server(405)
    with pytest.raises(RegistryError, match="405"):
        await server(send).ask(wanted(ANONYMOUS, service=""), "")
    (asked,) = send.asked
    assert (asked.method, dict(asked.headers)) == ("GET", {})
    assert not {"service", "account"} & set(asked.url.params)


@pytest.mark.parametrize("status", [404, 405])
async def test_post(status: int) -> None:
    """Where GET is not known the password goes by POST, and the next time at once."""
    send = Server(status, {"access_token": "t"})
    tokens = server(send)
    assert (await tokens.ask(wanted(), "")).token.reveal() == "t"
    await tokens.ask(wanted(), "")
    assert send.grants == ["GET", f"password {CANARY}", f"password {CANARY}"]
    assert fields(send.asked[1]) == {
        "grant_type": "password",
        "username": "bot",
        "password": CANARY,
        "access_type": "online",
        "service": "s & t",
        "client_id": "regbot",
        "scope": " ".join(SCOPES),
    }
    assert str(send.asked[1].url) == str(REALM)


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
async def test_refused(status: int) -> None:
    """No other answer to GET is a reason to send the password once more."""
    send = Server(status)
    with pytest.raises(RegistryError) as caught:
        await server(send).ask(wanted(), "team/app")
    found = caught.value
    assert (found.status, found.code, found.temporary, len(send.asked)) == (status, "DENIED", status >= 429, 1)
    assert (found.registry, found.repository) == ("registry.test", "team/app")
    assert str(found).startswith(f"GET https://auth.test/token: {status} DENIED: no")


async def test_identity_token() -> None:
    """An identity token is exchanged by POST; what came with the answer is shown the next time."""
    send = Server({"access_token": "t", "refresh_token": "r1"}, {"access_token": "t", "refresh_token": "r2"}, 401)
    tokens = server(send)
    await tokens.ask(wanted(IDENTITY), "")
    await tokens.ask(wanted(IDENTITY), "")
    assert send.grants == [f"refresh_token {CANARY}", "refresh_token r1"]
    with pytest.raises(RegistryError, match="401"):
        await tokens.ask(wanted(IDENTITY), "")
    assert send.grants[2:] == ["refresh_token r2", f"refresh_token {CANARY}"]


async def test_refresh_of_a_password() -> None:
    """A refresh token that came for a password saves showing it, until it is refused."""
    send = Server(404, {"access_token": "t", "refresh_token": "r"}, {"access_token": "t"}, 400, {"access_token": "t"})
    tokens = server(send)
    for _ in range(3):
        await tokens.ask(wanted(), "")
    assert send.grants == ["GET", f"password {CANARY}", "refresh_token r", "refresh_token r", f"password {CANARY}"]


async def test_refresh_survives_an_outage() -> None:
    """A server that is in trouble says nothing about a refresh token."""
    send = Server({"access_token": "t", "refresh_token": "r"}, 503, {"access_token": "t"})
    tokens = server(send)
    await tokens.ask(wanted(IDENTITY), "")
    with pytest.raises(RegistryError, match="503"):
        await tokens.ask(wanted(IDENTITY), "")
    await tokens.ask(wanted(IDENTITY), "")
    assert send.grants == [f"refresh_token {CANARY}", "refresh_token r", "refresh_token r"]


async def test_refresh_of_get() -> None:
    """A refresh token that nobody asked for is not used: a server that knows GET may know nothing else."""
    send = Server({"token": "t", "refresh_token": "r"})
    tokens = server(send)
    await tokens.ask(wanted(), "")
    await tokens.ask(wanted(), "")
    assert send.grants == ["GET", "GET"]


async def test_never_missing() -> None:
    """A token server that is not there is no missing image."""
    with pytest.raises(RegistryError) as caught:
        await server(Server(404)).ask(wanted(IDENTITY), "")
    assert (caught.value.status, isinstance(caught.value, NotFound)) == (404, False)


async def test_no_token() -> None:
    """An answer without a token names the request."""
    with pytest.raises(Unverified, match=r"GET https://auth\.test/token: the token server's answer holds no token"):
        await server(Server({})).ask(wanted(), "")


@pytest.mark.parametrize("login", [BOT, IDENTITY, Login("bot", Secret(CANARY), Secret(CANARY))])
async def test_echo(login: Login) -> None:
    """A server that repeats what it was sent makes no secret known."""

    def echo(request: Request) -> RegistryError:
        assert isinstance(request.body, bytes)
        said = f"{request.url} {dict(request.headers)} {request.body.decode()} {CANARY}"
        return faults.refusal(401, error(CANARY, said), request.where)

    with pytest.raises(RegistryError, match=r"\*\*\*") as caught:
        await server(Server(echo)).ask(wanted(login), "")
    text = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert CANARY not in text
    assert login.basic.reveal() not in text


async def test_unreachable() -> None:
    """No answer is no answer, and may come a little later."""
    with pytest.raises(Unreachable, match="no answer") as caught:
        await server(Server(lambda request: faults.unreachable(OSError(111, "x"), request.where))).ask(wanted(), "")
    assert caught.value.temporary


async def test_too_long() -> None:
    """A registry that wants a token for more than a URL can hold gets an error, and nobody is asked."""
    send = Server({"token": "t"})
    with pytest.raises(RegistryError, match="too long to be asked for"):
        await server(send).ask(wanted(service="s" * 70_000), "")
    assert send.asked == []


async def test_silent(autojump_clock: trio.testing.MockClock) -> None:
    """A server that never answers is given up."""

    async def silence(request: Request) -> Answer:
        await trio.sleep_forever()
        raise AssertionError(request)

    with pytest.raises(Unreachable, match=f"no answer in {PATIENCE:.0f} s") as caught:
        await TokenServer("registry.test", silence, lambda: NOW).ask(wanted(), "")
    assert caught.value.temporary
