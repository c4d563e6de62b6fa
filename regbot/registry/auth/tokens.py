"""Bearer tokens of one registry: kept while they live, and shared by all that need no more than they grant."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import trio

from regbot.registry.auth.scopes import grants, resource
from regbot.registry.auth.token_server import TokenServer
from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.auth.scopes import Grants, Scopes
    from regbot.registry.auth.wanted import Shelf, Wanted
    from regbot.registry.credentials import Secret
    from regbot.registry.http.exchange import Send

MAX_SHELVES: Final = 1000
"""Repositories, or other resources, whose tokens are kept."""
MAX_TOKENS: Final = 8
"""Tokens that are kept for each."""
MARGIN: Final = 10.0
"""Seconds before its end that a token is used no more; a quarter of its life, if that is less."""
RENEWED: Final = 60.0
"""Seconds for which a token that replaced a refused one is not replaced for being refused itself."""
FRESH: Final = 30.0
"""Seconds for which a 400 is not taken to mean that a token has expired."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token, with trio's time when it was got and from which on it is not used any more.

    *doubted* says that the registry refused it; *renewed* that it was got because another one had been.
    """

    secret: Secret
    grants: Grants
    begun: float
    end: float
    renewed: bool = False
    doubted: bool = False


class Tokens:
    """The tokens of one registry.  *wall* is the time of day, in seconds since 1970."""

    def __init__(self, registry: str, send: Send, wall: Callable[[], float] = time.time) -> None:
        self._server = TokenServer(registry, send, wall)
        self._shelves: Recent[Shelf, list[Token]] = Recent(MAX_SHELVES)
        self._locks: WeakValueDictionary[Wanted, trio.Lock] = WeakValueDictionary()

    async def get(self, wanted: Wanted, repository: str = "") -> Token:
        """Return a token that grants what is wanted; whoever wants the same meanwhile waits for it.

        RegistryError if the token server gives none; *repository* is what the error names.
        """
        token = self._find(wanted)
        if token is not None and not token.doubted:
            return token
        async with self._locks.setdefault(wanted, trio.Lock()):
            token = self._find(wanted)
            if token is not None and not token.doubted:
                return token
            return await self._fetch(wanted, repository, renewed=token is not None)

    def refused(self, text: str, status: int) -> None:
        """Take note that the registry answered 401 to a token, or a 400 that may mean the same."""
        now = trio.current_time()
        for shelf in self._shelves.values():
            for place, token in enumerate(shelf):
                bears = max(RENEWED if token.renewed else 0.0, FRESH if status == 400 else 0.0)
                if token.secret.reveal() == text and now - token.begun >= bears:
                    shelf[place] = replace(token, doubted=True)

    def secrets(self, scopes: Scopes) -> list[Secret]:
        """Return the tokens that may have been sent where *scopes* are needed."""
        about = resource(scopes)
        shelves = (shelf for place, shelf in self._shelves.items() if place[-1] == about)
        return [token.secret for shelf in shelves for token in shelf]

    def _find(self, wanted: Wanted) -> Token | None:
        """Return a token that lives and suffices, if possible one that is not doubted."""
        now, needs = trio.current_time(), grants(wanted.scopes)
        found = [token for token in self._shelves.get(wanted.shelf) or () if token.grants >= needs and now < token.end]
        return min(found, key=lambda token: token.doubted, default=None)

    async def _fetch(self, wanted: Wanted, repository: str, *, renewed: bool) -> Token:
        begun = trio.current_time()
        given = await self._server.ask(wanted, repository)
        end = begun + given.life - min(MARGIN, given.life / 4)
        token = Token(given.token, grants(wanted.scopes), begun, end, renewed)
        # What this one grants as well is needed no more.
        others = [kept for kept in self._shelves.get(wanted.shelf) or () if not kept.grants <= token.grants]
        self._shelves.put(wanted.shelf, [*others[1 - MAX_TOKENS :], token])
        return token
