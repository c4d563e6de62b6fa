"""What tokens are asked for at one registry: what we think that a request needs, or what the registry said instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.auth import scopes
from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from regbot.registry.auth.scopes import Scopes
    from regbot.registry.http.exchange import Request

MAX_KEPT: Final = 1000
"""Scopes that a registry wants other than ours, that are remembered."""


class Needs:
    """The scopes that requests need at a registry that has every repository below *path_prefix*."""

    def __init__(self, path_prefix: str) -> None:
        self._path_prefix = path_prefix
        self._others: Recent[Scopes, Scopes] = Recent(MAX_KEPT)

    def of(self, request: Request) -> Scopes:
        """Return what a token for *request* is asked for."""
        ours = scopes.needed(request, self._path_prefix)
        return self._others.get(ours) or ours

    def learn(self, request: Request, scope: str) -> None:
        """Take note of the *scope* that a challenge to *request* named; "" if it named none."""
        ours, theirs = scopes.needed(request, self._path_prefix), scopes.offered(scope)
        if not scopes.grants(theirs) <= scopes.grants(ours):
            self._others.put(ours, theirs)
        elif theirs:
            self._others.forget(ours)
