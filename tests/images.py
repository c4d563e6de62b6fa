"""Small images, made in memory and the same every time, and ways to put them somewhere without regbot."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from tests.asking import Asking

CREATED: Final = "2024-01-02T03:04:05Z"
_OCI: Final = "application/vnd.oci.image."
_DOCKER: Final = "application/vnd.docker."
TYPES: Final = {
    "oci": {
        "index": _OCI + "index.v1+json",
        "manifest": _OCI + "manifest.v1+json",
        "config": _OCI + "config.v1+json",
        "layer": _OCI + "layer.v1.tar+gzip",
    },
    "docker": {
        "index": _DOCKER + "distribution.manifest.list.v2+json",
        "manifest": _DOCKER + "distribution.manifest.v2+json",
        "config": _DOCKER + "container.image.v1+json",
        "layer": _DOCKER + "image.rootfs.diff.tar.gzip",
    },
}
"""Kind, then noun, to media type."""


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest (of an image or an index) with everything below it.  *blobs* are digest to bytes, config first."""

    media_type: str
    manifest: bytes
    blobs: Mapping[str, bytes]
    children: tuple[Image, ...] = ()

    @property
    def digest(self) -> str:
        """The manifest's digest."""
        return digest(self.manifest)

    def descriptor(self) -> dict[str, object]:
        """Return the descriptor that points at the manifest."""
        return _descriptor(self.media_type, self.manifest)


def image(
    *,
    labels: Mapping[str, str] | None = None,
    layers: Sequence[bytes] = (b"hello\n",),
    kind: str = "oci",
    created: str = CREATED,
    platform: str = "linux/amd64",
    annotations: Mapping[str, str] | None = None,
) -> Image:
    """Make an image; each of *layers* is the content of the one file in a layer."""
    types = TYPES[kind]
    archives = [_tar(content) for content in layers]
    packed = [gzip.compress(archive, compresslevel=1, mtime=0) for archive in archives]
    config = _json(
        {
            "created": created,
            **_platform(platform),
            "config": {"Labels": dict(labels)} if labels is not None else {},
            "rootfs": {"type": "layers", "diff_ids": [digest(archive) for archive in archives]},
        }
    )
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": types["manifest"],
        "config": _descriptor(types["config"], config),
        "layers": [_descriptor(types["layer"], data) for data in packed],
    }
    if annotations is not None:
        manifest["annotations"] = dict(annotations)
    return Image(types["manifest"], _json(manifest), {digest(data): data for data in (config, *packed)})


def with_config(
    config: bytes, media_type: str = TYPES["oci"]["config"], *, annotations: Mapping[str, str] | None = None
) -> Image:
    """Make a manifest whose config is these bytes, and which has one layer: whatever that makes of it."""
    layer = gzip.compress(config, compresslevel=1, mtime=0)
    manifest = {
        "schemaVersion": 2,
        "mediaType": TYPES["oci"]["manifest"],
        "config": _descriptor(media_type, config),
        "layers": [_descriptor(TYPES["oci"]["layer"], layer)],
        "annotations": dict(annotations or {}),
    }
    return Image(TYPES["oci"]["manifest"], _json(manifest), {digest(data): data for data in (config, layer)})


def index(images: Mapping[str, Image], *, kind: str = "oci") -> Image:
    """Make an index of *images*, platform ("linux/arm64/v8") to image."""
    media_type = TYPES[kind]["index"]
    entries = [{**child.descriptor(), "platform": _platform(platform)} for platform, child in images.items()]
    manifest = _json({"schemaVersion": 2, "mediaType": media_type, "manifests": entries})
    return Image(media_type, manifest, {}, tuple(images.values()))


def platforms(*names: str, kind: str = "oci") -> Image:
    """Make an index with a different image for each platform."""
    return index({name: image(platform=name, kind=kind, layers=[name.encode()]) for name in names}, kind=kind)


def push(registry: Asking, repository: str, tag: str, image: Image) -> str:
    """Put an image into a registry, all below it first, and return its digest.  *tag* may be a digest."""
    for child in image.children:
        push(registry, repository, child.digest, child)
    for name, data in image.blobs.items():
        push_blob(registry, repository, name, data)
    headers = {"Content-Type": image.media_type}
    status, _, body = registry.request("PUT", f"/v2/{repository}/manifests/{tag}", image.manifest, headers)
    assert status == 201, body
    return image.digest


def push_blob(registry: Asking, repository: str, name: str, data: bytes) -> None:
    """Put one blob into a registry under the digest *name*."""
    status, headers, body = registry.request("POST", f"/v2/{repository}/blobs/uploads/")
    assert status == 202, body
    upload = urlsplit(headers["Location"])
    path = f"{upload.path}?{upload.query}&digest={name}"
    status, _, body = registry.request("PUT", path, data, {"Content-Type": "application/octet-stream"})
    assert status == 201, body


def write_layout(folder: Path, images: Mapping[str, Image]) -> Path:
    """Write *images*, tag to image, as an OCI layout (OCI image specification, "Image Layout"); return its folder."""
    (folder / "blobs/sha256").mkdir(parents=True)
    entries = []
    for tag, image in images.items():
        _write_blobs(folder, image)
        entries.append({**image.descriptor(), "annotations": {"org.opencontainers.image.ref.name": tag}})
    (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
    top = {"schemaVersion": 2, "mediaType": TYPES["oci"]["index"], "manifests": entries}
    (folder / "index.json").write_bytes(_json(top))
    return folder


def digest(data: bytes) -> str:
    """Return the sha256 digest of *data*."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _write_blobs(folder: Path, image: Image) -> None:
    for child in image.children:
        _write_blobs(folder, child)
    for name, data in ((image.digest, image.manifest), *image.blobs.items()):
        (folder / "blobs" / name.replace(":", "/")).write_bytes(data)


def _descriptor(media_type: str, data: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest(data), "size": len(data)}


def _platform(text: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))


def _tar(content: bytes) -> bytes:
    """Return an archive with one file; owner, mode and time are those of a fresh TarInfo, and so always the same."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo("data")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


def _json(value: object) -> bytes:
    # Indented, because a copy that re-encodes a manifest must be caught.
    return json.dumps(value, indent=3).encode()
