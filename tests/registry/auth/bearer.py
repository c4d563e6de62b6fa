"""A registry that wants tokens, and the token server that gives them, in memory."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx

from tests.fake_registry import CANARY, Asked, FakeRegistry, Reply, error

if TYPE_CHECKING:
    from collections.abc import Mapping

REALM: Final = "https://auth.test/token"
TAGS: Final = "/v2/team/app/tags/list"

Giver: TypeAlias = Callable[[Asked], Reply]


def scopes(asked: Asked) -> list[str]:
    """Return the scopes that a request for a token names."""
    return httpx.URL(asked.url).params.get_list("scope")


class Bearer(FakeRegistry):
    """Lets nobody see `TAGS`, or whatever else is `guard`ed, without a token; *users* get one from `REALM`.

    With *anonymous* everybody does.  A token is good for everything until it is put into `revoked`.
    """

    def __init__(self, users: Mapping[str, str] | None = None, *, anonymous: bool = False, realm: str = REALM) -> None:
        super().__init__()
        self.revoked: set[str] = set()
        self.with_scope = True
        self.expired = 401
        self.challenge = f'Bearer realm="{realm}",service="registry.test"'
        self._users, self._anonymous = {"bot": CANARY} if users is None else users, anonymous
        self._numbers = itertools.count()
        self.on("GET /token", self.give)
        self.guard(f"GET {TAGS}")

    def guard(self, line: str) -> None:
        """Answer *line* with 200 to who has a token."""
        self.on(line, self._answer)

    def give(self, asked: Asked) -> Reply:
        """Answer a request for a token."""
        name, _, password = base64.b64decode(asked.headers.get("Authorization", "")[6:]).decode().partition(":")
        if not (self._anonymous and not name) and (not name or self._users.get(name) != password):
            return Reply(401, error("UNAUTHORIZED", "wrong password"))
        return Reply(200, json.dumps({"token": f"t{next(self._numbers)}", "expires_in": 300}).encode())

    def _answer(self, asked: Asked) -> Reply:
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer" and token not in self.revoked:
            return Reply(200, b"{}")
        if token in self.revoked and self.expired == 400:
            return Reply(400, error("DENIED", "Your Authorization Token is invalid."))
        repository = asked.line.split(" ")[1][4:].rpartition("/tags")[0]
        scope = f',scope="repository:{repository}:pull"' if self.with_scope else ""
        return Reply(401, error("UNAUTHORIZED"), {"WWW-Authenticate": self.challenge + scope})

    @property
    def talk(self) -> list[str]:
        """What was asked so far: the path, and what it was asked with."""
        return [f"{httpx.URL(asked.url).path.split('/')[-1]} {shown(asked)}".rstrip() for asked in self.asked]


def shown(asked: Asked) -> str:
    """Return the value of Authorization; user instead of Basic."""
    value = asked.headers.get("Authorization", "")
    return base64.b64decode(value[6:]).decode().partition(":")[0] if value.startswith("Basic ") else value
