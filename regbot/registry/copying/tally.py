"""How far a copy is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbot.registry.observer import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest
    from regbot.registry.reference import Reference


def unheard(progress: Progress) -> None:
    """Be told how far a copy is, and forget it."""


class Tally:
    """Counts the blobs of one copy, and tells how many of them are where they should be.

    A blob is counted once, however often it is named; its bytes count as done when they pass, and at the latest when
    the target has it, wherever it came from.
    """

    def __init__(self, target: Reference, tell: Callable[[Progress], None]) -> None:
        self._target, self._tell = str(target), tell
        self._sizes: dict[Digest, int] = {}
        self._passed: dict[Digest, int] = {}
        self._blobs = 0
        self._done = self._known = 0
        self.sent = 0
        """Bytes that passed through here, of which none counts twice."""

    @property
    def blobs(self) -> int:
        """Blobs that the target is known to have."""
        return self._blobs

    def expect(self, blob: Descriptor) -> None:
        """Count a blob in that will be needed."""
        if blob.digest not in self._sizes:
            self._sizes[blob.digest], self._passed[blob.digest] = max(blob.size, 0), 0
            self._known += self._sizes[blob.digest]

    def moved(self, blob: Descriptor, count: int) -> None:
        """Take note of a piece of an expected blob; one that was sent before, and lost, adds nothing."""
        added = min(count, self._sizes[blob.digest] - self._passed[blob.digest])
        self._passed[blob.digest] += added
        self._done += added
        self.sent += added
        self.tell()

    def arrived(self, blob: Descriptor) -> None:
        """Take note that the target has an expected blob."""
        size = self._sizes[blob.digest]
        self._done += size - self._passed[blob.digest]
        self._passed[blob.digest] = size
        self._blobs += 1
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        self._tell(Progress(self._target, self._blobs, len(self._passed), self._done, self._known))
