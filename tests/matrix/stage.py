"""The registries that operations of the matrix work on, and what is in them."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from regbot.registry.credentials import Login, Secret
from regbot.registry.hosts import Host, Hosts, Tls
from regbot.registry.manifest import Manifest
from regbot.registry.reference import Reference
from tests import images
from tests.matrix.faults import EVIL
from tests.model.access import Basic, Bearer
from tests.model.message import Asked, Reply, as_text
from tests.model.options import Options
from tests.model.registry import ModelRegistry
from tests.model.store import Stored
from tests.model.tokens import Rules, TokenService

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.model.message import Answerer

SOURCE, TARGET, MIRROR, STORAGE, AUTH = "registry.test", "target.test", "mirror.test", "storage.test", "auth.test"
CANARIES: Final = {name: f"c4n4ry-of-{name}" for name in (SOURCE, TARGET)}
"""Registry to the password that only it may see, and who gives out its tokens."""

LARGE: Final = random.Random(3).randbytes(300_000)  # noqa: S311 -- the same each time, and hard to pack
IMAGE: Final = images.image(layers=[b"small", LARGE])
OLD: Final = images.image(layers=[b"old"])
INDEX: Final = images.platforms("linux/amd64", "linux/arm64")
_PLAIN: Final = images.image(layers=[b"note"])


_REFERRERS: Final = re.compile("sha256-[0-9a-f]{64}")


def referrer(text: str) -> images.Image:
    """Return an artifact whose subject is the image."""
    tree = json.loads(_PLAIN.manifest)
    about = {**tree, "subject": IMAGE.descriptor(), "artifactType": "application/x-note", "annotations": {"text": text}}
    return replace(_PLAIN, manifest=json.dumps(about).encode())


NOTE, NEW_NOTE = referrer("is there"), referrer("is put")
KNOWN: Final = {
    digest: name
    for name, image in {"image": IMAGE, "old": OLD, "index": INDEX, "note": NOTE, "new-note": NEW_NOTE}.items()
    for digest in (image.digest, *image.blobs, *(child.digest for child in image.children))
}
"""Digests of what is on the stage; others are made at random, and differ from run to run."""


_DOCKER: Final = Options()


@dataclass(frozen=True, slots=True)
class Setting:
    """How the registries of an operation are."""

    options: Options = _DOCKER
    host: Mapping[str, object] = field(default_factory=dict)
    """What differs in how each registry is reached (members of `Host`)."""
    bearer: bool = False
    """Whether the source takes tokens, not passwords."""
    mirrored: bool = False
    """Whether the source has a mirror."""
    stored_elsewhere: bool = False
    """Whether the source keeps its blobs on another host."""


PLAIN: Final = Setting()
"""The registries are like docker-registry."""


class Stage:
    """The servers, as *setting* says, and how they are reached."""

    def __init__(self, setting: Setting) -> None:
        self._stateful = setting.options.stateful
        self.models: dict[str, ModelRegistry] = {}
        self.servers: dict[str, Answerer] = {EVIL: _evil}
        access = {name: Basic({"user": password}) for name, password in CANARIES.items()}
        source = replace(setting.options, access=access[SOURCE], blobs_at=STORAGE if setting.stored_elsewhere else "")
        if setting.bearer:
            tokens = TokenService(Rules(users={"user": CANARIES[SOURCE]}, lifetime=90.0), SOURCE)
            self.servers[AUTH] = tokens
            source = replace(source, access=Bearer(f"http://{AUTH}/token", tokens))
        self._add(SOURCE, source)
        self._add(TARGET, replace(setting.options, access=access[TARGET]))
        self._add(MIRROR, Options())
        self._add(STORAGE, Options())
        self.models[TARGET].store.add("team/copy", "v1", OLD)
        hosts = [
            Host(name, tls=Tls.DISABLED, login=Login("user", Secret(CANARIES[name])) if name in CANARIES else Login())
            for name in self.models
        ]
        mirrors = {SOURCE: (MIRROR,)} if setting.mirrored else {}
        self.hosts = Hosts(replace(host, mirrors=mirrors.get(host.name, ()), **setting.host) for host in hosts)  # type: ignore[arg-type] # the members have as many types

    def _add(self, name: str, options: Options) -> None:
        model = self.models[name] = ModelRegistry(options)
        self.servers[name] = model
        if name != TARGET:
            store = model.store
            for tag, image in {"v1": IMAGE, "v2": IMAGE, "old": OLD, "all": INDEX}.items():
                store.add("team/app", tag, image)
            store.add("team/app", NOTE.digest, NOTE)
            store.add("team/copy", "v1", OLD)
            if not options.referrers:
                _list_referrers(model, NOTE)

    @property
    def tags(self) -> dict[str, str]:
        """Every tag of every registry, with what it points at; of an index of referrers that is what it lists."""
        found = {}
        for name, model in self.models.items():
            for path, held in model.store.repositories.items():
                for tag, digest in held.tags.items():
                    listed = " ".join(sorted(held.manifests[digest].children))
                    found[f"{name}/{path}:{tag}"] = listed if _REFERRERS.match(tag) else digest
        # An index that lists nothing says the same as none.
        return {tag: target for tag, target in found.items() if target}

    @property
    def manifests(self) -> set[str]:
        """Every manifest, without those that were made on the way."""
        return {
            f"{name}/{path}@{digest}"
            for name, model in self.models.items()
            for path, held in model.store.repositories.items()
            for digest in held.manifests.keys() & KNOWN.keys()
        }

    def abandoned(self, locations: Mapping[str, str]) -> list[str]:
        """Return the uploads under way that whoever learned these *locations*, path to query, could cancel."""
        found = []
        for name, model in self.models.items():
            for upload in model.store.uploads.values():
                path = f"http://{name}/v2/{upload.repository}/blobs/uploads/{upload.number}"
                state = locations.get(path)
                if state is not None and (state == f"_state={upload.state}" or not self._stateful):
                    found.append(path)
        return found

    @property
    def blobs(self) -> set[str]:
        """Every blob."""
        return {
            f"{name}/{path}@{digest}"
            for name, model in self.models.items()
            for path, held in model.store.repositories.items()
            for digest in held.blobs
        }


def at(name: str, registry: str = SOURCE) -> Reference:
    """Return a reference."""
    return Reference.parse(f"{registry}/{name}")


def read(image: images.Image) -> Manifest:
    """Return an image's manifest as the client has it."""
    return Manifest.read(image.manifest)


def _list_referrers(model: ModelRegistry, *notes: images.Image) -> None:
    """Put the tag by which referrers are found without an API."""
    listed = [{**note.descriptor(), "artifactType": "application/x-note"} for note in notes]
    kind = images.TYPES["oci"]["index"]
    body = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": listed}).encode()
    model.store.tag("team/app", IMAGE.digest.replace(":", "-"), Stored(kind, body))


async def _evil(asked: Asked) -> Reply:
    async for _ in asked.body:
        pass
    return as_text("go away", status=403)
