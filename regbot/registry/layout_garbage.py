"""Blobs of an OCI layout that nothing names any more.

What is kept is decided with doubt in its favour: whatever any JSON that is kept spells as a digest is kept, too, so a
document of a kind that is not known here, or a config, keeps what it may mean.  What is removed was written here, or
was named by what was removed here; anything else must have lain there for `GRACE`, since another program may have
written it, and be about to name it.
"""

from __future__ import annotations

import json
import os
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from regbot.registry.digest import ALGORITHMS, Digest
from regbot.registry.errors import NotFound, RegistryError
from regbot.registry.layout_blobs import read_bounded
from regbot.registry.manifest import MAX_READ

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from regbot.registry.files import Folder

GRACE: Final = 3600.0
"""Seconds that an unnamed blob of somebody else's may lie in a layout."""
BLOBS: Final = "blobs"
_HEAD: Final = 256
"""Bytes by which a document is told from a layer."""
_DIGEST: Final = re.compile(r"([A-Za-z0-9]+):([0-9a-f]{32,256})")


def collect(folder: Folder, index: bytes, suspects: Iterable[Digest], *, now: float | None = None) -> list[Digest]:
    """Remove what nothing names from a layout that no one else writes; return what that was.

    *index* is index.json, *suspects* are digests that were written or removed by whoever calls this.  RegistryError,
    and nothing is removed, where a document that is kept cannot be read.
    """
    kept = closure(folder, named(index))
    ours = closure(folder, suspects)
    oldest = (time.time() if now is None else now) - GRACE
    removed = []
    for digest in list(_present(folder)):
        if digest not in kept and (digest in ours or _written(folder, digest) < oldest):
            with folder.folder(f"{BLOBS}/{digest.algorithm}") as place:
                place.unlink(digest.encoded)
            removed.append(digest)
    return removed


def closure(folder: Folder, start: Iterable[Digest]) -> set[Digest]:
    """Return *start* and everything that it names, over as many steps as it takes."""
    found: set[Digest] = set()
    waiting = list(start)
    while waiting:
        digest = waiting.pop()
        if digest not in found:
            found.add(digest)
            waiting += named(_document(folder, digest))
    return found


def named(document: bytes) -> set[Digest]:
    """Return everything in a JSON document that looks like a digest, wherever it stands."""
    texts = [document.decode("utf-8", "replace")]
    with suppress(ValueError, RecursionError):
        # As it is read, too: a letter may be spelled by its number.  Of two equal keys both count.
        texts.append(json.dumps(json.loads(document, object_pairs_hook=list), ensure_ascii=False))
    return {Digest(*match) for text in texts for match in _DIGEST.findall(text)}


def _document(folder: Folder, digest: Digest) -> bytes:
    """Return a blob that may be JSON and is small enough for a manifest, else nothing."""
    try:
        file = folder.open(f"{BLOBS}/{digest.algorithm}/{digest.encoded}")
    except NotFound:
        return b""
    with file:
        try:
            head = file.read(_HEAD).lstrip()
            if head[:1] not in (b"{", b"[") or file.seek(0, os.SEEK_END) > MAX_READ:
                return b""
            file.seek(0)
        except OSError as exc:
            raise RegistryError(f"the blob {digest} cannot be read: {exc.strerror}", code="UNAVAILABLE") from exc
        return read_bounded(file, MAX_READ, "a document")


def _present(folder: Folder) -> Iterator[Digest]:
    """Yield the blobs of a layout whose algorithm we know."""
    with folder.folder(BLOBS) as blobs:
        there = ALGORITHMS.intersection(blobs.names())
    for algorithm in sorted(there):
        with folder.folder(f"{BLOBS}/{algorithm}") as place:
            names = place.names()
        yield from (digest for digest in (Digest(algorithm, name) for name in names) if digest.checkable)


def _written(folder: Folder, digest: Digest) -> float:
    """Return when a blob was last written."""
    with folder.folder(f"{BLOBS}/{digest.algorithm}") as place:
        return place.written(digest.encoded)
