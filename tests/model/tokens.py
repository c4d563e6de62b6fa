"""A token service: distribution's "Docker Registry v2 authentication", by GET and by OAuth2's POST."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

import trio

from tests.model.access import Need, credentials
from tests.model.message import Asked, Refused, Reply, as_json, as_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

MAX_FORM: Final = 64 << 10


@dataclass(frozen=True, slots=True)
class Rules:
    """To whom tokens are given."""

    users: Mapping[str, str] = field(default_factory=dict)
    """Name to password: they may do everything."""
    refresh: Mapping[str, str] = field(default_factory=dict)
    """Refresh (identity) token to the user whose it is."""
    anonymous: bool = False
    """Whether anybody may pull."""
    post: bool = True
    """Whether it speaks OAuth2; else it answers 404 to POST."""
    lifetime: float = 300.0
    """Seconds that a token holds."""


class TokenService:
    """An Answerer that gives out tokens, and knows what they are good for; *now* returns the time in seconds."""

    def __init__(
        self, rules: Rules, service: str = "registry.test", *, now: Callable[[], float] = trio.current_time
    ) -> None:
        self.service, self._now = service, now
        self._rules = rules
        self._numbers = itertools.count(1)
        self._given: dict[str, tuple[float, frozenset[Need]]] = {}

    def fault(self, token: str, needs: Sequence[Need]) -> str:
        """Return why a token does not do for what a request needs, "" if it does."""
        until, granted = self._given.get(token, (0.0, frozenset()))
        if until <= self._now():
            return "invalid_token"
        return "" if granted.issuperset(needs) else "insufficient_scope"

    async def __call__(self, asked: Asked) -> Reply:
        """Answer a request for a token."""
        if asked.path != "/token" or asked.method not in {"GET", "POST"}:
            return as_text("there is nothing but /token here", status=404)
        try:
            return await self._post(asked) if asked.method == "POST" else self._get(asked)
        except Refused as refused:
            return refused.reply

    def _get(self, asked: Asked) -> Reply:
        user, password = credentials(asked)
        if user and self._rules.users.get(user) != password:
            raise Refused(401, "UNAUTHORIZED", "incorrect username or password")
        pairs = parse_qsl(urlsplit(asked.target).query)
        return self._give(user, [value for name, value in pairs if name == "scope"])

    async def _post(self, asked: Asked) -> Reply:
        if not self._rules.post:
            raise Refused(404, "UNSUPPORTED", "no such page")
        form = dict(parse_qsl((await asked.read(MAX_FORM)).decode()))
        if form.get("grant_type") == "refresh_token":
            user = self._rules.refresh.get(form.get("refresh_token", ""), "")
        else:
            user = form.get("username", "")
            user = user if self._rules.users.get(user, "") == form.get("password", "-") else ""
        if not user or not form.get("client_id") or form.get("service") != self.service:
            raise Refused(401, "UNAUTHORIZED", "invalid credentials")
        return self._give(user, form.get("scope", "").split())

    def _give(self, user: str, wanted: list[str]) -> Reply:
        granted = frozenset(need for scope in wanted for need in _needs(scope) if self._may(user, need))
        token = f"t0ken-{next(self._numbers)}-of-{self.service}"
        self._given[token] = (self._now() + self._rules.lifetime, granted)
        return as_json({"token": token, "access_token": token, "expires_in": int(self._rules.lifetime)})

    def _may(self, user: str, need: Need) -> bool:
        return bool(user) or (self._rules.anonymous and need.action == "pull")


def _needs(scope: str) -> list[Need]:
    """Return what one scope is about: "repository:localhost:5000/a/b:pull,push"."""
    kind, _, rest = scope.partition(":")
    name, _, actions = rest.rpartition(":")
    return [Need(kind, name, action) for action in actions.split(",")]
