"""What documents take for granted: files that readers have, registries, programs that are elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests import images

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.asking import Asking

ELSEWHERE: Final = {
    "make image": "make test-image types it, where there is no hub",
    "podman ": "make test-image types them",
    "kubectl ": "there is no cluster here; tests/image holds the manifests against what they must say",
    "install -m 644 deploy/systemd": "make test-image boots systemd in a container and installs the unit",
}
"""Beginnings of the blocks that no test of this machine can run, and what does instead."""

CONFIG: Final = """\
version: 1
creds:
  - registry: localhost:5000
    tls: disabled
scripts:
  - name: mirror alpine
    timeout: 1m
    interval: 1h
    script: |
      for _, name in ipairs(tag.ls("alpine")) do
        image.copy("alpine:" .. name, "localhost:5000/alpine:" .. name)
      end
"""
BROKEN: Final = """\
version: 1
scripts:
  - name: mirror
    timeout: 1m
    schedule: "61 * * * *"
    script: log("mirror")
  - name: prune
    timeout: 1m
    interval: 1h
    # Tags of pull requests go after a week.
    script: |
      local keep = 7
      -- Two mistakes:
      for _, name in ipairs(tags.ls("alpine")) do log(name) end
      tag.ls("alpine", {limt = keep})
"""
FILES: Final[Mapping[str, str]] = {
    "regbot.yml": CONFIG,
    "broken.yml": BROKEN,
    "prune.lua": 'log(tostring(reference.new("alpine")))\n',
    "token": "0123456789abcdef0123456789abcdef\n",
}
"""What is in a reader's folder; a document may write over it."""

ENVIRONMENT: Final = {"HUB_USER": "robot", "GHCR_USER": "robot", "GHCR_TOKEN": "of a test"}
TAGS: Final = ("3.19", "3.20", "3.20.1", "edge", "latest")


def fill(hub: Asking) -> None:
    """Put what documents read from Docker Hub into a registry that stands in for it."""
    for name in TAGS:
        images.push(hub, "library/alpine", name, images.image(layers=[name.encode()]))


def mapping(hub: Asking, ours: Asking) -> Mapping[str, str]:
    """Return what a configuration says of the two registries, and what it says here."""
    known = f'creds:\n  - {{registry: docker.io, hostname: "{hub.host}", tls: disabled}}\n'
    return {
        "creds:\n  - registry: localhost:5000\n": f"{known}  - registry: localhost:5000\n    hostname: {ours.host}\n",
    }


def write(folder: Path) -> None:
    """Write a reader's files."""
    for name, text in FILES.items():
        (folder / name).write_text(text)


def elsewhere(text: str) -> bool:
    """Say whether a block is one of those that run elsewhere."""
    return text.startswith(tuple(ELSEWHERE))
