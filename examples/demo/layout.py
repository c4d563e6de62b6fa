"""Small images in OCI layouts (OCI image specification, "Image Layout"), made with the standard library alone."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TYPE: Final = "application/vnd.oci.image."
_TAG: Final = "org.opencontainers.image.ref.name"


def write(folder: Path, images: Mapping[str, Mapping[str, str]]) -> None:
    """Write a layout with an image for each tag, given its labels; the same labels make the same image."""
    (folder / "blobs/sha256").mkdir(parents=True)
    entries = [{**_image(folder, labels), "annotations": {_TAG: tag}} for tag, labels in images.items()]
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": entries}))


def tags(folder: Path) -> dict[str, str]:
    """Return tag to digest; nothing where there is no layout."""
    if not (folder / "index.json").exists():
        return {}
    entries = json.loads((folder / "index.json").read_text())["manifests"]
    return {entry["annotations"][_TAG]: entry["digest"] for entry in entries if _TAG in entry.get("annotations", {})}


def broken(folder: Path) -> list[str]:
    """Return the digests that the layout's tags need, and that are missing or have other bytes."""
    found = []
    for digest in tags(folder).values():
        if (body := _read(folder, digest)) is None:
            found.append(digest)
            continue
        manifest = json.loads(body)
        needed = [manifest["config"], *manifest["layers"]]
        found += [blob["digest"] for blob in needed if _read(folder, blob["digest"]) is None]
    return found


def _read(folder: Path, digest: str) -> bytes | None:
    path = folder / "blobs" / digest.replace(":", "/")
    body = path.read_bytes() if path.exists() else b""
    return body if _digest(body) == digest else None


def _image(folder: Path, labels: Mapping[str, str]) -> dict[str, object]:
    layer = _archive("labels.json", json.dumps(labels).encode())
    config = {
        "os": "linux",
        "architecture": "amd64",
        "config": {"Labels": labels},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{_TYPE}manifest.v1+json",
        "config": _blob(folder, f"{_TYPE}config.v1+json", json.dumps(config).encode()),
        "layers": [_blob(folder, f"{_TYPE}layer.v1.tar", layer)],
    }
    return _blob(folder, f"{_TYPE}manifest.v1+json", json.dumps(manifest).encode())


def _blob(folder: Path, media_type: str, data: bytes) -> dict[str, object]:
    """Write a blob, return its descriptor."""
    digest = _digest(data)
    (folder / "blobs" / digest.replace(":", "/")).write_bytes(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _archive(name: str, content: bytes) -> bytes:
    # A fresh TarInfo has no owner and the time 0, so the archive is the same everywhere.
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()
