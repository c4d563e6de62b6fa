"""`python -m tests.soak [RUNS] [FOLDER OF HOSTILE SCRIPTS]`: 10,000 runs, or RUNS; 1 if any is wrong."""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Final

import trio

from tests.docker_registry import DockerRegistry
from tests.soak.soak import Plan, soak

RUNS: Final = 10_000
FIRST: Final = 100
NO_ESCAPE: Final = frozenset(
    # They leave the permissions of a tenant, and there are none yet.
    {"folder: 322-other-tenant-scope", "folder: 336-quota-split-tokens"}
    # It takes any userdata for an object of Python; ours are Lua's own, with sealed metatables.
    | {"folder: 120-no-pyobject-reachable"}
)
"""Scripts that say that they escaped where nothing of the kind has happened."""


def main(words: list[str]) -> int:
    """Soak, and print how it came out."""
    runs = int(words[0]) if words else RUNS
    plan = Plan(runs, FIRST, Path(words[1]) if len(words) > 1 else None, NO_ESCAPE)
    with tempfile.TemporaryDirectory() as name, DockerRegistry(Path(name) / "registry") as registry:
        files = Path(name) / "files"
        files.mkdir()
        figures = trio.run(partial(soak, registry, files, plan, say))
    say("\n".join(figures.lines()))
    return 1 if figures.wrong or figures.escaped else 0


def say(text: str) -> None:
    """Print at once: somebody watches for minutes."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
