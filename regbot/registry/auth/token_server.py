"""How tokens are asked for: with GET, which every token server knows, or with POST, as OAuth2 does.

Docker registry, "Token Authentication Specification" and "Oauth2 Token Authentication".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

import trio

from regbot.registry.auth.token_answer import parse_answer
from regbot.registry.credentials import hide
from regbot.registry.errors import RegistryError, Unreachable, Unverified
from regbot.registry.http import urls
from regbot.registry.http.exchange import Request
from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from regbot.registry.auth.token_answer import Given
    from regbot.registry.auth.wanted import Wanted
    from regbot.registry.credentials import Login, Secret
    from regbot.registry.http.exchange import Send

CLIENT: Final = "regbot"
"""The client_id."""
PATIENCE: Final = 60.0
"""Seconds that an answer may take."""
MAX_KEPT: Final = 100
"""Realms and logins of which something is remembered."""

_OTHER_METHOD: Final = frozenset({404, 405})
"""What a server answers that gives tokens only to the other of GET and POST."""
_FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}


class TokenServer:
    """Asks for tokens on behalf of one registry.  *wall* returns the time of day, in seconds since 1970."""

    def __init__(self, registry: str, send: Send, wall: Callable[[], float]) -> None:
        self._registry, self._send, self._wall = registry, send, wall
        self._refresh: Recent[tuple[httpx.URL, Login], Secret] = Recent(MAX_KEPT)
        self._methods: Recent[tuple[httpx.URL, Login], str] = Recent(MAX_KEPT)

    async def ask(self, wanted: Wanted, repository: str) -> Given:
        """Return a token; RegistryError with the server's status and code if it gives none, and no secret in it.

        *repository* is what the error names.
        """
        key = (wanted.realm, wanted.login)
        if refresh := self._refresh.get(key):
            try:
                return await self._exchange(wanted, repository, refresh)
            except RegistryError as exc:
                if exc.temporary:
                    raise
            # It has been taken back, or its time is over; what it was got for may still be good.
            self._refresh.forget(key)
        if wanted.login.identity_token:
            return await self._exchange(wanted, repository, wanted.login.identity_token)
        if self._methods.get(key) != "POST":
            try:
                return await self._get(wanted, repository)
            except RegistryError as exc:
                if exc.status not in _OTHER_METHOD or not wanted.login:
                    raise
        given = await self._post_password(wanted, repository)
        self._methods.put(key, "POST")
        return given

    async def _get(self, wanted: Wanted, repository: str) -> Given:
        login, headers = wanted.login, {}
        query = [("service", wanted.service)] if wanted.service else []
        query += [("scope", scope) for scope in wanted.scopes]
        if login.user:
            query.append(("account", login.user))
            headers = {"Authorization": f"Basic {login.basic.reveal()}"}
        query.append(("client_id", CLIENT))
        request = Request("GET", wanted.realm, self._registry, repository, headers)
        try:
            request = replace(request, url=urls.with_query(wanted.realm, urlencode(query)))
        except urls.BadUrl as exc:
            message = "what the registry wants a token for is too long to be asked for"
            raise request.fault(RegistryError, "TOO_LARGE", message) from exc
        return await self._ask(request, login.secrets)

    async def _post_password(self, wanted: Wanted, repository: str) -> Given:
        login = wanted.login
        grant = {"grant_type": "password", "username": login.user, "password": login.password.reveal()}
        return await self._post(wanted, repository, {**grant, "access_type": "online"}, login.secrets)

    async def _exchange(self, wanted: Wanted, repository: str, refresh: Secret) -> Given:
        """Exchange a refresh token, or an identity token, which is one."""
        grant = {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
        return await self._post(wanted, repository, grant, (refresh, *wanted.login.secrets))

    async def _post(self, wanted: Wanted, repository: str, grant: dict[str, str], secrets: Iterable[Secret]) -> Given:
        form = {**grant, "service": wanted.service, "client_id": CLIENT, "scope": " ".join(wanted.scopes)}
        body = urlencode(form).encode()
        given = await self._ask(Request("POST", wanted.realm, self._registry, repository, _FORM, body), secrets)
        if given.refresh:
            self._refresh.put((wanted.realm, wanted.login), given.refresh)
        return given

    async def _ask(self, request: Request, secrets: Iterable[Secret]) -> Given:
        request = replace(request, secrets=tuple(secrets))
        with trio.move_on_after(PATIENCE):
            return await self._answer(request)
        message = f"{request.shown}: no answer in {PATIENCE:.0f} s"
        raise Unreachable(message, code="UNREACHABLE", temporary=True, **request.where)

    async def _answer(self, request: Request) -> Given:
        """Send *request* and read the answer; an error repeats no secret, and is never NotFound: no image is."""
        try:
            answer = await self._send(request)
            return parse_answer(answer.body, self._wall())
        except Unverified as exc:
            failure = request.fault(Unverified, exc.code, exc.message)
        except RegistryError as exc:
            failure = (Unreachable if isinstance(exc, Unreachable) else RegistryError)(
                hide(exc.message, request.secrets),
                status=exc.status,
                code=hide(exc.code, request.secrets),
                temporary=exc.temporary,
                retry_after=exc.retry_after,
                **request.where,
            )
        # Outside of the block: the first one may repeat what it was sent, and is nobody's context.
        raise failure
