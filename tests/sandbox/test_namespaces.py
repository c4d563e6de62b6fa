from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.raw import RawLauncher, root_only


@root_only
@pytest.mark.parametrize(
    ("layer", "namespace"), [("net", "net"), ("ipc", "ipc"), ("uts", "uts"), ("mount", "mnt"), ("user", "user")]
)
def test_left(layer: str, namespace: str) -> None:
    """A namespace that is said to hold is another than ours, and one that is not is ours."""
    with RawLauncher() as raw:
        holds = f"\n{layer} yes" in raw.hello
        theirs = Path(f"/proc/{raw.process.pid}/ns/{namespace}").readlink()
        assert (theirs != Path(f"/proc/self/ns/{namespace}").readlink()) == holds


@root_only
def test_root_cannot_be_written_to() -> None:
    """The empty root is read-only for everybody, also where root asks."""
    with RawLauncher() as raw:
        mounts = Path(f"/proc/{raw.process.pid}/mounts").read_text().splitlines()
        if "\nroot yes" in raw.hello:
            assert [(line.split()[1], line.split()[3].split(",")[0]) for line in mounts] == [("/", "ro")]


def test_ours_are_untouched() -> None:
    """What the launcher does to its mounts and its root does not reach us."""
    before = Path("/proc/self/mounts").read_text()
    with RawLauncher():
        assert Path("/proc/self/mounts").read_text() == before
