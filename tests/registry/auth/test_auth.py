from __future__ import annotations

import json
import logging
import traceback
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest
import trio
import trio.testing

from regbot.registry.auth.auth import Auth
from regbot.registry.auth.challenges import Challenge, parse_challenges
from regbot.registry.auth.refusals import REST
from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.hosts import Host
from regbot.registry.http.exchange import Answer, Request
from regbot.registry.observer import Silent
from regbot.registry.reference import Repository
from tests.fake_registry import CANARY, NAME, Asked, FakeRegistry, Listener, Pieces, Reply, client, error
from tests.registry.auth.bearer import REALM, TAGS, Bearer, scopes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.registry.http.client import Client

BOT = Host(NAME, login=Login("bot", Secret(CANARY)))
WRONG = Host(NAME, login=Login("bot", Secret(f"{CANARY}-no-more")))
NOBODY = Host(NAME)
BASIC = {"WWW-Authenticate": 'Basic realm="x"'}


async def ask(sender: Client, repository: str = "team/app", method: str = "GET", *, mount: str = "") -> int:
    """Ask for the tags of a repository, return the status."""
    url = sender.url(Repository(NAME, repository), "tags/list")
    try:
        return (await sender.send(Request(method, url, NAME, repository, mount_from=mount))).status
    except RegistryError as exc:
        return exc.status


async def failure(sender: Client, repository: str = "team/app") -> RegistryError:
    """Ask likewise, return the error."""
    with pytest.raises(RegistryError) as caught:
        await sender.send(Request("GET", sender.url(Repository(NAME, repository), "tags/list"), NAME, repository))
    return caught.value


async def test_token() -> None:
    """A challenge is answered with a token, which then goes along."""
    fake = Bearer()
    sender = client(fake, BOT)
    assert [await ask(sender), await ask(sender)] == [200, 200]
    assert fake.talk == ["list", "token bot", "list Bearer t0", "list Bearer t0"]


async def test_token_beforehand() -> None:
    """Once it is known where tokens come from, no request goes without one, and each asks for what it needs."""
    fake = Bearer()
    fake.guard("GET /v2/team/other/tags/list")
    fake.guard("PUT /v2/team/other/tags/list")
    sender = client(fake, BOT)
    await ask(sender)
    await ask(sender, "team/other")
    await ask(sender, "team/other", "PUT", mount="team/app")
    assert fake.talk[3:] == ["token bot", "list Bearer t1", "token bot", "list Bearer t2"]
    assert [scopes(asked) for asked in fake.asked if asked.url.startswith(REALM)] == [
        ["repository:team/app:pull"],
        ["repository:team/other:pull"],
        ["repository:team/other:pull,push", "repository:team/app:pull"],
    ]


async def test_anonymous_token() -> None:
    """Without a login a token is asked for all the same, and the operator may know why."""
    fake, listener = Bearer(anonymous=True), Listener()
    sender = client(fake, NOBODY, observer=listener)
    assert [await ask(sender), await ask(sender)] == [200, 200]
    assert fake.talk == ["list", "token", "list Bearer t0", "list Bearer t0"]
    assert listener.debugged == [f"requests to {NAME} are anonymous because no credentials are configured for {NAME}"]


async def test_anonymous_token_refused() -> None:
    """Who is nobody and gets no token is told so, each time."""
    sender = client(Bearer(), NOBODY)
    for _ in range(2):
        found = await failure(sender)
        assert str(found).startswith(f"GET {REALM}: 401 UNAUTHORIZED: wrong password (no credentials are configured")


async def test_expired_token() -> None:
    """A token that the registry refuses is replaced, and the request repeated, once."""
    fake = Bearer()
    sender = client(fake, BOT)
    await ask(sender)
    fake.revoked.add("t0")
    assert await ask(sender) == 200
    assert fake.talk[3:] == ["list Bearer t0", "token bot", "list Bearer t1"]


@pytest.mark.parametrize(("age", "status"), [(20, 400), (40, 200)])
async def test_expired_token_as_bad_request(age: float, status: int, autojump_clock: trio.testing.MockClock) -> None:
    """A 400 to a token that is not new is answered with another one; to a new one it is just that."""
    fake = Bearer()
    sender = client(fake, BOT)
    await ask(sender)
    await trio.sleep(age)
    fake.revoked.add("t0")
    fake.expired = 400
    assert await ask(sender) == status
    assert len(fake.talk) == (6 if status == 200 else 4)


async def test_expired_token_without_challenge() -> None:
    """A 401 that forgets to say where tokens come from is still one."""
    fake = Bearer()
    sender = client(fake, BOT)
    await ask(sender)
    fake.instead(f"GET {TAGS}", Reply(401), Reply(200))
    assert await ask(sender) == 200


async def test_not_allowed() -> None:
    """A login that may not see something costs a few requests at first, and then one each."""
    fake = Bearer()
    sender = client(fake, BOT)
    fake.revoked |= {"t0", "t1"}
    found = await failure(sender)
    assert 'the token that was given to user "bot" does not allow it' in str(found)
    before = [await ask(sender), len(fake.asked)][1]
    await ask(sender)
    assert len(fake.asked) == before + 1


async def test_scope_of_the_challenge() -> None:
    """A registry that wants another scope than ours is given that, and asked at once the next time."""
    fake = Bearer()
    fake.challenge += ',scope="repository:virtual/team/app:pull"'
    fake.with_scope = False
    sender = client(fake, BOT)
    assert [await ask(sender), await ask(sender)] == [200, 200]
    assert [scopes(asked) for asked in fake.asked if asked.url.startswith(REALM)] == [
        ["repository:virtual/team/app:pull"]
    ]


async def test_scope_changes() -> None:
    """A scope that the registry no longer insists on is forgotten."""
    auth = Auth(BOT, nothing, Silent())
    request = Request("GET", httpx.URL(f"https://{NAME}{TAGS}"), NAME, "team/app")
    for scope in ("repository:x:pull", "repository:team/app:pull"):
        auth.heard(request, 401, parse_challenges(f'Bearer realm="{REALM}",scope="{scope}"'), {})
        with pytest.raises(AssertionError, match=scope.replace(":", "%3A").replace("/", "%2F")):
            await said(auth, request)


async def test_scope_that_is_not_repeated() -> None:
    """A challenge without a scope does not change what was learned."""
    fake = Bearer()
    fake.challenge += ',scope="repository:virtual/team/app:pull"'
    fake.with_scope = False
    sender = client(fake, BOT)
    await ask(sender)
    fake.instead(f"GET {TAGS}", Reply(401), Reply(200))
    assert await ask(sender) == 200
    assert scopes(fake.asked[-2]) == ["repository:virtual/team/app:pull"]


async def test_change_of_scheme_under_way(autojump_clock: trio.testing.MockClock) -> None:
    """Who waits for a token while the registry changes to Basic goes on with what he began."""

    async def send(request: Request) -> Answer:
        await trio.sleep(1)
        return Answer(200, httpx.Headers(), b'{"token": "t"}', request.url)

    auth = Auth(BOT, send, Silent())
    request = Request("GET", httpx.URL(f"https://{NAME}{TAGS}"), NAME, "team/app")
    auth.heard(request, 401, parse_challenges(f'Bearer realm="{REALM}"'), {})
    async with trio.open_nursery() as nursery:
        for _ in range(2):
            nursery.start_soon(said, auth, request)
        await trio.testing.wait_all_tasks_blocked()
        auth.heard(request, 401, [Challenge("basic")], {})
    assert (await said(auth, request))["Authorization"].startswith("Basic ")


async def said(auth: Auth, request: Request) -> Mapping[str, str]:
    """Return what *request* would say."""
    async with auth.headers(request) as headers:
        return headers


async def nothing(request: Request) -> Answer:
    """Be a Send that nobody should call."""
    raise AssertionError(request.url)


async def test_wrong_password(autojump_clock: trio.testing.MockClock) -> None:
    """A password that a token server refuses is not shown again for a while, to nobody, and the error says so."""
    fake, listener = Bearer(), Listener()
    fake.guard("GET /v2/team/other/tags/list")
    sender = client(fake, WRONG, observer=listener)
    first, second, third = await failure(sender), await failure(sender), await failure(sender, "team/other")
    assert fake.talk == ["list", "token bot", "token", "token"]
    assert (first.status, first.code, first.temporary) == (401, "UNAUTHORIZED", False)
    assert all(
        f'GET {REALM}: 401 UNAUTHORIZED: wrong password (the token server refuses user "bot"; '
        "that is not sent again for 60 s)" in str(found)
        for found in (first, second, third)
    )
    assert listener.debugged[-1].endswith('anonymous because the token server refuses user "bot"')
    await trio.sleep(REST)
    await failure(sender)
    assert fake.talk[4:] == ["token bot"]


async def test_wrong_password_for_public_images() -> None:
    """What everybody may see can be seen with a wrong password, too, after the first error."""
    fake = Bearer(anonymous=True)
    sender = client(fake, WRONG)
    assert [await ask(sender), await ask(sender)] == [401, 200]


async def test_wrong_password_of_many() -> None:
    """However many requests begin at once, a wrong password is shown once."""
    fake = Bearer()
    sender = client(fake, replace(WRONG, req_concurrent=9))
    async with trio.open_nursery() as nursery:
        for number in range(9):
            fake.guard(f"GET /v2/team/app{number}/tags/list")
            nursery.start_soon(ask, sender, f"team/app{number}")
    assert fake.talk.count("token bot") == 1


@pytest.mark.parametrize("status", [401, 403])
async def test_one_repository_denied(status: int) -> None:
    """A token server that gives no token for one repository keeps nobody from the others."""
    fake = Bearer()
    fake.guard("GET /v2/team/secret/tags/list")
    fake.instead("GET /token", lambda asked: Reply(status) if "secret" in str(asked.url) else fake.give(asked))
    sender = client(fake, BOT)
    assert [await ask(sender, name) for name in ("team/app", "team/secret", "team/app")] == [200, status, 200]


async def test_basic_refused(autojump_clock: trio.testing.MockClock) -> None:
    """A password that a registry refuses by Basic rests as well, and requests go without."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers=BASIC))
    sender = client(fake, BOT)
    first, second = await failure(sender), await failure(sender)
    assert ["Authorization" in asked.headers for asked in fake.asked] == [False, True, False]
    assert 'the registry refuses user "bot"; that is not sent again for 60 s' in str(first)
    assert str(first) == str(second)
    await trio.sleep(REST)
    await failure(sender)
    assert ["Authorization" in asked.headers for asked in fake.asked[3:]] == [True]


class Basic(FakeRegistry):
    """Takes its time, and then nobody in; counts how many passwords are shown at once, and in all."""

    def __init__(self) -> None:
        super().__init__()
        self.shown = self.at_once = self.most = 0
        self.right = ""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        shows = "Authorization" in request.headers
        self.shown += shows
        self.at_once += shows
        self.most = max(self.most, self.at_once)
        await trio.sleep(1)
        self.at_once -= shows
        good = shows and self.right == request.headers["Authorization"]
        return httpx.Response(200 if good else 401, headers=BASIC, stream=Pieces(b""))


@pytest.mark.parametrize("repo_auth", [False, True])
async def test_wrong_basic_of_many(autojump_clock: trio.testing.MockClock, *, repo_auth: bool) -> None:
    """However many requests for however many repositories begin at once, a wrong password is shown once."""
    fake = Basic()
    sender = client(fake, replace(WRONG, req_concurrent=9, repo_auth=repo_auth))
    async with trio.open_nursery() as nursery:
        for number in range(9):
            nursery.start_soon(ask, sender, f"team/app{number}")
    assert fake.shown == 1


async def test_right_basic_of_many(autojump_clock: trio.testing.MockClock) -> None:
    """A right password is shown by one request at first, and then by all at once."""
    fake = Basic()
    fake.right = f"Basic {BOT.login.basic.reveal()}"
    sender = client(fake, replace(BOT, req_concurrent=9))
    async with trio.open_nursery() as nursery:
        for number in range(9):
            nursery.start_soon(ask, sender, f"team/app{number}")
    assert (fake.shown, fake.most, trio.current_time() < 4) == (9, 8, True)


async def test_trial_that_breaks_off(autojump_clock: trio.testing.MockClock) -> None:
    """Who is cancelled, or gets no answer, while he tries a password keeps nobody else from it."""
    fake = Basic()
    fake.right = f"Basic {BOT.login.basic.reveal()}"
    sender = client(fake, BOT)
    with trio.move_on_after(1.5):
        await ask(sender)
    assert (fake.shown, await ask(sender)) == (1, 200)


FORBIDDEN = ["secret/1", "secret/2", "secret/3"]


async def test_forbidden_by_basic() -> None:
    """A right login that is turned away at some repositories is still good for all others."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers=BASIC), Reply())
    fake.on("GET /v2/team/other/tags/list", Reply())
    for name in FORBIDDEN:
        fake.on(f"GET /v2/{name}/tags/list", Reply(401, headers=BASIC))
    sender = client(fake, BOT)
    found = [await ask(sender, name) for name in ("team/app", *FORBIDDEN, "team/app", "team/other")]
    assert found == [200, 401, 401, 401, 200, 200]
    assert all("Authorization" in asked.headers for asked in fake.asked[1:])


async def test_forbidden_by_token_server() -> None:
    """Likewise where a token server says so."""
    fake = Bearer()
    for name in ("team/other", *FORBIDDEN):
        fake.guard(f"GET /v2/{name}/tags/list")
    fake.instead("GET /token", lambda asked: Reply(401) if "secret" in str(asked.url) else fake.give(asked))
    sender = client(fake, BOT)
    found = [await ask(sender, name) for name in ("team/app", *FORBIDDEN, "team/app", "team/other")]
    assert found == [200, 401, 401, 401, 200, 200]


async def test_basic_of_one_repository() -> None:
    """A password that was right a moment ago is still sent for other repositories."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers=BASIC), Reply())
    fake.on("GET /v2/team/secret/tags/list", Reply(401, headers=BASIC))
    sender = client(fake, BOT)
    assert [await ask(sender, name) for name in ("team/app", "team/secret", "team/app")] == [200, 401, 200]
    assert ["Authorization" in asked.headers for asked in fake.asked] == [False, True, True, True]


async def test_from_basic_to_bearer() -> None:
    """A registry that wants a token where Basic was said has not refused the password."""
    fake = Bearer()
    fake.on("GET /v2/team/other/tags/list", Reply(401, headers=BASIC), Reply())
    sender = client(fake, BOT)
    assert [await ask(sender, "team/other"), await ask(sender)] == [200, 200]


async def test_both_schemes() -> None:
    """Of Basic and a token the token is taken, wherever it stands."""
    fake = Bearer()
    fake.challenge = 'Basic realm="x", ' + fake.challenge
    sender = client(fake, BOT)
    assert await ask(sender) == 200


async def test_basic_beside_a_bad_realm() -> None:
    """Where a token cannot be had, Basic will do."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers={"WWW-Authenticate": 'Bearer service="x", Basic realm="y"'}), Reply())
    sender = client(fake, BOT)
    assert await ask(sender) == 200
    assert fake.asked[1].headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("login", "challenge", "why"),
    [
        (BOT.login, "Negotiate, Digest realm=x", "by Negotiate, Digest, and only Basic and Bearer are understood"),
        (BOT.login, "", "does not say how to log in"),
        (BOT.login, 'Bearer service="x"', "does not say where to get it; nothing is sent there"),
        (BOT.login, f'Bearer realm="http://{CANARY}.test/"', "which is not https; nothing is sent there"),
        (Login(identity_token=Secret(CANARY)), "Basic", "a user and a password, and there is only the identity token"),
        (ANONYMOUS, "Basic", f"no credentials are configured for {NAME}"),
    ],
)
async def test_nothing_to_say(login: Login, challenge: str, why: str) -> None:
    """What cannot be answered is named, and above all gets no password."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers={"WWW-Authenticate": challenge}))
    sender = client(fake, Host(NAME, login=login))
    assert why in str(await failure(sender))
    assert ["Authorization" in asked.headers for asked in fake.asked] == [False]


@pytest.mark.parametrize("challenge", ["Bearer", 'Bearer realm="http://auth.test/"', "Basic", "Negotiate"])
async def test_registry_token(challenge: str) -> None:
    """A token for the registry itself goes there as it is, and rests where it is refused."""
    fake = FakeRegistry()
    refused = Reply(401, headers={"WWW-Authenticate": challenge})
    fake.on(f"GET {TAGS}", refused, Reply(), refused)
    sender = client(fake, Host(NAME, login=Login(registry_token=Secret(CANARY))))
    assert [await ask(sender), await ask(sender), await ask(sender)] == [200, 401, 401]
    said = [asked.headers.get("Authorization") for asked in fake.asked]
    assert said == [None, f"Bearer {CANARY}", f"Bearer {CANARY}", None]


async def test_identity_token() -> None:
    """An identity token goes to the token server, and only there; one that is refused rests."""
    fake = Bearer()
    fake.on("POST /token", Reply(400, b'{"error": "invalid_grant"}'))
    sender = client(fake, Host(NAME, login=Login("<token>", Secret(CANARY))))
    found = await failure(sender)
    assert "the token server refuses the identity token; that is not sent again for 60 s" in str(found)
    await failure(sender)
    assert [CANARY in asked.body.decode() for asked in fake.asked] == [False, True, False]
    assert [asked.method for asked in fake.asked] == ["GET", "POST", "GET"]


@pytest.mark.parametrize(("repo_auth", "talk"), [(False, 5), (True, 6)])
async def test_repo_auth(*, repo_auth: bool, talk: int) -> None:
    """What one repository taught holds for all, unless each is logged in to for itself."""
    fake = Bearer()
    fake.guard("GET /v2/team/other/tags/list")
    sender = client(fake, replace(BOT, repo_auth=repo_auth))
    assert [await ask(sender), await ask(sender, "team/other")] == [200, 200]
    assert len(fake.talk) == talk


class Helper:
    """Knows the logins that it was given, one after another."""

    def __init__(self, *logins: Login | RegistryError) -> None:
        self.calls = 0
        self._logins = logins

    async def __call__(self) -> Login:
        """Be a Helper."""
        login = self._logins[min(self.calls, len(self._logins) - 1)]
        self.calls += 1
        if isinstance(login, RegistryError):
            raise login
        return login


async def test_helper() -> None:
    """A helper is asked when there is a challenge, and not before."""
    fake, helper = Bearer(), Helper(BOT.login)
    fake.instead(f"GET {TAGS}", Reply())
    sender = client(fake, Host(NAME, helper=helper))
    await ask(sender)
    assert helper.calls == 0
    fake.instead(f"GET {TAGS}", Reply(401, headers={"WWW-Authenticate": fake.challenge}), Reply())
    assert await ask(sender) == 200
    assert fake.talk == ["list", "list", "token bot", "list Bearer t0"]


async def test_helper_knows_nobody() -> None:
    """A helper that knows no login leaves us anonymous, and the operator may know that."""
    fake, listener = Bearer(anonymous=True), Listener()
    sender = client(fake, Host(NAME, helper=Helper(ANONYMOUS)), observer=listener)
    assert await ask(sender) == 200
    assert listener.debugged == [
        f"requests to {NAME} are anonymous because the credential helper knows nobody at {NAME}"
    ]


async def test_helper_fails() -> None:
    """A helper that fails is an error with its words."""
    fake = Bearer()
    helper = Helper(RegistryError("docker-credential-x: no keychain", code="CREDENTIALS"))
    found = await failure(client(fake, Host(NAME, helper=helper)))
    assert (str(found), found.code, fake.talk) == ("docker-credential-x: no keychain", "CREDENTIALS", ["list"])


async def test_helper_renews() -> None:
    """A password that changed is taken up with the next request, though the old one was refused."""
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers=BASIC), Reply(401, headers=BASIC), Reply())
    sender = client(fake, Host(NAME, helper=Helper(WRONG.login, BOT.login)))
    assert [await ask(sender), await ask(sender)] == [401, 200]


async def test_helper_renews_under_way() -> None:
    """A refusal of the old password says nothing about the new one."""
    auth = Auth(Host(NAME, helper=Helper(WRONG.login, BOT.login)), nothing, Silent())
    request = Request("GET", httpx.URL(f"https://{NAME}{TAGS}"), NAME, "team/app")
    auth.heard(request, 401, [Challenge("basic")], {})
    old, new = await said(auth, request), await said(auth, request)
    auth.heard(request, 401, [Challenge("basic")], old)
    assert await said(auth, request) == new != old


@pytest.mark.parametrize(
    "login",
    [
        Login("bot", Secret(f"{CANARY}\udcff")),
        Login(f"{CANARY}\ud800", Secret("x")),
        Login(registry_token=Secret(f"{CANARY}\n")),
    ],
)
@pytest.mark.parametrize("by_helper", [False, True])
async def test_not_to_be_sent(login: Login, *, by_helper: bool) -> None:
    """A login that cannot be sent is a fault of the configuration, and nobody is shown any of it."""
    host = Host(NAME, helper=Helper(login)) if by_helper else Host(NAME, login=login)
    fake = FakeRegistry()
    fake.on(f"GET {TAGS}", Reply(401, headers=BASIC))
    with pytest.raises(RegistryError, match=f"for {NAME} has characters that cannot be sent") as caught:
        await client(fake, host).send(Request("GET", httpx.URL(f"https://{NAME}{TAGS}"), NAME, "team/app"))
    assert caught.value.code == "CONFIG"
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "realm",
    [
        "http://auth.test/token",
        "https://169.254.169.254/token",
        "https://[::ffff:169.254.169.254]/token",
        "https://2852039166/token",
        "https://localhost/token",
        "https://bot@auth.test/token",
    ],
)
async def test_bad_realm(realm: str) -> None:
    """Nothing at all is sent to a realm that will not do."""
    fake = Bearer(realm=realm)
    found = await failure(client(fake, BOT))
    assert "nothing is sent there" in str(found)
    assert fake.talk == ["list"]


async def test_realm_gets_only_its_login() -> None:
    """A realm that two registries name gets from each only that one's login."""
    fake = Bearer({"bot": CANARY, "other": "secret"})
    fake.guard("GET https://other.test/v2/team/app/tags/list")
    sender = client(fake, BOT, Host("other.test", login=Login("other", Secret("secret"))), Host("third.test"))
    for name in (NAME, "other.test", "third.test"):
        request = Request("GET", httpx.URL(f"https://{name}{TAGS}"), name, "team/app")
        with pytest.raises(RegistryError) if name == "third.test" else nullcontext():
            await sender.send(request)
    assert fake.talk[1::3] == ["token bot", "token other", "token"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_realm_redirects(status: int) -> None:
    """A token server's redirect is an error, and our login does not follow it."""
    fake = Bearer()
    fake.instead("GET /token", Reply(status, headers={"Location": "https://evil.test/token"}))
    found = await failure(client(fake, BOT))
    assert (found.status, fake.talk) == (status, ["list", "token bot"])


async def test_token_stays_at_home() -> None:
    """A token is not sent along to where the registry's answer leads."""
    fake = Bearer()
    fake.instead(
        f"GET {TAGS}",
        Reply(401, headers={"WWW-Authenticate": fake.challenge}),
        Reply(307, headers={"Location": "https://cdn.test/v2/team/app/tags/list"}),
    )
    fake.on("GET https://cdn.test/v2/team/app/tags/list", Reply(401, headers={"WWW-Authenticate": fake.challenge}))
    await ask(client(fake, BOT))
    assert fake.talk == ["list", "token bot", "list Bearer t0", "list"]


async def test_missing_realm_is_no_missing_image() -> None:
    """A token server that answers 404 does not make an image missing."""
    fake = Bearer()
    fake.instead("GET /token", Reply(404, error("NAME_UNKNOWN")))
    fake.on("POST /token", Reply(404, error("NAME_UNKNOWN")))
    found = await failure(client(fake, BOT))
    assert (found.status, isinstance(found, NotFound)) == (404, False)


async def test_token_server_down() -> None:
    """A token server in trouble is tried again with the request."""
    fake = Bearer()
    fake.instead("GET /token", Reply(503), Reply(200, b'{"token": "t0"}'))
    assert await ask(client(fake, BOT)) == 200


def echo(asked: Asked) -> Reply:
    """Repeat a request, as careless servers do, in the words of an error."""
    said = f"{asked.url} {asked.headers.get('Authorization')} {asked.body.decode()}"
    return Reply(401, error("UNAUTHORIZED", said), {"WWW-Authenticate": f'Bearer realm="{REALM}"'})


@pytest.mark.parametrize(
    ("login", "careless"),
    [
        (BOT.login, f"GET {TAGS}"),
        (BOT.login, "GET /token"),
        (Login("<token>", Secret(CANARY)), "POST /token"),
        (Login(registry_token=Secret(CANARY)), f"GET {TAGS}"),
    ],
    ids=str,
)
async def test_nothing_is_told(login: Login, careless: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither errors nor the log nor what an operator hears hold a password or a token, though servers repeat them."""
    caplog.set_level(logging.DEBUG)
    fake, listener = Bearer(), Listener()
    fake.instead("GET /token", Reply(200, json.dumps({"token": f"{CANARY}-token"}).encode()))
    fake.instead(careless, echo)
    sender = client(fake, Host(NAME, login=login), observer=listener)
    found = await failure(sender)
    told = "".join(traceback.format_exception(found)) + repr(vars(found)) + caplog.text + str(listener.debugged)
    assert "***" in str(found)
    assert CANARY not in told
    assert login.basic.reveal() not in told
