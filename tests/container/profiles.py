"""The container's profile as the kernel gets it, for both machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from regbot.sandbox.seccomp import compile_profile

MACHINES: Final = ("aarch64", "x86_64")
PATH: Final = Path(__file__).parents[2] / "seccomp" / "container.json"


def read() -> dict[str, Any]:
    """Return the profile of the repository."""
    profile: dict[str, Any] = json.loads(PATH.read_text())
    return profile


def names(profile: dict[str, Any]) -> list[str]:
    """Return every name of every rule, in order."""
    return [name for rule in profile["syscalls"] for name in rule["names"]]


def numbers(machine: str) -> dict[str, int]:
    """Return name to number of all system calls of Linux 6.17 on a machine.

    From arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h; the files have a line for each,
    "NUMBER NAME".
    """
    lines = Path(__file__).with_name(f"{machine}.txt").read_text().splitlines()
    return {name: int(number) for number, name in map(str.split, lines)}


def program(machine: str) -> bytes:
    """Compile the profile; as runtimes do, without the names that the machine does not have."""
    known, profile = numbers(machine), read()
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name in known]
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
    return compile_profile(profile, machine, {machine: known})


def without(*removed: str) -> dict[str, Any]:
    """Return the profile without rules for these names."""
    profile = read()
    for rule in profile["syscalls"]:
        rule["names"] = [name for name in rule["names"] if name not in removed]
    profile["syscalls"] = [rule for rule in profile["syscalls"] if rule["names"]]
    return profile
