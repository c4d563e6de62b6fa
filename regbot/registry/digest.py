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
_LENGTHS: Final = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Hex digits, of the algorithms that we can check."""
ALGORITHMS: Final = frozenset(_LENGTHS)
"""Those that bytes can be checked by."""
_HEX: Final = re.compile("[0-9a-f]+")


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
        """Return the digest of *data* by one of the algorithms that we can check."""
        return cls(algorithm, hashlib.new(algorithm, data).hexdigest())

    @property
    def checkable(self) -> bool:
        """Whether bytes can have this digest, as far as we know."""
        return len(self.encoded) == _LENGTHS.get(self.algorithm) and _HEX.fullmatch(self.encoded) is not None

    def hasher(self) -> _Hash:
        """Return a fresh hash object of the digest's algorithm; Unverified if it is not checkable."""
        if not self.checkable:
            known = ", ".join(f"{name} with {length} digits" for name, length in _LENGTHS.items())
            raise Unverified(f"the digest {self} cannot be checked; known are {known}", code="DIGEST_INVALID")
        return hashlib.new(self.algorithm)

    def verify(self, data: bytes, what: str) -> None:
        """Raise Unverified, which names *what*, unless *data* has this digest."""
        hasher = self.hasher()
        hasher.update(data)
        if (found := hasher.hexdigest()) != self.encoded:
            message = f"{what} should have the digest {self} and has {self.algorithm}:{found}"
            raise Unverified(message, code="DIGEST_INVALID")

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.encoded}"
