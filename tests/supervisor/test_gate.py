"""The gate: what it hands to an operation, and what it makes of a failure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import trio

from regbot.protocol.errors import WireError
from regbot.registry.files.files import Files
from regbot.registry.hosts import Hosts
from regbot.registry.observer import Silent
from regbot.registry.registries import Registries
from regbot.supervisor.audit.recorded import Recorded
from regbot.supervisor.dry.overlay import Overlay
from regbot.supervisor.dry.plan import Plan
from regbot.supervisor.gate import Gate
from regbot.supervisor.operations.table import OperationFailed
from tests.images import image, platforms, write_layout
from tests.registry.tars.archives import blobs, layout, of_files

if TYPE_CHECKING:
    from pathlib import Path

    from regbot.registry.observer import Progress
    from regbot.supervisor.audit.change import Change


class Listener(Silent):
    """An Observer that keeps what it is told of copies, and how something is done."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []
        self.notes: list[str] = []

    def debug(self, text: str) -> None:
        """Keep it."""
        self.notes.append(text)

    def progress(self, progress: Progress) -> None:
        """Keep it."""
        self.heard.append(progress)


def opened(folder: Path, *, files: bool = True, observer: Listener | None = None) -> Gate:
    """Return a gate to the layouts of a folder."""
    reached = Files(folder)
    registry = Registries(Hosts(()), files=reached, user_agent="test")
    return Gate(
        registry=registry,
        slots=trio.CapacityLimiter(1),
        files=reached if files else None,
        observer=observer or Silent(),
    )


async def test_a_copy_is_observed(tmp_path: Path) -> None:
    """Whoever observes is told how far a copy is, up to its end."""
    write_layout(tmp_path / "a", {"v1": image()})
    listener = Listener()
    await opened(tmp_path, observer=listener).perform("image.copy", [b"ocidir://a:v1", b"ocidir://b:v1"])
    last = listener.heard[-1]
    assert (last.target, last.blobs, last.bytes) == ("ocidir://b:v1", last.blobs_known, last.bytes_known)
    assert last.blobs == 2


async def test_an_import_of_a_part_is_observed(tmp_path: Path) -> None:
    """Whoever observes is told that a tar file holds an index and only one of its images."""
    whole = platforms("linux/amd64", "linux/arm64")
    arm = blobs(whole.children[1])
    (tmp_path / "x.tar").write_bytes(
        of_files({name: data for name, data in layout({"v1": whole}).items() if name not in arm})
    )
    listener = Listener()
    await opened(tmp_path, observer=listener).perform("image.importTar", [b"ocidir://a:v1", b"x.tar"])
    assert [note for note in listener.notes if "only linux/amd64 is there" in note] != []


async def test_without_a_folder_there_are_no_tar_files(tmp_path: Path) -> None:
    """Where scripts have no files, a tar file is refused before anything is read."""
    write_layout(tmp_path / "a", {"v1": image()})
    with pytest.raises(OperationFailed, match="there is no files folder") as caught:
        await opened(tmp_path, files=False).perform("image.exportTar", [b"ocidir://a:v1", b"x.tar"])
    assert caught.value.payload()["code"] == "DENIED"


async def test_a_failure_says_what_was_being_done(tmp_path: Path) -> None:
    """What a script may catch begins with the operation and its references."""
    with pytest.raises(OperationFailed, match=r'^image.importTar "ocidir://a:v1" from "no.tar": .*no.tar'):
        await opened(tmp_path).perform("image.importTar", [b"ocidir://a:v1", b"no.tar"])


async def test_a_wrong_argument_is_a_failure(tmp_path: Path) -> None:
    """What is wrong with an argument is the script's to catch, too."""
    with pytest.raises(OperationFailed, match=r'^tag\.ls "A": "A" is no reference'):
        await opened(tmp_path).perform("tag.ls", [b"A"])


async def test_an_unknown_operation_is_none(tmp_path: Path) -> None:
    """What no honest child asks for is not done."""
    with pytest.raises(WireError, match="no operation"):
        await opened(tmp_path).perform("os.execute", [b"true"])


async def test_a_dry_run_notes_what_it_does_not_do(tmp_path: Path) -> None:
    """A dry run's gate hands out a registry that writes nothing and notes each write, and the files as they are."""
    write_layout(tmp_path / "a", {"v1": image()})
    before = {path: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    changes: list[Change] = []
    real = opened(tmp_path)
    assert isinstance(real.registry, Registries)
    gate = replace(real, registry=Recorded(Overlay(real.registry, Plan()), changes.append))
    await gate.perform("manifest.put", [b"ocidir://a:v1", b"ocidir://a:v2"])
    await gate.perform("image.exportTar", [b"ocidir://a:v2", b"x.tar"])
    assert [(change.what, change.target) for change in changes] == [("put manifest", "ocidir://a:v2")]
    assert {path: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()} == before
    assert (tmp_path / "x.tar").stat().st_size > 0


async def test_throttled_operations_wait_for_a_slot(tmp_path: Path) -> None:
    """While every slot is taken a copy waits; what is not throttled does not."""
    write_layout(tmp_path / "a", {"v1": image()})
    gate = opened(tmp_path)
    async with gate.slots, trio.open_nursery() as nursery:
        nursery.start_soon(gate.perform, "image.copy", [b"ocidir://a:v1", b"ocidir://b:v1"])
        listed = await gate.perform("tag.ls", [b"ocidir://a"])
        assert (listed, (tmp_path / "b").exists()) == (["v1"], False)
        nursery.cancel_scope.cancel()
