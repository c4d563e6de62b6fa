"""Reading the small files that a configuration names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

MAX_BYTES: Final = 1 << 20
"""Of a password, a certificate or Docker's config.json: far more than any of them has."""


def read_text(path: str) -> str:
    """Return the text of a file.

    OSError if it cannot be read; ValueError if the path or the content is no text, or the content is over MAX_BYTES.
    """
    with Path(path).open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES} bytes")
    return content.decode()
