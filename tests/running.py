"""`regbot server` as users run it: a process of its own, whose log is read while it runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Final, Self

import httpx

from tests.regbot import COMMAND

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

WITHIN: Final = 30.0
"""Seconds for anything to happen; a busy machine takes its time."""


def free_port() -> int:
    """Return a port of loopback at which nobody listens now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Running:
    """A server of the configuration *config* in *folder*, with a JSON log at debug; from `with` to its end.

    It listens at a Unix socket, and `http` is a client of that.
    """

    def __init__(self, folder: Path, config: str, *words: str, environ: Mapping[str, str] | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.config, self.log = folder, folder / "regbot.yml", folder / "log"
        self.config.write_text(config)
        self._words, self._environ = words, environ or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.socket = folder / "socket"
        self.http = httpx.Client(transport=httpx.HTTPTransport(uds=str(self.socket)), base_url="http://localhost")

    def start(self) -> None:
        """Start it, without waiting for anything."""
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "TZ"} or "COVERAGE" in name}
        command = [COMMAND, "server", "-c", str(self.config), "--logopt", "json", "-v", "debug"]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--listen", f"unix:{self.socket}", *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**kept, "HOME": str(self.folder), **self._environ},
            )

    def __enter__(self) -> Self:
        self.start()
        self.told("Server started")
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None, "it was started"
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def ended(self) -> int:
        """Wait for its end, return the exit status."""
        assert self._process is not None, "it was started"
        return self._process.wait(WITHIN)

    def stop(self) -> int:
        """Tell it to stop, return the exit status."""
        self.signal(signal.SIGTERM)
        return self.ended()

    def records(self, message: str = "", **fields: object) -> list[dict[str, object]]:
        """Return the records of its log so far, of one *message* ("": of all), that have these fields."""
        lines = self.log.read_bytes().split(b"\n")[:-1]
        found = [json.loads(line) for line in lines if line.startswith(b"{")]
        return [each for each in found if (not message or each["msg"] == message) and fields.items() <= each.items()]

    def told(self, message: str, *, times: int = 1, **fields: object) -> list[dict[str, object]]:
        """Wait until its log holds a record so many times, return these."""
        return self.until(lambda: found if len(found := self.records(message, **fields)) >= times else [])

    def until(self, there: Callable[[], list[dict[str, object]]]) -> list[dict[str, object]]:
        """Wait until *there* returns something, return that."""
        end = time.monotonic() + WITHIN
        while not (found := there()):
            assert self._process is not None, "it was started"
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.01)
        return found

    def messages(self, script: str) -> list[str]:
        """Return what a script has logged so far."""
        return [str(each["message"]) for each in self.records("User script message", script=script)]
