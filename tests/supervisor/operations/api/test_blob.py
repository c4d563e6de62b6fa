"""Operations on blobs, in layouts and in a real registry."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from regbot.supervisor.operations.arguments import MAX_CONTENT
from regbot.supervisor.operations.table import OperationFailed
from tests.images import digest, image, push, push_blob, write_layout
from tests.regbot import once
from tests.supervisor.scripts import opened, runner

if TYPE_CHECKING:
    from regbot.protocol.values import Value
    from tests.docker_registry import DockerRegistry

PAGE: Final = Path(__file__).parents[4] / "docs" / "lua.md"
TEXT: Final = b"hello blob"
NAME: Final = digest(TEXT).encode()


async def test_a_blob_is_looked_at(registry: DockerRegistry) -> None:
    """One HEAD says where a blob is and how large; the digest may be the reference's."""
    push_blob(registry, "a", NAME.decode(), TEXT)
    before = len(registry.requests())
    async with opened(registry.host) as gate:
        found = await gate.perform("blob.get", [f"{registry.host}/a:v1".encode(), NAME])
        again = await gate.perform("blob.head", [f"{registry.host}/a@{NAME.decode()}".encode()])
    assert found == again == {"repository": f"{registry.host}/a", "digest": NAME.decode(), "size": len(TEXT)}
    assert {method for method, _, _ in registry.requests()[before:]} == {"HEAD"}


async def test_what_is_not_there(registry: DockerRegistry) -> None:
    """A blob that the repository does not have is an error, and so is none at all."""
    async with opened(registry.host) as gate:
        with pytest.raises(OperationFailed, match="404"):
            await gate.perform("blob.get", [f"{registry.host}/a".encode(), NAME])
        with pytest.raises(OperationFailed, match="which blob"):
            await gate.perform("blob.get", [f"{registry.host}/a".encode()])


async def test_bytes_are_put_and_read(registry: DockerRegistry) -> None:
    """What is put is there under its digest, and content gives it back."""
    repository = f"{registry.host}/a"
    async with opened(registry.host) as gate:
        put = await gate.perform("blob.put", [repository.encode(), TEXT])
        read = await gate.perform("blob.content", [stored(repository, size=len(TEXT))])
    assert (put, read) == ({"digest": NAME.decode(), "size": len(TEXT)}, TEXT)
    assert registry.request("GET", f"/v2/a/blobs/{NAME.decode()}")[2] == TEXT


@pytest.mark.parametrize("size", [None, len(TEXT)])
@pytest.mark.parametrize(
    ("source", "target"),
    [("R/a", "R/b"), ("R/a", "ocidir://x"), ("ocidir://given", "R/b"), ("ocidir://given", "ocidir://x")],
)
async def test_a_blob_is_copied(
    registry: DockerRegistry, tmp_path: Path, source: str, target: str, size: int | None
) -> None:
    """A blob goes from anywhere to anywhere, whether its size is known or not."""
    push_blob(registry, "a", NAME.decode(), TEXT)
    write_layout(tmp_path / "given", {"v1": image()})
    (tmp_path / "given" / "blobs" / "sha256" / NAME.decode().partition(":")[2]).write_bytes(TEXT)
    source, target = (name.replace("R", registry.host) for name in (source, target))
    async with opened(registry.host, folder=tmp_path) as gate:
        await gate.perform("blob.put", [f"{target}:v1".encode(), stored(source, size=size)])
        assert await gate.perform("blob.content", [stored(target)]) == TEXT


@pytest.mark.parametrize("size", [None, len(TEXT)])
async def test_content_is_bounded(registry: DockerRegistry, size: int | None) -> None:
    """More than a script asked for is an error that says how to ask for more; just as much is none."""
    push_blob(registry, "a", NAME.decode(), TEXT)
    blob = stored(f"{registry.host}/a", size=size)
    async with opened(registry.host) as gate:
        assert await gate.perform("blob.content", [blob, len(TEXT)]) == TEXT
        with pytest.raises(OperationFailed, match=r"larger than 9 bytes; b:content\(max\) reads more") as caught:
            await gate.perform("blob.content", [blob, 9])
        with pytest.raises(OperationFailed, match=f"at most {MAX_CONTENT} bytes of a blob can be read"):
            await gate.perform("blob.content", [blob, MAX_CONTENT + 1])
    assert caught.value.payload()["code"] == "TOO_LARGE"


async def test_a_size_that_is_a_lie(registry: DockerRegistry) -> None:
    """A taken-over child gets nothing by telling another size than the blob has."""
    push_blob(registry, "a", NAME.decode(), TEXT)
    async with opened(registry.host) as gate:
        with pytest.raises(OperationFailed, match="bytes"):
            await gate.perform("blob.content", [stored(f"{registry.host}/a", size=3)])


async def test_content_is_verified(tmp_path: Path) -> None:
    """Bytes that have another digest are not given out."""
    write_layout(tmp_path / "a", {"v1": image()})
    (tmp_path / "a" / "blobs" / "sha256" / NAME.decode().partition(":")[2]).write_bytes(b"hello blub")
    async with opened(folder=tmp_path) as gate:
        with pytest.raises(OperationFailed, match="sha256"):
            await gate.perform("blob.content", [stored("ocidir://a")])


async def test_many_blobs_hold_no_connection(registry: DockerRegistry) -> None:
    """Looking at more blobs than a registry takes requests at once leaves all of them free."""
    made = image(layers=[bytes([number]) for number in range(8)])
    push(registry, "a", "v1", made)
    async with opened(registry.host) as gate:
        for name in made.blobs:
            await gate.perform("blob.get", [f"{registry.host}/a".encode(), name.encode()])
        assert await gate.perform("tag.ls", [f"{registry.host}/a".encode()]) == ["v1"]


def test_the_example_of_the_page(registry: DockerRegistry) -> None:
    """What docs/lua.md shows of blobs makes a whole image of the parts of another."""
    made = image(layers=[b"one", b"two"])
    push(registry, "alpine", "latest", made)
    (example,) = re.findall(r"```lua\n(local m = .*?)```", PAGE.read_text(), re.DOTALL)
    text = example.replace('"alpine"', f'"{registry.host}/alpine"').replace("localhost:5000", registry.host)
    script = "\n".join(f"    {line}" for line in text.splitlines())
    creds = f"creds: [{{registry: '{registry.host}', tls: disabled}}]"
    ended = once(f"{creds}\nscripts:\n- name: main\n  script: |\n{script}\n")
    assert ended.errors == {}
    assert registry.digest("mirror/alpine", "latest") == made.digest


async def test_any_bytes_go_to_a_registry_and_back(registry: DockerRegistry) -> None:
    """Whatever bytes a script's string holds, the registry has them, and the script gets them back."""
    async with runner(registry.host) as run:
        outcome = await run(f"""
            local bytes = {{}} for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
            local text = table.concat(bytes)
            local digest = blob.put("{registry.host}/a", text)
            assert(blob.get("{registry.host}/a", digest):content() == text)""")
    assert outcome.error == ""
    every = bytes(range(256))
    assert registry.request("GET", f"/v2/a/blobs/{digest(every)}")[2] == every


def stored(repository: str, *, size: int | None = None) -> Value:
    """Return a blob as the prelude sends it."""
    return {"reference": f"{repository}@{NAME.decode()}".encode(), **({} if size is None else {"size": size})}
