"""What a registry says: manifests, challenges, links."""

from __future__ import annotations

from typing import Final

from regbot.registry.auth.challenges import MAX_ITEMS, parse_challenges
from regbot.registry.errors import Unverified
from regbot.registry.manifest import Manifest
from regbot.registry.remote.link import next_target
from tests.fuzz.subject import Subject, pieces, text_of
from tests.images import image, platforms

_CORPUS: Final = [
    image(labels={"a":"b"}, annotations={"c":"d"}).manifest, image(kind="docker").manifest,
    platforms("linux/amd64", "windows/arm64").manifest, b'{"schemaVersion": 2, "manifests": []}',
    b'{"layers": [], "config": null}',
    b'Bearer realm="https://auth.example/token",service="r",scope="repository:a/b:pull,push"',
    b'Basic realm="x", Bearer a=b', b'<https://r.example/v2/a/tags/list?n=2&last=b>; rel="next"',
    b'</v2/_catalog?last=x>; rel=next; title="a\\"b", <y>; rel="prev first"',
]  # fmt: skip
_TOKENS: Final = [
    b"{", b"}", b"[", b"]", b"[" * 300, b'"', b"\\", b"\\ud800", b"\\u0000", b",", b":", b"null", b"true", b"1e999",
    b"-0", b"9" * 5000, b"NaN", b"Infinity", b'"mediaType"', b'"manifests":[]', b'"layers":[]', b'"config":',
    b'"digest"', b'"size":-1', b'"size":1.5', b'"subject":{}', b'"platform":"x"', b'"annotations":{"a":1}', b"<",
    b">", b";", b"=", b"rel=next", b"Bearer ", b"Basic", b"realm", b"\t", b"\r\n", b"\0", b"\xff", b"\xef\xbb\xbf",
    b"'", b" " * 500, b"a=" * 200, b'"\\' * 200, b"<>;" * 200,
]  # fmt: skip


def check(data: bytes) -> str:
    """Hold that a manifest is read or Unverified, and that headers are no error and give no more than was in them."""
    text = text_of(data)
    challenges = parse_challenges(text)
    assert len(challenges) <= MAX_ITEMS
    target = next_target(text)
    assert target in text
    try:
        found = Manifest.read(data)
    except Unverified as exc:
        why = str(exc)
    else:
        assert found.body == data
        assert all(each.size >= 0 for each in (*found.blobs, *found.children))
        return "accepted: a manifest"
    assert len(why) < 2000
    said = ["a challenge"] * any(each.parameters for each in challenges) + ["a link"] * bool(target)
    return "accepted: " + " and ".join(said) if said else "refused"


SUBJECT: Final = Subject("documents", pieces(_CORPUS, _TOKENS), check)
