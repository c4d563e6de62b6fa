from __future__ import annotations

import hashlib
import json
import os
import random
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from regbot.registry.digest import Digest
from regbot.registry.files.files import Files
from regbot.registry.layouts.layout import Layout
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from tests import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.skopeo import Skopeo

ROUNDS: Final = 40
MOST_ROUNDS: Final = 1000
"""Where the machine is so busy that few writers come to their second tag."""
LONGEST: Final = 120
"""Milliseconds that a writer lives, at most: a handful of images."""

Writers = subprocess.Popen[str]


@pytest.fixture
def writers(files_folder: Path) -> Iterator[Writers]:
    """Start the process that forks writers; Python and the imports are paid for once."""
    command = [sys.executable, "-m", "tests.registry.layouts.layout_writer", str(files_folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(10) == 0


def kill_one(writers: Writers, milliseconds: float) -> None:
    """Let a writer live for a while, then kill it with SIGKILL."""
    assert writers.stdin is not None
    assert writers.stdout is not None
    writers.stdin.write("\n")
    writers.stdin.flush()
    writer = os.pidfd_open(int(writers.stdout.readline()))
    ended = select.poll()
    ended.register(writer, select.POLLIN)
    assert ended.poll(milliseconds) == [], "the writer ended by itself"
    signal.pidfd_send_signal(writer, signal.SIGKILL)
    assert ended.poll(10_000) != []
    os.close(writer)


def check(layout: Path) -> int:
    """Read a layout without any code of ours, assert that all of it is right, and return the number of its tags."""
    blobs = {path.name: path.read_bytes() for path in layout.glob("blobs/sha256/*") if path.name[0] != "."}
    assert [name for name, data in blobs.items() if hashlib.sha256(data).hexdigest() != name] == []
    if not (layout / "index.json").exists():
        return 0
    assert json.loads((layout / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    entries = json.loads((layout / "index.json").read_bytes())["manifests"]
    for entry in entries:
        manifest = json.loads(blobs[entry["digest"].removeprefix("sha256:")])
        below = [manifest["config"], *manifest["layers"]]
        assert [len(blobs[each["digest"].removeprefix("sha256:")]) for each in below] == [
            each["size"] for each in below
        ]
    tags = [entry["annotations"]["org.opencontainers.image.ref.name"] for entry in entries]
    assert len(tags) == len(set(tags))
    return len(tags)


def drafts(folder: Path) -> list[str]:
    """Return the names of drafts below a folder."""
    return [path.name for path in folder.rglob(".regbot-*")]


def test_killed_writers(files_folder: Path, writers: Writers, skopeo: Skopeo) -> None:
    """Wherever a writer is killed, the layout is whole, with at least the tags that it had."""
    chance, tags = random.Random(1), 0  # noqa: S311 -- the same every time is what is wanted
    for count in range(MOST_ROUNDS):
        kill_one(writers, chance.uniform(0, LONGEST))
        found = check(files_folder / "x")
        assert found >= tags
        tags = found
        if count >= ROUNDS and tags >= 2:
            break
    assert tags >= 2
    assert "Digest" in json.loads(skopeo("inspect", f"oci:{files_folder}/x:a"))


async def test_leftovers(files_folder: Path, writers: Writers) -> None:
    """What killed writers left half written is removed by the next writer."""
    for milliseconds in range(20, 40):
        kill_one(writers, milliseconds)
    (files_folder / "x/blobs/sha256/.regbot-0.tmp").touch()
    (files_folder / "x/.regbot-0.tmp").touch()
    with Files(files_folder) as files:
        manifest = images.image(labels={})
        await Layout(files).put_manifest(
            Reference.parse("ocidir://x:last"), Manifest.read(manifest.manifest, digest=Digest.parse(manifest.digest))
        )
    assert drafts(files_folder) == []
