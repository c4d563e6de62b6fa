"""What user names, passwords and tokens may hold: HTTP cannot carry every text."""

from __future__ import annotations

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
