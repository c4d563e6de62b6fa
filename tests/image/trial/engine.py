"""Programs that the trial runs, and their errors."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PACKAGES: Final = ("buildah", "podman", "runc", "debootstrap", "docker-registry", "skopeo", "apache2-utils")


class TrialError(Exception):
    """Something did not do what it has to; the message says what, and what was said meanwhile."""


def run(*command: str | Path, environ: Mapping[str, str] | None = None, status: int = 0, quiet: bool = True) -> str:
    """Run a program that has to end with *status*, return its standard output, with standard error if not *quiet*."""
    words = [str(word) for word in command]
    if shutil.which(words[0]) is None:
        raise TrialError(f"{words[0]} is missing: apt-get install {' '.join(PACKAGES)}")
    apart = subprocess.PIPE if quiet else subprocess.STDOUT
    done = subprocess.run(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=apart,
        text=True,
        env=environ,
        timeout=900,
        check=False,
    )
    if done.returncode != status:
        said = done.stdout + (done.stderr or "")
        raise TrialError(f"{' '.join(words)}\nended with {done.returncode}, not {status}:\n{said}")
    return done.stdout


def podman(*words: str | Path, status: int = 0, quiet: bool = True) -> str:
    """Run podman, which starts containers by runc; as `run` besides."""
    return run("podman", "--runtime", "runc", "--cgroup-manager", "cgroupfs", *words, status=status, quiet=quiet)
