"""The digest and size of a blob while it is read, and as they were at some places before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.registry.errors import RegistryError, Unverified

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.descriptor import Descriptor

MARK: Final = 8 << 20
"""Bytes between two places that can be gone back to."""


class Sum:
    """The sum of the bytes before *position*; *fault* makes the errors, of a kind, a code and what is wrong."""

    def __init__(self, descriptor: Descriptor, fault: Callable[[type[RegistryError], str, str], RegistryError]) -> None:
        self._descriptor, self._fault = descriptor, fault
        self._hasher = descriptor.digest.hasher()
        self._marks = [(0, self._hasher.copy())]
        self.position = 0

    def add(self, piece: bytes) -> None:
        """Go on by a piece; Unverified if the blob is larger than it should be."""
        self._hasher.update(piece)
        self.position += len(piece)
        if self.position > self._descriptor.size >= 0:
            raise self._fault(Unverified, "SIZE_INVALID", f"more than {self._descriptor.size} bytes")
        if self.position - self._marks[-1][0] >= MARK:
            self._marks.append((self.position, self._hasher.copy()))

    def back(self, offset: int) -> int:
        """Go back to the last place that can be gone back to and is not behind *offset*; return its position."""
        while self._marks[-1][0] > offset:
            self._marks.pop()
        self.position, hasher = self._marks[-1]
        self._hasher = hasher.copy()
        return self.position

    def check(self) -> None:
        """Raise Unverified unless this is the whole blob."""
        size, digest = self._descriptor.size, self._descriptor.digest
        if 0 <= size != self.position:
            raise self._fault(Unverified, "SIZE_INVALID", f"{self.position} bytes instead of {size}")
        if (found := self._hasher.hexdigest()) != digest.encoded:
            what = f"the digest of the bytes is {digest.algorithm}:{found}"
            raise self._fault(Unverified, "DIGEST_INVALID", what)
