"""What a run knows of where tags point, of what it has seen and done so far."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.registry.digest import Digest
    from regbot.registry.reference import Reference, Repository

MAX_KNOWN: Final = 10_000
"""Tags that are remembered."""
NOTHING: Final = ""
"""What a tag points at that is not there."""

Known: TypeAlias = "Digest | str"


class KnownTags:
    """The latest of what was learned.  *identity* is the same for all spellings of one repository."""

    def __init__(self, identity: Callable[[Repository], str]) -> None:
        self._identity = identity
        self._points: Recent[tuple[str, str], tuple[Known, int]] = Recent(MAX_KNOWN)
        self._buried: Recent[tuple[str, Known], int] = Recent(MAX_KNOWN)
        self._clock = count(1)
        """Numbers what is learned: a tag that was seen before its manifest was deleted is gone since."""

    def learn(self, reference: Reference, digest: Digest | None, *, written: bool = False) -> None:
        """Remember what a reference's tag points at, None: nothing.

        Whoever reads by tag and digest learns of the digest only; who has *written* so has set the tag.
        """
        if tag := reference.meant_tag if written or reference.digest is None else "":
            key = self._identity(reference.repository), tag
            self._points.put(key, (digest or NOTHING, next(self._clock)))

    def bury(self, repository: Repository, digest: Digest) -> None:
        """Remember that a manifest was deleted, and each tag that pointed at it is gone."""
        self._buried.put((self._identity(repository), digest), next(self._clock))

    def of(self, reference: Reference) -> Known | None:
        """Return what is remembered of a reference's tag: a digest, NOTHING, or None if there is no knowing."""
        identity = self._identity(reference.repository)
        known = self._points.get((identity, reference.meant_tag))
        if known is None:
            return None
        digest, when = known
        gone = (self._buried.get((identity, digest)) or 0) > when
        return NOTHING if gone else digest

    def forget(self, reference: Reference) -> None:
        """Know nothing of a reference's tag: somebody is about to change it, and that may fail halfway."""
        self._points.forget((self._identity(reference.repository), reference.meant_tag))
