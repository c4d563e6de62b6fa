"""A base without a hub: Debian's smallest, with its python3, made by debootstrap."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from tests.image.trial.engine import run

if TYPE_CHECKING:
    from pathlib import Path

SUITE: Final = "bookworm"
NAME: Final = "localhost/regbot-trial-base:latest"
# What Debian's own slim images leave out as well.
_LEFT_OUT: Final = (
    *("var/lib/apt/lists", "var/cache/apt", "var/cache/debconf", "var/log"),
    *("usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian"),
)


def make(folder: Path) -> Path:
    """Return the root of the base in *folder*, which is made if it is not there whole."""
    root, done = folder / "base", folder / "base.done"
    if not done.exists():
        shutil.rmtree(root, ignore_errors=True)
        run("debootstrap", "--variant=minbase", "--include=python3", SUITE, root)
        done.touch()
    return root


def load(root: Path, scratch: Path) -> None:
    """Make an image of it, under NAME."""
    slim = scratch / "slim"
    shutil.copytree(
        root, slim, symlinks=True, ignore=lambda path, names: names if "dev" in path.split("/")[-1:] else []
    )
    for left in _LEFT_OUT:
        for each in (slim / left).iterdir():
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()
    archive = scratch / "base.tar"
    run("tar", "--numeric-owner", "-C", slim, "-cf", archive, ".")
    shutil.rmtree(slim)
    run("podman", "import", "--change", 'CMD ["/bin/sh"]', archive, NAME)
    archive.unlink()
