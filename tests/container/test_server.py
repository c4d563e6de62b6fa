"""`regbot server` in a container with the profile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from regbot.commands import health
from tests.container import profiles
from tests.container.box import USER, Box, boxes_or_skip
from tests.regbot import COMMAND

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

CONFIG: Final = """
isolation: {require: [seccomp, no_new_privs, limits, landlock, namespaces]}
scripts:
- {name: often, interval: 1s, script: log("often")}
- {name: asked, interval: 1h, script: log("asked")}
"""
SERVER: Final = (COMMAND, "server", "-c", "regbot.yml", "--state", "state", "--watch", "--listen", "unix:socket")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Make the folder that the server writes to, with its configuration."""
    boxes_or_skip()
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "regbot.yml").write_text(CONFIG)
    os.chown(folder, USER, USER)
    return folder


def told(process: subprocess.Popen[str], *words: str) -> str:
    """Wait for a line of the log that has all these words."""
    assert process.stderr is not None
    passed = []
    for line in process.stderr:
        passed.append(line)
        if all(word in line for word in words):
            return line
    raise AssertionError("".join(passed))


def test_server(tmp_path: Path, files: Path) -> None:
    """Schedule, history, probes, API, reload and end all work, with every wall that is required."""
    client = httpx.Client(transport=httpx.HTTPTransport(uds=str(files / "socket")), base_url="http://localhost")
    with client, Box(tmp_path, files, profiles.read()).running(*SERVER) as process:
        told(process, "Server started")
        told(process, "User script message", "script=often")
        assert [client.get(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]
        assert client.post("/api/v1/scripts/asked/runs", json={"dry_run": False}).status_code == 201
        told(process, "User script message", "script=asked")
        assert client.post("/api/v1/reload").status_code == 200
        process.terminate()
        told(process, "Server stopped")
        assert process.wait(30) == 0
    assert (files / "state" / "history.db").stat().st_size > 0


def test_every_rule_is_needed(tmp_path: Path, files: Path) -> None:
    """Control: without the rule that is there for it, nobody is answered."""
    with Box(tmp_path, files, profiles.without("accept4")).running(*SERVER) as process:
        told(process, "Listening")
        with pytest.raises(OSError, match=r"timed out|reset|refused|No such file"):
            health.answer(str(files / "socket"), 0.2)
