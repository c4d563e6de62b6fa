"""The model says what docker-registry says, request by request, to a client that knows neither."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import pytest

from tests import images
from tests.model.access import Basic
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.served import Served

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.asking import Asking
    from tests.conftest import MakeRegistry

IMAGE: Final = images.image(layers=[b"one", b"two"])
DOCKER: Final = images.image(kind="docker")
INDEX: Final = images.platforms("linux/amd64", "linux/arm64")
DATA: Final = b"hello"
DIGEST: Final = images.digest(DATA)
OTHER: Final = images.digest(b"nobody has this")
BYTES: Final = {"Content-Type": "application/octet-stream"}
COMPARED: Final = (
    *("Accept-Ranges", "Allow", "Cache-Control", "Content-Length", "Content-Range", "Content-Type", "Etag", "Link"),
    *("Docker-Content-Digest", "Docker-Distribution-Api-Version", "Location", "Range", "WWW-Authenticate"),
)
"""Headers that must be the same."""


@dataclass(frozen=True, slots=True)
class Step:
    """A request; "{upload}" in its path stands for the latest Location."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def get(path: str, **headers: str) -> Step:
    """Make a GET; underscores in the names of headers are hyphens."""
    return Step("GET", path, None, {name.replace("_", "-"): value for name, value in headers.items()})


def put(path: str, image: images.Image, kind: str | None = None) -> Step:
    """Make a PUT of a manifest."""
    return Step("PUT", path, image.manifest, {"Content-Type": kind or image.media_type})


def upload(data: bytes = DATA) -> list[Step]:
    """Make an upload of *data* to a/b."""
    finish = f"{{upload}}&digest={images.digest(data)}"
    return [Step("POST", "/v2/a/b/blobs/uploads/"), Step("PUT", finish, data, BYTES)]


BLOB: Final = f"/v2/a/b/blobs/{DIGEST}"
BEGIN: Final = Step("POST", "/v2/a/b/blobs/uploads/")
PATCH: Final = Step("PATCH", "{upload}", DATA, BYTES)
BLOBS: Final = [step for data in IMAGE.blobs.values() for step in upload(data)]
TAG, BY_DIGEST = "/v2/a/b/manifests/v1", f"/v2/a/b/manifests/{IMAGE.digest}"
PUSHED: Final = [*BLOBS, put(TAG, IMAGE)]

SCRIPTS: Final = {
    "nothing there": [
        *map(get, ["/v2/", "/v2/x", "/v2/_catalog", "/v2/a/b/tags/list", TAG, BY_DIGEST, BLOB, "/v2/a/b/manifests/-x"]),
        *map(get, [f"/v2/a/b/blobs/sha256:{'0' * 40}", f"/v2/a/b/referrers/{DIGEST}"]),
        *[Step(method, path) for method in ("HEAD", "DELETE") for path in (TAG, BY_DIGEST, BLOB)],
        Step("POST", TAG, b""),
        Step("PATCH", BLOB, b""),
    ],
    "one put": [*upload(), get(BLOB), Step("HEAD", BLOB), get("/v2/a/b/tags/list"), get("/v2/_catalog")],
    "chunks": [
        *[BEGIN, get("{upload}"), PATCH, get("{upload}"), Step("HEAD", "{upload}"), PATCH],
        Step("PUT", f"{{upload}}&digest={images.digest(DATA * 2)}"),
        get(f"/v2/a/b/blobs/{images.digest(DATA * 2)}"),
    ],
    "last chunk with the put": [BEGIN, PATCH, Step("PUT", f"{{upload}}&digest={images.digest(DATA * 2)}", DATA, BYTES)],
    "chunk of text": [BEGIN, Step("PATCH", "{upload}", DATA, {"Content-Type": "text/plain"}), get("{upload}")],
    "chunk elsewhere": [BEGIN, Step("PATCH", "{upload}", DATA, {**BYTES, "Content-Range": "7-11"})],
    "cancelled": [BEGIN, Step("DELETE", "{upload}"), get("{upload}"), Step("DELETE", "{upload}")],
    "no digest": [BEGIN, Step("PUT", "{upload}", DATA, BYTES)],
    "bad digest": [BEGIN, Step("PUT", "{upload}&digest=sha256:12", DATA, BYTES)],
    "wrong digest": [BEGIN, Step("PUT", f"{{upload}}&digest={OTHER}", DATA, BYTES), get(f"/v2/a/b/blobs/{OTHER}")],
    "digest in the post": [Step("POST", f"/v2/a/b/blobs/uploads/?digest={DIGEST}", DATA, BYTES), get(BLOB)],
    "no such upload": [get("/v2/a/b/blobs/uploads/nope?_state=x"), get("/v2/a/b/blobs/uploads/nope")],
    "mount": [
        *upload(),
        Step("POST", f"/v2/c/d/blobs/uploads/?mount={DIGEST}&from=a/b"),
        *[get(f"/v2/c/d/blobs/{DIGEST}"), Step("DELETE", BLOB), get(BLOB), get(f"/v2/c/d/blobs/{DIGEST}")],
        *[Step("POST", f"/v2/c/d/blobs/uploads/?mount={digest}&from=a/b") for digest in (OTHER, "sha256:1")],
        Step("POST", f"/v2/c/d/blobs/uploads/?mount={DIGEST}"),
    ],
    "ranges": [
        *upload(),
        *[get(BLOB, Range=f"bytes={span}") for span in ("1-2", "2-", "-2", "0-99", "4-4", "-99")],
        Step("HEAD", BLOB, None, {"Range": "bytes=1-2"}),
        *[Step("HEAD", BLOB, None, {"Range": span}) for span in ("bytes=9-", "bytes=x", "items=0-1", "bytes=3-1")],
    ],
    "push": [*PUSHED, *(get(path, Accept=IMAGE.media_type) for path in (TAG, BY_DIGEST)), get("/v2/a/b/tags/list")],
    "looked at": [
        *[*PUSHED, Step("HEAD", TAG, None, {"Accept": IMAGE.media_type}), get(TAG)],
        get(f"/v2/a/b/blobs/{IMAGE.digest}"),
        get(TAG, Accept=IMAGE.media_type, If_None_Match=f'"{IMAGE.digest}"'),
    ],
    "incomplete": [put(TAG, IMAGE), put(TAG, INDEX), *BLOBS[:2], put(TAG, IMAGE), get("/v2/a/b/tags/list")],
    "no manifest": [
        Step("PUT", TAG, b"{", {"Content-Type": IMAGE.media_type}),
        *[*BLOBS, put(TAG, IMAGE, "text/plain"), put(TAG, IMAGE, INDEX.media_type)],
        put(f"/v2/a/b/manifests/{OTHER}", IMAGE),
        Step("PUT", TAG, IMAGE.manifest + b" " * (4 << 20), {"Content-Type": IMAGE.media_type}),
    ],
    "by digest": [*BLOBS, put(BY_DIGEST, IMAGE), get("/v2/a/b/tags/list"), put(TAG, IMAGE), get("/v2/a/b/tags/list")],
    "retag": [
        *[*PUSHED, put("/v2/a/b/manifests/v2", IMAGE)],
        *[get(f"/v2/a/b/tags/list{query}") for query in ("", "?n=1", "?last=v1")],
    ],
    "docker": [
        *[step for data in DOCKER.blobs.values() for step in upload(data)],
        *[put("/v2/a/b/manifests/d", DOCKER), get("/v2/a/b/manifests/d", Accept=DOCKER.media_type)],
    ],
    "index": [
        *[step for child in INDEX.children for data in child.blobs.values() for step in upload(data)],
        *[put(f"/v2/a/b/manifests/{child.digest}", child) for child in INDEX.children],
        *[put("/v2/a/b/manifests/all", INDEX), get("/v2/a/b/manifests/all", Accept=INDEX.media_type)],
        *[get("/v2/a/b/manifests/all"), Step("DELETE", f"/v2/a/b/manifests/{INDEX.children[0].digest}")],
    ],
    "delete": [
        *[*PUSHED, put("/v2/a/b/manifests/v2", IMAGE), Step("DELETE", TAG), Step("DELETE", BY_DIGEST)],
        *[get(TAG, Accept=IMAGE.media_type), get("/v2/a/b/tags/list"), Step("DELETE", BY_DIGEST), get("/v2/_catalog")],
        *[Step("DELETE", f"/v2/a/b/blobs/{next(iter(IMAGE.blobs))}"), put(TAG, IMAGE)],
    ],
    "catalog": [
        *upload(),
        *[Step("POST", f"/v2/{name}/blobs/uploads/?mount={DIGEST}&from=a/b") for name in ("z", "c/d", "b")],
        *[get(f"/v2/_catalog{query}") for query in ("", "?n=1", "?n=2&last=a/b", "?n=2&last=b", "?n=9", "?last=zzz")],
        *[get(f"/v2/_catalog?n={number}") for number in ("0", "x", "-1", "1000", "1001")],
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_same_answers(make_registry: MakeRegistry, name: str) -> None:
    """Both give the same answers to the same requests."""
    real = transcript(make_registry(), SCRIPTS[name])
    with Served(ModelRegistry()) as model:
        assert transcript(model, SCRIPTS[name]) == real


def test_without_deletes(make_registry: MakeRegistry) -> None:
    """They refuse deletions in the same words."""
    real = transcript(make_registry(delete=False), SCRIPTS["delete"])
    with Served(ModelRegistry(Options(deletes=False))) as model:
        assert transcript(model, SCRIPTS["delete"]) == real


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_users(make_registry: MakeRegistry, password: str) -> None:
    """They let in the same users."""
    users = {"user": "right"}
    real = make_registry(users=users)
    real.users = {"user": password}
    script = [*SCRIPTS["nothing there"], BEGIN, *upload()[:1], Step("POST", "/v2/c/d/blobs/uploads/?mount=x&from=a/b")]
    with Served(ModelRegistry(Options(access=Basic(users)))) as model:
        model.users = real.users
        assert transcript(model, script) == transcript(real, script)


def transcript(registry: Asking, script: list[Step]) -> list[object]:
    """Return all that a registry says to the requests of a script."""
    said: list[object] = []
    location = ""
    for step in script:
        path = step.path.replace("{upload}", location)
        try:
            status, headers, body = registry.request(step.method, path, step.body, step.headers)
        except http.client.IncompleteRead:
            said.append((step, "breaks off"))
            continue
        if "Location" in headers:
            target = urlsplit(headers["Location"])
            location = f"{target.path}?{target.query}"
        if status >= 400:
            # Details of errors are written differently.
            del headers["Content-Length"]
        said.append((step, status, {name: _comparable(name, headers[name]) for name in COMPARED}, _body(body)))
    return said


def _comparable(name: str, value: str | None) -> str | None:
    if name != "Location" or value is None:
        return value
    path = urlsplit(value).path
    return path.rpartition("/")[0] + "/*" if "/uploads/" in path else path


def _body(body: bytes) -> object:
    """Return what a body says; tags come in any order."""
    try:
        tree = json.loads(body)
    except ValueError:
        return body
    if isinstance(tree, dict) and isinstance(tree.get("tags"), list):
        tree["tags"].sort()
    for error in tree.get("errors", ()) if isinstance(tree, dict) else ():
        error.pop("detail", None)
    return tree
