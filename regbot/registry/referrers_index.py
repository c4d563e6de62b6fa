"""The index that stands in for the referrers API, as bytes (OCI distribution specification, "Referrers Tag Schema").

What an edit does not touch stays byte for byte: other tools keep more in it than we understand.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from regbot.registry import mediatype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from regbot.registry.descriptor import Descriptor
    from regbot.registry.digest import Digest

EMPTY: Final = json.dumps({"schemaVersion": 2, "mediaType": mediatype.OCI_INDEX, "manifests": []}).encode()
"""The index of a subject that nothing refers to."""

_MAX_ALGORITHM: Final = 32
_MAX_ENCODED: Final = 64
_DECODER: Final = json.JSONDecoder()
_SPACE: Final = re.compile(r"[ \t\n\r]*")


def tag_of(subject: Digest) -> str:
    """Return the tag under which clients keep what refers to *subject*."""
    algorithm = re.sub("[^A-Za-z0-9._-]", "-", subject.algorithm)
    return f"{algorithm[:_MAX_ALGORITHM]}-{subject.encoded[:_MAX_ENCODED]}"


def with_entry(index: bytes, referrer: Descriptor) -> bytes:
    """Return *index*, a JSON object, with *referrer* at the end of its manifests, unless it is among them."""
    entry: dict[str, object] = {
        "mediaType": referrer.media_type,
        "digest": str(referrer.digest),
        "size": referrer.size,
    }
    if referrer.artifact_type:
        entry["artifactType"] = referrer.artifact_type
    if referrer.annotations:
        entry["annotations"] = dict(referrer.annotations)

    def add(entries: list[str]) -> list[str]:
        known = any(_digest_of(each) == entry["digest"] for each in entries)
        return entries if known else [*entries, json.dumps(entry)]

    return _edit(index, add)


def without_entry(index: bytes, digest: Digest) -> bytes:
    """Return *index*, a JSON object, without the entries of its manifests that have *digest*."""
    return _edit(index, lambda entries: [entry for entry in entries if _digest_of(entry) != str(digest)])


def _digest_of(entry: str) -> object:
    return json.loads(entry)["digest"]


class _Part(NamedTuple):
    """A value within a text: its name ("" in a list), where it begins and where it ends."""

    name: str
    begin: int
    end: int


def _edit(index: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    """Put other texts in the place of those that are the entries of an index's manifests."""
    encoding = json.detect_encoding(index)
    text = index.decode(encoding, "surrogatepass")
    top = _skip(text, 0)
    members = list(_parts(text, top))
    # Of several members of one name the last counts.
    found = [part for part in members if part.name == "manifests"]
    begin, end = (found[-1].begin, found[-1].end) if found else (top + 1, top + 1)
    before = [text[part.begin : part.end] for part in _parts(text, begin)] if text[begin] == "[" else []
    after = change(before)
    if after == before:
        return index
    entries = f"[{', '.join(after)}]"
    if not found:
        entries = f'"manifests": {entries}' + (", " if members else "")
    return (text[:begin] + entries + text[end:]).encode(encoding, "surrogatepass")


def _parts(text: str, begin: int) -> Iterator[_Part]:
    """Give the values in the object or list of a JSON text that begins at *begin*."""
    position = _skip(text, begin + 1)
    while text[position] not in "]}":
        name = ""
        if text[begin] == "{":
            name, colon = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, colon) + 1)
        _, end = _DECODER.raw_decode(text, position)
        yield _Part(name, position, end)
        position = _skip(text, end)
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    """Return where the white space at *position* ends."""
    match = _SPACE.match(text, position)
    return match.end() if match else position
