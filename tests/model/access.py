"""Who may do what in a model registry: RFC 9110, 11; RFC 7617; distribution's token authentication."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.model.message import Asked, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.model.tokens import TokenService


@dataclass(frozen=True, slots=True)
class Need:
    """An action that a request takes: pull, push or delete of a repository, or * of the registry's catalog."""

    kind: str
    name: str
    action: str


class Access(Protocol):
    """Lets requests through or not."""

    def check(self, asked: Asked, needs: Sequence[Need]) -> None:
        """Raise Refused, a 401 with a challenge, unless whoever asks may do all that the request *needs*."""
        ...


class Basic:
    """User and password, who may do everything; *users* are name to password."""

    def __init__(self, users: Mapping[str, str], realm: str = "tests") -> None:
        self._users, self._realm = users, realm

    def check(self, asked: Asked, needs: Sequence[Need]) -> None:
        """Let in who says a right password; see Access."""
        user, password = credentials(asked)
        if not user or self._users.get(user) != password:
            raise denied(f'Basic realm="{self._realm}"', needs)


class Bearer:
    """Tokens of a service at *realm*, a URL."""

    def __init__(self, realm: str, tokens: TokenService) -> None:
        self._realm, self._tokens = realm, tokens

    def check(self, asked: Asked, needs: Sequence[Need]) -> None:
        """Let in whose token was given out for all of this; see Access."""
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        challenge = f'Bearer realm="{self._realm}",service="{self._tokens.service}"'
        if needs:
            challenge += f',scope="{scopes(needs)}"'
        if not token or scheme.lower() != "bearer":
            raise denied(challenge, needs)
        fault = self._tokens.fault(token, needs)
        if fault:
            raise denied(f'{challenge},error="{fault}"', needs)


def credentials(asked: Asked) -> tuple[str, str]:
    """Return user and password that a request says by Basic; "" and "" for none."""
    scheme, _, text = asked.headers.get("authorization", "").partition(" ")
    try:
        pair = base64.b64decode(text, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        pair = ""
    user, _, password = pair.partition(":")
    return user, password


def scopes(needs: Sequence[Need]) -> str:
    """Return needs as the scopes that cover them: "repository:a/b:pull,push" and so on, apart by spaces."""
    grouped: dict[str, list[str]] = {}
    for need in needs:
        grouped.setdefault(f"{need.kind}:{need.name}", []).append(need.action)
    return " ".join(f"{resource}:{','.join(actions)}" for resource, actions in grouped.items())


def denied(challenge: str, needs: Sequence[Need]) -> Refused:
    """Return the answer to who is not known, or may not."""
    detail = [{"Type": need.kind, "Class": "", "Name": need.name, "Action": need.action} for need in needs]
    headers = {"WWW-Authenticate": challenge}
    return Refused(401, "UNAUTHORIZED", "authentication required", detail or None, headers=headers)
