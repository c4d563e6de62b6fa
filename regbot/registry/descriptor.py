"""Descriptors: OCI image specification, "OCI Content Descriptors"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regbot.registry.digest import Digest
    from regbot.registry.platform import Platform


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What is known of content before it is read.  *size* is in bytes, -1 where nobody said."""

    media_type: str
    digest: Digest
    size: int
    platform: Platform | None = None
    urls: tuple[str, ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    artifact_type: str = ""
