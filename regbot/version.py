"""What this program is, for `regbot version` and the User-Agent."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "0.1.0"
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}


def facts() -> Mapping[str, str]:
    """Return what `regbot version` prints, under the names that templates for the Go program use."""
    from importlib import metadata  # noqa: PLC0415 -- no other command needs it

    machine = platform.machine()
    return {
        "VCSTag": f"v{VERSION}",
        "VCSRef": "unknown",
        "VCSCommit": "unknown",
        "VCSState": "unknown",
        "VCSDate": "unknown",
        "Platform": f"{sys.platform}/{_MACHINES.get(machine, machine)}",
        "Python": platform.python_version(),
        "Lupa": metadata.version("lupa"),
    }
