"""The life of a server, in a process of its own: start, signals, reload, end."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from tests.running import Running

ENDLESS: Final = "{name: endless, interval: 1h, script: 'log(\"begun\") while true do end'}"
QUICK: Final = "{name: quick, interval: 1h, script: log(1)}"


def scripts(*written: str) -> str:
    """Return a configuration of scripts."""
    return "version: 1\nscripts:\n" + "".join(f"  - {each}\n" for each in written)


def begin(server: Running, script: str, **body: bool) -> int:
    """Have a script started, return the number of its run."""
    answer = server.http.post(f"/api/v1/scripts/{script}/runs", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def test_runs_again_and_again(tmp_path: Path) -> None:
    """A script runs one interval after the start, and again an interval later; told to stop, the server exits 0."""
    with Running(tmp_path, scripts("{name: tick, interval: 1s, script: log('tick')}")) as server:
        server.told("User script message", times=2, script="tick")
        assert server.stop() == 0
        assert server.messages("tick")[:2] == ["tick", "tick"]
        assert server.records("Server stopped")


def test_skips_what_still_runs(tmp_path: Path) -> None:
    """A script that still runs when it is due is not started a second time, and the log says so."""
    long = "{name: long, interval: 1s, script: 'log(\"begun\") while true do end'}"
    with Running(tmp_path, scripts(long)) as server:
        (skipped,) = server.told("Skipped: the run before is still going on", script="long")[:1]
        assert (skipped["level"], server.messages("long")) == ("WARN", ["begun"])


def test_reloads_leave_nothing_open(tmp_path: Path) -> None:
    """However often the configuration is read anew, the folder of files is open once."""
    (tmp_path / "files").mkdir()
    with Running(tmp_path, scripts(QUICK), "--files", "files") as server:

        def held() -> int:
            count = 0
            for each in Path(f"/proc/{server.pid}/fd").iterdir():
                # Others are closed while we look.
                with suppress(FileNotFoundError):
                    count += each.readlink() == tmp_path / "files"
            return count

        for _ in range(3):
            assert server.http.post("/api/v1/reload").status_code == 200
        # What went out of force ends a moment after it did.
        assert server.until(lambda: [{}] if held() == 1 else [])


def test_grace(tmp_path: Path) -> None:
    """A script that ends within the grace ends as it would have; one that does not is cut off, and the log says so."""
    brief = (
        "{name: brief, interval: 1h, script: 'local t = os.clock() log(\"begun\") while os.clock() < t + 0.3 do end'}"
    )
    with Running(tmp_path, scripts(ENDLESS, brief), "--grace", "2s") as server:
        begin(server, "endless")
        begin(server, "brief")
        server.told("User script message", times=2)
        assert server.stop() == 0
        assert server.records("Script finished", script="brief", outcome="success")
        (cut,) = server.records("Error running script")
        assert (cut["script"], cut["outcome"]) == ("endless", "interrupted")
        assert "cut off by SIGTERM" in str(cut["error"])


def test_cut_off_is_kept(tmp_path: Path) -> None:
    """A run that the end of the server cut off is in its history afterwards, as interrupted."""
    with Running(tmp_path, scripts(ENDLESS), "--grace", "0s", "--state", "state") as server:
        number = begin(server, "endless")
        assert server.stop() == 0
        server.start()
        server.told("Server started", times=2)
        kept = server.http.get(f"/api/v1/runs/{number}").json()
        assert (kept["outcome"], kept["script"]) == ("interrupted", "endless")


def test_second_signal(tmp_path: Path) -> None:
    """A second signal ends running scripts at once, however long the grace."""
    with Running(tmp_path, scripts(ENDLESS), "--grace", "1h") as server:
        begin(server, "endless")
        server.signal(signal.SIGTERM)
        server.told("Stopping server")
        server.signal(signal.SIGINT)
        assert server.ended() == 0
        assert server.records("Running scripts are killed at once", signal="SIGINT")


def test_begins_nothing_once_stopped(tmp_path: Path) -> None:
    """A server that was told to stop is not ready, and starts no run that somebody asks for."""
    with Running(tmp_path, scripts(ENDLESS, QUICK), "--grace", "1h") as server:
        begin(server, "endless")
        server.signal(signal.SIGTERM)
        server.told("Stopping server")
        assert server.http.get("/readyz").status_code == 503
        answer = server.http.post("/api/v1/scripts/quick/runs", json={})
        assert (answer.status_code, "stopping" in answer.text) == (409, True)
        server.signal(signal.SIGTERM)
        assert server.ended() == 0


def test_reload(tmp_path: Path) -> None:
    """SIGHUP puts a changed file into force; a run that goes on ends under what it began with."""
    old = '{name: same, interval: 1h, script: \'log("old") for _ = 1, 3e8 do end log("old, too")\'}'
    with Running(tmp_path, scripts(old, QUICK)) as server:
        begin(server, "same")
        server.told("User script message", script="same")
        server.config.write_text(scripts("{name: same, interval: 1h, script: log('new')}", "{name: other}"))
        server.signal(signal.SIGHUP)
        (told,) = server.told("Configuration reloaded")
        assert (told["added"], told["removed"], told["changed"]) == (1, 1, 1)
        server.told("Script finished", script="same")
        begin(server, "same")
        server.told("Script finished", times=2, script="same")
        assert server.messages("same") == ["old", "old, too", "new"]


def test_broken_file(tmp_path: Path) -> None:
    """A file that cannot be used is told with its line, and what was in force stays in force."""
    with Running(tmp_path, scripts(QUICK)) as server:
        server.config.write_text("version: 1\nscripts:\n  - {name: quick, schedule: never, script: log(2)}\n")
        server.signal(signal.SIGHUP)
        server.told("The configuration cannot be used: the one before stays in force")
        assert [f"{server.config}:3: " in str(each["msg"]) for each in server.records(level="ERROR")] == [True, False]
        begin(server, "quick")
        server.told("Script finished", script="quick")
        assert server.messages("quick") == ["1"]


def test_vanished_file(tmp_path: Path) -> None:
    """A reload of a file that is not there says so, and changes nothing."""
    with Running(tmp_path, scripts(QUICK)) as server:
        server.config.unlink()
        answer = server.http.post("/api/v1/reload")
        assert (answer.status_code, "No such file" in answer.text) == (422, True)
        assert server.http.get("/api/v1/scripts/quick").status_code == 200


def test_watch(tmp_path: Path) -> None:
    """With --watch a file that is written anew, or replaced by another, is reloaded."""
    with Running(tmp_path, scripts(QUICK), "--watch") as server:
        server.config.write_text(scripts(QUICK, "{name: second}"))
        server.told("Configuration reloaded", added=1)
        other = tmp_path / "other"
        other.write_text(scripts(QUICK))
        other.rename(server.config)
        server.told("Configuration reloaded", removed=1)


def test_watch_sees_modules(tmp_path: Path) -> None:
    """With --watch a module that changes is taken up, too."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "words.lua").write_text("return 'old'")
    config = "modules: lib\n" + scripts("{name: says, interval: 1h, script: log(require('words'))}")
    with Running(tmp_path, config, "--watch") as server:
        (tmp_path / "lib" / "words.lua").write_text("return 'and new'")
        server.told("Configuration reloaded", changed=1)
        begin(server, "says")
        server.told("Script finished", script="says")
        assert server.messages("says") == ["and new"]


def test_state_on_request(tmp_path: Path) -> None:
    """SIGUSR1 logs what the server and each run are at."""
    with Running(tmp_path, scripts(ENDLESS, QUICK)) as server:
        number = begin(server, "endless")
        server.told("User script message")
        server.signal(signal.SIGUSR1)
        (run,) = server.told("State of a run", script="endless")
        (state,) = server.records("State of the server")
        assert (run["run"], run["doing"]) == (number, "Lua")
        assert (state["running"], state["children"], state["scripts"]) == (1, 1, 2)


def test_systemd(tmp_path: Path) -> None:
    """Systemd is told of readiness, reload, life and end, each as sd_notify(3) has it."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(30)
        environ = {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "60000000"}
        with Running(tmp_path / "server", scripts(QUICK), environ=environ) as server:
            said = {systemd.recv(4096).decode().splitlines()[0] for _ in range(2)}
            assert said == {"READY=1", "WATCHDOG=1"}
            server.signal(signal.SIGHUP)
            reloading, ready = (systemd.recv(4096).decode().splitlines() for _ in range(2))
            assert (reloading[0], ready[0]) == ("RELOADING=1", "READY=1")
            assert reloading[1].startswith("MONOTONIC_USEC=")
            assert server.stop() == 0
            assert systemd.recv(4096) == b"STOPPING=1"


def test_without_schedule(tmp_path: Path) -> None:
    """A script without schedule and interval is told, and runs when somebody asks."""
    with Running(tmp_path, scripts("{name: asked, script: log(1)}")) as server:
        assert server.records("It has no schedule and no interval: it runs only when somebody asks", script="asked")
        begin(server, "asked")
        server.told("Script finished", script="asked")


def test_dry_server(tmp_path: Path) -> None:
    """With --dry-run every run is one, also one that is asked for as another."""
    text = 'manifest.put(manifest.get("ocidir://a:v1"), "ocidir://a:v2")'
    with Running(tmp_path, scripts(f"{{name: put, interval: 1h, script: '{text}'}}"), "--dry-run") as server:
        number = begin(server, "put", dry_run=False)
        assert server.http.get(f"/api/v1/runs/{number}").json()["dry_run"] is True


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--grace", "soon"), "--grace"),
        (("--history-runs", "0"), "--history-runs"),
        (("--listen", "nowhere"), "nowhere"),
        (("--files", "/nonexistent"), "--files"),
        (("--token-file", "/nonexistent"), "--listen"),
    ],
)
def test_wrong_words(tmp_path: Path, words: tuple[str, str], told: str) -> None:
    """A wrong flag of the command line ends the server before anything, with a message that names it."""
    from tests.regbot import regbot  # noqa: PLC0415

    (tmp_path / "regbot.yml").write_text(scripts(QUICK))
    ended = regbot("server", "-c", "regbot.yml", *words, folder=tmp_path)
    assert (ended.status, told in ended.stderr) == (2, True)
