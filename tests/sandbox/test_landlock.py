from __future__ import annotations

import struct

import pytest

from regbot.sandbox import kernel, landlock


@pytest.mark.parametrize(
    ("abi", "files", "tcp", "scopes"),
    [(1, 13, 0, 0), (2, 14, 0, 0), (3, 15, 0, 0), (4, 15, 2, 0), (5, 16, 2, 0), (6, 16, 2, 2), (99, 16, 2, 2)],
)
def test_all_that_a_kernel_knows(abi: int, files: int, tcp: int, scopes: int) -> None:
    """Every right that came with the ABI or before is handled, and none that the kernel would refuse to hear of."""
    handled = struct.unpack("=QQQ", landlock.attributes(abi))
    assert handled == ((1 << files) - 1, (1 << tcp) - 1, (1 << scopes) - 1)


def test_absent() -> None:
    """Where the kernel has no Landlock, nothing is asked of it (no_new_privs, which it demands, is not set here)."""
    landlock.deny_all(0)


def test_refused() -> None:
    """Where it should be there and fails, that is an error: here the kernel is asked for what none knows."""
    with pytest.raises(OSError, match="landlock_create_ruleset: "):
        kernel.landlock_create_ruleset(struct.pack("=QQQ", 1 << 63, 0, 0))
