"""What user names, passwords and tokens may hold: HTTP cannot carry every text."""

from __future__ import annotations

import base64
import re
from typing import Final

# Half a surrogate pair, which JSON can spell, has no form in UTF-8.
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


def is_sendable(text: str) -> bool:
    """Say whether *text* has a form in UTF-8 and no control characters (RFC 7617, section 2)."""
    return _UNSENDABLE.search(text) is None


def is_user(text: str) -> bool:
    """Say whether *text* can be sent as a user's name, which a colon would end (likewise)."""
    return ":" not in text and is_sendable(text)


class BadAuth(ValueError):
    """A text is no user and password; the message goes on from its name, and holds nothing of it."""


def decode_basic(text: str) -> tuple[str, str]:
    """Return the user and the password that *text* is the base64 of, as Docker writes them; BadAuth if it is not."""
    why, decoded = "is no base64 of user:password", ""
    try:
        # Some tools break long lines.
        decoded = base64.b64decode("".join(text.split()), validate=True).decode()
    except UnicodeDecodeError:
        why = "is of a user or password that is no UTF-8"
    except ValueError:
        decoded = ""
    user, colon, password = decoded.partition(":")
    if not colon:
        # Outside of the block: its error holds the text.
        raise BadAuth(why)
    return user, password.strip("\0")
