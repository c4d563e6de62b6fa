"""Landlock: deny every file, every TCP port and every reach to processes outside (landlock(7)).

A ruleset without rules denies all that it handles, so it should handle everything that this kernel knows.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import Final

from regbot.sandbox import kernel
from regbot.sandbox.layers import Layer

_VERSION: Final = 1
_ATTRIBUTES: Final = struct.Struct("=QQQ")

# Bits that a kernel handles, by the ABI that brought them; a kernel refuses bits that it does not know.
_FILES: Final = ((5, (1 << 16) - 1), (3, (1 << 15) - 1), (2, (1 << 14) - 1), (1, (1 << 13) - 1))
_TCP: Final = ((4, 0b11),)
_SCOPES: Final = ((6, 0b11),)


def supported() -> tuple[int, Layer]:
    """Return the ABI of this kernel (0: none) and what to say of it."""
    try:
        abi = kernel.landlock_create_ruleset(b"", _VERSION)
    except OSError as exc:
        # Not built in, switched off at boot, or hidden by a container's filter; all else is a defect to hear of.
        if exc.errno not in {errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}:
            raise
        return 0, Layer("landlock", holds=False, detail=exc.strerror or "")
    return abi, Layer("landlock", holds=True, detail=f"ABI {abi}")


def deny_all(abi: int) -> None:
    """Take from this process, for ever, everything that a kernel of this *abi* can; nothing where it is 0."""
    if abi == 0:
        return
    ruleset = kernel.landlock_create_ruleset(attributes(abi))
    kernel.landlock_restrict_self(ruleset)
    os.close(ruleset)


def attributes(abi: int) -> bytes:
    """Return `struct landlock_ruleset_attr`: the files, the TCP ports and the scopes that are handled."""
    return _ATTRIBUTES.pack(_newest(_FILES, abi), _newest(_TCP, abi), _newest(_SCOPES, abi))


def _newest(table: tuple[tuple[int, int], ...], abi: int) -> int:
    return next((bits for since, bits in table if abi >= since), 0)
