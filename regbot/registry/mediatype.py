"""Media types of manifests and configs (OCI image specification, "Media Types"; Docker's image specification 2)."""

from __future__ import annotations

from typing import Final

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
OCI_ARTIFACT: Final = "application/vnd.oci.artifact.manifest.v1+json"
OCI_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
OCI_EMPTY: Final = "application/vnd.oci.empty.v1+json"
DOCKER_INDEX: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG: Final = "application/vnd.docker.container.image.v1+json"
DOCKER_V1: Final = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_V1_SIGNED: Final = "application/vnd.docker.distribution.manifest.v1+prettyjws"
OCTETS: Final = "application/octet-stream"

INDEXES: Final = frozenset({OCI_INDEX, DOCKER_INDEX})
IMAGES: Final = frozenset({OCI_MANIFEST, DOCKER_MANIFEST, OCI_ARTIFACT})
OLD: Final = frozenset({DOCKER_V1, DOCKER_V1_SIGNED})
"""Schema 1: read and shown, never taken apart or written."""
MANIFESTS: Final = INDEXES | IMAGES | OLD
CONFIGS: Final = frozenset({OCI_CONFIG, DOCKER_CONFIG, OCI_EMPTY})
_BLOBS: Final = (
    "application/vnd.oci.image.layer.",
    "application/vnd.docker.image.rootfs.",
    "application/vnd.buildkit.cacheconfig.",
)

_ACCEPTED: Final = (OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST, OCI_ARTIFACT, DOCKER_V1_SIGNED, DOCKER_V1)
ACCEPT: Final = ", ".join(_ACCEPTED)
"""What a request for a manifest says it takes."""


def bare(content_type: str) -> str:
    """Return the media type of a Content-Type header, without parameters."""
    return content_type.partition(";")[0].strip().lower()


def is_blob(media_type: str) -> bool:
    """Say whether an index that lists content of the type lists a blob: caches of builders are such indexes."""
    return media_type in CONFIGS or media_type.startswith(_BLOBS)
