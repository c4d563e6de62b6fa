from __future__ import annotations

import json

import pytest

from regbot.registry import mediatype
from regbot.registry.descriptor import Descriptor
from regbot.registry.digest import Digest
from regbot.registry.manifest import Manifest
from regbot.registry.reference import is_tag
from regbot.registry.referrers_index import EMPTY, tag_of, with_entry, without_entry

ONE, OTHER = Digest.of(b"one"), Digest.of(b"other")
REFERRER = Descriptor(mediatype.OCI_MANIFEST, ONE, 3, annotations=(("a", "ü"),), artifact_type="application/x")
ENTRY = f'{{ "digest":"{OTHER}",  "size": 1.0e0, "mediaType":"m", "x":[1,{{}}] }}'


@pytest.mark.parametrize(
    ("subject", "tag"),
    [
        (ONE, f"sha256-{ONE.encoded}"),
        (Digest.of(b"", "sha512"), f"sha512-{Digest.of(b'', 'sha512').encoded[:64]}"),
        (Digest("multihash+base58", "a" * 32), "multihash-base58-" + "a" * 32),
        (Digest("long" * 20, "a" * 256), "long" * 8 + "-" + "a" * 64),
    ],
)
def test_tag(subject: Digest, tag: str) -> None:
    """The tag is the digest with a hyphen, cut to 32 and 64 characters."""
    assert tag_of(subject) == tag
    assert is_tag(tag)


def test_first_entry() -> None:
    """An entry says all that the API would say."""
    (entry,) = json.loads(with_entry(EMPTY, REFERRER))["manifests"]
    assert Descriptor.read(entry, "an entry") == REFERRER


def test_plain_entry() -> None:
    """What is not known of a referrer is not said."""
    index = with_entry(EMPTY, Descriptor(mediatype.OCI_INDEX, ONE, 3))
    (entry,) = json.loads(index)["manifests"]
    assert entry == {"mediaType": mediatype.OCI_INDEX, "digest": str(ONE), "size": 3}


@pytest.mark.parametrize(
    "index",
    [
        '{"schemaVersion":2, "manifests":[%s]}',
        '\n{ "manifests" : [ %s ] , "z": "]}" }\n',
        '{"manifests": null, "x": {"manifests": [1]}, "manifests": [%s]}',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_is_not_touched_stays(index: str, encoding: str) -> None:
    """An entry comes and goes, and every byte of the others and of what is around the list is as before."""
    before, list_of = (index % ENTRY).encode(encoding), index.partition("%s")[0]
    after = with_entry(before, REFERRER)
    assert after.decode(encoding).startswith(list_of.rstrip() + ENTRY + ", {")
    assert [each["digest"] for each in json.loads(after)["manifests"]] == [str(OTHER), str(ONE)]
    assert without_entry(after, ONE).decode(encoding).replace(" ", "") == (index % ENTRY).replace(" ", "")


@pytest.mark.parametrize("index", ["{}", "{ }", '{"schemaVersion": 2}', '{"manifests": null}', '{"manifests": []}'])
def test_index_without_entries(index: str) -> None:
    """However an index says that it has no entries, it can get one."""
    manifest = Manifest.read(with_entry(index.encode(), REFERRER), media_type=mediatype.OCI_INDEX)
    assert manifest.children == (REFERRER,)


@pytest.mark.parametrize("index", [EMPTY, b'{"manifests": [%s]}' % ENTRY.encode(), b"{}"])
def test_nothing_to_remove(index: bytes) -> None:
    """Where there is no such entry, not a byte changes."""
    assert without_entry(index, ONE) == index


def test_every_entry_goes() -> None:
    """Of an entry that is there twice nothing is left."""
    entry = json.dumps({"digest": str(ONE)})
    index = EMPTY.replace(b"[]", f"[{entry}, {entry}]".encode())
    assert json.loads(without_entry(index, ONE)) == json.loads(EMPTY)


def test_added_once() -> None:
    """What is in an index is not added to it again."""
    index = with_entry(EMPTY, REFERRER)
    assert with_entry(index, REFERRER) == index
