"""Identity and capabilities: the launcher keeps what its children need to become nobody, they keep nothing."""

from __future__ import annotations

import errno
import os
from typing import Final

from regbot.sandbox import kernel
from regbot.sandbox.layers import Layer

NOBODY: Final = 65534
"""The user and group that own nothing; also what the kernel calls an identity without a name here."""

CAP_KILL: Final = 1 << 5
CAP_SETGID: Final = 1 << 6
CAP_SETUID: Final = 1 << 7
CAP_SETPCAP: Final = 1 << 8

# To kill is among them because the kernel asks for it when it sends the parent-death signal to another user's process.
_TO_CHANGE_IDS: Final = CAP_KILL | CAP_SETGID | CAP_SETUID
_CAPABILITIES: Final = 64


def keep_what_children_need() -> Layer:
    """Drop every capability of the launcher but those for a change of identity, and these if it can have none."""
    held = kernel.effective_capabilities()
    if held & CAP_SETPCAP:
        _empty_bounding_set()
    # In a user namespace of our own we are nobody already, and there is no other identity.
    able = held & _TO_CHANGE_IDS == _TO_CHANGE_IDS and os.geteuid() != NOBODY
    kernel.set_capabilities(_TO_CHANGE_IDS if able else 0)
    return Layer("nobody", holds=able, detail="" if able else "needs CAP_KILL, CAP_SETGID and CAP_SETUID")


def become_nobody() -> None:
    """Change user and group for good, and leave all other groups."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def drop_capabilities() -> None:
    """Give up every capability, those included that an exec could bring back."""
    kernel.prctl(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    kernel.set_capabilities(0)


def _empty_bounding_set() -> None:
    for capability in range(_CAPABILITIES):
        try:
            kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
        except OSError as exc:
            if exc.errno != errno.EINVAL:
                raise
            return  # This kernel knows no more of them.
