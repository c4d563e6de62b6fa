"""A copy of one big layer between two registries on loopback, beside skopeo's."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.table import Figure, median
from tests.docker_registry import DockerRegistry
from tests.images import image, push

SIZE: Final = 512 << 20
ROUNDS: Final = 3
CONFIG: Final = """
creds: [{{registry: "{0}", tls: disabled}}, {{registry: "{1}", tls: disabled}}]
scripts: [{{name: copy, script: 'image.copy("{0}/big:v1", "{1}/copy{2}:v1")'}}]
"""


def figures() -> list[Figure]:
    """Measure both, in turns, each into an empty repository."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with DockerRegistry(folder / "a") as source, DockerRegistry(folder / "b") as target:
            push(source, "big", "v1", image(layers=[os.urandom(SIZE)]))
            ours, theirs = [], []
            for turn in range(ROUNDS):
                ours.append(_regbot(folder, source, target, turn))
                _empty(target)
                theirs.append(_skopeo(source, target, turn))
                _empty(target)
        floor = _floor(folder)
    gib = SIZE / (1 << 30)
    wall, cpu = median([seconds for seconds, _ in ours]), median([used for _, used in ours])
    peer_wall, peer_cpu = median([seconds for seconds, _ in theirs]), median([used for _, used in theirs])
    return [
        Figure("copy of 512 MiB", SIZE / 1e6 / wall, "MB/s", SIZE / 1e6 / peer_wall, "skopeo", ">= 0.9 x"),
        Figure("copy, CPU per GiB", cpu / gib, "s", peer_cpu / gib, "skopeo"),
        Figure("copy, CPU per GiB", cpu / gib, "s", floor / gib, "sha256 and reading alone", "<= 2 x"),
    ]


def _regbot(folder: Path, source: DockerRegistry, target: DockerRegistry, turn: int) -> tuple[float, float]:
    config = folder / "regbot.yml"
    config.write_text(CONFIG.format(source.host, target.host, turn))
    return _timed([str(Path(sys.executable).with_name("regbot")), "once", "-c", str(config)])


def _skopeo(source: DockerRegistry, target: DockerRegistry, turn: int) -> tuple[float, float]:
    plain = ["--src-tls-verify=false", "--dest-tls-verify=false"]
    return _timed(["skopeo", "copy", *plain, f"docker://{source.host}/big:v1", f"docker://{target.host}/copy{turn}:v1"])


def _timed(words: list[str]) -> tuple[float, float]:
    """Return wall seconds and CPU seconds of a command with all its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.perf_counter()
    subprocess.run(words, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    taken = time.perf_counter() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


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
