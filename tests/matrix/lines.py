"""What requests are called, the same in every run."""

from __future__ import annotations

import re
from typing import Final

from tests.matrix.stage import KNOWN

_UPLOAD: Final = re.compile("/uploads/[^/]+$")
_DIGEST: Final = re.compile("sha(?:256|512)[:-]([0-9a-f]+)")


def is_upload(path: str) -> bool:
    """Say whether a path, or a URL without query, is that of an upload under way."""
    return _UPLOAD.search(path) is not None


def line_of(method: str, host: str, path: str) -> str:
    """Return what a request is called in every run: digests by what they are of, uploads by no number."""
    path = _UPLOAD.sub("/uploads/*", path)
    return f"{method} {host}{_DIGEST.sub(_name, path)}"


def _name(match: re.Match[str]) -> str:
    known = KNOWN.get(f"sha256:{match[1]}")
    return f"<{known} {match[1][:4]}>" if known else "<made>"
