"""Values that must not be shown."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final, NoReturn, Protocol, final

MASK: Final = "***"


@final
class Secret:
    """A password, token or key that only `reveal` shows.

    Its repr, its str and every format of it are a mask, so that a log line, an f-string or the repr of a value that
    holds it gives nothing away.  It cannot be pickled, and so not sent to another process.  An empty secret is false.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself, for the one place that sends it."""
        return self._text

    def __bool__(self) -> bool:
        return self._text != ""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # Takes the same time wherever the first difference stands.
        return hmac.compare_digest(_encoded(self._text), _encoded(other._text))

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not pickled")


NO_SECRET: Final = Secret("")


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are at one registry; the one without anything is anonymous."""

    user: str = ""
    password: Secret = NO_SECRET
    identity_token: Secret = NO_SECRET
    """A refresh token, exchanged for access tokens instead of user and password."""
    registry_token: Secret = NO_SECRET
    """An access token that is sent to the registry as it is."""

    def __bool__(self) -> bool:
        return bool(self.user or self.identity_token or self.registry_token)


ANONYMOUS: Final = Login()


class Helper(Protocol):
    """Asks somebody else who we are."""

    async def __call__(self, repository: str) -> Login:
        """Return the login for a repository's path ("": for the registry); ANONYMOUS where none is known.

        RegistryError (code CREDENTIALS) says what went wrong.  It keeps its answers for as long as they may be kept.
        """
        ...


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
