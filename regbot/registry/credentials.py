"""Values that must not be shown."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn, Protocol, final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable

MASK: Final = "***"
TOKEN_USER: Final = "<token>"  # noqa: S105 -- a name, and no secret
_SHORTEST: Final = 8
"""Characters of a secret that is looked for in texts."""
_GO: Final = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&"})
"""What Go's JSON escapes besides, for the sake of HTML."""


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


def hide(text: str, secrets: Iterable[Secret], *, shortest: int = _SHORTEST) -> str:
    """Return *text* with each of *secrets* masked, also as in a URL or in JSON: servers repeat what they hear.

    One of fewer than *shortest* characters may be a word, and masking it would tell which.
    """
    revealed = (secret.reveal() for secret in secrets)
    forms = {form for shown in revealed if len(shown) >= shortest for form in _forms(shown)}
    # What holds another one goes first, or its rest would stay.
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, MASK)
    return text


def _forms(shown: str) -> Iterable[str]:
    quoted = json.dumps(shown, ensure_ascii=False)[1:-1]
    yield from (shown, quoted, json.dumps(shown)[1:-1], quoted.replace("/", r"\/"), quoted.translate(_GO))
    yield from (quote_plus(shown, errors="replace"), quote(shown, safe="", errors="replace"))


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are at one registry; the one without anything is anonymous.

    Docker writes an identity token as the password of the user `<token>` where there is no other room for it: a login
    that is made so has the identity token instead.
    """

    user: str = ""
    password: Secret = NO_SECRET
    identity_token: Secret = NO_SECRET
    """A refresh token, exchanged for access tokens instead of user and password."""
    registry_token: Secret = NO_SECRET
    """An access token that is sent to the registry as it is."""

    def __post_init__(self) -> None:
        if self.user == TOKEN_USER:
            object.__setattr__(self, "identity_token", self.identity_token or self.password)
            object.__setattr__(self, "user", "")
            object.__setattr__(self, "password", NO_SECRET)

    def __bool__(self) -> bool:
        return bool(self.user or self.identity_token or self.registry_token)

    def __str__(self) -> str:
        if self.registry_token:
            return "the configured token"
        if self.identity_token:
            return "the identity token"
        return f'user "{self.user}"' if self.user else "nobody"

    @property
    def sendable(self) -> bool:
        """Whether user and password are text, and the tokens such that they fit into a header."""
        texts = (self.user, self.password.reveal(), self.identity_token.reveal())
        # A byte that is no UTF-8, in a file or a variable, is a lone surrogate here.
        text = not any("\ud800" <= letter <= "\udfff" for letter in "".join(texts))
        return text and all("!" <= letter <= "~" for letter in self.registry_token.reveal())

    @property
    def basic(self) -> Secret:
        """User and password as "Basic" sends them (RFC 7617)."""
        return Secret(base64.b64encode(f"{self.user}:{self.password.reveal()}".encode()).decode())

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Return everything that must not be shown."""
        basic = self.basic if self.user else NO_SECRET
        return tuple(filter(None, (self.password, self.identity_token, self.registry_token, basic)))


ANONYMOUS: Final = Login()


class Helper(Protocol):
    """Asks somebody else who we are."""

    async def __call__(self) -> Login:
        """Return the login for the registry; ANONYMOUS where none is known.

        RegistryError (code CREDENTIALS) says what went wrong.  It keeps its answers for as long as they may be kept.
        """
        ...


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
