"""Blobs of an OCI layout that nothing names any more.

What is kept is decided with doubt in its favour: whatever any document that is kept spells as a digest is kept, too, so
one of a kind that is not known here, or a config, keeps what it may mean.  What is removed was written here, or was
named by what was removed here; anything else must have lain there for `GRACE`, since another program may have written
it, and be about to name it.
"""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING, Final

from regbot.registry.digest import ALGORITHMS, Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.layouts.blobs import read_bounded
from regbot.registry.manifest import MAX_READ

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from regbot.registry.files.files import Folder

GRACE: Final = 3600.0
"""Seconds that an unnamed blob of somebody else's may lie in a layout."""
BLOBS: Final = "blobs"
MAX_READ_IN_ALL: Final = 512 << 20
"""Bytes of documents that are looked through."""
_BINARY: Final = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")
"""How layers begin that are packed; no JSON does."""
_LONGEST_MAGIC: Final = max(map(len, _BINARY))
_DIGEST: Final = re.compile(rb"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_BY_NUMBER: Final = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


def collect(folder: Folder, index: bytes, suspects: Iterable[Digest], *, now: float | None = None) -> list[Digest]:
    """Remove what nothing names from a layout that no one else writes; return what that was.

    *index* is index.json, *suspects* are digests that were written or removed by whoever calls this.  RegistryError,
    and nothing is removed, where that would take too long, where a document that is kept cannot be read, or where the
    blobs are not the layout's own.
    """
    present = list(_present(folder))
    kept = closure(folder, named(index))
    ours = closure(folder, suspects)
    oldest = (time.time() if now is None else now) - GRACE
    removed = []
    for digest in present:
        if digest not in kept and (digest in ours or _written(folder, digest) < oldest):
            with folder.folder(f"{BLOBS}/{digest.algorithm}") as place:
                place.unlink(digest.encoded)
            removed.append(digest)
    return removed


def closure(folder: Folder, start: Iterable[Digest], *, check: Callable[[], object] = lambda: None) -> set[Digest]:
    """Return *start* and everything that it names, over as many steps as it takes; *check* is called at each."""
    found: set[Digest] = set()
    waiting = list(start)
    left = MAX_READ_IN_ALL
    while waiting:
        check()
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            document = _document(folder, digest)
            left -= len(document)
            if left < 0:
                raise RegistryError(f"more than {MAX_READ_IN_ALL} bytes of documents to look through", code="TOO_LARGE")
            waiting += named(document)
    return found


def named(document: bytes) -> set[Digest]:
    """Return everything in a document that looks like a digest, wherever it stands; it need be no JSON."""
    if b"\0" in document:
        # Whatever reads JSON may read this, too (RFC 4627, section 3).
        document = document.decode(json.detect_encoding(document), "replace").encode()
    if b"\\" in document:
        document = _BY_NUMBER.sub(lambda match: bytes([int(match[1], 16)]), document)
    return {Digest.parse(match[0].decode()) for match in _DIGEST.finditer(document)}


def _document(folder: Folder, digest: Digest) -> bytes:
    """Return a blob that may be a document and is small enough for a manifest, else nothing."""
    try:
        file = folder.open(f"{BLOBS}/{digest.algorithm}/{digest.encoded}")
    except NotFound:
        return b""
    with file:
        try:
            if file.read(_LONGEST_MAGIC).startswith(_BINARY) or file.seek(0, os.SEEK_END) > MAX_READ:
                return b""
            file.seek(0)
        except OSError as exc:
            raise RegistryError(f"the blob {digest} cannot be read: {exc.strerror}", code="UNAVAILABLE") from exc
        return read_bounded(file, MAX_READ, "a document")


def _present(folder: Folder) -> Iterator[Digest]:
    """Yield the blobs of a layout whose algorithm we know."""
    with folder.folder(BLOBS) as blobs:
        there = sorted(ALGORITHMS.intersection(blobs.names()))
        if not (folder.is_folder(BLOBS) and all(map(blobs.is_folder, there))):
            # Other layouts may share them.
            raise RegistryError("its blobs lie elsewhere, behind a symbolic link", code="UNSUPPORTED")
    for algorithm in there:
        with folder.folder(f"{BLOBS}/{algorithm}") as place:
            names = place.names()
        yield from (digest for digest in (Digest(algorithm, name) for name in names) if digest.checkable)


def _written(folder: Folder, digest: Digest) -> float:
    """Return when a blob was last written."""
    with folder.folder(f"{BLOBS}/{digest.algorithm}") as place:
        return place.written(digest.encoded)
