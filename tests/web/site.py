"""A server that listens at TCP and wants a token, and clients of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx

from tests.running import Running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN: Final = "canary-of-the-token-0123456789abcdef"
API: Final = "/api/v1"
ODD: Final = "odd/näme?#%2F"
CONFIG: Final = f"""
version: 1
scripts:
  - name: mirror
    script: |
      log("begun")
      metric.add("copied", 2)
      blob.put("ocidir://images", "content")
  - name: {json.dumps(ODD)}
    script: log("odd")
  - name: endless
    timeout: 1h
    script: |
      log("begun")
      while true do end
"""


class Site(Running):
    """A server that listens at TCP and wants a token; `http` shows it, `stranger` does not."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "token"
        file.touch(mode=0o600)
        file.write_text(f"{TOKEN}\n")
        # The last --listen counts.
        super().__init__(folder, CONFIG, "--listen", "127.0.0.1:0", "--token-file", str(file), "--grace", "0s")

    def start(self) -> None:
        """Start it, and learn where it listens."""
        super().start()
        (told,) = self.told("Listening")
        self.address = str(told["address"])
        self.host, _, port = self.address.rpartition(":")
        self.port = int(port)
        self.http.close()
        url = f"http://{self.address}"
        self.http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30)
        self.stranger = httpx.Client(base_url=url, timeout=30)

    def __exit__(self, *exc: object) -> None:
        self.stranger.close()
        # Not killed, as others are: what of the program it went through is written at its end.
        self.stop()
        super().__exit__(*exc)

    def run(self, script: str, **body: bool) -> dict[str, Any]:
        """Have a script run, wait for its end, return the run."""
        number = begin(self.http, script, **body)
        for _ in events(self.http, f"{API}/runs/{number}/events"):
            pass
        run: dict[str, Any] = self.http.get(f"{API}/runs/{number}").json()
        return run


def begin(http: httpx.Client, script: str, **body: bool) -> int:
    """Have a script started, return the number of its run."""
    answer = http.post(f"{API}/scripts/{script}/runs", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def events(http: httpx.Client, path: str, last: str = "") -> Iterator[tuple[str, str, Any]]:
    """Give the events of a stream as they come: name, id, data."""
    headers = {"Last-Event-ID": last} if last else {}
    with http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200, answer.read()
        found: dict[str, str] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line:
                found[name] = value
            elif "event" in found:
                yield found["event"], found.get("id", ""), json.loads(found["data"] or "null")
                found = {}
