"""What this program is, for `regbot version` and the User-Agent."""

from __future__ import annotations

import platform
import sys
from importlib import metadata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def version() -> str:
    """Return the version of the installed distribution."""
    return metadata.version("regbot-runner")


def facts() -> Mapping[str, str]:
    """Return what `regbot version` prints, under the names that templates for the Go program use."""
    machine = platform.machine()
    return {
        "VCSTag": f"v{version()}",
        "VCSRef": "unknown",
        "VCSCommit": "unknown",
        "VCSState": "unknown",
        "VCSDate": "unknown",
        "Platform": f"{sys.platform}/{_MACHINES.get(machine, machine)}",
        "Python": platform.python_version(),
        "Lupa": metadata.version("lupa"),
    }
