"""Digests: OCI image specification, descriptor, "Digests"."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from regbot.registry.errors import InvalidText, Unverified

if TYPE_CHECKING:
    from hashlib import _Hash

PATTERN: Final = r"[A-Za-z][A-Za-z0-9]*(?:[+._-][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,256}"
_DIGEST: Final = re.compile(PATTERN)
_ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})
"""The algorithms that we can check."""


@dataclass(frozen=True, slots=True)
class Digest:
    """The name of bytes by their hash.

    A text of the right form is a digest; one of an unknown algorithm, or of the wrong length, is never verified.
    """

    algorithm: str
    encoded: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the digest that *text* spells; InvalidText if it spells none."""
        if _DIGEST.fullmatch(text) is None:
            raise InvalidText(
                "digest", text, "it should be algorithm:hex, like sha256:0123…, with at least 32 hex digits"
            )
        return cls(*text.split(":"))

    @classmethod
    def of(cls, data: bytes, algorithm: str = "sha256") -> Self:
        """Return the digest of *data*; Unverified if the algorithm is unknown."""
        hasher = _hasher(algorithm)
        hasher.update(data)
        return cls(algorithm, hasher.hexdigest())

    def hasher(self) -> _Hash:
        """Return a fresh hash object of the digest's algorithm; Unverified if it is unknown."""
        return _hasher(self.algorithm)

    def verify(self, data: bytes, what: str) -> None:
        """Raise Unverified, which names *what*, unless *data* has this digest."""
        if (found := Digest.of(data, self.algorithm)) != self:
            raise Unverified(f"{what} should have the digest {self} and has {found}", code="DIGEST_INVALID")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"


def _hasher(algorithm: str) -> _Hash:
    if algorithm not in _ALGORITHMS:
        known = ", ".join(sorted(_ALGORITHMS))
        raise Unverified(f'a digest by "{algorithm}" cannot be checked; known are {known}', code="DIGEST_INVALID")
    return hashlib.new(algorithm)
