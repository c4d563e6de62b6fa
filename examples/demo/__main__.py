"""Show regbot at work without a registry: mirror and prune tags of OCI layouts, dry first, then really.

Run it with `make demo`.  Ends with 1, and says why, if anything is not as it should be.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import layout

HERE: Final = Path(__file__).parent
LAYOUTS: Final = ("upstream", "mirror", "builds")
CREATED: Final = "org.opencontainers.image.created"
UPSTREAM: Final = ("1.8.0", "1.9.0", "1.10.0", "1.10.1", "2.0.0-rc.1", "edge")
BUILDS: Final = {
    "build-101": {CREATED: "2023-02-03T04:05:06Z"},
    "build-102": {CREATED: "2023-11-12T13:14:15Z"},
    "build-103": {CREATED: "2024-01-02T03:04:05Z"},
    "build-104": {},
    "stable": {CREATED: "2023-02-03T04:05:06Z"},
}
MIRRORED: Final = {"1.9.0", "1.10.0", "1.10.1"}
PRUNED: Final = {"build-101", "build-102"}

State = dict[str, dict[str, str]]
"""Layout to tag to digest."""


def main() -> None:
    """Make the layouts, run the scripts twice, show what changed, and check it."""
    with tempfile.TemporaryDirectory(prefix="regbot-demo-") as name:
        folder = Path(name)
        layout.write(folder / "upstream", {tag: {"version": tag} for tag in UPSTREAM})
        layout.write(folder / "builds", BUILDS)
        files, before = contents(folder), state(folder)

        regbot(folder, "--dry-run")
        if contents(folder) != files:
            sys.exit("demo: the dry run changed files")
        show("after the dry run", before, state(folder))
        print("\nThe dry run changed no file.")

        regbot(folder)
        after = state(folder)
        show("after the run", before, after)
        check(folder, before, after)


def regbot(folder: Path, *options: str) -> None:
    """Run the scripts; what regbot logs goes where ours does."""
    command = [str(Path(sys.executable).with_name("regbot")), "once", "-c", "examples/demo/regbot.yml", *options]
    print("\n$", " ".join(["regbot", *command[1:]]), flush=True)
    status = subprocess.run([*command, "--files", str(folder)], cwd=HERE.parents[1], check=False).returncode
    if status != 0:
        sys.exit(f"demo: regbot ended with {status}")


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file below *folder* with its bytes."""
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def state(folder: Path) -> State:
    """Return the tags of each layout."""
    return {name: layout.tags(folder / name) for name in LAYOUTS}


def show(title: str, before: State, after: State) -> None:
    """Print every tag of each layout, and what became of it."""
    print(f"\n{title:20}{'tag':14}{'digest':24}")
    for name in LAYOUTS:
        for tag in sorted(before[name] | after[name]):
            old, new = before[name].get(tag), after[name].get(tag)
            change = "" if old == new else "deleted" if new is None else "copied"
            print(f"  {name:18}{tag:14}{(new or old or '')[:19]}…    {change}".rstrip())


def check(folder: Path, before: State, after: State) -> None:
    """Exit with a message unless the scripts did exactly what they are for."""
    expected = {
        "upstream": before["upstream"],
        "mirror": {tag: before["upstream"][tag] for tag in MIRRORED},
        "builds": {tag: digest for tag, digest in before["builds"].items() if tag not in PRUNED},
    }
    for name in LAYOUTS:
        if after[name] != expected[name]:
            sys.exit(f"demo: {name} holds {sorted(after[name])} and should hold {sorted(expected[name])}")
        if missing := layout.broken(folder / name):
            sys.exit(f"demo: {name} lacks {', '.join(missing)}")
    print("\nThe newest three releases are mirrored, builds from before 2024 are gone, and everything left is whole.")


main()
