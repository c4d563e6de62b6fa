"""One command with a password in every place that it can come from, and a script that makes use of all of them."""

from __future__ import annotations

import base64
import json
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tests.canaries.memory import below, held
from tests.canaries.servers import ACCESS, Server, serving
from tests.docker_registry import DockerRegistry
from tests.images import image, push
from tests.regbot import COMMAND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

CANARIES: Final = {
    "pass": "c4n4ryPassword9f21+/&é",
    "wrong pass, by {{env}}": "c4n4ryEnvironment7d0b",
    "pass, by {{file}}": "c4n4ryOfAFile83ab\\\"'",
    "token": "c4n4ryIdentityToken11",
    "access token": ACCESS,
    "Docker's auth": "c4n4ryDockerAuth62e7",
    "Docker's identitytoken": "c4n4ryDockerToken0aa",
    "helper": "c4n4ryOfTheHelper4d4",
    "failing helper": "c4n4ryOfHelperFail3b",
    "another variable": "c4n4ryElsewhere55f1",
}
MARKER: Final = "m4rkerThatTheScriptMade"
HELD: Final = "everything is in use"

_SCRIPT: Final = """
local marker = ("m4rkerThat%s"):format("TheScriptMade")
local said = {}
for _, name in ipairs({ NAMES }) do
  for _, operation in ipairs({ tag.ls, manifest.get }) do
    local _, text = pcall(operation, name)
    local _, problem = try(operation, name)
    said[#said + 1] = tostring(text) .. (problem and (problem.code or "") .. problem.message or "")
  end
end
for _, name in ipairs({ "GOOD", "FAKE/echo", "dead.test" }) do
  local _, text = pcall(image.copy, "GOOD/app:v1", name .. "/copy:v1")
  said[#said + 1] = tostring(text)
end
assert(#tag.ls("GOOD/app") == 1 and image.config("GOOD/app:v1"), "the password was not taken")
assert(#tag.ls("MUTUAL/app") == 1, "the key was not taken")
for _, text in ipairs(said) do logger.debug(text) end
log("everything is in use")
tag.ls("FAKE/slow/app")
error(table.concat(said, "; "))
"""


@dataclass
class Seen:
    """What one command held and said."""

    supervisor: set[str] = field(default_factory=set)
    """The names of the canaries in the supervisor."""
    below: dict[int, set[str]] = field(default_factory=dict)
    """The same of its launcher and its children, by their pids."""
    output: str = ""
    status: int = -1
    outside: list[str] = field(default_factory=list)
    """What a registry heard that was sent no password by the configuration."""


class Scene:
    """Everything around the command: registries, files, helpers; *texts* are what must be seen nowhere."""

    def __init__(self, folder: Path, good: DockerRegistry, mutual: DockerRegistry) -> None:
        self.folder, self._good, self._mutual = folder, good, mutual
        self.outside = Server(guarded=False)
        self.fake, self.bearer = Server(self.outside.host), Server(realm=True)
        self.docker, self.docker_token = Server(), Server(realm=True)
        self.helped, self.unhelped = Server(), Server()
        key = (mutual.folder / "server.key").read_text()
        self.texts = {**CANARIES, "clientKey": key.splitlines()[1]}
        self._write_files()

    @property
    def servers(self) -> tuple[Server, ...]:
        """Every one of ours."""
        return (self.outside, self.fake, self.bearer, self.docker, self.docker_token, self.helped, self.unhelped)

    @property
    def environ(self) -> dict[str, str]:
        """The environment of the command."""
        return {
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "CANARY_ENV": CANARIES["wrong pass, by {{env}}"],
            "OTHER_SECRET": CANARIES["another variable"],
        }

    def config(self) -> str:
        """Return the configuration, which is JSON."""
        certificates = {name: (self._mutual.folder / file).read_text() for name, file in _CERTIFICATES.items()}
        plain = {"tls": "disabled", "user": "bot"}
        creds: list[Mapping[str, object]] = [
            {"registry": self._good.host, **plain, "pass": CANARIES["pass"]},
            {"registry": "wrong.test", "hostname": self._good.host, **plain, "pass": '{{ env "CANARY_ENV" }}'},
            {"registry": "dead.test", "hostname": "127.0.0.1:9", **plain, "pass": f'{{{{file "{self.folder}/pass"}}}}'},
            {"registry": self._mutual.host, **certificates},
            {"registry": self.fake.host, **plain, "pass": CANARIES["pass"]},
            {"registry": self.bearer.host, "tls": "disabled", "token": CANARIES["token"]},
            {"registry": self.helped.host, "tls": "disabled", "credHelper": "docker-credential-good"},
            {"registry": self.unhelped.host, "tls": "disabled", "credHelper": "docker-credential-bad"},
        ]
        main = {"name": "main", "timeout": "60s", "script": self._script()}
        # While the first runs, a child may be waiting for the second.
        return json.dumps({"creds": creds, "scripts": [main, {"name": "next", "script": "log('next')"}]})

    def _script(self) -> str:
        hosts = [self._good.host, "wrong.test", *(server.host for server in self.servers)]
        names = ", ".join(f'"{host}/{path}/app:v1"' for host in hosts for path in ("echo", "away"))
        places = {"NAMES": names, "GOOD": self._good.host, "MUTUAL": self._mutual.host, "FAKE": self.fake.host}
        text = _SCRIPT
        for name, place in places.items():
            text = text.replace(name, place)
        return text

    def _write_files(self) -> None:
        (self.folder / "pass").write_text(CANARIES["pass, by {{file}}"])
        (self.folder / ".docker").mkdir()
        auth = base64.b64encode(f"bot:{CANARIES[_AUTH]}".encode()).decode()
        auths = {
            f"http://{self.docker.host}": {"auth": auth},
            f"http://{self.docker_token.host}": {"identitytoken": CANARIES["Docker's identitytoken"]},
        }
        (self.folder / ".docker/config.json").write_text(json.dumps({"auths": auths}))
        (self.folder / "bin").mkdir()
        for name, status in (("helper", 0), ("failing helper", 1)):
            answer = json.dumps({"Username": "bot", "Secret": CANARIES[name]})
            program = self.folder / "bin" / f"docker-credential-{'bad' if status else 'good'}"
            complaint = f"the secret is {CANARIES[name]}"
            program.write_text(f"#!/bin/sh\necho '{answer}'\necho '{complaint}' >&2\nexit {status}\n")
            program.chmod(0o755)


_AUTH: Final = "Docker's auth"
_CERTIFICATES: Final = {"regcert": "ca.pem", "clientCert": "server.pem", "clientKey": "server.key"}


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Set everything up."""
    good = DockerRegistry(folder / "good", users={"bot": CANARIES["pass"]})
    mutual = DockerRegistry(folder / "mutual", tls=True, mutual=True)
    home = folder / "home"
    home.mkdir()
    with good, mutual:
        for registry in (good, mutual):
            push(registry, "app", "v1", image())
        made = Scene(home, good, mutual)
        with serving(*made.servers):
            yield made


def watch(scene: Scene, *words: str) -> Seen:
    """Run `regbot once` until the script has used everything, look into all processes, and let it end."""
    config = scene.folder / "regbot.yml"
    config.write_text(scene.config())
    seen = Seen()
    command = [COMMAND, "once", "-c", str(config), "-v", "trace", *words]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=scene.folder, env=scene.environ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            seen.output += line
            if HELD in line:
                break
        wanted = {**scene.texts, "marker": MARKER}
        seen.supervisor = held(process.pid, wanted)
        seen.below = {pid: held(pid, wanted) for pid in below(process.pid)}
        scene.fake.released.set()
        seen.output += process.stderr.read()
        seen.status = process.wait()
    seen.outside = scene.outside.heard
    return seen
