"""Who we are at one registry (RFC 9110, 11; RFC 7617 "Basic"; RFC 6750 "Bearer").

Nothing is said until a challenge has asked for it.  From then on each request says it at once, and what it says comes
from the login that the configuration or a credential helper gives: that itself, or a token that it was exchanged for.
"""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry.auth.needs import Needs
from regbot.registry.auth.place import Place, unusable
from regbot.registry.auth.refusals import Refusals
from regbot.registry.auth.tokens import Tokens
from regbot.registry.auth.wanted import Wanted
from regbot.registry.credentials import ANONYMOUS, Login
from regbot.registry.errors import RegistryError
from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence

    from regbot.registry.auth.challenges import Challenge
    from regbot.registry.credentials import Secret
    from regbot.registry.errors import Where
    from regbot.registry.hosts import Host
    from regbot.registry.http.exchange import Request, Send
    from regbot.registry.observer import Observer

MAX_KEPT: Final = 1000
"""Places that are remembered."""
WHOLE: Final = "*"
"""The name of the place that is a registry as a whole."""


class Auth:
    """What is said to one registry, and what was learned from its answers.

    *wall* returns the time of day, in seconds since 1970.  RegistryError if the login cannot be sent at all.
    """

    def __init__(self, host: Host, send: Send, observer: Observer, *, wall: Callable[[], float] = time.time) -> None:
        self._host, self._observer = host, observer
        self._places: Recent[str, Place] = Recent(MAX_KEPT)
        self._needs = Needs(host.path_prefix)
        self._tokens = Tokens(host.name, send, wall)
        self._refusals = Refusals()
        self._trial = trio.Lock()
        self._checked(host.login)

    def headers(self, request: Request) -> AbstractAsyncContextManager[dict[str, str]]:
        """Give the headers that authenticate *request* at the registry itself, and at nobody else's.

        In the block `heard` should be told what came of them: a login that was not right yet is shown by one request at
        a time, while all others wait.  RegistryError if a credential helper or a token server fails.
        """
        place = self._place(request)
        return self._authenticated(place, request) if place.scheme else nullcontext({})

    @asynccontextmanager
    async def _authenticated(self, place: Place, request: Request) -> AsyncIterator[dict[str, str]]:
        async with AsyncExitStack() as trial:
            login = self._unless_refused(place, request, await self._login(place))
            if self._is_doubtful(login):
                await trial.enter_async_context(self._trial)
                # Whoever went first may have found out that the login is wrong.
                login = self._unless_refused(place, request, login)
            value = await self._value(place, request, login)
            # By a token the login was tried already, and what streams may itself wait for somebody who asks here.
            if not self._is_doubtful(login) or place.shown != (login, value) or request.streams:
                await trial.aclose()
            yield {"Authorization": value} if value else {}

    def heard(self, request: Request, status: int, challenges: Sequence[Challenge], said: Mapping[str, str]) -> None:
        """Take note of what the registry answered to a request that *said* (its `headers`); they may change by that."""
        place, value = self._place(request), said.get("Authorization", "")
        subject = self._subject(request) if value else ""
        if status == 401:
            self._learn(place, request, challenges)
        login, shown = place.shown
        if value and value == shown:
            if status == 401 and (place.scheme == "basic" or login.registry_token):
                self._refusals.refused(login, subject, f"the registry refuses {login}")
            elif status < 400 or status == 404:
                self._refusals.accepted(login, subject)
        elif value and status in {400, 401}:
            self._tokens.refused(value.removeprefix("Bearer "), status)

    @property
    def resting(self) -> bool:
        """Whether anything was refused that is not to be shown again yet."""
        return self._refusals.resting

    def fault(self, request: Request, challenges: Sequence[Challenge]) -> str:
        """Say why a request was turned away with a 401."""
        place = self._place(request)
        if not place.scheme:
            return unusable(challenges, self._host)
        if why := self._hindrance(place, request):
            return why
        if place.scheme == "basic":
            return f"the registry asks for a user and a password, and there is only {place.login}"
        return f"the token that was given to {place.login} does not allow it"

    def secrets(self, request: Request) -> list[Secret]:
        """Return what was said with *request*: some servers repeat it in their answers."""
        place = self._place(request)
        return [*place.login.secrets, *place.shown[0].secrets, *self._tokens.secrets(self._needs.of(request))]

    def _is_doubtful(self, login: Login) -> bool:
        return bool(login) and not self._refusals.is_proven(login)

    async def _value(self, place: Place, request: Request, login: Login) -> str:
        """Return the value of Authorization, "" for none."""
        if login.registry_token:
            return _show(place, login, f"Bearer {login.registry_token.reveal()}")
        if place.realm is None:
            return _show(place, login, f"Basic {login.basic.reveal()}") if login.user else ""
        return await self._token(place, request, Wanted(place.realm, place.service, self._needs.of(request), login))

    async def _login(self, place: Place) -> Login:
        """Return who we are."""
        place.login = self._host.login
        if not place.login and self._host.helper is not None:
            place.login = self._checked(await self._host.helper())
        return place.login

    def _unless_refused(self, place: Place, request: Request, login: Login) -> Login:
        """Return *login*, ANONYMOUS as long as that is refused."""
        refusal = self._refusals.find(login, self._subject(request))
        anonymous = refusal.why if refusal else "" if login else self._nobody()
        if anonymous not in {"", place.anonymous}:
            self._observer.debug(f"requests to {self._host.name} are anonymous because {anonymous}")
        place.anonymous = anonymous
        return ANONYMOUS if anonymous else login

    async def _token(self, place: Place, request: Request, wanted: Wanted) -> str:
        begun = trio.current_time()
        try:
            token = await self._tokens.get(wanted, request.repository)
        except RegistryError as exc:
            failure = exc
        else:
            if wanted.login and token.begun >= begun:
                self._refusals.accepted(wanted.login, " ".join(wanted.scopes))
            return f"Bearer {token.secret.reveal()}"
        raise self._explained(failure, place, request, wanted)

    def _explained(self, failure: RegistryError, place: Place, request: Request, wanted: Wanted) -> RegistryError:
        """Return the error for a token server that gave no token, and remember whom it turned away."""
        login = wanted.login
        # OAuth2 answers 400 to a refresh token that it does not take (RFC 6749, 5.2).
        if failure.status not in ({400, 401, 403} if login.identity_token else {401, 403}):
            return failure
        subject, why = " ".join(wanted.scopes), f"the token server refuses {login}"
        if login and failure.status != 403:
            self._refusals.refused(login, subject, why)
        elif login:
            self._refusals.denied(login, subject, why)
        hindrance = self._hindrance(place, request)
        message = f"{failure.message} ({hindrance})" if hindrance else failure.message
        where: Where = {"registry": failure.registry, "repository": failure.repository, "request": failure.request}
        return RegistryError(message, status=failure.status, code=failure.code, **where)

    def _hindrance(self, place: Place, request: Request) -> str:
        """Say why nobody is what we are, and for how long yet; "" if we are somebody."""
        if not place.login:
            return self._nobody()
        refusal = self._refusals.find(place.login, self._subject(request))
        if refusal is None:
            return ""
        return f"{refusal.why}; that is not sent again for {refusal.until - trio.current_time():.0f} s"

    def _nobody(self) -> str:
        if self._host.helper is None:
            return f"no credentials are configured for {self._host.name}"
        return f"the credential helper knows nobody at {self._host.name}"

    def _learn(self, place: Place, request: Request, challenges: Sequence[Challenge]) -> None:
        scope = place.learn(challenges, self._host)
        if not place.scheme and self._host.login.registry_token:
            # No token server is needed, so it does not matter that none was named.
            place.scheme = "bearer"
        self._needs.learn(request, scope)

    def _subject(self, request: Request) -> str:
        """Return what *request* is about, for which a login may be refused."""
        return " ".join(self._needs.of(request))

    def _place(self, request: Request) -> Place:
        name = request.repository if self._host.repo_auth else WHOLE
        return self._places.get(name) or self._places.put(name, Place(name))

    def _checked(self, login: Login) -> Login:
        if not login.sendable:
            message = f"the user, password or token for {self._host.name} has characters that cannot be sent"
            raise RegistryError(message, code="CONFIG", registry=self._host.name)
        return login


def _show(place: Place, login: Login, value: str) -> str:
    """Return *value*, and remember that it is *login* itself and no token that it was exchanged for."""
    place.shown = (login, value)
    return value
