"""The header Link (RFC 8288): where an answer says that it goes on."""

from __future__ import annotations

import re
from typing import Final

MAX_HEADER: Final = 8 << 10
"""Characters of a header, or of all of them together."""

# Each pattern is tried at one place only and begins where the one before it ended, so no text takes long.
_TARGET: Final = re.compile(r"[\s,]*<([^<>]*)>")
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER: Final = re.compile(rf'\s*;\s*(?:({_WORD})\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]*)))?)?')


def next_target(header: str) -> str:
    """Return the target of the first link with the relation "next", "" if none has it; what makes no sense ends all.

    *header* is one Link header or several, joined by commas.
    """
    position = 0
    while match := _TARGET.match(header, position):
        relations, position = _relations(header, match.end())
        if "next" in relations.lower().split():
            return match[1]
    return ""


def _relations(header: str, position: int) -> tuple[str, int]:
    """Return what the parameters from *position* on say of the relation, and where they end."""
    found: str | None = None
    while match := _PARAMETER.match(header, position):
        position = match.end()
        name, quoted, plain = match.groups("")
        # RFC 8288, 3.3: only the first one counts.
        if found is None and name.lower() == "rel":
            found = re.sub(r"\\(.)", r"\1", quoted) or plain
    return found or "", position
