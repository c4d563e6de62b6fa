"""Authentication at one registry (RFC 9110, 11; RFC 7617 "Basic")."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry.credentials import Secret
from regbot.registry.errors import RegistryError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from regbot.registry.exchange import Answer, Request
    from regbot.registry.hosts import Host
    from regbot.registry.observer import Observer

_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ITEM: Final = re.compile(rf'[\s,]*({_WORD})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a 401 offers; *scheme* and the names of *parameters* are in lower case."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> list[Challenge]:
    """Return the challenges of WWW-Authenticate headers, joined by commas; what makes no sense ends them."""
    found: list[Challenge] = []
    position = 0
    while match := _ITEM.match(header, position):
        position = match.end()
        name, quoted, plain = match.groups()
        if quoted is None and plain is None:
            found.append(Challenge(name.lower()))
        elif found:
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1].parameters[name.lower()] = value
    return found


Send: TypeAlias = "Callable[[Request], Awaitable[Answer]]"
"""Sends a request with no credentials but those in it, and returns any answer that is `ok` for it."""


class Auth:
    """Who we are at one registry: what answered a challenge once is sent along from then on.

    RegistryError if the user or the password cannot be sent at all.
    """

    def __init__(self, host: Host, send: Send, observer: Observer) -> None:
        self._host, self._send, self._observer = host, send, observer
        self._basic = _basic(host)
        self._authorization = Secret("")

    async def headers(self, request: Request) -> dict[str, str]:
        """Return the headers that authenticate *request* at the registry itself, and at nobody else's."""
        return {"Authorization": self._authorization.reveal()} if self._authorization else {}

    async def answer(self, request: Request, challenges: Sequence[Challenge], said: Mapping[str, str]) -> bool:
        """Take up a challenge; False if there is nothing to say but what the request *said* (its `headers`) already."""
        if not self._host.login.user or not any(challenge.scheme == "basic" for challenge in challenges):
            return False
        self._authorization = self._basic
        # Not what is known by now: another request may have learned it while this one was under way.
        return await self.headers(request) != said

    def fault(self, challenges: Sequence[Challenge]) -> str:
        """Say why a request was turned away though `answer` had its chance."""
        if self._authorization:
            return f'the registry refuses user "{self._host.login.user}" or the password'
        if not self._host.login.user:
            return f"no credentials are configured for {self._host.name}"
        wanted = ", ".join(challenge.scheme.capitalize() for challenge in challenges) or "an unknown scheme"
        return f"the registry asks for authentication by {wanted}, and only Basic is understood"


def _basic(host: Host) -> Secret:
    """Return what is sent for "Basic"."""
    with suppress(UnicodeEncodeError):
        pair = f"{host.login.user}:{host.login.password.reveal()}".encode()
        return Secret("Basic " + base64.b64encode(pair).decode())
    # Outside of the block: the error, which holds the whole text, is nobody's context.
    message = f"the user or the password configured for {host.name} has characters that are none"
    raise RegistryError(message, code="CONFIG", registry=host.name)
