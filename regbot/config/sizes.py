"""Amounts of memory: `128MiB`, `1GiB`, `512KiB`, or plain bytes."""

from __future__ import annotations

import re
from typing import Final

_SIZE: Final = re.compile(r"([0-9]{1,15})(KiB|MiB|GiB)?")
_BYTES: Final = {None: 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


class InvalidSize(ValueError):
    """A text is no size.  *text* is the text."""

    def __init__(self, text: str) -> None:
        super().__init__(
            f'"{text[:100]}" is no size: it should be a whole number of KiB, MiB, GiB or bytes, like 128MiB'
        )
        self.text = text


def parse_size(text: str) -> int:
    """Return the bytes that *text* spells; InvalidSize if it spells none."""
    if (match := _SIZE.fullmatch(text)) is None:
        raise InvalidSize(text)
    count, unit = match.groups()
    return int(count) * _BYTES[unit]
