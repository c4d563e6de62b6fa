"""Every recipe of the cookbook, run by the real command against real registries; skopeo says what came of it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Final

import pytest

from tests import images
from tests.cookbook.kitchen import FOLDER, RECIPES, cook, fill, logged
from tests.copies import referrer, tag_for
from tests.regbot import regbot

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("unmeasured")]

OURS: Final = "registry.example.com"


@pytest.mark.parametrize("recipe", RECIPES)
def test_nothing_is_wrong_with_it(recipe: str) -> None:
    """`regbot check` has nothing to say of any recipe."""
    ended = regbot("check", "-c", str(FOLDER / recipe))
    assert (ended.status, "no faults; 1 script" in ended.stdout) == (0, True), ended.stdout


def test_mirror_range(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """Releases in the range arrive; previews, variants and other lines do not."""
    hub, ours = make_registry(), make_registry()
    alpine = fill(hub, "library/alpine", "3.19.4", "3.20", "3.20.3", "3.21.0", "3.21.1-rc1", "3.22.0", "latest")
    redis = fill(hub, "library/redis", "7.0.15", "7.2.0", "7.4.1", "7.4.1-bookworm")
    ended = cook("mirror-range.yml", {"docker.io": hub, OURS: ours})
    assert ended.status == 0, ended.stderr
    assert skopeo.digests(f"{ours.host}/mirror/alpine") == {name: alpine[name] for name in ("3.20.3", "3.21.0")}
    assert skopeo.digests(f"{ours.host}/mirror/redis") == {name: redis[name] for name in ("7.2.0", "7.4.1")}


def test_gentle_mirror(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """One image that cannot be had keeps none of the others, and the script fails in the end."""
    hub, ours = make_registry(), make_registry()
    debian = fill(hub, "library/debian", "stable-slim")
    nginx = fill(hub, "library/nginx", "stable")
    ended = cook("gentle-mirror.yml", {"docker.io": hub, OURS: ours})
    assert (ended.status, ended.errors) == (1, {"gentle mirror": "gentle mirror:16: 1 images were not mirrored"})
    assert skopeo.digests(f"{ours.host}/mirror/debian") | skopeo.digests(f"{ours.host}/mirror/nginx") == debian | nginx


def test_platforms(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """The wanted platform arrives under a tag of its own, one that is not there is told of."""
    ours, edge = make_registry(), make_registry()
    arm = images.image(platform="linux/arm64")
    images.push(ours, "team/app", "1.0", images.index({"linux/amd64": images.image(), "linux/arm64": arm}))
    ended = cook("platforms.yml", {OURS: ours, "edge.example.com": edge})
    assert ended.status == 0, ended.stderr
    assert skopeo.digests(f"{edge.host}/app") == {"1.0-linux-arm64": arm.digest}
    assert [record["platform"] for record in logged(ended, "not there")] == ["linux/arm/v7"]


def signed(registry: DockerRegistry, repository: str, tag: str) -> images.Image:
    """Push an image with a signature that refers to it, and one under a tag, as this registry keeps them."""
    image = images.image(layers=[tag.encode()])
    images.push(registry, repository, tag, image)
    signature = referrer(image)
    fallback = {"schemaVersion": 2, "mediaType": images.TYPES["oci"]["index"], "manifests": [signature.descriptor()]}
    names = images.Image(images.TYPES["oci"]["index"], json.dumps(fallback).encode(), {}, (signature,))
    images.push(registry, repository, tag_for(image, ""), names)
    images.push(registry, repository, tag_for(image), images.image(layers=[b"signed"]))
    return image


def test_signed(make_registry: MakeRegistry, skopeo: Skopeo) -> None:
    """Releases arrive with what refers to them and with their digest tags; what is no release stays."""
    ours, public = make_registry(), make_registry()
    image = signed(ours, "team/app", "v1.0")
    fill(ours, "team/app", "main")
    ended = cook("signed.yml", {OURS: ours, "public.example.com": public})
    assert ended.status == 0, ended.stderr
    assert skopeo.tags(f"{public.host}/app") == {"v1.0", tag_for(image, ""), tag_for(image)}
    assert skopeo.digest(f"{public.host}/app@{referrer(image).digest}") == referrer(image).digest


def test_promote(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """`stable` is the newest version that passed, and once it is nothing more is written."""
    passed = {"org.example.tests": "passed"}
    for name, labels in {"1.9.0": passed, "1.10.0": passed, "1.11.0": {"org.example.tests": "failed"}}.items():
        images.push(registry, "team/app", name, images.image(labels=labels, layers=[name.encode()]))
    first, second = (cook("promote.yml", {OURS: registry}) for _ in range(2))
    assert (first.status, second.status, second.messages) == (0, 0, [])
    assert skopeo.digest(f"{registry.host}/team/app:stable") == skopeo.digest(f"{registry.host}/team/app:1.10.0")


def test_keep_newest(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """Each branch keeps its five highest numbers, and other tags are left alone."""
    fill(registry, "team/app", *(f"main-{number}" for number in range(7, 14)), "fix-1", "fix-2", "stable")
    ended = cook("keep-newest.yml", {OURS: registry})
    assert ended.status == 0, ended.stderr
    assert skopeo.tags(f"{registry.host}/team/app") == {
        *(f"main-{n}" for n in range(9, 14)),
        "fix-1",
        "fix-2",
        "stable",
    }


def test_prune_pull_requests(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """Old images of pull requests go; young ones, and old ones of another name, stay."""
    yesterday = (dt.datetime.now(dt.UTC) - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fill(registry, "team/app", "pr-1", "v1")
    images.push(registry, "team/app", "pr-2", images.image(created=yesterday))
    images.push(registry, "team/app", "pr-3", images.image(created="0001-01-01T00:00:00Z"))
    ended = cook("prune-pull-requests.yml", {OURS: registry})
    assert ended.status == 0, ended.stderr
    assert skopeo.tags(f"{registry.host}/team/app") == {"pr-2", "pr-3", "v1"}


@pytest.mark.parametrize("recipe", ["keep-newest.yml", "prune-pull-requests.yml", "move.yml"])
def test_dry_run_of_what_deletes(recipe: str, registry: DockerRegistry, skopeo: Skopeo) -> None:
    """A dry run lists what would go, and nothing goes."""
    there = fill(registry, "team/app", *(f"pr-{number}" for number in range(7)))
    ended = cook(recipe, {OURS: registry}, "--dry-run")
    assert (ended.status, "delete tag" in ended.stdout + ended.stderr) == (0, True), ended.stderr
    assert skopeo.digests(f"{registry.host}/team/app") == there


def test_move(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """Every tag is in the new place as it was, and the old place is empty."""
    there = fill(registry, "team/app", "1.0", "2.0")
    ended = cook("move.yml", {OURS: registry})
    assert ended.status == 0, ended.stderr
    assert skopeo.digests(f"{registry.host}/product/app") == there
    assert registry.tags("team/app") == set()


def test_move_onto_another_image(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """Where the new place has another image of that name nothing is deleted, and it stays."""
    old = fill(registry, "team/app", "1.0", "2.0")
    other = images.push(registry, "product/app", "2.0", images.image(layers=[b"other"]))
    ended = cook("move.yml", {OURS: registry})
    assert ended.status == 1
    assert (skopeo.digests(f"{registry.host}/team/app"), skopeo.digest(f"{registry.host}/product/app:2.0")) == (
        old,
        other,
    )


def test_backup_and_restore(make_registry: MakeRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """What was saved comes back to an empty registry as it was; a tag that is there stays what it is."""
    before, after = make_registry(), make_registry()
    app, web = fill(before, "team/app", "1.0", "2.0"), fill(before, "team/web", "1.0")
    saved = cook("backup.yml", {OURS: before}, "--files", str(tmp_path))
    kept = images.push(after, "team/app", "2.0", images.image(layers=[b"newer"]))
    restored = cook("restore.yml", {OURS: after}, "--files", str(tmp_path))
    assert (saved.status, restored.status) == (0, 0), saved.stderr + restored.stderr
    assert skopeo.digests(f"{after.host}/team/app") == app | {"2.0": kept}
    assert skopeo.digests(f"{after.host}/team/web") == web
    assert skopeo.digest(f"oci:{tmp_path}/backup/team/app:2.0") == app["2.0"]


def test_audit(registry: DockerRegistry) -> None:
    """Old images and missing labels are told, with the counts; nothing is written."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    labels = {"org.opencontainers.image.source": "https://example.com", "org.opencontainers.image.licenses": "MIT"}
    images.push(registry, "team/app", "good", images.image(labels=labels, created=now))
    images.push(registry, "team/app", "old", images.image(labels=labels))
    images.push(registry, "team/web", "bare", images.image(created=now))
    ended = cook("audit.yml", {OURS: registry})
    assert ended.status == 0, ended.stderr
    assert [record["image"] for record in logged(ended, "is old")] == [f"{OURS}/team/app:old"]
    assert {str(record["label"]) for record in logged(ended, "lacks a label")} == set(labels)
    assert {method for method, _, _ in registry.requests()} == {"GET", "HEAD"}


def test_stale_base(registry: DockerRegistry, make_registry: MakeRegistry) -> None:
    """An image without the layers of its base is told, and the script fails; one with them, or with no base, is not."""
    hub = make_registry()
    images.push(hub, "library/debian", "12", images.image(layers=[b"new base"]))
    on = {"org.opencontainers.image.base.name": "docker.io/library/debian:12"}
    images.push(registry, "team/app", "1.0", images.image(labels=on, layers=[b"old base", b"app"]))
    images.push(registry, "team/app", "1.1", images.image(labels=on, layers=[b"new base", b"app"]))
    images.push(registry, "team/app", "own", images.image(layers=[b"own"]))
    ended = cook("stale-base.yml", {OURS: registry, "docker.io": hub})
    assert ended.status == 1
    assert [record["image"] for record in logged(ended, "stands on an old base")] == [f"{OURS}/team/app:1.0"]


def test_sizes(registry: DockerRegistry) -> None:
    """Layers that tags and platforms share count once."""
    one, two = images.image(layers=[b"base", b"one"]), images.image(layers=[b"base", b"two"], platform="linux/arm64")
    images.push(registry, "team/app", "1.0", one)
    images.push(registry, "team/app", "2.0", images.index({"linux/amd64": one, "linux/arm64": two}))
    layers = {each["digest"]: each["size"] for image in (one, two) for each in json.loads(image.manifest)["layers"]}
    ended = cook("sizes.yml", {OURS: registry})
    assert ended.status == 0, ended.stderr
    found = [(record["repository"], record["bytes"]) for record in logged(ended, "size")]
    assert found == [("team/app", sum(layers.values()))]
