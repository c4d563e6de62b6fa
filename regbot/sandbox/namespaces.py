"""Fresh namespaces and an empty root for the launcher, and so for all of its children.

Each is tried by itself, because containers refuse some and not others.  What is refused is reported, not fatal:
Landlock and seccomp close the same doors once more.  A process namespace is not among them: its first process would
have to outlive the launcher, and children may signal nobody anyway.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Final

from regbot.sandbox import kernel
from regbot.sandbox.layers import Layer
from regbot.sandbox.privileges import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KINDS: Final = (
    ("net", kernel.CLONE_NEWNET),
    ("ipc", kernel.CLONE_NEWIPC),
    ("uts", kernel.CLONE_NEWUTS),
)


def leave() -> Iterator[Layer]:
    """Leave every namespace that this process may leave, then the file system; say of each how it went."""
    if os.geteuid() == 0:
        # A map of one identity has no nobody beside root, and to be nobody is worth more.
        yield Layer("user", holds=False, detail="root makes the others without")
    else:
        yield _attempt("user", _leave_user_namespace)
    for name, flag in _KINDS:
        yield _attempt(name, partial(kernel.unshare, flag))
    yield from _leave_file_system()


def _attempt(name: str, step: Callable[[], None]) -> Layer:
    try:
        step()
    except OSError as exc:
        return Layer(name, holds=False, detail=exc.strerror or "")
    return Layer(name, holds=True)


def _leave_user_namespace() -> None:
    """Become nobody in a namespace of our own (user_namespaces(7)): a map of one identity needs no privilege."""
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/gid_map", f"{NOBODY} {group} 1")
    _write("/proc/self/uid_map", f"{NOBODY} {user} 1")


def _leave_file_system() -> Iterator[Layer]:
    mount = _attempt("mount", partial(kernel.unshare, kernel.CLONE_NEWNS))
    yield mount
    # In the namespace that we share with everybody this would take away their root.
    yield (
        _attempt("root", _empty_root) if mount.holds else Layer("root", holds=False, detail="needs the mount namespace")
    )


def _empty_root() -> None:
    """Swap the root for an empty file system that nobody can write to.  Nothing can be opened by name afterwards."""
    # Without this the swap would show in the namespace we came from.
    kernel.mount("/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    # Any folder that exists will do; this one does.
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 -- pathlib costs milliseconds to import
    locked = kernel.MS_RDONLY | kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount(here, "tmpfs", locked)
    kernel.swap_root(here)


def _write(path: str, text: str) -> None:
    # One write(2), as the kernel demands of these files.
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
