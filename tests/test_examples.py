"""The configurations in examples/, run by the real command against real registries; skopeo says what came of it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import yaml

from tests import images
from tests.regbot import once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.asking import Asking
    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.regbot import Ended
    from tests.skopeo import Skopeo

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("unmeasured")]

EXAMPLES: Final = Path(__file__).parents[1] / "examples"
LABEL: Final = "org.opencontainers.image.created"


def run(example: str, hosts: Mapping[str, Asking], *words: str) -> Ended:
    """Run the scripts of an example where each registry that it names is one on loopback."""
    config = yaml.safe_load((EXAMPLES / example).read_text())
    config["creds"] = [
        {"registry": name, "hostname": registry.host, "tls": "disabled"} for name, registry in hosts.items()
    ]
    return once(yaml.safe_dump(config), *words)


def load(registry: DockerRegistry, repository: str, *tags: str) -> dict[str, str]:
    """Put a different image under each of *tags*, return tag to digest."""
    return {name: images.push(registry, repository, name, images.image(layers=[name.encode()])) for name in tags}


def test_newest_releases_are_mirrored(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """The newest three releases by number arrive unchanged, indexes whole, and nothing else does."""
    hub, ours = make_registry(), make_registry()
    alpine = load(hub, "library/alpine", "latest", "3.9.6", "3.10.0", "3.20.0", "3.20.1", "3.21.0_rc1", "edge")
    redis = load(hub, "library/redis", "7.2", "v7.2.4")
    redis["7.2.5"] = images.push(hub, "library/redis", "7.2.5", images.platforms("linux/amd64", "linux/arm64"))
    ended = run("mirror-releases.yml", {"docker.io": hub, "registry.example.com": ours})
    assert ended.status == 0, ended.stderr
    assert skopeo.digests(f"{ours.host}/mirror/alpine") == {
        name: alpine[name] for name in ("3.10.0", "3.20.0", "3.20.1")
    }
    assert skopeo.digests(f"{ours.host}/mirror/redis") == {name: redis[name] for name in ("v7.2.4", "7.2.5")}


def test_nightly_builds_move_on(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """The newest five nightly builds are there afterwards, older ones are not, and other tags are left alone."""
    builds, ours = make_registry(), make_registry()
    made = load(builds, "project/app", *(f"nightly-202401{day:02}" for day in range(20, 29)), "nightly-next", "1.0.0")
    had = load(ours, "project/app", "nightly-20231231", "nightly-20240101", "stable")
    ended = run("nightly-copies.yml", {"build.example.com": builds, "registry.example.com": ours})
    assert ended.status == 0, ended.stderr
    newest = {f"nightly-202401{day:02}" for day in range(24, 29)}
    assert skopeo.digests(f"{ours.host}/project/app") == {name: made[name] for name in newest} | {
        "stable": had["stable"]
    }
    skopeo.copy(f"{ours.host}/project/app:nightly-20240128", f"dir:{tmp_path}/whole")
    assert skopeo.digests(f"{builds.host}/project/app") == made


def aged(days: int, label: str | None = None) -> images.Image:
    """Return an image whose label says that it was made so many days ago, or *label*."""
    made = dt.datetime.now(dt.UTC) - dt.timedelta(days=days)
    return images.image(labels={LABEL: label or made.strftime("%Y-%m-%dT%H:%M:%SZ")}, layers=[str(days).encode()])


def test_old_builds_are_pruned(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """Builds of more than thirty days go; younger, unlabelled and other tags stay, even of the same old image."""
    old = aged(45)
    pushed = {"build-1": old, "build-2": aged(31), "build-3": aged(29), "build-4": images.image(), "release": old}
    for name, image in pushed.items():
        images.push(registry, "project/builds", name, image)
    ended = run("prune-by-label.yml", {"registry.example.com": registry})
    assert ended.status == 0, ended.stderr
    expected = {name: pushed[name].digest for name in ("build-3", "build-4", "release")}
    assert skopeo.digests(f"{registry.host}/project/builds") == expected


def test_dry_run_of_an_example(registry: DockerRegistry) -> None:
    """Run dry, pruning says what it would delete, and the registry is asked only by GET and HEAD."""
    images.push(registry, "project/builds", "build-1", aged(45))
    ended = run("prune-by-label.yml", {"registry.example.com": registry}, "--dry-run")
    assert ended.status == 0, ended.stderr
    assert ended.messages[0].startswith("delete build-1")
    assert {method for method, _, _ in registry.requests()} <= {"GET", "HEAD"}
    assert registry.tags("project/builds") == {"build-1"}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yml")), ids=lambda path: path.stem)
def test_examples_load_as_they_are(path: Path, tmp_path: Path) -> None:
    """Nothing is wrong with an example but the secrets that it names, which are not on this machine."""
    secrets = tmp_path / "secrets"
    secrets.write_text("canary")
    text = path.read_text()
    for name in ("mirror", "build", "nightly", "pruner"):
        text = text.replace(f"/run/secrets/{name}", str(secrets))
    ended = once(text, "--script", "no such script")
    assert "no such script" in ended.stderr
    assert "level=warn" not in ended.stderr.lower()


def test_demo() -> None:
    """`make demo` ends well, and shows what its two scripts changed."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "demo")], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    _, dry, real = done.stdout.split("$ regbot once")
    changes = [line.split()[-1] for line in real.splitlines() if line.endswith(("    copied", "    deleted"))]
    assert changes == ["copied"] * 3 + ["deleted"] * 2
    assert "The dry run changed no file." in dry
