"""What is around the code: the distribution, the documents, the way in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

from tests.regbot import once, regbot

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build the wheel, return the names of the files in it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.iterdir()
    return set(zipfile.ZipFile(path).namelist())


def test_wheel_has_what_runs(wheel: set[str]) -> None:
    """Every file of the package is in the wheel: code, prelude, seccomp profile and the marker of its types."""
    tracked = {str(path.relative_to(ROOT)) for path in (ROOT / "regbot").rglob("*") if path.is_file()}
    wanted = {name for name in tracked if "__pycache__" not in name}
    assert {Path(name).suffix for name in wanted} >= {".py", ".lua", ".json", ".typed"}
    assert wanted <= wheel


def test_wheel_has_nothing_else(wheel: set[str]) -> None:
    """Neither tests nor benchmarks are installed beside the package."""
    assert {name.split("/")[0].split("-")[0] for name in wheel} == {"regbot", "regbot_runner"}


def test_version_is_told() -> None:
    """`regbot version` prints the version that the distribution is installed under."""
    ended = regbot("version")
    assert (ended.status, f"v{metadata.version('regbot-runner')}\n" in ended.stdout) == (0, True)


def test_ci_runs_what_people_run() -> None:
    """CI is `make test`, and can be started as it is."""
    assert os.access(ROOT / ".ci/run", os.X_OK)
    assert "exec make test" in (ROOT / ".ci/run").read_text()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    """Every relative link in a document is to a file that exists."""
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())
    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []


def test_configuration_of_the_readme() -> None:
    """The script of the README's first screen does what it is for."""
    (shown,) = re.findall(r"<<'END'\n(.*?)\nEND\n", (ROOT / "README.md").read_text(), re.DOTALL)
    ended = once(shown)
    assert (ended.status, ended.messages) == (0, ["this is docker.io/library/alpine:3"])
