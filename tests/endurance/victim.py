"""The server that is killed again and again: what it runs, and what its tags may point at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from tests.endurance.torn import torn
from tests.images import image, push

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.docker_registry import DockerRegistry

NUMBER: Final = 3
"""Scripts of each kind."""
COPIES: Final = 30
"""Repositories that copies go to."""
_LAYER: Final = 300_000
"""Bytes of a layer: several writes, so that a death falls between them."""
_KINDS: Final = {
    "retags": 'image.copy("@A/app:v" .. math.random(1, 2), "@A/app:moved-@N")',
    "copies": 'image.copy("@A/app:v" .. math.random(1, 2), "@B/copy-" .. math.random(1, @C) .. ":latest")',
    "puts": 'local m = manifest.get("@A/app:v" .. math.random(1, 2)) manifest.put(m, "@A/app:put-@N")',
    "deletes": 'image.copy("@A/app:v1", "@A/gone:t@N") tag.delete("@A/gone:t@N")',
    "says much": "for i = 1, 40 do log('line ' .. i) reference.new('a/b') end",
}
_ALWAYS: Final = 'while true do for _, t in ipairs(tag.ls("@A/app")) do manifest.head("@A/app:" .. t) end end'


class Victims:
    """The registries: *first* has what is copied, *second* takes copies; and the digests that tags may have.

    `stand_ins` counts how often a tag was found at what takes its place just before it is deleted.
    """

    def __init__(self, first: DockerRegistry, second: DockerRegistry) -> None:
        self.stand_ins = 0
        self._first, self._second = first, second
        images = {tag: image(layers=[_noise(seed), tag.encode()]) for seed, tag in enumerate(("v1", "v2"))}
        self._digests = {each.digest for each in images.values()}
        for tag, each in images.items():
            push(first, "app", tag, each)
        for number in range(NUMBER):
            for name in ("moved", "put"):
                push(first, "app", f"{name}-{number}", images["v1"])

    def config(self) -> str:
        """Return the configuration (JSON is YAML): its scripts are in operations nearly all the time."""
        creds = [{"registry": each.host, "tls": "disabled"} for each in (self._first, self._second)]
        texts = {f"{kind} {number}": (text, number) for kind, text in _KINDS.items() for number in range(NUMBER)}
        scripts = [
            {"name": name, "interval": f"{200 + 30 * place}ms", "timeout": "30s", "script": self._filled(*text)}
            for place, (name, text) in enumerate(texts.items())
        ]
        always = {"name": "always", "interval": "100ms", "script": self._filled(_ALWAYS, 0)}
        return json.dumps({"version": 1, "defaults": {"parallel": 8}, "creds": creds, "scripts": [*scripts, always]})

    def wrong(self) -> Iterator[str]:
        """Give what is wrong with tags that one death can have torn."""
        for number in range(NUMBER):
            for name in ("moved", "put"):
                yield from torn(self._first, "app", f"{name}-{number}", self._digests)
            yield from torn(self._first, "gone", f"t{number}", self._digests | {""})
            self.stand_ins += self._first.digest("gone", f"t{number}") not in self._digests | {""}
        for number in (1, 2):
            yield from torn(self._first, "app", f"v{number}", self._digests)

    def wrong_copies(self) -> Iterator[str]:
        """Give what is wrong with tags of copies; those that never were are no fault."""
        for number in range(1, COPIES + 1):
            yield from torn(self._second, f"copy-{number}", "latest", self._digests | {""})

    def forget_copies(self) -> None:
        """Nothing is copied twice where it is already; have copies made anew."""
        for number in range(1, COPIES + 1):
            for each in self._digests:
                self._second.request("DELETE", f"/v2/copy-{number}/manifests/{each}")

    def _filled(self, text: str, number: int) -> str:
        hosts = text.replace("@A", self._first.host).replace("@B", self._second.host)
        return hosts.replace("@C", str(COPIES)).replace("@N", str(number))


def _noise(seed: int) -> bytes:
    """Return bytes that do not pack well, the same ones for a seed."""
    return b"".join(((number * 2654435761 + seed) % (1 << 32)).to_bytes(4, "big") for number in range(_LAYER // 4))
