"""What the matrix does to registries: each operation of the client that makes requests."""

from __future__ import annotations

import io
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.registry import images as client_images
from regbot.registry.content import Bytes
from regbot.registry.copying.copying import copy
from regbot.registry.copying.options import CopyOptions, Referrers
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.files.files import Files
from regbot.registry.tars import tar_export, tar_import
from tests import images
from tests.matrix.stage import IMAGE, NEW_NOTE, NOTE, PLAIN, SOURCE, TARGET, Setting, at, read
from tests.model.options import Options
from tests.model.store import digest_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from regbot.registry.remote.remote import Remote

Work: TypeAlias = "Callable[[Remote], Awaitable[object]]"
"""Does the operation and returns what came of it, to be compared."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation in one setting.  *told*: what it returns is what registries say, and nobody can check that."""

    name: str
    work: Work
    setting: Setting = PLAIN
    told: bool = False


APP: Final = at("team/app:v1")
SMALL, LARGE = read(IMAGE).layers
NEW: Final = b"a blob that is nowhere yet" * 10_000


async def get_blob(remote: Remote, descriptor: Descriptor) -> bytes:
    """Read a blob of the image."""
    async with remote.blob(APP.repository, descriptor) as data:
        return b"".join([piece async for piece in data])


async def put_blob(remote: Remote, data: bytes) -> None:
    """Put a blob next to the image."""
    descriptor = Descriptor("application/octet-stream", Digest.of(data), len(data))
    await remote.put_blob(APP.repository, descriptor, Bytes(data))


def copying(source: str, target: str, registry: str = SOURCE, options: CopyOptions | None = None) -> Work:
    """Copy from the source to a registry; say what the target is then."""

    async def work(remote: Remote) -> object:
        return (await copy(remote, at(source), at(target, registry), options or CopyOptions())).digest

    return work


async def put_note(remote: Remote) -> None:
    """Put an artifact whose subject is the image."""
    note = read(NEW_NOTE)
    await remote.put_manifest(APP.at(note.descriptor.digest), note)


async def delete_note(remote: Remote) -> None:
    """Delete an artifact whose subject is the image."""
    await remote.delete_manifest(APP.at(read(NOTE).descriptor.digest))


async def referrers(remote: Remote) -> object:
    """List what refers to the image."""
    return [each.digest for each in await remote.referrers(APP.at(read(IMAGE).descriptor.digest))]


async def export(remote: Remote) -> str:
    """Write the image to a tar file, of which nothing is left where that fails."""
    with TemporaryDirectory() as folder, Files(folder) as files:
        try:
            await tar_export.export(remote, APP, files, "image.tar")
            return digest_of((Path(folder) / "image.tar").read_bytes())
        except BaseException:
            assert list(Path(folder).iterdir()) == []
            raise


async def load(remote: Remote) -> None:
    """Put the image of a tar file under a tag that exists."""
    with TemporaryDirectory() as folder, Files(folder) as files:
        (Path(folder) / "image.tar").write_bytes(_tar())
        await tar_import.load(remote, at("team/copy:v1", TARGET), files, "image.tar")


@cache
def _tar() -> bytes:
    """Return a tar file with the image."""
    buffer = io.BytesIO()
    with TemporaryDirectory() as folder, tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(images.write_layout(Path(folder) / "layout", {"v1": IMAGE}), "")
    return buffer.getvalue()


_with_referrers: Final = copying("team/app:v1", "team/copy:v1", TARGET, CopyOptions(referrers=Referrers()))
_CHUNKS: Final = {"blob_max": 1000, "blob_chunk": 100_000}
_STATELESS: Final = Options(stateful=False)
_SILENT: Final = Setting(Options(digest_header=False))
_API: Final = Setting(Options(referrers=True, page=1))

OPERATIONS: Final = (
    Operation("tag.ls", lambda remote: remote.tags(APP.repository), told=True),
    Operation("tag.ls in pages", lambda remote: remote.tags(APP.repository), Setting(Options(page=2)), told=True),
    Operation("repo.ls", lambda remote: remote.repositories(SOURCE), told=True),
    Operation("manifest get", lambda remote: remote.manifest(APP)),
    Operation("manifest get by digest", lambda remote: remote.manifest(APP.at(read(IMAGE).descriptor.digest))),
    Operation("manifest head", lambda remote: remote.head(APP), told=True),
    Operation("manifest head without digest", lambda remote: remote.head(APP), _SILENT, told=True),
    Operation("manifest put", lambda remote: remote.put_manifest(at("team/app:old"), read(IMAGE))),
    Operation("manifest delete", lambda remote: remote.delete_manifest(APP.at(read(IMAGE).descriptor.digest))),
    Operation("tag delete", lambda remote: remote.delete_tag(APP), Setting(Options(tag_deletes=True))),
    Operation("tag delete without API", lambda remote: remote.delete_tag(APP)),
    Operation("config of an index", lambda remote: client_images.config(remote, at("team/app:all"), "linux/arm64")),
    Operation("blob head", lambda remote: remote.blob_head(APP.repository, SMALL.digest), told=True),
    Operation("blob get", lambda remote: get_blob(remote, SMALL)),
    Operation("blob get, large", lambda remote: get_blob(remote, LARGE)),
    Operation("blob get, elsewhere", lambda remote: get_blob(remote, LARGE), Setting(stored_elsewhere=True)),
    Operation("blob put", lambda remote: put_blob(remote, b"new")),
    Operation("blob put, large", lambda remote: put_blob(remote, NEW)),
    Operation("blob put in chunks", lambda remote: put_blob(remote, NEW), Setting(host=_CHUNKS)),
    Operation("blob put in chunks, resumable", lambda remote: put_blob(remote, NEW), Setting(_STATELESS, _CHUNKS)),
    Operation("blob put, resumable", lambda remote: put_blob(remote, NEW), Setting(_STATELESS)),
    Operation("blob put, single PUT refused", lambda remote: put_blob(remote, NEW), Setting(Options(single_put=False))),
    Operation("copy across", copying("team/app:v1", "team/copy:v1", TARGET)),
    Operation("copy of an index across", copying("team/app:all", "team/copy:v1", TARGET)),
    Operation("copy by mount", copying("team/app:v1", "team/copy:v1")),
    Operation("copy without mount", copying("team/app:v1", "team/copy:v1"), Setting(Options(mounts=False))),
    Operation("copy with referrers", _with_referrers, _API),
    Operation("copy in chunks", copying("team/app:v1", "team/copy:v1", TARGET), Setting(host=_CHUNKS)),
    Operation("retag", copying("team/app:v1", "team/app:old")),
    Operation("referrers", referrers, _API, told=True),
    Operation("referrers by tag", referrers),
    Operation("put with subject", put_note, _API),
    Operation("put with subject, by tag", put_note),
    Operation("delete with subject, by tag", delete_note),
    Operation("tar export", export),
    Operation("tar import", load),
    Operation("manifest get, mirrored", lambda remote: remote.manifest(APP), Setting(mirrored=True)),
    Operation("copy through a mirror", copying("team/app:v1", "team/copy:v1", TARGET), Setting(mirrored=True)),
    Operation("blob get with tokens", lambda remote: get_blob(remote, SMALL), Setting(bearer=True)),
    Operation("copy with tokens", copying("team/app:v1", "team/copy:v1"), Setting(bearer=True)),
)  # fmt: skip
