"""Fresh namespaces and an empty root for the launcher, and so for all of its children.

Each is tried by itself, because containers refuse some and not others.  What is refused is reported, not fatal:
Landlock and seccomp close the same doors once more.  Two are left as they are: a cgroup's name is seen in /proc only,
which is not there, and clocks are no secret.
"""

from __future__ import annotations

import os
import select
import signal
from functools import partial
from typing import TYPE_CHECKING, Final, NoReturn

from regbot.sandbox import kernel
from regbot.sandbox.layers import Layer
from regbot.sandbox.privileges import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LAST_FD: Final = (1 << 32) - 1
_CELL: Final = "cell"
_LOCKED: Final = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
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
    yield _attempt("keyring", kernel.join_new_keyring)
    yield from _leave_file_system()
    yield _leave_processes()


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
    """Swap the root for a folder of an empty file system that nobody can write to: nothing can be opened by name.

    A folder, because to a process whose root is not its namespace's the kernel gives no user namespace
    (user_namespaces(7), EPERM), and so none of the privileges that come with one.
    """
    # Without this the swap would show in the namespace we came from.
    kernel.mount("/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    # Any folder that exists will do; this one does.
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 -- pathlib costs milliseconds to import
    kernel.mount(here, "tmpfs", _LOCKED)
    os.mkdir(f"{here}/{_CELL}", 0o555)  # noqa: PTH102 -- likewise
    kernel.mount(here, None, _LOCKED | kernel.MS_RDONLY | kernel.MS_REMOUNT)
    kernel.swap_root(here)
    os.chroot(_CELL)
    os.chdir("/")


def _leave_processes() -> Layer:
    """Have all children to come in a process namespace: what is outside has no number there that they could name."""
    layer = _attempt("pid", partial(kernel.unshare, kernel.CLONE_NEWPID))
    if layer.holds:
        ready, theirs = os.pipe()
        if os.fork() == 0:
            _be_first(theirs)
        os.close(theirs)
        first = os.read(ready, 1)
        os.close(ready)
        if not first:
            raise ChildProcessError("the first process of the namespace has ended")
    return layer


def _be_first(ready: int) -> NoReturn:
    """Hold the namespace until the launcher dies; then the kernel kills whoever is left in it."""
    try:
        kernel.set_capabilities(0)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        # A launcher that died before the line above does not read any more.
        os.write(ready, b"1")
        kernel.close_range(0, _LAST_FD)
        # Not pause(2): where a container's filter has no such call, Python would come back at once, for ever.
        select.poll().poll()
    finally:
        os._exit(1)


def _write(path: str, text: str) -> None:
    # One write(2), as the kernel demands of these files.
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)
