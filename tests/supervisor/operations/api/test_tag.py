"""tag.delete of what may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
import trio

from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.registries import Registries
from regbot.supervisor.gate import Gate
from regbot.supervisor.operations.table import OperationFailed
from tests.images import image, push, write_layout
from tests.supervisor.overlays import dry
from tests.supervisor.scripts import opened, plain

if TYPE_CHECKING:
    from pathlib import Path

    from regbot.protocol.values import Value
    from regbot.registry.reference import Reference
    from tests.docker_registry import DockerRegistry

OK: Final[Value] = {"missingOk": True}


@pytest.mark.parametrize("name", ["a:none", "none:v1"])
async def test_a_missing_tag(registry: DockerRegistry, name: str) -> None:
    """A tag or a repository that is not there is no error for who says so, and one for everybody else."""
    push(registry, "a", "v1", image())
    async with opened(registry.host) as gate:
        assert await gate.perform("tag.delete", [f"{registry.host}/{name}".encode(), OK]) is None
        for options in ({}, {"missingOk": False}):
            with pytest.raises(OperationFailed, match="404"):
                await gate.perform("tag.delete", [f"{registry.host}/{name}".encode(), options])
    assert registry.tags("a") == {"v1"}


async def test_a_tag_that_is_there(registry: DockerRegistry) -> None:
    """One that is there is deleted."""
    push(registry, "a", "v1", image())
    async with opened(registry.host) as gate:
        await gate.perform("tag.delete", [f"{registry.host}/a:v1".encode(), OK])
    assert registry.tags("a") == set()


@pytest.mark.parametrize("name", ["a:none", "none:v1", "a:v1"])
async def test_in_a_dry_run(registry: DockerRegistry, name: str) -> None:
    """A dry run says the same, though a HEAD is all that it asks by."""
    push(registry, "a", "v1", image())
    name = f"{registry.host}/{name}"
    async with dry(registry) as overlay:
        gate = Gate(registry=overlay, slots=trio.CapacityLimiter(1))
        for _ in range(2):
            assert await gate.perform("tag.delete", [name.encode(), OK]) is None
        with pytest.raises(OperationFailed):
            await gate.perform("tag.delete", [name.encode()])


@pytest.mark.parametrize("name", ["ocidir://a:none", "ocidir://none:v1"])
async def test_in_a_layout(tmp_path: Path, name: str) -> None:
    """A tag that a layout has not, and a layout that is none, are likewise no error."""
    write_layout(tmp_path / "a", {"v1": image()})
    async with opened(folder=tmp_path) as gate:
        assert await gate.perform("tag.delete", [name.encode(), OK]) is None


class Refusing(Registries):
    """A registry that answers every deletion with one error."""

    def __init__(self, error: RegistryError) -> None:
        super().__init__(plain(), user_agent="test")
        self._error = error

    async def delete_tag(self, reference: Reference) -> None:  # noqa: ARG002 -- the interface's
        """Raise it."""
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        RegistryError("no", status=403, code="DENIED"),
        RegistryError("no", status=405, code="UNSUPPORTED"),
        RegistryError("no", status=500),
        NotFound("no such page", status=404, request="DELETE http://r/v2/a/manifests/v1"),
        NotFound("no such thing", status=404, code="NOT_FOUND", request="DELETE http://r/v2/a/manifests/v1"),
        NotFound("no such blob", status=404, code="BLOB_UNKNOWN"),
    ],
)
async def test_every_other_error_stays(error: RegistryError) -> None:
    """Only that the tag is not there is passed over."""
    gate = Gate(registry=Refusing(error), slots=trio.CapacityLimiter(1))
    with pytest.raises(OperationFailed, match=str(error)):
        await gate.perform("tag.delete", [b"r.example/a:v1", OK])


async def test_what_is_no_tag() -> None:
    """A reference without a tag stays the script's mistake."""
    async with opened() as gate:
        with pytest.raises(OperationFailed, match="which tag is to be deleted"):
            await gate.perform("tag.delete", [f"a@{image().digest}".encode(), OK])
