"""The configurations in examples/, where a repository holds what their scripts did not expect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests import images
from tests.model.message import Refused
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served
from tests.test_examples import aged, run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.model.message import Asked, Reply
    from tests.regbot import Ended

pytestmark = pytest.mark.usefixtures("unmeasured")

UNKNOWN: Final = images.Image("application/vnd.example+json", b'{"schemaVersion": 2}', {})
ODD: Final = {
    "no label": images.image(),
    "no time": aged(45, "last year"),
    "no image": images.with_config(b"name: chart", "application/vnd.cncf.helm.config.v1+json"),
    "no config": images.with_config(b"{}", "application/vnd.oci.empty.v1+json"),
    "no platform": images.index({"plan9/mips": images.image()}),
    "unknown": UNKNOWN,
}
"""What may be in a repository besides, by what is odd about it."""


class Registry(ModelRegistry):
    """A registry with images by their tags; a tag without one is listed and gone, *hidden* tags nobody may read."""

    def __init__(self, repository: str, tags: dict[str, images.Image | None], hidden: Iterable[str] = ()) -> None:
        super().__init__(Options(tag_deletes=True))
        for name, image in tags.items():
            if image is None:
                self.store.made(repository).tags[name] = images.digest(b"gone")
            else:
                self.store.add(repository, name, image)
        self._hidden = {f"/v2/{repository}/manifests/{name}" for name in hidden}

    async def __call__(self, asked: Asked) -> Reply:
        """Answer a request."""
        if asked.path in self._hidden:
            return Refused(403, "DENIED", "requested access to the resource is denied").reply
        return await super().__call__(asked)


def warned(ended: Ended, field: str = "tag") -> list[object]:
    """Return what a run warned of."""
    return [record[field] for record in ended.records if record["level"] == "WARN"]


def test_odd_builds_are_kept() -> None:
    """Whatever a build is that tells no time by its label, it is kept and named, and the rest is pruned."""
    odd: dict[str, images.Image | None] = {f"build-{i}": each for i, each in enumerate([*ODD.values(), None], 1)}
    model = Registry("project/builds", {"build-0": aged(45), **odd, "build-9": aged(31), "stable": aged(31)})
    with Served(model) as registry:
        ended = run("prune-by-label.yml", {"registry.example.com": registry})
    assert (ended.status, ended.errors) == (0, {})
    assert set(model.store.of("project/builds").tags) == {*odd, "stable"}
    assert warned(ended) == list(odd)


def test_what_the_registry_refuses_is_a_failure() -> None:
    """Where a registry refuses one build, the others are pruned, and the script has failed all the same."""
    model = Registry("project/builds", {f"build-{i}": aged(45) for i in range(3)}, ["build-1"])
    with Served(model) as registry:
        ended = run("prune-by-label.yml", {"registry.example.com": registry})
    assert (ended.status, ended.errors["old builds"].partition(": ")[2]) == (1, "1 tags failed")
    assert set(model.store.of("project/builds").tags) == {"build-1"}


def test_odd_nightly_builds_are_passed_over() -> None:
    """What cannot be copied is passed over, and what is no image is copied as well as one; old builds go."""
    tags = [f"nightly-2024010{day}" for day in range(9, 4, -1)]
    builds = Registry("project/app", dict(zip(tags, [UNKNOWN, ODD["no image"], None, ODD["no label"]], strict=False)))
    ours = Registry("project/app", {f"nightly-2023010{day}": ODD["no image"] for day in range(1, 6)})
    with Served(builds) as source, Served(ours) as target:
        ended = run("nightly-copies.yml", {"build.example.com": source, "registry.example.com": target})
    assert (ended.status, warned(ended)) == (0, [tags[2], tags[0]])
    assert set(ours.store.of("project/app").tags) == {tags[1], tags[3], *(f"nightly-2023010{day}" for day in (3, 4, 5))}


def test_odd_releases_are_passed_over() -> None:
    """A release that cannot be copied costs neither the others of its repository nor other repositories their turn."""
    hub = Registry("library/redis", {"7.2.5": None, "7.2.4": ODD["no platform"], "7.2.3": UNKNOWN, "7.2.2": aged(1)})
    ours = Registry("mirror/redis", {})
    with Served(hub) as source, Served(ours) as target:
        ended = run("mirror-releases.yml", {"docker.io": source, "registry.example.com": target})
    redis = "docker.io/library/redis"
    assert (ended.status, warned(ended, "what")) == (
        0,
        ["docker.io/library/alpine", f"{redis}:7.2.5", f"{redis}:7.2.3"],
    )
    assert ours.store.tags == {"mirror/redis:7.2.4": ODD["no platform"].digest}


def test_a_target_that_refuses_is_a_failure() -> None:
    """What our own registry does not take has not been mirrored, and the script says so in the end."""
    hub = Registry("library/redis", {"7.2.5": aged(1), "7.2.4": aged(2)})
    ours = Registry("mirror/redis", {}, ["7.2.5"])
    with Served(hub) as source, Served(ours) as target:
        ended = run("mirror-releases.yml", {"docker.io": source, "registry.example.com": target})
    assert ended.status == 1
    assert ended.errors["newest releases"].endswith(": 1 of the images and repositories failed")
    assert set(ours.store.tags) == {"mirror/redis:7.2.4"}
