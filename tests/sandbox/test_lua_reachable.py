"""Everything that a script can reach, frozen: a path that is new or gone is to be looked at by somebody.

`python -m tests.sandbox.test_lua_reachable` writes the lists anew.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.sandbox import lua
from tests.sandbox.scripted import DIGEST, OCI, Refused, blob, config, logs, manifest, prelude, reference

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.sandbox.scripted import Answers, Arguments

FOLDER: Final = Path(__file__).parent
DOCKER: Final = "application/vnd.docker.distribution.manifest.v2+json"
DESCRIPTOR: Final = f'{{"mediaType": "x", "digest": "{DIGEST}", "size": 1, "platform": {{"os": "linux"}}}}'
MANIFESTS: Final = {
    "image": (
        f'{{"config": {DESCRIPTOR}, "layers": [{DESCRIPTOR}], "subject": {DESCRIPTOR}}}',
        OCI + "manifest.v1+json",
    ),
    "index": (f'{{"manifests": [{DESCRIPTOR}], "unknown": {{"a": [null, 1.50]}}}}', OCI + "index.v1+json"),
    "docker": (f'{{"config": {DESCRIPTOR}, "layers": []}}', DOCKER),
    "other": ('{"schemaVersion": 1}', "application/json"),
}
CONFIG: Final = """{"created": "2024-01-02T03:04:05Z", "os": "linux", "history": [{"comment": "x"}], "rootfs": {},
    "config": {"Labels": {"a": "b"}, "Env": ["A=b"], "Volumes": {"/v": {}}, "Healthcheck": {"Test": ["NONE"]}}}"""


def tags(arguments: Arguments) -> Value:
    """Answer tag.ls, of a repository that is missing with a failure."""
    if arguments[0] == b"missing/repository":
        raise Refused("there is none", code="NAME_UNKNOWN", status=404, registry="a", repository="b")
    return [b"v1"]


def get(arguments: Arguments) -> Value:
    """Answer manifest.get with what the tag says."""
    image = arguments[0]
    assert isinstance(image, bytes)
    return manifest(*MANIFESTS[image.decode().partition(":")[2]])


ANSWERS: Final[Answers] = {
    "blob.get": lambda _: blob(),
    "image.config": lambda _: config(CONFIG),
    "manifest.get": get,
    "manifest.head": lambda _: manifest(None),
    "reference.new": reference,
    "referrer.ls": lambda _: [{"mediaType": b"x", "digest": DIGEST.encode(), "size": 1, "annotations": {"a": b"b"}}],
    "tag.ls": tags,
}


def words() -> str:
    """Return every word of our Lua: whatever can be found by its name is there."""
    texts = [path.read_text("utf-8") for path in Path(lua.__file__).parent.rglob("*.lua")]
    found = {word for text in texts for word in re.findall(r"[A-Za-z_][\w.]*", text)}
    return " ".join(sorted(found | {part for word in found for part in word.split(".")}))


def from_inside(before: str = "") -> list[str]:
    """Return what a script reaches: path, type and metatable."""
    walk = (FOLDER / "reachable.lua").read_text("utf-8")
    (found,) = logs(f'{before} local WORDS = "{words()}" {walk}', ANSWERS)
    return found.splitlines()


def from_outside() -> list[str]:
    """Return what is in LuaJIT's own tables once the prelude has made the state: what C looks up by its name."""
    runtime = lua.new_runtime()
    walk = runtime.execute((FOLDER / "registry.lua").read_bytes())
    runtime.execute(prelude().boot, *prelude().files)
    found: bytes = walk()
    return found.decode().splitlines()


LISTS: Final = {"lua_reachable.txt": from_inside, "lua_registry.txt": from_outside}


@pytest.mark.parametrize("name", LISTS)
def test_frozen(name: str) -> None:
    """Nothing is reachable, from inside a script or by name from C, that is not in the list, and nothing is gone."""
    frozen = (FOLDER / name).read_text("utf-8").splitlines()
    assert list(difflib.unified_diff(frozen, LISTS[name](), name, "now", lineterm="", n=1)) == []


@pytest.mark.parametrize(
    ("planted", "line"),
    [
        ("string.dump = print", "_G.string.dump = _G.print"),
        ("_G.ffi = {C = 1}", "_G.ffi.C = number"),
        ("setmetatable(math, {})", "_G.math = table meta table"),
        ("getmetatable('').x = 1LL", 'getmetatable("").x = cdata meta ffi'),
    ],
)
def test_control(planted: str, line: str) -> None:
    """A field or a metatable more is seen."""
    assert line in from_inside(planted)


if __name__ == "__main__":
    for name, found in LISTS.items():
        (FOLDER / name).write_text("\n".join(found()) + "\n", "utf-8")
