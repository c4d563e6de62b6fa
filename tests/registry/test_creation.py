"""When an image was created: times of RFC 3339, and who says."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbot.registry import images
from regbot.registry.creation import ANNOTATION, created, seconds
from regbot.registry.errors import NotFound
from tests.copies import connected, counts, named
from tests.images import image, index, push, with_config

if TYPE_CHECKING:
    from regbot.registry.jsontext import Json
    from tests.docker_registry import DockerRegistry
    from tests.images import Image

TIME: Final = "2024-01-02T03:04:05Z"
SECONDS: Final = 1704164645.0
EMPTY: Final = "application/vnd.oci.empty.v1+json"
HELM: Final = "application/vnd.cncf.helm.config.v1+json"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TIME, SECONDS),
        ("2024-01-02t03:04:05z", SECONDS),
        ("2024-01-02 03:04:05Z", SECONDS),
        ("2024-01-02T03:04:05.25Z", SECONDS + 0.25),
        ("2024-01-02T05:34:05+02:30", SECONDS),
        ("2024-01-01T23:04:05-04:00", SECONDS),
        ("1970-01-01T00:00:00Z", 0),
        ("2016-12-31T23:59:60Z", 1483228800),
        ("9999-12-31T23:59:59.999999999-23:59", 253402387140),
        ("0001-01-01T00:00:00.5Z", -62135596799.5),
        ("0001-01-01T00:00:00+23:59", -62135683140),
    ],
)
def test_times(text: str, expected: float) -> None:
    """Fractions, offsets and leap seconds count; the ends of the calendar are times as well."""
    assert seconds(text) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T01:00:00+01:00",
        "",
        "yesterday",
        "2024-01-02",
        "2024-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2024-01-02T24:00:00Z",
        "2024-01-02T03:04:61Z",
        "2024-01-02T03:04:05",
        "2024-01-02T03:04:05+24:00",
        "2024-01-02T03:04:05.Z",
        "2024-01-02T03:04:05Z\n",
        "\u0662024-01-02T03:04:05Z",
        1704164645,
        None,
        [],
    ],
)
def test_no_times(text: Json) -> None:
    """What is no time of RFC 3339 says nothing, and neither does Go's time of nothing."""
    assert seconds(text) is None


@given(st.text(alphabet="0123456789-:.+TZ ", max_size=40) | st.text())
def test_any_text_is_a_time_or_none(text: str) -> None:
    """Whatever somebody writes, it is a finite number or nothing."""
    found = seconds(text)
    assert found is None or math.isfinite(found)


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001 -- its zone is the next argument
def test_every_time_is_read(time: datetime) -> None:
    """Every time that Python writes is the time that Python means."""
    assert seconds(time.isoformat()) == pytest.approx(time.timestamp())


def config(**said: object) -> bytes:
    """Return the bytes of a config."""
    return json.dumps({"os": "linux", "architecture": "amd64", **said}).encode()


LATER: Final = {ANNOTATION: "2024-01-02T03:04:06Z"}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (image(created=TIME), SECONDS),
        (image(created=TIME, kind="docker", annotations=LATER), SECONDS),
        (with_config(config(), annotations=LATER), SECONDS + 1),
        (with_config(config(created="0001-01-01T00:00:00Z"), annotations=LATER), SECONDS + 1),
        (with_config(config(created=5), annotations=LATER), SECONDS + 1),
        (with_config(config(created=None), annotations={ANNOTATION: "once"}), None),
        (with_config(config(), annotations={"created": TIME}), None),
        (with_config(b"{}", EMPTY, annotations=LATER), SECONDS + 1),
        (with_config(b"name: chart", HELM, annotations=LATER), SECONDS + 1),
        (with_config(config(created=TIME), "application/vnd.wasm.config.v0+json"), SECONDS),
        (with_config(b"\xff no JSON"), None),
        (with_config(b"[]"), None),
        (index({"linux/amd64": image(created=TIME)}), SECONDS),
    ],
    ids=[
        "config",
        "both",
        "none",
        "nothing",
        "number",
        "null",
        "other",
        "empty",
        "helm",
        "wasm",
        "bytes",
        "list",
        "index",
    ],
)
async def test_who_says(registry: DockerRegistry, made: Image, expected: float | None) -> None:
    """The config says first, then the annotation of the manifest; where neither does it is nothing."""
    push(registry, "team/app", "v1", made)
    async with connected(registry) as remote:
        assert await created(remote, named(registry), "linux/amd64") == expected


async def test_a_config_that_is_too_large(registry: DockerRegistry) -> None:
    """A config beyond what is accepted cannot be one, and is not read."""
    made = with_config(b"{}", annotations=LATER)
    large = replace(made, manifest=made.manifest.replace(b'"size": 2', b'"size": 9000000'))
    push(registry, "team/app", "v1", large)
    async with connected(registry) as remote:
        assert await created(remote, named(registry), None) == SECONDS + 1
    assert counts(registry) == {"GET manifests": 1}


async def test_nothing_is_asked_for_twice(registry: DockerRegistry) -> None:
    """After the time of an image, its config costs no more than a look at whether the tag moved."""
    push(registry, "team/app", "v1", image())
    async with connected(registry) as remote:
        assert await created(remote, named(registry), None) == SECONDS
        await images.config(remote, named(registry), None)
    assert counts(registry) == {"GET manifests": 1, "GET blobs": 1, "HEAD manifests": 1}


async def test_what_is_not_there(registry: DockerRegistry) -> None:
    """An image that is not there is an error, and so is a config that is not."""
    push(registry, "team/app", "v1", image())
    registry.request("DELETE", f"/v2/team/app/blobs/{next(iter(image().blobs))}")
    async with connected(registry) as remote:
        for name in ("team/app:v1", "team/app:none"):
            with pytest.raises(NotFound):
                await created(remote, named(registry, name), None)


async def test_an_index_without_this_machine(registry: DockerRegistry) -> None:
    """Of an index without an image for this machine the index is asked; a platform that was named must be there."""
    push(registry, "team/app", "v1", index({"plan9/mips": image(created=TIME)}))
    async with connected(registry) as remote:
        assert await created(remote, named(registry), None) is None
        assert await created(remote, named(registry), "plan9/mips") == SECONDS
        with pytest.raises(images.NoPlatform, match="there are: plan9/mips"):
            await created(remote, named(registry), "linux/s390x")
