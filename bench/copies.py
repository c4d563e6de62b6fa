"""Copies of big layers between two registries on loopback: one beside skopeo's, and eight at once."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.command import regbot, timed
from bench.table import Figure, median
from tests.docker_registry import DockerRegistry
from tests.images import image, push

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZE: Final = 512 << 20
ROUNDS: Final = 3
AT_ONCE: Final = 8
"""Copies at once, of `SIZE` bytes together."""
CONFIG: Final = """
defaults: {{parallel: {parallel}}}
creds:
  - {{registry: "{source}", tls: disabled, reqConcurrent: {parallel}}}
  - {{registry: "{target}", tls: disabled, reqConcurrent: {parallel}}}
scripts:
"""
SCRIPT: Final = """
  - {{name: {name}, script: 'image.copy("{source}/{name}:v1", "{target}/{copy}:v1")'}}
"""


def figures() -> list[Figure]:
    """Measure both, in turns, each into an empty repository; then the eight."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with DockerRegistry(folder / "a") as source, DockerRegistry(folder / "b") as target:
            push(source, "big", "v1", image(layers=[os.urandom(SIZE)]))
            ours, theirs = [], []
            for turn in range(ROUNDS):
                ours.append(timed(_regbot(folder, source, target, {"big": f"copy{turn}"})))
                _empty(target)
                theirs.append(timed(_skopeo(source, target, turn)))
                _empty(target)
            eight = _eight(folder, source, target)
        floor = _floor(folder)
    gib = SIZE / (1 << 30)
    wall, cpu, peak = (median([each[column] for each in ours]) for column in range(3))
    peer_wall, peer_cpu, _ = (median([each[column] for each in theirs]) for column in range(3))
    return [
        Figure("copy of 512 MiB", SIZE / 1e6 / wall, "MB/s", SIZE / 1e6 / peer_wall, "skopeo", ">= 0.9 x"),
        Figure("copy, CPU per GiB", cpu / gib, "s", peer_cpu / gib, "skopeo"),
        Figure("copy, CPU per GiB", cpu / gib, "s", floor / gib, "sha256 and reading alone", "<= 2 x"),
        Figure("copy, peak memory", peak, "MB", aim="< 120"),
        Figure(f"{AT_ONCE} copies at once, 512 MiB", SIZE / 1e6 / eight[0], "MB/s"),
        Figure(f"{AT_ONCE} copies at once, peak memory", eight[2], "MB", aim="< 120"),
    ]


def _eight(folder: Path, source: DockerRegistry, target: DockerRegistry) -> tuple[float, float, float]:
    """Measure copies at once of images that share nothing."""
    names = {f"part{number}": f"part{number}" for number in range(AT_ONCE)}
    for name in names:
        push(source, name, "v1", image(layers=[os.urandom(SIZE // AT_ONCE)]))
    return timed(_regbot(folder, source, target, names))


def _regbot(folder: Path, source: DockerRegistry, target: DockerRegistry, names: Mapping[str, str]) -> list[str]:
    """Return the command that copies each of *names* to what it is to be called, all at once."""
    hosts = {"source": source.host, "target": target.host}
    scripts = [SCRIPT.format(name=name, copy=copy, **hosts) for name, copy in names.items()]
    config = folder / "regbot.yml"
    config.write_text(CONFIG.format(parallel=len(names), **hosts) + "".join(scripts))
    return regbot(config)


def _skopeo(source: DockerRegistry, target: DockerRegistry, turn: int) -> list[str]:
    plain = ["--src-tls-verify=false", "--dest-tls-verify=false"]
    return ["skopeo", "copy", *plain, f"docker://{source.host}/big:v1", f"docker://{target.host}/copy{turn}:v1"]


def _empty(registry: DockerRegistry) -> None:
    # A registry shares blobs between its repositories: the next copy must find none.
    registry.stop()
    shutil.rmtree(registry.folder / "store")
    registry.start()


def _floor(folder: Path) -> float:
    """Return the CPU seconds of reading the bytes from a file and hashing them."""
    path = folder / "floor"
    path.write_bytes(os.urandom(SIZE))
    begin = time.process_time()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    return time.process_time() - begin
