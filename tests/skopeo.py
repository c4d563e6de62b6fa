"""skopeo, the second opinion on what is in a registry or a layout."""

from __future__ import annotations

import hashlib
import json

from tests.programs import run


class Skopeo:
    """Runs skopeo without TLS verification and without a trust policy.

    A reference is "127.0.0.1:5000/repository:tag", or anything with a transport ("oci:/folder:tag").
    """

    def __call__(self, command: str, *arguments: str) -> str:
        """Run any command of skopeo that must succeed, and return what it printed."""
        verify = ["--src-tls-verify=false", "--dest-tls-verify=false"] if command == "copy" else ["--tls-verify=false"]
        return run("skopeo", "--insecure-policy", command, *verify, *arguments)

    def tags(self, repository: str) -> set[str]:
        """Return the tags of a repository."""
        return set(json.loads(self("list-tags", _transport(repository)))["Tags"] or ())

    def digest(self, reference: str) -> str:
        """Return the digest of the bytes that skopeo gets for a reference: of an index, not of one of its images."""
        return "sha256:" + hashlib.sha256(self("inspect", "--raw", _transport(reference)).encode()).hexdigest()

    def digests(self, repository: str) -> dict[str, str]:
        """Return tag to digest of a repository."""
        return {tag: self.digest(f"{repository}:{tag}") for tag in sorted(self.tags(repository))}

    def copy(self, source: str, target: str) -> None:
        """Copy everything that *source* names: skopeo reads all of it, and so checks it."""
        self("copy", "--all", _transport(source), _transport(target))


def _transport(reference: str) -> str:
    known = ("docker://", "oci:", "dir:", "oci-archive:", "docker-archive:")
    return reference if reference.startswith(known) else f"docker://{reference}"
