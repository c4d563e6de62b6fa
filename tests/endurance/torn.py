"""Whether what a tag points at is whole, as a registry has it on its disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.images import TYPES, digest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.docker_registry import DockerRegistry

STAND_IN: Final = "io.github.regbot.deleted"
"""The annotation of what takes a tag's place just before it is deleted."""
_ACCEPT: Final = {"Accept": TYPES["oci"]["manifest"]}


def torn(registry: DockerRegistry, repository: str, tag: str, allowed: Collection[str]) -> Iterator[str]:
    """Give what is wrong with a tag: it may point at these digests, or (with "" among them) at nothing.

    Where absence is allowed, so is what takes a tag's place while it is deleted.
    """
    name = f"{repository}:{tag}"
    status, headers, manifest = registry.request("GET", f"/v2/{repository}/manifests/{tag}", headers=_ACCEPT)
    if status == 404:
        yield from () if "" in allowed else (f"{name} is gone",)
        return
    if status != 200:
        yield f"{name}: {status} {manifest[:200]!r}"
        return
    if digest(manifest) != headers["Docker-Content-Digest"]:
        yield f"{name}: {headers['Docker-Content-Digest']} is not the digest of its manifest"
    if digest(manifest) not in allowed and not ("" in allowed and stands_in(manifest)):
        yield f"{name} points at {digest(manifest)}"
    yield from _unreadable(registry, repository, name, manifest)


def stands_in(manifest: bytes) -> bool:
    """Whether a manifest is one that takes a tag's place."""
    return STAND_IN in (json.loads(manifest).get("annotations") or {})


def _unreadable(registry: DockerRegistry, repository: str, name: str, manifest: bytes) -> Iterator[str]:
    content = json.loads(manifest)
    for wanted in (content["config"]["digest"], *(layer["digest"] for layer in content["layers"])):
        status, _, body = registry.request("GET", f"/v2/{repository}/blobs/{wanted}")
        if status != 200 or digest(body) != wanted:
            yield f"{name}: blob {wanted} cannot be read: {status}"
