"""The calls of Linux that Python does not offer.

Every one raises OSError, which says the name of the call, and none returns a failure.  All symbols are looked up when
this module is imported: a child has no files left to look them up in.
"""

from __future__ import annotations

import ctypes
import os
from typing import Final

PR_SET_PDEATHSIG: Final = 1
PR_GET_DUMPABLE: Final = 3
PR_SET_DUMPABLE: Final = 4
PR_SET_SECCOMP: Final = 22
PR_CAPBSET_DROP: Final = 24
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47
PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
SECCOMP_MODE_FILTER: Final = 2

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000

MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 1 << 18
MNT_DETACH: Final = 2

# One table for x86_64 and aarch64: calls newer than 2018 have the same number on both.
_CLOSE_RANGE: Final = 436
_LANDLOCK_CREATE_RULESET: Final = 444
_LANDLOCK_RESTRICT_SELF: Final = 446
# This one is older.  A machine that is not here is refused later, and by its name (seccomp.py).
_KEYCTL: Final = {"x86_64": 250, "aarch64": 219}.get(os.uname().machine, -1)
_KEYCTL_JOIN_SESSION_KEYRING: Final = 1

_CAPABILITY_VERSION_3: Final = 0x20080522

_libc: Final = ctypes.CDLL(None, use_errno=True)


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    """Two 32-bit halves of the three sets, low half first (capget(2))."""

    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
        ("effective_high", ctypes.c_uint32),
        ("permitted_high", ctypes.c_uint32),
        ("inheritable_high", ctypes.c_uint32),
    )


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _or_raise(result: int, call: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def prctl(option: int, value: int = 0, extra: int = 0) -> None:
    """Operate on this process (prctl(2))."""
    rest = (ctypes.c_ulong(extra), ctypes.c_ulong(0), ctypes.c_ulong(0))
    _or_raise(_libc.prctl(option, ctypes.c_ulong(value), *rest), f"prctl({option})")


def unshare(flag: int) -> None:
    """Leave one namespace for a fresh one (unshare(2))."""
    _or_raise(_libc.unshare(flag), "unshare")


def mount(target: str, kind: str | None, flags: int) -> None:
    """Mount a file system of this *kind* at *target*, or change the mount there if *kind* is None (mount(2))."""
    name = None if kind is None else kind.encode()
    _or_raise(_libc.mount(b"none", os.fsencode(target), name, ctypes.c_ulong(flags), None), "mount")


def swap_root(new: str) -> None:
    """Make the mount at *new* the root, and let go of the old one (pivot_root(2), the last of its notes)."""
    os.chdir(new)
    _or_raise(_libc.pivot_root(b".", b"."), "pivot_root")
    _or_raise(_libc.umount2(b".", MNT_DETACH), "umount2")
    os.chdir("/")


def close_range(first: int, last: int) -> None:
    """Close the descriptors from *first* to *last*, both included (close_range(2), Linux 5.9)."""
    _system_call("close_range", _CLOSE_RANGE, first, last, 0)


def join_new_keyring() -> None:
    """Leave the session's keyring for a fresh one (keyctl_join_session_keyring(3))."""
    _system_call("keyctl", _KEYCTL, _KEYCTL_JOIN_SESSION_KEYRING, None)


def effective_capabilities() -> int:
    """Return the set that is in force, as a mask of 64 bits."""
    header, sets = _CapabilityHeader(_CAPABILITY_VERSION_3, 0), _CapabilitySets()
    _or_raise(_libc.capget(ctypes.byref(header), ctypes.byref(sets)), "capget")
    effective: int = sets.effective | sets.effective_high << 32
    return effective


def set_capabilities(kept: int) -> None:
    """Keep of the permitted and effective capabilities those in the mask *kept*; inherit none."""
    low, high = kept & 0xFFFFFFFF, kept >> 32
    header, sets = _CapabilityHeader(_CAPABILITY_VERSION_3, 0), _CapabilitySets(low, low, 0, high, high, 0)
    _or_raise(_libc.capset(ctypes.byref(header), ctypes.byref(sets)), "capset")


def landlock_create_ruleset(attributes: bytes, flags: int = 0) -> int:
    """Return the descriptor of a ruleset, or what *flags* ask for instead (landlock_create_ruleset(2))."""
    return _system_call("landlock_create_ruleset", _LANDLOCK_CREATE_RULESET, attributes or None, len(attributes), flags)


def landlock_restrict_self(ruleset: int) -> None:
    """Enforce a ruleset on this process for ever (landlock_restrict_self(2))."""
    _system_call("landlock_restrict_self", _LANDLOCK_RESTRICT_SELF, ruleset, 0)


def load_filter(instructions: bytes) -> None:
    """Enforce a BPF program on every further system call of this process (seccomp(2)); needs no_new_privs."""
    program = _FilterProgram(len(instructions) // 8, ctypes.cast(ctypes.c_char_p(instructions), ctypes.c_void_p))
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(program))


def _system_call(name: str, number: int, *arguments: int | bytes | None) -> int:
    # Without a declared type ctypes would pass 32 bits of each number.
    wide = (ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments)
    return _or_raise(_libc.syscall(ctypes.c_long(number), *wide), name)


_libc.syscall.restype = ctypes.c_long
for _name in ("prctl", "unshare", "mount", "pivot_root", "umount2", "capget", "capset"):
    getattr(_libc, _name).restype = ctypes.c_int
