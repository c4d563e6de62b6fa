"""The tests' own helpers, held to a real registry and to skopeo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import trio

from tests import images

if TYPE_CHECKING:
    from pathlib import Path

    from trio.testing import MockClock

    from tests.conftest import MakeRegistry
    from tests.docker_registry import DockerRegistry
    from tests.skopeo import Skopeo


async def test_async_tests_run(autojump_clock: MockClock) -> None:
    """An async test runs under trio, on the mock clock that it asks for."""
    start = autojump_clock.current_time()
    await trio.sleep(10_000)
    assert autojump_clock.current_time() - start >= 10_000


@pytest.mark.parametrize("kind", ["oci", "docker"])
def test_pushed_image_is_whole(kind: str, registry: DockerRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """An index that `push` put into a registry is one that skopeo can copy and check."""
    index = images.platforms("linux/amd64", "linux/arm64/v8", kind=kind)
    assert images.push(registry, "some/where", "v1", index) == skopeo.digest(f"{registry.host}/some/where:v1")
    skopeo.copy(f"{registry.host}/some/where:v1", f"dir:{tmp_path}/copy")
    assert registry.tags("some/where") == {"v1"}
    assert registry.digest("some/where", "v1") == index.digest


def test_layout_is_whole(registry: DockerRegistry, skopeo: Skopeo, tmp_path: Path) -> None:
    """A layout that `write_layout` wrote is one that skopeo can copy."""
    image = images.image(labels={"a": "b"}, layers=[b"one", b"two"])
    images.write_layout(tmp_path / "layout", {"v1": image, "v2": images.image()})
    skopeo.copy(f"oci:{tmp_path}/layout:v1", f"{registry.host}/x:y")
    assert skopeo.digests(f"{registry.host}/x") == {"y": image.digest}


def test_requests_are_told(registry: DockerRegistry, skopeo: Skopeo) -> None:
    """`requests` tells what others asked the registry, and leaves out what the tests' own client did."""
    images.push(registry, "a", "b", images.image())
    assert registry.requests() == []
    skopeo.tags(f"{registry.host}/a")
    assert ("GET", "/v2/a/tags/list", 200) in registry.requests()


def test_options_of_a_registry(make_registry: MakeRegistry) -> None:
    """Password, TLS and refusal to delete are what the registry does, and not only what it was told."""
    registry = make_registry(delete=False, users={"jo": "canary"}, tls=True)
    digest = images.push(registry, "a", "b", images.image())
    assert registry.request("DELETE", f"/v2/a/manifests/{digest}")[0] == 405
    assert registry.request("GET", "/v2/", headers={"Authorization": ""})[0] == 401


def test_registry_keeps_its_store(registry: DockerRegistry) -> None:
    """A registry that was stopped and started again has the same address and the same images."""
    images.push(registry, "a", "b", images.image())
    host = registry.host
    registry.stop()
    registry.start()
    assert registry.host == host
    assert registry.tags("a") == {"b"}
