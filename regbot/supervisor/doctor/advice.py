"""In plain words: what each wall keeps a script from, and what to do where it does not hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

KEEPS: Final = {
    "seccomp": "no system calls but a few",
    "no_new_privs": "no program gives privileges",
    "limits": "memory, processes, files, core dumps",
    "landlock": "files, ports, other processes",
    "user": "a user namespace, where it is root of nothing",
    "net": "no network, not even this machine's own",
    "ipc": "no shared memory or queues of others",
    "uts": "no name of this machine",
    "mount": "no file systems of others",
    "pid": "no processes of others",
    "root": "an empty file system",
    "keyring": "no keys of others",
    "nobody": "a user and group that own nothing",
    "capabilities": "none of root's powers",
    "hidden": "no process looks into it",
    "descriptors": "none but its socket",
    "parent_death": "it dies with its launcher",
    "jit": "no memory that code could be written to",
}
"""What a child has of each wall, or is kept from by it."""

_SETTINGS: Final = (
    ("user/max_user_namespaces", "0", "sysctl user.max_user_namespaces=10000"),
    ("kernel/unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
)
"""Below /proc/sys: what forbids user namespaces, by which value, and what allows them again."""
_SPACES: Final = frozenset({"user", "net", "ipc", "uts", "mount", "pid", "root", "keyring"})
_OTHERWISE: Final = {
    "seccomp": "The kernel needs CONFIG_SECCOMP_FILTER; runtimes that imitate a kernel (gVisor, qemu) may lack it.",
    "no_new_privs": "The kernel is older than 3.5, or something between it and regbot answers in its stead.",
    "limits": "Something between regbot and the kernel does not heed setrlimit(2): no script is held to its memory.",
    "landlock": "It needs Linux 5.13 or later with landlock in the list of lsm= (CONFIG_LSM); in a container, a seccomp"
    " profile that allows it, such as seccomp/container.json.",
    "nobody": "Started as root, in a container with CAP_KILL, CAP_SETGID and CAP_SETUID, regbot has its children change"
    " to nobody. Otherwise give it a user of its own, who runs nothing else.",
}
_OURS: Final = "This should hold everywhere: please report it, as SECURITY.md says."


def remedy(wall: str, detail: str, *, user: int, setting: Callable[[str], str]) -> str:
    """Return what to do about a wall that does not hold, and *detail* says why.

    *user* is the number of the one who runs regbot; *setting* reads what is below /proc/sys, "" where there is none.
    """
    if wall in _SPACES:
        return _space(wall, detail, user, setting)
    return _OTHERWISE.get(wall, _OURS)


def _space(wall: str, detail: str, user: int, setting: Callable[[str], str]) -> str:
    if wall == "root" and "needs" in detail:
        return "It comes with the mount namespace."
    container = "in a container, use the seccomp profile seccomp/container.json"
    if user == 0:
        return f"Root needs CAP_SYS_ADMIN for it; {container} and add that capability, or run as another user."
    if allowing := [command for name, forbids, command in _SETTINGS if setting(name) == forbids]:
        return f"User namespaces are switched off for users: {'; '.join(allowing)}, or run regbot as root."
    return f"Users need user namespaces for it, and something forbids them: {container}, or run regbot as root."


def read_setting(name: str) -> str:
    """Return a setting of the kernel, "" where it has none of that name."""
    try:
        return Path("/proc/sys", name).read_text().strip()
    except OSError:
        return ""


def who() -> str:
    """Return who runs regbot."""
    return "root" if os.geteuid() == 0 else f"user {os.geteuid()}"
