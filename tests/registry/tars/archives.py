"""Tar files, made in memory: of any members, of OCI layouts, and as older versions of `docker save` wrote them."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING

from regbot.registry.layouts.index import REF_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.images import Image


def member(name: str, data: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    """Return a member, a file unless the *fields* of its TarInfo say something else."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def link(name: str, target: str, *, hard: bool = False) -> tuple[tarfile.TarInfo, bytes]:
    """Return a link."""
    return member(name, type=tarfile.LNKTYPE if hard else tarfile.SYMTYPE, linkname=target)


def tar(members: Iterable[tuple[tarfile.TarInfo, bytes]], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return an archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def of_files(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of files, name to content."""
    return tar(member(name, data) for name, data in files.items())


def layout(tags: Mapping[str, Image]) -> dict[str, bytes]:
    """Return the files of an OCI layout, tag to image."""
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
    entries = [{**image.descriptor(), "annotations": {REF_NAME: tag}} for tag, image in tags.items()]
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    for image in tags.values():
        files |= blobs(image)
    return files


def blobs(image: Image) -> dict[str, bytes]:
    """Return the files of an image in an OCI layout."""
    files: dict[str, bytes] = {}
    for child in image.children:
        files |= blobs(child)
    for name, data in ((image.digest, image.manifest), *image.blobs.items()):
        files["blobs/" + name.replace(":", "/")] = data
    return files


def saved(image: Image, tags: Sequence[str] = ("example/save:v1",)) -> dict[str, bytes]:
    """Return the files of an archive as `docker save` wrote them: layers that are not compressed, and manifest.json."""
    config, *layers = image.blobs.items()
    files = {f"{name[7:19]}/layer.tar": gzip.decompress(data) for name, data in layers}
    entry = {"Config": f"{config[0][7:]}.json", "RepoTags": list(tags), "Layers": list(files)}
    files[f"{config[0][7:]}.json"] = config[1]
    return {**files, "manifest.json": json.dumps([entry]).encode()}
