"""What is carried into a build that may fetch nothing: wheels, and Debian's packages with all that they depend on."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.image.trial.engine import run

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[3]
TO_BUILD: Final = ("python3-venv",)
TO_RUN: Final = ("amazon-ecr-credential-helper", "ca-certificates", "golang-docker-credential-helpers", "tzdata")
TO_TRY: Final = ("systemd", "dbus")
"""What the trial of the unit takes besides."""
# It stands in for what golang-docker-credential-helpers wants and no container has a use for, as in the Dockerfile.
_STAND_IN: Final = """Package: no-keyring
Version: 1
Architecture: all
Provides: gnome-keyring
Maintainer: regbot <regbot@localhost>
Description: stands in for gnome-keyring
"""
_APT: Final = ("apt-get", "-q", "-y", "--no-install-recommends")


def make(folder: Path, base: Path, scratch: Path) -> Path:
    """Return the folder of all, below *folder*; what an earlier trial fetched is used again."""
    carried, done = folder / "carried", folder / "carried.done"
    if not done.exists():
        shutil.rmtree(carried, ignore_errors=True)
        _fetch_wheels(carried / "wheels", base)
        _fetch_packages(carried / "packages", base, scratch)
        done.touch()
    return carried


def _fetch_wheels(folder: Path, base: Path) -> None:
    """Fetch regbot's dependencies, for the Python of the base."""
    version = run("chroot", base, "python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    wanted = [*_dependencies(), "hatchling"]
    which = ("--only-binary", ":all:", "--python-version", version)
    run(sys.executable, "-m", "pip", "download", "--quiet", *which, "--dest", folder, *wanted)


def _dependencies() -> Iterator[str]:
    import tomllib  # noqa: PLC0415 -- of no other use here

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    yield from project["dependencies"]
    yield from project["optional-dependencies"]["zstd"]


def _fetch_packages(folder: Path, base: Path, scratch: Path) -> None:
    """Have the base's own apt fetch what the stages install, in a copy of it."""
    copy = scratch / "fetching"
    run("cp", "-a", base, copy)
    shutil.copy("/etc/resolv.conf", copy / "etc/resolv.conf")
    stand_in = copy / "tmp/stand-in/DEBIAN"
    stand_in.mkdir(parents=True)
    (stand_in / "control").write_text(_STAND_IN)
    run("chroot", copy, "dpkg-deb", "--build", "/tmp/stand-in", "/tmp/no-keyring.deb")  # noqa: S108 -- the copy's
    run("chroot", copy, "dpkg", "--install", "/tmp/no-keyring.deb")  # noqa: S108 -- the copy's
    run("chroot", copy, "apt-get", "-q", "update")
    for name, packages in (("build", TO_BUILD), ("run", TO_RUN), ("systemd", TO_TRY)):
        fetched = copy / "var/cache/apt/archives"
        for stale in fetched.glob("*.deb"):
            stale.unlink()
        run("chroot", copy, *_APT, "--download-only", "install", *packages)
        (folder / name).mkdir(parents=True)
        for package in fetched.glob("*.deb"):
            shutil.move(package, folder / name)
    shutil.rmtree(copy)
