"""The commands of docs/deploying.md that take an engine, typed as they are shown."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, Final

from tests.documents.blocks import ROOT, blocks
from tests.image.trial import base
from tests.image.trial.container import USER, fitting
from tests.image.trial.engine import podman, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCUMENT: Final = "docs/deploying.md"
_NAME: Final = "regbot"
"""What the document calls its container."""


def typed(carried: Path, scratch: Path) -> str:
    """Type them in order; return how many there were."""
    folder = scratch / "documented"
    folder.mkdir()
    _prepare(folder)
    environ = {**os.environ, "BASE": base.NAME, "CARRIED": str(carried), "ENGINE": "buildah"}
    count = 0
    try:
        for command in _commands():
            run("sh", "-euc", f"cd {ROOT if command.startswith('make') else folder}; {_here(command)}", environ=environ)
            count += 1
    finally:
        podman("rm", "--force", "--ignore", "--time", "0", _NAME)
        podman("volume", "rm", "--force", f"{_NAME}-state")
    return f"{count} commands"


def _commands() -> Iterator[str]:
    """Give each command of the blocks for engines; a line that ends with a backslash goes on in the next."""
    for block in blocks(DOCUMENT):
        if block.language == "sh" and block.text.startswith(("make image", "podman ")):
            yield from re.findall(r"(?:.*\\\n)*.+\n", block.text)


def _here(command: str) -> str:
    """Return a command for this machine, which has no hub, no network of containers and not their usual limits."""
    if command.startswith("make"):
        return re.sub(r"BASE=\S+ ", "", command)
    command = command.replace("--publish 127.0.0.1:8080:8080", "--network host")
    command = command.replace("podman run", f"podman run {' '.join(fitting())}")
    return command.replace("podman ", "podman --runtime runc --cgroup-manager cgroupfs ", 1)


def _prepare(folder: Path) -> None:
    """Write what a reader has, readable for the user of the image and nobody else."""
    shutil.copytree(ROOT / "seccomp", folder / "seccomp")
    shutil.copy(ROOT / "deploy/regbot.yml", folder)
    (folder / "docker").mkdir()
    (folder / "docker/config.json").write_text("{}")
    (folder / "token").write_text("0123456789abcdef0123456789abcdef\n")
    for name in ("regbot.yml", "docker", "docker/config.json", "token"):
        os.chown(folder / name, USER, USER)
        (folder / name).chmod(0o500 if name == "docker" else 0o400)
