"""What has to hold in a container of the image; each function says in a line what it saw, or raises TrialError."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.docker_registry import DockerRegistry
from tests.image.trial.container import ROOT, USER, once, server
from tests.image.trial.engine import TrialError
from tests.image.trial.figures import memory, started
from tests.images import image, push
from tests.running import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD: Final = "canary-of-the-trial"
REQUIRED: Final = ("seccomp", "no_new_privs", "limits", "landlock", "namespaces")
ROUNDS: Final = 5
_HOSTILE: Final = Path(__file__).with_name("hostile.yml")
_ESCAPES: Final = ROOT.parent / "shared/escapes"
_CHOSEN: Final = ("00*", "10*", "20*", "30*")
"""One in ten or so of each kind."""


def check(holds: bool, what: str, *seen: object) -> None:  # noqa: FBT001 -- the claim itself
    """Raise TrialError if a claim does not hold."""
    if not holds:
        raise TrialError("\n".join([f"it is not so that {what}", *map(str, seen)]))


def doctor() -> str:
    """Have every wall tried."""
    said = once("doctor")
    check(said.rstrip().endswith("All walls that are required hold."), "all walls hold", said)
    refused = [line for line in said.splitlines() if " no " in line[:26]]
    check(not refused, "every wall is there", said)
    return said.splitlines()[-2].strip()


def hostile() -> str:
    """Run what tenants may try: what cannot end is ended, nothing else than errors comes of the rest."""
    report = json.loads(
        once("once", "-c", "/hostile.yml", "--report", "-", volumes=(f"{_HOSTILE}:/hostile.yml:ro",), status=1)
    )
    ended = {each["name"]: each["limit"] or each["outcome"] for each in report["scripts"]}
    limits = {"loop": "timeout", "catches": "timeout", "memory": "memory", "one text": "memory", "honest": "success"}
    check(ended == dict.fromkeys(ended, "error") | limits, "each is contained, and the honest one is not", ended)
    return f"{len(ended) - 1} attacks contained"


def escapes(scratch: Path) -> str:
    """Run hostile scripts of a collection beside the project, where there is one."""
    if not _ESCAPES.is_dir():
        return "skipped: the collection is not beside the project"
    wrapper = scratch / "regbot-in-a-container"
    words = f"{sys.executable} -m tests.image.trial.wrapped"
    wrapper.write_text(f'#!/bin/sh\ncd {ROOT} && HOME=/root exec {words} "$1"\n')
    wrapper.chmod(0o755)
    command = [sys.executable, str(_ESCAPES / "run.py"), "--cmd", f"{wrapper} {{config}}", "-j", "1", *_CHOSEN]
    done = subprocess.run(command, capture_output=True, text=True, cwd=_ESCAPES, timeout=900, check=False)
    check(done.returncode == 0, "each is contained", done.stdout, done.stderr)
    return done.stdout.strip().splitlines()[-1]


def serves(scratch: Path) -> str:
    """Have a server run a script on a schedule, with a login of config.json, and stop it."""
    with DockerRegistry(scratch / "registry", users={"robot": PASSWORD}) as registry:
        push(registry, "app", "1.0", image())
        folders = dict(_folders(scratch / "serves", _watching(registry.host)))
        login = {"auth": b64encode(f"robot:{PASSWORD}".encode()).decode()}
        _write(scratch / "serves/docker/config.json", json.dumps({"auths": {registry.host: login}}))
        with server(free_port(), *folders.values()) as running:
            running.until("/readyz")
            running.execute("/opt/regbot/bin/regbot", "health", running.http.base_url.netloc.decode())
            running.until("/metrics")
            running.says('"message": "1 tags"')
            running.stop()
            check(running.exit_status == 0, "it ends with 0", running.log())
            check(PASSWORD not in running.log(), "the password is in no log")
        check(any(path.startswith("/v2/app/tags") for _, path, _ in registry.requests()), "the registry was asked")
    with sqlite3.connect(scratch / "serves/state/history.db") as history:
        (number,) = history.execute("SELECT count(*) FROM runs WHERE outcome = 'success'").fetchone()
    check(number > 0, "its runs are in the history")
    return f"{number} runs, stopped with exit status 0, kept in the history"


def answers(scratch: Path) -> tuple[list[float], list[int]]:
    """Return the seconds from exec to the first answers of fresh servers, and their bytes of memory when idle."""
    seconds, sizes = [], []
    for number in range(ROUNDS):
        folders = dict(_folders(scratch / f"answers-{number}", _idle()))
        with server(free_port(), *folders.values()) as running:
            seconds.append(running.until("/readyz") - started(running.pid))
            running.until("/healthz")
            sizes.append(memory(running.pid))
    check(median(seconds) < 1.0, "the first request is answered within a second of exec", seconds)
    return seconds, sizes


def _watching(host: str) -> str:
    script = f"log(#tag.ls('{host}/app') .. ' tags')"
    scripts = [{"name": "watch", "interval": "1s", "timeout": "20s", "script": script}]
    creds = [{"registry": host, "tls": "disabled"}]
    return json.dumps({"isolation": {"require": REQUIRED}, "creds": creds, "scripts": scripts})


def _idle() -> str:
    return json.dumps({"version": 1, "scripts": [{"name": "idle", "interval": "1h", "script": "log('idle')"}]})


def _folders(folder: Path, config: str) -> Iterator[tuple[str, str]]:
    """Make what a server mounts; give the name of each, and what podman's --volume wants."""
    _write(folder / "etc/regbot.yml", config)
    for name, where in (
        ("etc", "/etc/regbot:ro"),
        ("docker", "/home/appuser/.docker:ro"),
        ("state", "/var/lib/regbot"),
    ):
        (folder / name).mkdir(exist_ok=True)
        shutil.chown(folder / name, USER, USER)
        yield name, f"{folder / name}:{where}"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chown(path, USER, USER)
    path.chmod(0o400)
