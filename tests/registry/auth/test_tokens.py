from __future__ import annotations

import itertools
import json

import httpx
import pytest
import trio
import trio.testing

from regbot.registry.auth.tokens import FRESH, MAX_SHELVES, MAX_TOKENS, RENEWED, Tokens
from regbot.registry.auth.wanted import Wanted
from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.errors import RegistryError
from regbot.registry.http import faults
from regbot.registry.http.exchange import Answer, Request
from tests.fake_registry import NOW

BOT = Login("bot", Secret("x"))


class Server:
    """Gives the tokens t0, t1 and so on, that live for *life* seconds."""

    def __init__(self, life: float = 300) -> None:
        self.asked: list[Request] = []
        self.failing = False
        self._life = life
        self._numbers = itertools.count()

    async def __call__(self, request: Request) -> Answer:
        """Be a Send that takes a second."""
        self.asked.append(request)
        await trio.sleep(1)
        if self.failing:
            raise faults.refusal(503, b"", request.where)
        body = json.dumps({"token": f"t{next(self._numbers)}", "expires_in": self._life})
        return Answer(200, httpx.Headers(), body.encode(), request.url)


def wanted(*scopes: str, login: Login = BOT, service: str = "s") -> Wanted:
    """Return what is wanted: "team/app:pull" and so on."""
    return Wanted(httpx.URL("https://auth.test/"), service, tuple(f"repository:{scope}" for scope in scopes), login)


PULL = wanted("a:pull")
PUSH = wanted("a:pull,push")
MOUNT = wanted("a:pull,push", "b:pull")


async def get(tokens: Tokens, what: Wanted) -> str:
    """Return the token itself."""
    return (await tokens.get(what)).secret.reveal()


def make(server: Server) -> Tokens:
    """Return tokens of *server*."""
    return Tokens("registry.test", server, lambda: NOW)


@pytest.mark.parametrize(
    ("wants", "gets"),
    [
        ([PULL, PULL, PULL], ["t0", "t0", "t0"]),
        ([PULL, PUSH, PULL, PUSH], ["t0", "t1", "t1", "t1"]),
        ([MOUNT, PUSH, PULL, MOUNT], ["t0", "t0", "t0", "t0"]),
        ([PULL, wanted("b:pull"), PULL], ["t0", "t1", "t0"]),
        ([MOUNT, wanted("b:pull")], ["t0", "t1"]),
        ([PULL, wanted("a:pull", login=ANONYMOUS), PULL], ["t0", "t1", "t0"]),
        ([PULL, wanted("a:pull", service="other")], ["t0", "t1"]),
        ([MOUNT, wanted("a:pull,push", "c:pull"), MOUNT], ["t0", "t1", "t0"]),
    ],
)
async def test_shared(wants: list[Wanted], gets: list[str], autojump_clock: trio.testing.MockClock) -> None:
    """A token is used for all that it grants, in its own repository, by the same login."""
    tokens = make(Server())
    assert [await get(tokens, what) for what in wants] == gets


async def test_scopes_do_not_pile_up(autojump_clock: trio.testing.MockClock) -> None:
    """What was asked for once is not asked for again with the next token."""
    server = Server()
    tokens = make(server)
    await tokens.get(MOUNT)
    await tokens.get(wanted("c:pull"))
    assert server.asked[1].url.params.get_list("scope") == ["repository:c:pull"]


@pytest.mark.parametrize(
    ("life", "after", "gets"), [(300, 288.9, "t0"), (300, 290.1, "t1"), (8, 5.9, "t0"), (8, 6.1, "t1")]
)
async def test_expiry(life: float, after: float, gets: str, autojump_clock: trio.testing.MockClock) -> None:
    """A token is replaced a little before its end, counted from when it was asked for."""
    tokens = make(Server(life))
    begun = trio.current_time()
    await tokens.get(PULL)
    await trio.sleep_until(begun + after)
    assert await get(tokens, PULL) == gets


async def test_waiting_for_one(autojump_clock: trio.testing.MockClock) -> None:
    """Many that want the same token at a time wait for one request."""
    server = Server()
    tokens = make(server)
    async with trio.open_nursery() as nursery:
        for _ in range(9):
            nursery.start_soon(tokens.get, PULL)
    assert len(server.asked) == 1


async def test_waiter_takes_over(autojump_clock: trio.testing.MockClock) -> None:
    """Who waits for one that is cancelled asks himself."""
    server = Server()
    tokens = make(server)
    first = trio.CancelScope()

    async def cancelled() -> None:
        with first:
            await tokens.get(PULL)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(cancelled)
        await trio.testing.wait_all_tasks_blocked()
        nursery.start_soon(tokens.get, PULL)
        await trio.testing.wait_all_tasks_blocked()
        first.cancel()
    assert (len(server.asked), await get(tokens, PULL)) == (2, "t0")


async def test_failure_is_not_kept(autojump_clock: trio.testing.MockClock) -> None:
    """A token server that failed is asked again."""
    server = Server()
    server.failing = True
    tokens = make(server)
    with pytest.raises(RegistryError, match="503"):
        await tokens.get(PULL)
    server.failing = False
    assert await get(tokens, PULL) == "t0"


async def test_refused(autojump_clock: trio.testing.MockClock) -> None:
    """A token that the registry refuses is replaced, and only that one."""
    tokens = make(Server())
    await tokens.get(PULL)
    await tokens.get(wanted("b:pull"))
    tokens.refused("t0", 401)
    assert (await get(tokens, PULL), await get(tokens, wanted("b:pull"))) == ("t2", "t1")


async def test_refused_again(autojump_clock: trio.testing.MockClock) -> None:
    """One that replaced a refused one is kept though it be refused, for a while: it is the login that may not."""
    tokens = make(Server())
    await tokens.get(PULL)
    tokens.refused("t0", 401)
    await tokens.get(PULL)
    tokens.refused("t1", 401)
    assert await get(tokens, PULL) == "t1"
    await trio.sleep(RENEWED)
    tokens.refused("t1", 401)
    assert await get(tokens, PULL) == "t2"


@pytest.mark.parametrize(("age", "gets"), [(FRESH - 2, "t0"), (FRESH, "t1")])
async def test_bad_request(age: float, gets: str, autojump_clock: trio.testing.MockClock) -> None:
    """A 400 may mean that a token has expired, but not one that is new."""
    tokens = make(Server())
    await tokens.get(PULL)
    await trio.sleep(age)
    tokens.refused("t0", 400)
    assert await get(tokens, PULL) == gets


async def test_doubted_one_is_passed_over(autojump_clock: trio.testing.MockClock) -> None:
    """Where a refused token would do, and another one too, the other one is taken."""
    tokens = make(Server())
    await tokens.get(PUSH)
    tokens.refused("t0", 401)
    assert [await get(tokens, PULL), await get(tokens, PULL)] == ["t1", "t1"]


@pytest.mark.parametrize(("repositories", "gets"), [(MAX_SHELVES - 1, "t0"), (MAX_SHELVES, f"t{MAX_SHELVES + 1}")])
async def test_repositories_are_bounded(repositories: int, gets: str, autojump_clock: trio.testing.MockClock) -> None:
    """Tokens of so many repositories are kept."""
    tokens = make(Server(86400))
    await tokens.get(PULL)
    for number in range(repositories):
        await tokens.get(wanted(f"other{number}:pull"))
    assert await get(tokens, PULL) == gets


async def test_tokens_are_bounded(autojump_clock: trio.testing.MockClock) -> None:
    """And so many of each."""
    tokens = make(Server(86400))
    for number in range(MAX_TOKENS + 1):
        await tokens.get(wanted("a:pull,push", f"other{number}:pull"))
    again = [await get(tokens, wanted("a:pull,push", f"other{number}:pull")) for number in (1, MAX_TOKENS, 0)]
    assert again == ["t1", f"t{MAX_TOKENS}", f"t{MAX_TOKENS + 1}"]
