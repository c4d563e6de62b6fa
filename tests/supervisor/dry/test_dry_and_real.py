"""What a dry run says is what the real run would have said: each script runs dry, then really, on the same registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from tests.copies import tag_for
from tests.images import image, platforms, push, write_layout
from tests.regbot import Ended, once

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docker_registry import DockerRegistry

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("unmeasured")]

SHOW: Final = """
local function show(name)
  local ok, tags = pcall(tag.ls, name)
  if ok then table.sort(tags) end
  log(name .. " " .. (ok and table.concat(tags, ",") or "error"))
end
local function is(name)
  local ok, found = pcall(function() local m = manifest.getList(name) return m:descriptor().digest end)
  log(name .. " " .. (ok and found or "error"))
end
"""
SCRIPTS: Final = {
    "a manifest comes back, its tags do not": """
manifest.get("R:a"):delete()
show("R")
image.copy("HOST/twin:v1", "R:c")
show("R")
is("R:a") is("R:b") is("R:c")
""",
    "a tag is deleted and copied again": """
tag.delete("R:a")
image.copy("R:other", "R:a")
show("R") is("R:a") is("R:b")
""",
    "a copy of a copy": """
image.copy("R:a", "HOST/x/one:v1")
image.copy("HOST/x/one:v1", "HOST/x/two:v1")
show("HOST/x/one") show("HOST/x/two") is("HOST/x/two:v1")
""",
    "an index and one of its images": """
image.copy("HOST/multi:v1", "HOST/m:v1")
local child = manifest.get("HOST/m:v1", "linux/arm64")
is("HOST/m@" .. child:descriptor().digest)
child:delete()
is("HOST/m:v1") is("HOST/m@" .. child:descriptor().digest)
""",
    "the last tag of a new repository": """
image.copy("R:a", "HOST/new:v1")
tag.delete("HOST/new:v1")
show("HOST/new")
""",
    "tags that cannot be deleted": """
log(tostring((pcall(tag.delete, "R:none"))))
log(tostring((pcall(tag.delete, "R@" .. manifest.head("R:a"):descriptor().digest))))
log(tostring((pcall(tag.delete, "R:none@" .. manifest.head("R:a"):descriptor().digest))))
""",
    "limit and last": """
image.copy("R:a", "R:m1") image.copy("R:a", "R:m2")
log(table.concat(tag.ls("R", {limit = 3}), ","))
log(table.concat(tag.ls("R", {last = "b", limit = 2}), ","))
""",
    "what belongs to an image": """
image.copy("R:a", "HOST/signed:v1", {digestTags = true, referrers = true})
show("HOST/signed")
image.copy("HOST/signed:v1", "HOST/again:v1", {digestTags = true, fastCheck = true})
show("HOST/again")
""",
    "tags that exist": """
log(tostring((pcall(image.copy, "R:other", "R:a", {ifExists = "same"}))))
log(tostring((pcall(image.copy, "R:b", "R:a", {ifExists = "fail"}))))
image.copy("R:other", "R:a", {ifExists = "skip"})
image.copy("R:other", "HOST/once:v1", {ifExists = "fail"})
log(tostring((pcall(image.copy, "R:other", "HOST/once:v1", {ifExists = "fail"}))))
is("R:a") is("HOST/once:v1")
""",
    "platforms that do not exist": """
log(tostring((pcall(image.copy, "HOST/multi:v1", "HOST/m:v1", {platforms = {"linux/s390x"}}))))
log(tostring((pcall(image.copy, "HOST/multi:v1", "HOST/m:v1", {platforms = {"no such!"}}))))
show("HOST/m")
""",
    "manifests and blobs that are put": """
local digest, size = blob.put("HOST/x/blobs", "hello")
log(digest .. " " .. size)
log(blob.get("HOST/x/blobs", digest):content())
manifest.put(manifest.get("R:a"), "R:put")
show("R") is("R:put")
""",
    "an image of its parts": """
local m = manifest.get("R:a")
for _, layer in ipairs(m.layers) do
  log(select(2, blob.get(m, layer.digest):put("HOST/parts")))
end
local digest = blob.put("HOST/parts", image.config(m))
log(blob.get("HOST/parts", digest):content() == tostring(image.config(m)) and "same" or "other")
m:put("HOST/parts:v1")
manifest.put("HOST/parts:v1", "HOST/parts:v2")
show("HOST/parts") is("HOST/parts:v2")
log(tostring((pcall(manifest.put, "R:a", "HOST/parts:v3@sha256:" .. ("0"):rep(64)))))
log(tostring((pcall(blob.get, "HOST/parts", "sha256:" .. ("0"):rep(64)))))
""",
    "a tar file of what was only copied": """
image.copy("HOST/multi:v1", "HOST/copied:v1")
image.exportTar("HOST/copied:v1", "x.tar")
image.importTar("HOST/back:v1", "x.tar")
is("HOST/back:v1") show("HOST/back")
log(tostring((pcall(image.importTar, "HOST/back:v2", "none.tar"))))
""",
    "a target that is there already": """
log(tostring((pcall(image.copy, "R:other", "R:a", {ifExists = "same"}))))
log(tostring((pcall(image.copy, "R:other", "R:a", {ifExists = "fail"}))))
image.copy("R:other", "R:a", {ifExists = "skip"})
is("R:a")
""",
    "layouts by any name": """
image.copy("R:a", "ocidir://deep/out")
show("ocidir://deep/out") show("ocidir://./deep//out")
is("ocidir://deep/out") is("ocidir://deep/./out:latest") is("ocidir://DIR/deep/out:latest")
image.copy("ocidir://given:v1", "ocidir://given:v2")
tag.delete("ocidir://./given:v1")
show("ocidir://given")
""",
}


def run(registry: DockerRegistry, script: str, folder: Path, *flags: str) -> Ended:
    """Run a script with what it needs around it."""
    whole = (SHOW + script).replace("DIR", str(folder))
    text = whole.replace('"R', f'"{registry.host}/a').replace("HOST", registry.host)
    lines = "\n".join("      " + line for line in text.splitlines())
    config = f"creds: [{{registry: '{registry.host}', tls: disabled}}]\nscripts:\n  - name: m\n    script: |\n{lines}\n"
    return once(config, *flags, folder=folder)


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_dry_as_real(registry: DockerRegistry, tmp_path: Path, script: str) -> None:
    """The dry run logs what the real run logs, sends only GET and HEAD, and changes nothing before it."""
    same = image(labels={"version": "1"})
    for repository, tag, made in (
        ("a", "a", same),
        ("a", "b", same),
        ("a", tag_for(same), image(labels={"signature": "1"})),
        ("a", "other", image(labels={"version": "2"})),
        ("twin", "v1", same),
        ("multi", "v1", platforms("linux/amd64", "linux/arm64")),
    ):
        push(registry, repository, tag, made)
    write_layout(tmp_path / "given", {"v1": same})
    dry = run(registry, script, tmp_path, "--dry-run")
    methods = {method for method, _, _ in registry.requests()}
    real = run(registry, script, tmp_path)
    assert (real.status, real.errors) == (0, {})
    assert (dry.status, dry.messages) == (real.status, real.messages)
    assert methods <= {"GET", "HEAD"}


def test_a_tag_that_points_nowhere_is_still_listed(registry: DockerRegistry, tmp_path: Path) -> None:
    """A registry may list a tag whose manifest is gone; a deletion elsewhere does not make that an error."""
    push(registry, "a", "a", image())
    push(registry, "a", "dangling", image(labels={"x": "y"}))
    gone = registry.digest("a", "dangling").removeprefix("sha256:")
    store = registry.folder / "store/docker/registry/v2/repositories/a/_manifests/revisions/sha256" / gone
    (store / "link").unlink()
    ended = run(registry, 'manifest.get("R:a"):delete()\nshow("R")', tmp_path, "--dry-run")
    assert ended.messages == [f"{registry.host}/a dangling"]
