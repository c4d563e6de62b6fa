from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox.raw import RawLauncher, root_only
from tests.sandbox.test_privileges import in_status

REFUSED: Final = """
import errno, os, struct, sys
from regbot.sandbox import kernel, namespaces
program = [(0x20, 0, 0, 0)]
for number in map(int, sys.argv[1:]):
    program += [(0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.EPERM)]
program.append((0x06, 0, 0, 0x7FFF0000))
kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
kernel.load_filter(b"".join(struct.pack("<HBBI", *instruction) for instruction in program))
for layer in namespaces.leave():
    print(layer)
if (process := os.fork()) == 0:
    os._exit(7)
print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
"""
"""Leaves what can be left where a container refuses the system calls of these numbers, and tells how a child ends."""

NUMBERS: Final = {
    "x86_64": {"unshare": 272, "mount": 165, "chroot": 161, "keyctl": 250},
    "aarch64": {"unshare": 97, "mount": 40, "chroot": 51, "keyctl": 219},
}[os.uname().machine]


def refusing(*names: str) -> tuple[dict[str, str], str]:
    """Return what is said of each layer where some calls are refused, and the status of a child that ends with 7."""
    command = [sys.executable, "-c", REFUSED, *(str(NUMBERS[name]) for name in names)]
    *layers, status = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return {name: detail for name, _, detail in (layer.partition(" ") for layer in layers)}, status


def test_where_nothing_may_be_left() -> None:
    """A container that refuses every namespace and the keyring is told of, layer by layer, and children live."""
    layers, status = refusing(*NUMBERS)
    refused = "no unshare: Operation not permitted"
    assert {name: layers[name] for name in ("net", "ipc", "uts", "mount", "pid")} == dict.fromkeys(
        ("net", "ipc", "uts", "mount", "pid"), refused
    )
    assert layers["keyring"] == "no keyctl: Operation not permitted"
    assert layers["root"] == "no needs the mount namespace"
    assert status == "7"


@root_only
@pytest.mark.parametrize("name", ["mount", "chroot"])
def test_where_the_root_cannot_be_left(name: str) -> None:
    """Where the root alone is refused the namespaces hold all the same, and children live."""
    layers, status = refusing(name)
    assert layers["root"].startswith("no ")
    assert {layers[kind] for kind in ("net", "ipc", "uts", "keyring", "mount", "pid")} == {"yes"}
    assert status == "7"


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
def test_root_is_empty_and_cannot_be_written_to() -> None:
    """Nothing is in the root, and it is read-only for everybody, also where root asks."""
    with RawLauncher() as raw:
        root = f"/proc/{raw.process.pid}/root"
        if "\nroot yes" in raw.hello:
            assert os.listdir(root) == []  # noqa: PTH208 -- beside the call that pathlib does not have
            assert os.statvfs(root).f_flag & os.ST_RDONLY


@root_only
def test_children_are_in_a_process_namespace() -> None:
    """A child has a number of its own in a namespace, where the first process is no child that could end it."""
    with RawLauncher() as raw:
        children = Path(f"/proc/{raw.process.pid}/task/{raw.process.pid}/children")
        raw.ready(1), raw.ready(2)
        numbers = [in_status(int(pid), "NSpid").split()[1:] for pid in children.read_text().split()]
        if "\npid yes" in raw.hello:
            assert numbers == [["1"], ["2"], ["3"]]


@root_only
def test_first_process_has_no_privileges() -> None:
    """The process that holds the namespace can do nothing, and has nothing open."""
    with RawLauncher() as raw:
        children = Path(f"/proc/{raw.process.pid}/task/{raw.process.pid}/children").read_text().split()
        if "\npid yes" in raw.hello:
            (first,) = map(int, children)
            assert int(in_status(first, "CapEff"), 16) == int(in_status(first, "CapPrm"), 16) == 0
            assert list(Path(f"/proc/{first}/fd").iterdir()) == []


def test_ours_are_untouched() -> None:
    """What the launcher does to its mounts and its root does not reach us."""
    before = Path("/proc/self/mounts").read_text()
    with RawLauncher():
        assert Path("/proc/self/mounts").read_text() == before
