"""What a token is wanted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from regbot.registry.auth.scopes import resource

if TYPE_CHECKING:
    import httpx

    from regbot.registry.auth.scopes import Scopes
    from regbot.registry.credentials import Login

Shelf: TypeAlias = "tuple[httpx.URL, str, Login, str]"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a token is for, and whom it is asked of."""

    realm: httpx.URL
    service: str
    scopes: Scopes
    login: Login

    @property
    def shelf(self) -> Shelf:
        """Say with which others the token is kept."""
        return self.realm, self.service, self.login, resource(self.scopes)
