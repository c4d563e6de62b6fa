"""Digests: OCI image specification, descriptor, "Digests"."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Self

from regbot.registry.errors import InvalidText

_DIGEST: Final = re.compile(r"([a-z0-9]+(?:[+._-][a-z0-9]+)*):([0-9a-zA-Z=_-]{32,})")
_LENGTHS: Final = {"sha256": 64, "sha512": 128}
"""Characters of the encoded part, of the algorithms that we can check."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The name of bytes by their hash."""

    algorithm: str
    encoded: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the digest that *text* spells; InvalidText if it spells none, or one that we cannot check."""
        if (match := _DIGEST.fullmatch(text)) is None:
            raise InvalidText("digest", text, "it should be algorithm:hex, like sha256:0123…")
        algorithm, encoded = match.groups()
        if algorithm not in _LENGTHS:
            raise InvalidText("digest", text, f"the algorithm should be one of {', '.join(_LENGTHS)}")
        if len(encoded) != _LENGTHS[algorithm] or not re.fullmatch("[0-9a-f]+", encoded):
            raise InvalidText("digest", text, f"{algorithm} has {_LENGTHS[algorithm]} lower-case hex digits")
        return cls(algorithm, encoded)

    @classmethod
    def of(cls, data: bytes, algorithm: str = "sha256") -> Self:
        """Return the digest of *data*."""
        return cls(algorithm, hashlib.new(algorithm, data).hexdigest())

    def hasher(self) -> hashlib._Hash:
        """Return a fresh hash object of the digest's algorithm."""
        return hashlib.new(self.algorithm)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"
