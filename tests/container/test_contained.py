"""The profile in a real container, with the jail's layers looked at from inside by `regbot doctor`."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

import pytest

from regbot.sandbox import seccomp
from tests import images
from tests.container import attempts, profiles
from tests.container.box import DOCKER_CAPABILITIES, FILES, USER, Box, boxes_or_skip
from tests.container.dangerous import DANGEROUS
from tests.regbot import COMMAND, Ended

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.conftest import MakeRegistry

MACHINE: Final = os.uname().machine
OF_NAMESPACES: Final = {"net", "ipc", "uts", "mount", "pid", "root"}
HELPER: Final = """#!/bin/sh
read -r server
echo '{"Username": "jo", "Secret": "canary"}'
"""
WORK: Final = """
creds:
- {{registry: "{plain}", tls: disabled}}
- {{registry: "{safe}", credHelper: {files}/helper, regcert: {ca}}}
scripts:
- name: work
  script: |
    log("begins " .. os.date())
    image.copy("{plain}/a:v1", "{safe}/b:v1")
    image.copy("{safe}/b:v1", "ocidir://layout:v1")
    image.exportTar("ocidir://layout:v1", "v1.tar")
    image.importTar("{plain}/c:v1", "v1.tar")
    parallel.each({{"a", "c"}}, function(name) log(tag.ls("{plain}/" .. name)[1]) end)
    tag.delete("{plain}/a:v1")
"""
ATTACKS: Final = """
scripts:
- {name: hello, script: log("hello")}
- name: names
  script: for _, name in ipairs {"io", "debug", "package", "ffi", "jit", "loadfile"} do assert(not _G[name]) end
- name: libraries
  script: for _, name in ipairs {"ffi", "os", "/etc/passwd"} do assert(not pcall(require, name)) end
- {name: shell, script: os.execute("id")}
- {name: files, script: 'image.exportTar("ocidir:///etc:v1", "/etc/passwd")'}
- {name: endless, timeout: 300ms, script: while true do end}
- {name: memory, script: 'local all = {} while true do all[#all + 1] = ("x"):rep(1000000) .. #all end'}
- {name: after, script: log("still here")}
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Make the folder that a container may write to, its user's own."""
    boxes_or_skip()
    folder = tmp_path / "files"
    folder.mkdir()
    os.chown(folder, USER, USER)
    return folder


@pytest.fixture
def box(tmp_path: Path, files: Path) -> Box:
    """Give containers as docs/security.md says that they should be."""
    return Box(tmp_path, files, profiles.read())


def walls(ended: Ended) -> dict[str, str]:
    """Return what doctor says of each wall: yes, no or needless."""
    lines = (line.split() for line in ended.stdout.splitlines() if line.startswith("  "))
    found = {words[0]: words[1] for words in lines if words[0] != "trial"}
    assert OF_NAMESPACES | {"seccomp", "landlock", "hidden"} <= found.keys(), ended
    return found


def missing(ended: Ended) -> set[str]:
    """Return the walls that do not hold."""
    return {name for name, holds in walls(ended).items() if holds != "yes"}


def test_every_wall_holds(box: Box) -> None:
    """With the profile, a plain user without capabilities has every layer of the jail, each tried in a real child."""
    ended = box(COMMAND, "doctor")
    assert (missing(ended), ended.status) == (set(), 0), ended


@pytest.mark.parametrize(
    ("removed", "lost"),
    [
        ({"landlock_restrict_self", "landlock_create_ruleset"}, {"landlock"}),
        ({"unshare"}, OF_NAMESPACES | {"user"}),
        ({"pivot_root"}, {"root"}),
    ],
)
def test_every_rule_is_needed(removed: set[str], lost: set[str], tmp_path: Path, files: Path) -> None:
    """Control: without a rule that a layer needs, doctor finds that layer missing."""
    ended = Box(tmp_path, files, profiles.without(*removed))(COMMAND, "doctor")
    assert lost <= missing(ended), ended


def test_filter_cannot_be_forgotten(tmp_path: Path, files: Path) -> None:
    """Control: where children cannot load their own filter, no script runs at all."""
    profile = profiles.read()
    profile["syscalls"] = [rule for rule in profile["syscalls"] if "PR_SET_SECCOMP" not in rule["comment"]]
    ended = Box(tmp_path, files, profile)(COMMAND, "once", "-c", "-", stdin=ATTACKS)
    assert ended.status != 0
    assert "User script message" not in ended.stderr


@pytest.mark.parametrize(
    ("capabilities", "lost"),
    [(DOCKER_CAPABILITIES, OF_NAMESPACES), ((*DOCKER_CAPABILITIES, "CAP_SYS_ADMIN"), set())],
)
def test_root(capabilities: Sequence[str], lost: set[str], tmp_path: Path, files: Path) -> None:
    """Root with Docker's capabilities has no namespaces but all else; with CAP_SYS_ADMIN it has these, too."""
    ended = Box(tmp_path, files, profiles.read(), user=0, capabilities=capabilities)(COMMAND, "doctor")
    assert missing(ended) - {"user"} == lost, ended
    assert ended.status == 0


def test_work(box: Box, make_registry: MakeRegistry) -> None:
    """Registries over http and TLS, a credential helper, a layout, tar files, threads: all work, with that little."""
    plain, safe = make_registry(), make_registry(users={"jo": "canary"}, tls=True)
    pushed = images.push(plain, "a", "v1", images.image(layers=[bytes(3 << 20)]))
    helper = box.files / "helper"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    assert safe.ca is not None
    config = WORK.format(plain=plain.host, safe=safe.host, files=FILES, ca=json.dumps(safe.ca.read_text()))
    ended = box(COMMAND, "once", "-c", "-", "--files", FILES, "--logopt", "json", stdin=config)
    assert (ended.status, ended.errors) == (0, {}), ended
    assert safe.digest("b", "v1") == plain.digest("c", "v1") == pushed
    assert plain.tags("a") == set()


def test_attacks(box: Box) -> None:
    """Hostile scripts get nowhere, each ends by its own outcome, and honest ones run beside them."""
    ended = box(COMMAND, "once", "-c", "-", "--logopt", "json", stdin=ATTACKS)
    assert ended.status == 1
    assert ended.errors.keys() == {"shell", "files", "endless", "memory"}
    assert "limit: timeout" in ended.errors["endless"]
    assert "limit: memory" in ended.errors["memory"]
    assert {"hello", "still here"} <= {*ended.messages}
    assert [*box.files.iterdir()] == []


@pytest.fixture
def tried(files: Path) -> str:
    """Give the path, in a container, of a program that makes system calls by their numbers."""
    shutil.copy(attempts.__file__, files / "attempts.py")
    return f"{FILES}/attempts.py"


def attempted(box: Box, program: str, calls: dict[str, int]) -> dict[str, int]:
    """Return the errno of each call, tried in a container."""
    ended = box(sys.executable, "-I", "-S", program, *(f"{name}={number}" for name, number in calls.items()))
    assert ended.status == 0, ended
    results: dict[str, int] = json.loads(ended.stdout)
    return results


def test_no_other_call_exists(box: Box, tried: str) -> None:
    """As runc loads it, the profile hides every system call that it does not name."""
    named, known = {*profiles.names(profiles.read())}, profiles.numbers(MACHINE)
    unnamed = {name: number for name, number in known.items() if name not in named - {"clone3"}}
    assert set(attempted(box, tried, unnamed).values()) == {errno.ENOSYS}
    assert len(unnamed) > 150


def test_they_exist_outside(tmp_path: Path, files: Path, tried: str) -> None:
    """Control: without the profile, most of the dangerous ones answer the same user something else."""
    known: dict[str, Any] = profiles.numbers(MACHINE)
    answers = attempted(Box(tmp_path, files, None), tried, {name: known[name] for name in DANGEROUS})
    there = {name for name, number in answers.items() if number != errno.ENOSYS}
    assert {"ptrace", "process_vm_readv", "setns", "bpf", "userfaultfd", "memfd_create", "personality"} <= there
    assert len(there) > len(DANGEROUS) * 3 // 4


def test_machine_is_known() -> None:
    """The tests above speak of this machine's numbers."""
    assert MACHINE in seccomp.NUMBERS
