"""What a model registry holds, and whether it is whole."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tests.model.message import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.images import Image

_DIGEST: Final = re.compile("sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class Stored:
    """A manifest as it was put."""

    media_type: str
    body: bytes

    @property
    def tree(self) -> dict[str, Any]:
        """What the JSON says."""
        tree: dict[str, Any] = json.loads(self.body)
        return tree

    @property
    def children(self) -> list[str]:
        """The digests of the manifests that an index names."""
        return [entry["digest"] for entry in self.tree.get("manifests") or []]

    @property
    def blobs(self) -> list[str]:
        """The digests of config and layers; of a layer with addresses of its own nobody needs to have the bytes."""
        tree = self.tree
        layers = [layer["digest"] for layer in tree.get("layers") or [] if not layer.get("urls")]
        return [tree["config"]["digest"], *layers] if "config" in tree else layers

    @property
    def subject(self) -> str:
        """The digest of what it refers to, "" for nothing."""
        return str((self.tree.get("subject") or {}).get("digest", ""))


@dataclass(slots=True)
class Upload:
    """An upload under way."""

    number: str
    repository: str
    data: bytearray = field(default_factory=bytearray)
    short: bool = False
    """Whether the latest chunk was shorter than any but the last may be."""

    @property
    def state(self) -> str:
        """What a Location says of how far it is."""
        return f"{self.number}.{len(self.data)}"


@dataclass(slots=True)
class Held:
    """What one repository has; *tagged* once it ever had a tag."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, Stored] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    tagged: bool = False

    def missing(self, digest: str) -> Iterator[str]:
        """Give the digests of what a manifest needs, itself included, and is not here."""
        found = self.manifests.get(digest)
        if found is None:
            yield digest
            return
        yield from (name for name in found.blobs if name not in self.blobs)
        for child in found.children:
            yield from self.missing(child)


class Store:
    """All repositories of one registry, and the uploads that have not come to an end."""

    def __init__(self) -> None:
        self.repositories: dict[str, Held] = {}
        self.uploads: dict[str, Upload] = {}
        self._numbers = itertools.count(1)

    def of(self, repository: str) -> Held:
        """Return what a repository has; one that nobody wrote to has nothing, and does not come to be by this."""
        return self.repositories.get(repository) or Held()

    def made(self, repository: str) -> Held:
        """Return what a repository has, to be changed."""
        return self.repositories.setdefault(repository, Held())

    def begin(self, repository: str) -> Upload:
        """Begin an upload."""
        upload = Upload(f"{next(self._numbers):08x}-0000-4000-8000-000000000000", repository)
        self.uploads[upload.number] = upload
        return upload

    def add(self, repository: str, tag: str, image: Image) -> str:
        """Put an image and all below it, without any request; return its digest.  *tag* may be its digest."""
        held = self.made(repository)
        for child in image.children:
            self.add(repository, child.digest, child)
        held.blobs |= image.blobs
        self.tag(repository, tag, Stored(image.media_type, image.manifest))
        return image.digest

    def tag(self, repository: str, name: str, manifest: Stored) -> str:
        """Put a manifest under a tag or its digest; return that."""
        held, digest = self.made(repository), digest_of(manifest.body, name)
        held.manifests[digest] = manifest
        if ":" not in name:
            held.tags[name] = digest
            held.tagged = True
        return digest

    def drop(self, repository: str, digest: str) -> None:
        """Delete a manifest and every tag that points at it."""
        held = self.of(repository)
        del held.manifests[digest]
        held.tags = {tag: target for tag, target in held.tags.items() if target != digest}

    @property
    def tags(self) -> Mapping[str, str]:
        """Every "repository:tag" with the digest that it points at."""
        found: dict[str, str] = {}
        for name, held in self.repositories.items():
            found |= {f"{name}:{tag}": digest for tag, digest in held.tags.items()}
        return found

    def broken(self) -> dict[str, list[str]]:
        """Return "repository:tag" to what is missing below it, of every tag that is not whole."""
        found = {}
        for name, held in self.repositories.items():
            for tag, digest in held.tags.items():
                if missing := sorted(set(held.missing(digest))):
                    found[f"{name}:{tag}"] = missing
        return found


def digest_of(data: bytes | bytearray, like: str = "sha256:") -> str:
    """Return the digest of *data* by the algorithm of the digest *like*; a tag says nothing of one."""
    algorithm = like.partition(":")[0] if ":" in like else "sha256"
    return f"{algorithm}:{hashlib.new(algorithm, data).hexdigest()}"


def check_digest(text: str) -> None:
    """Raise Refused unless *text* is a digest that docker-registry takes."""
    if _DIGEST.fullmatch(text) is None:
        raise Refused(400, "DIGEST_INVALID", "provided digest did not match uploaded content", {})
