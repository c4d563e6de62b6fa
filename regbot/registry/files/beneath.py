"""Open what lies beneath a folder and nothing else, however a path is written.

The kernel does it where it can: openat2(2) judges every step of the path, symbolic links included, while it walks, so
that nobody can swap a part between a check and its use.  Where the kernel, or a seccomp profile older than that call,
refuses it, the path is walked here one component at a time and symbolic links are not followed at all.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, TypeAlias

Opener: TypeAlias = Callable[[int, str, int], int]
"""Takes a folder's descriptor, a relative path and open(2) flags that create nothing; returns a descriptor.

OSError EXDEV: the path leads out.  ELOOP: a symbolic link in it is not followed.
"""

_SYS_OPENAT2: Final = 437
_NO_MAGICLINKS: Final = 0x02
"""The links of /proc that lead to open files, of ours too, are no symbolic links and are never followed."""
_BENEATH: Final = 0x08
_IN_ROOT: Final = 0x10
_HOW: Final = struct.Struct("=QQQ")
_TRIES: Final = 64
"""A rename anywhere makes the kernel give up on a path with "..", with EAGAIN: it is to be asked again."""

_libc: Final = ctypes.CDLL(None, use_errno=True)
_syscall: Final = _libc.syscall
_syscall.restype = ctypes.c_long
_syscall.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_size_t)


def opener_for(root: int, kernel: Callable[..., int] | None = None) -> Opener:
    """Return the best way that there is to open what lies beneath *root*: the kernel's, if it has one.

    Beneath the root of the file system there is no outside, so absolute symbolic links are good there.
    """
    everything = os.path.samestat(os.fstat(root), Path("/").stat())
    by_kernel = partial(kernel or open_by_kernel, resolve=_IN_ROOT if everything else _BENEATH)
    try:
        os.close(by_kernel(root, ".", os.O_PATH))
    except OSError as exc:
        if exc.errno not in {errno.ENOSYS, errno.EPERM}:
            raise
        return open_by_walking
    return by_kernel


def openat2(root: int, path: bytes, how: bytes) -> int:
    """Make the system call; *how* is a struct open_how."""
    descriptor: int = _syscall(_SYS_OPENAT2, root, path, how, len(how))
    if descriptor < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    return descriptor


def open_by_kernel(
    root: int, path: str, flags: int, *, resolve: int = _BENEATH, call: Callable[[int, bytes, bytes], int] = openat2
) -> int:
    """Be an Opener by openat2(2)."""
    how = _HOW.pack(flags | os.O_CLOEXEC, 0, resolve | _NO_MAGICLINKS)
    for _ in range(_TRIES - 1):
        with suppress(BlockingIOError, InterruptedError):
            return call(root, os.fsencode(path), how)
    return call(root, os.fsencode(path), how)


def open_by_walking(root: int, path: str, flags: int) -> int:
    """Be an Opener by one openat(2) a component.  Symbolic links are refused, inward ones too."""
    parts = _straighten(path)
    here = os.open(".", os.O_PATH | os.O_DIRECTORY, dir_fd=root)
    try:
        for part in parts[:-1]:
            here, above = _step(here, part, os.O_PATH | os.O_DIRECTORY), here
            os.close(above)
        return _step(here, parts[-1], flags)
    finally:
        os.close(here)


def _straighten(path: str) -> list[str]:
    """Return the components without "..": where no link is followed, a/.. is where we were."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), path)
            parts.pop()
        elif part not in {"", "."}:
            parts.append(part)
    return parts or ["."]


def _step(folder: int, name: str, flags: int) -> int:
    try:
        descriptor = os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:
        # A link where a folder is wanted is "not a directory" to the kernel.
        if stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name) from None
        raise
    # O_PATH opens the link itself where another flag would refuse it.
    if flags & os.O_PATH and stat.S_ISLNK(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
    return descriptor
