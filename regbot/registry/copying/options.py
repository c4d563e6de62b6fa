"""How an image is copied, where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class IfExists(Enum):
    """What to do where the target's tag exists already.  Nobody keeps it from changing after it was looked at."""

    REPLACE = "replace"
    SKIP = "skip"
    """Leave it, whatever it points at, and do nothing else either."""
    SAME = "same"
    """An error if it points at something else."""
    FAIL = "fail"
    """An error."""


@dataclass(frozen=True, slots=True)
class Referrers:
    """Which referrers to copy: of an artifact type, "" for all."""

    artifact_type: str = ""


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How to copy."""

    force_recursive: bool = False
    """Look at every part, though the whole seems to be there."""
    include_external: bool = False
    """Copy layers, too, that name other places to get them from."""
    digest_tags: bool = False
    """Copy the tags that spell the digest of a copied manifest (sha256-0123….sig), replacing what they were."""
    platforms: tuple[str, ...] = ()
    """Of an index copy only the images of these, and the index as it is; none: all.  "" means those without one."""
    referrers: Referrers | None = None
    """Copy what names a copied manifest as its subject, and the referrers of that."""
    fast_check: bool = False
    """Where the target's tag has the source's digest do nothing at all, whatever else is wanted."""
    if_exists: IfExists = IfExists.REPLACE

    @property
    def follows(self) -> bool:
        """Whether anything is wanted that is no part of the image."""
        return self.digest_tags or self.referrers is not None

    @property
    def pushes_blindly(self) -> bool:
        """Whether what the target has is nothing but less to do."""
        return self.if_exists is IfExists.REPLACE and not self.fast_check
