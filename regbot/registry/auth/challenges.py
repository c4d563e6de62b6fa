"""What a 401 offers: the header WWW-Authenticate (RFC 9110, 11.6.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

MAX_HEADER: Final = 8 << 10
"""Characters of the header, or of all of them together, that are read."""
MAX_ITEMS: Final = 64
"""Schemes and parameters that are read."""

# Each item begins where the one before it ended, and none is tried at two places: no text takes long.
_WORD: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ITEM: Final = re.compile(rf'[\s,;]*({_WORD})(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,;"]+)))?')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a 401 offers; *scheme* and the names of *parameters* are in lower case."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> list[Challenge]:
    """Return the challenges of WWW-Authenticate headers, joined by commas; what makes no sense ends them.

    Parameters may be quoted or not, and stand apart by commas, semicolons or spaces: all of that is in use.
    """
    found: list[Challenge] = []
    position, header = 0, header[:MAX_HEADER]
    for _ in range(MAX_ITEMS):
        match = _ITEM.match(header, position)
        if match is None:
            break
        position = match.end()
        name, quoted, plain = match.groups()
        if quoted is None and plain is None:
            found.append(Challenge(name.lower()))
        elif found:
            value = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1].parameters.setdefault(name.lower(), value)
    return found
