"""Build the image where nothing can be fetched, and try it: python -m tests.image.trial, as root (make test-image).

It stands on a base that debootstrap makes, and gets its wheels and Debian's packages carried in.  The base and what is
carried, which take a network to make, are kept in build/image/ for the next time.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tests.image.trial import base, carried, documented, inside, unit
from tests.image.trial.container import IMAGE, ROOT
from tests.image.trial.engine import TrialError, podman, run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST: Final = 150
"""Megabytes that the image may add to its base."""


def main() -> int:
    """Try everything, return the exit status."""
    if os.geteuid() != 0:
        sys.stderr.write("debootstrap, and containers by runc, take root: sudo make test-image\n")
        return 2
    folder = ROOT / "build/image"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as name:
        scratch = Path(name)
        # Containers see a part of it as another user.
        scratch.chmod(0o755)
        for what, step in _steps(folder, scratch):
            begin = time.monotonic()
            try:
                said = step()
            except TrialError as exc:
                sys.stdout.write(f"FAILED  {what}: {exc}\n")
                return 1
            sys.stdout.write(f"ok      {what}: {said} ({time.monotonic() - begin:.0f} s)\n")
            sys.stdout.flush()
    return 0


def _steps(folder: Path, scratch: Path) -> Iterator[tuple[str, Callable[[], str]]]:
    yield "image, built without a network", lambda: _build(folder, scratch)
    yield "size over its base", _size
    yield "regbot doctor, every wall", inside.doctor
    yield "hostile scripts", inside.hostile
    yield "hostile scripts of a collection", lambda: inside.escapes(scratch)
    yield "server, with a registry that wants a login", lambda: inside.serves(scratch)
    yield "service of systemd", lambda: unit.tried(folder / "carried", scratch)
    yield "commands of docs/deploying.md", lambda: documented.typed(folder / "carried", scratch)
    yield "first request and memory", lambda: _answers(scratch)


def _build(folder: Path, scratch: Path) -> str:
    root = base.make(folder)
    base.load(root, scratch)
    packed = carried.make(folder, root, scratch)
    environ = {"BASE": base.NAME, "TAG": IMAGE, "CARRIED": str(packed), "ENGINE": "buildah"}
    run("sh", ROOT / "tools/image.sh", environ=os.environ | environ)
    return podman("image", "inspect", "--format", "{{.Id}}", IMAGE).strip()


def _size() -> str:
    whole, below = (int(podman("image", "inspect", "--format", "{{.Size}}", each)) / 1e6 for each in (IMAGE, base.NAME))
    inside.check(whole - below < MOST, f"it adds less than {MOST} MB", whole, below)
    return f"{whole - below:.0f} MB, {whole:.0f} with it"


def _answers(scratch: Path) -> str:
    seconds, sizes = inside.answers(scratch)
    return (
        f"ready {median(seconds):.2f} s after exec, {median(sizes) / 1e6:.0f} MB when idle (median of {len(seconds)})"
    )


if __name__ == "__main__":
    sys.exit(main())
