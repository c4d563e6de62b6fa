"""What registries do differently from one another; the defaults are docker-registry 2.8."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.model.access import Access


@dataclass(frozen=True, slots=True)
class Options:
    """How a model registry behaves."""

    deletes: bool = True
    """Whether manifests and blobs can be deleted."""
    tag_deletes: bool = False
    """Whether a tag can be deleted by its name."""
    referrers: bool = False
    """Whether it has the referrers API, and says OCI-Subject of what has a subject."""
    page: int = 0
    """Names of one page of tags or referrers at most, and then it heeds `n` and `last` of tags; 0: neither."""
    chunk_min: int = 0
    """Bytes that each chunk of an upload but the last must have (OCI-Chunk-Min-Length)."""
    single_put: bool = True
    """Whether an upload may be one PUT."""
    stateful: bool = True
    """Whether only the latest Location of an upload is good for anything, as of docker-registry."""
    mounts: bool = True
    """Whether a blob of another repository can be mounted."""
    relative: bool = False
    """Whether a Location is a path only."""
    blobs_at: str = ""
    """The "host:port" that a GET of a blob is sent on to, by http."""
    digest_header: bool = True
    """Whether it says Docker-Content-Digest."""
    access: Access | None = None
    """Who may do what; None: everybody everything."""
