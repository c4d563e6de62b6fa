"""A dry run, from Lua to a real registry: what is not written, and what is seen of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.images import image, platforms, push, write_layout
from tests.regbot import Ended, once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docker_registry import DockerRegistry

pytestmark = pytest.mark.usefixtures("unmeasured")


def dry(registry: DockerRegistry, script: str, folder: Path | None = None) -> Ended:
    """Run a script dry; HOST in it is the registry's name."""
    text = "\n".join("      " + line for line in script.replace("HOST", registry.host).splitlines())
    config = (
        f"creds: [{{registry: '{registry.host}', tls: disabled}}]\nscripts:\n  - name: main\n    script: |\n{text}\n"
    )
    return once(config, "--dry-run", folder=folder)


def test_a_deleted_tag_is_no_longer_listed(registry: DockerRegistry) -> None:
    """After tag.delete neither tag.ls nor manifest.head knows the tag, and the registry still has it."""
    push(registry, "a", "v1", image())
    push(registry, "a", "v2", image())
    ended = dry(
        registry, 'tag.delete("HOST/a:v1")\nlog(table.concat(tag.ls("HOST/a"), ","))\nmanifest.head("HOST/a:v1")'
    )
    assert ended.messages == ["v2"]
    assert "deleted earlier in this dry run" in ended.errors["main"]
    assert registry.tags("a") == {"v1", "v2"}


def test_a_copy_can_be_read(registry: DockerRegistry) -> None:
    """After image.copy the target answers with manifest and config, and is listed."""
    push(registry, "a", "v1", image(labels={"version": "7"}))
    script = """image.copy("HOST/a:v1", "HOST/b:copy")
log(manifest.get("HOST/b:copy"):descriptor().digest)
log(image.config("HOST/b:copy").Config.Labels.version .. " " .. tag.ls("HOST/b")[1])"""
    ended = dry(registry, script)
    assert ended.messages == [registry.digest("a", "v1"), "7 copy"]
    assert registry.tags("b") == set()


def test_only_get_and_head_leave_the_process(registry: DockerRegistry) -> None:
    """Whatever is copied and deleted in a dry run, the registry is only read."""
    push(registry, "a", "v1", platforms("linux/amd64", "linux/arm64"))
    script = """image.copy("HOST/a:v1", "HOST/b:v1")
image.copy("HOST/a:v1", "HOST/a:v2")
manifest.getList("HOST/a:v1"):delete()
tag.delete("HOST/b:v1")"""
    assert dry(registry, script).status == 0
    assert {method for method, _, _ in registry.requests()} == {"GET", "HEAD"}


@pytest.mark.parametrize(
    "script", ['image.copy("HOST/a:none", "HOST/b:v1")', 'tag.delete("HOST/a:none")', 'image.copy("HOST/a:v1", "B")']
)
def test_what_would_fail_fails(registry: DockerRegistry, script: str) -> None:
    """A copy or deletion of what does not exist fails as it would without --dry-run."""
    push(registry, "a", "v1", image())
    assert dry(registry, script).status == 1


def test_every_write_is_logged_and_listed(registry: DockerRegistry) -> None:
    """Each write not made is a record with dry-run=true and a line of the closing list."""
    push(registry, "a", "v1", image())
    ended = dry(registry, 'image.copy("HOST/a:v1", "HOST/a:v2")\ntag.delete("HOST/a:v1")')
    records = [(record["change"], record["reference"]) for record in ended.records if record.get("dry-run") is True]
    assert records == [("put manifest", f"{registry.host}/a:v2"), ("delete tag", f"{registry.host}/a:v1")]
    assert ended.stdout.splitlines()[0] == "Dry run: 2 writes not made."
    assert [line.split()[2] for line in ended.stdout.splitlines()[1:]] == [reference for _, reference in records]


def test_a_deleted_manifest_takes_its_tags(registry: DockerRegistry) -> None:
    """Deleting a manifest hides every tag that points at it, and no other."""
    same = image()
    push(registry, "a", "v1", same)
    push(registry, "a", "v2", same)
    push(registry, "a", "other", image(labels={"x": "y"}))
    ended = dry(registry, 'manifest.get("HOST/a:v1"):delete()\nlog(table.concat(tag.ls("HOST/a"), ","))')
    assert ended.messages == ["other"]


def test_layouts_are_not_written(registry: DockerRegistry, tmp_path: Path) -> None:
    """A dry run leaves layouts as they are, and makes none."""
    write_layout(tmp_path / "given", {"v1": image()})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    script = 'image.copy("ocidir://given:v1", "ocidir://new:v1")\ntag.delete("ocidir://given:v1")\nlog(#tag.ls("ocidir://given"))'
    ended = dry(registry, script, tmp_path)
    assert (ended.status, ended.messages) == (0, ["0"])
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_the_next_script_sees_what_was_planned(registry: DockerRegistry) -> None:
    """The scripts of one dry run share what they would have written, as they would share the registry."""
    push(registry, "a", "v1", image())
    config = f"""creds: [{{registry: '{registry.host}', tls: disabled}}]
scripts:
- {{name: one, script: 'image.copy("{registry.host}/a:v1", "{registry.host}/b:v1")'}}
- {{name: two, script: 'log(tag.ls("{registry.host}/b")[1])'}}
"""
    assert once(config, "--dry-run").messages == ["v1"]
