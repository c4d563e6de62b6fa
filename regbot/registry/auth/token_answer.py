"""What a token server gives: a token, how long it lives, and perhaps what to show the next time."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from regbot.registry.credentials import NO_SECRET, Secret
from regbot.registry.errors import Unverified
from regbot.registry.jsontext import parse_object

if TYPE_CHECKING:
    from regbot.registry.jsontext import Object

MAX_ANSWER: Final = 256 << 10
"""Bytes of an answer."""
MAX_TOKEN: Final = 64 << 10
"""Characters of a token: nobody takes longer headers."""
USUAL_LIFE: Final = 60.0
"""Seconds that a token lives whose server does not say how long."""
LONGEST_LIFE: Final = 86400.0

_TOKEN: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Given:
    """A token, the seconds it has yet to live, and the refresh token to get the next one with, if there is one."""

    token: Secret
    life: float
    refresh: Secret = NO_SECRET


def parse_answer(body: bytes, now: float) -> Given:
    """Return what a token server's answer holds; Unverified, which says what is wrong and shows nothing of it.

    *now* is the time of day, in seconds since 1970.
    """
    if len(body) > MAX_ANSWER:
        raise Unverified(f"the token server's answer has more than {MAX_ANSWER} bytes", code="TOO_LARGE")
    tree = parse_object(body, "the token server's answer")
    token = _text(tree, "token") or _text(tree, "access_token")
    if not token:
        raise Unverified("the token server's answer holds no token", code="TOKEN_INVALID")
    return Given(token, _life(tree, now), _text(tree, "refresh_token"))


def _text(tree: Object, name: str) -> Secret:
    value = tree.get(name)
    if value is None or value == "":
        return NO_SECRET
    # What is sent in a header must not end it.
    if not isinstance(value, str) or len(value) > MAX_TOKEN or _TOKEN.fullmatch(value) is None:
        raise Unverified(f"the {name} in the token server's answer is none", code="TOKEN_INVALID")
    return Secret(value)


def _life(tree: Object, now: float) -> float:
    life = tree.get("expires_in")
    if isinstance(life, bool) or not isinstance(life, int | float) or not life > 0:
        life = USUAL_LIFE
    # A number of JSON may have more digits than arithmetic with others bears.
    life = float(min(life, LONGEST_LIFE))
    issued = tree.get("issued_at")
    age = now - _time(issued, now) if isinstance(issued, str) else 0.0
    # A clock that is wrong, here or there, says nothing about the token.
    return life - age if 0 < age < life else life


def _time(text: str, otherwise: float) -> float:
    """Return the seconds since 1970 of a time as RFC 3339 writes it."""
    with suppress(ValueError, OverflowError):
        time = datetime.fromisoformat(text[:64])
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    return otherwise
