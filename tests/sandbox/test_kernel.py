from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.sandbox import kernel

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED: Final[dict[str, tuple[Callable[[], object], int]]] = {
    "prctl(-1)": (lambda: kernel.prctl(-1), errno.EINVAL),
    "unshare": (lambda: kernel.unshare(1), errno.EINVAL),
    "mount": (lambda: kernel.mount("/no/such/folder", None, kernel.MS_PRIVATE), errno.ENOENT),
    "close_range": (lambda: kernel.close_range(2, 1), errno.EINVAL),
    "landlock_restrict_self": (lambda: kernel.landlock_restrict_self(-1), errno.EBADF),
}
"""By the name of the call: what the kernel refuses to anybody, and how."""


@pytest.mark.parametrize("name", REFUSED)
def test_refusal(name: str) -> None:
    """A call that fails raises, and says its name and the kernel's reason."""
    call, number = REFUSED[name]
    with pytest.raises(OSError, match=re.escape(f"{name}: ")) as raised:
        call()
    # Landlock may be absent, and mount(2) may be forbidden before it looks at the folder.
    assert raised.value.errno in {number, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}
    assert os.strerror(raised.value.errno or 0) in str(raised.value)


def test_filter_needs_no_new_privs_or_privilege() -> None:
    """A filter of no instructions is refused, with the option's number."""
    with pytest.raises(OSError, match=r"prctl\(22\): "):
        kernel.load_filter(b"")


def test_effective_capabilities() -> None:
    """The capabilities in force are those that /proc tells of."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (told,) = (line.split()[1] for line in lines if line.startswith("CapEff"))
    assert kernel.effective_capabilities() == int(told, 16)
