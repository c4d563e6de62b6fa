"""Programs of the system that tests need: found, or said loudly to be missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Final

import pytest

PACKAGES: Final = {
    "docker-registry": "docker-registry",
    "skopeo": "skopeo",
    "htpasswd": "apache2-utils",
    "openssl": "openssl",
    "runc": "runc",
    "curl": "curl",
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
}
"""Program to the Debian package that has it."""


def require(program: str) -> str:
    """Return the path of *program*; skip the test without it, and fail where CI=true forbids to skip."""
    if path := shutil.which(program):
        return path
    reason = f"{program} is missing: apt-get install {PACKAGES.get(program, program)} (tools/system-packages.sh does)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def run(*command: str, timeout: float = 60) -> str:
    """Run a program that must succeed, return its standard output; what it said in vain is in the AssertionError."""
    require(command[0])
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}: {done.stderr}"
    return done.stdout
