from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    """Return the instructions, each with its text in one line; comments are none."""
    lines = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))
    joined = lines.replace("\\\n", " ").splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined if line.strip())]


def last_stage() -> list[tuple[str, str]]:
    """Return the instructions of the stage that becomes the image."""
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def only(name: str) -> str:
    """Return the text of an instruction that the last stage has once."""
    (text,) = (text for each, text in last_stage() if each == name)
    return text


def test_no_digest_is_invented() -> None:
    """Every stage stands on the base that the caller names, or on nothing; its digest has no default."""
    bases = [text.split(" AS ")[0] for name, text in instructions() if name == "FROM"]
    assert set(bases) == {"scratch", "${BASE}${BASE_DIGEST:+@}${BASE_DIGEST}"}
    assert ("ARG", 'BASE_DIGEST=""') in instructions()
    assert re.search("sha256:[0-9a-f]", TEXT) is None


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_no_shell_is_needed(name: str) -> None:
    """What a container starts is a list of words, for the kernel and not for a shell."""
    words = json.loads(only(name))
    assert words == [str(word) for word in words]
    assert not {"sh", "/bin/sh", "bash"} & {*words}


def test_health_check() -> None:
    """The health check asks, without a shell, where the command of the image has the server listen."""
    found = re.fullmatch(r"(--\S+ +)+CMD (\[.*\])", only("HEALTHCHECK"))
    assert found is not None
    assert json.loads(found[2]) == ["/opt/regbot/bin/regbot", "health", json.loads(only("CMD"))[-1]]


def test_user() -> None:
    """It runs as user 1000 by number, so that runAsNonRoot can be checked, and is stopped by SIGTERM."""
    assert (only("USER"), only("STOPSIGNAL")) == ("1000:1000", "SIGTERM")
    assert "useradd --uid 1000 --create-home --home-dir /home/appuser" in only("RUN")


def test_labels() -> None:
    """The labels are those that the OCI's image specification has, filled by arguments without defaults."""
    labels = dict(re.findall(r'org\.opencontainers\.image\.([a-z.]+)="([^"]*)"', only("LABEL")))
    assert labels.keys() >= {"title", "description", "licenses", "version", "revision", "created", "source"}
    for name in ("version", "revision", "created", "source"):
        assert labels[name] == f"${{{name.upper()}}}"
        assert ("ARG", f'{name.upper()}=""') in last_stage()


def test_nothing_is_left() -> None:
    """What was needed to install is removed where it was installed: another layer would only hide it."""
    run = only("RUN")
    for left in ("/var/lib/apt/lists/*", "/var/cache/apt/*", "/tmp/*"):  # noqa: S108 -- the image's
        assert left in run
    assert "pip uninstall --yes pip" in run


def test_ignored() -> None:
    """Of a working folder only the program goes into a build: a file that is not named stays out."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    copied = {
        word for name, text in instructions() if name == "COPY" and "--from" not in text for word in text.split()[:-1]
    }
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied


def test_versions_of_python() -> None:
    """The base that is named has a Python that the program runs on."""
    (version,) = re.findall(r"BASE=docker\.io/library/python:3\.(\d+)-slim", TEXT)
    least = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert least is not None
    assert int(version) >= int(least[1])


def test_no_builder() -> None:
    """Without buildah and docker, `make image` says what to install, and fails."""
    done = subprocess.run(
        ["/bin/sh", str(ROOT / "tools/image.sh")], env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "apt-get install buildah" in done.stderr
