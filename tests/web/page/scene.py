"""What the browser looks at: a server that wants a token, with a script for each thing to be seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import httpx

from tests.images import image, write_layout
from tests.running import Running

if TYPE_CHECKING:
    from pathlib import Path

TOKEN: Final = "canary-of-the-token-0123456789abcdef"
HOSTILE: Final = "<img src=x onerror=document.title='owned'>"
"""A script's name, and what it logs and fails with: harmless as text."""
FILLERS: Final = 150
"""Scripts that only make the list long."""
_MANY: Final = "".join(f"  - {{name: job-{number:03}, script: ''}}\n" for number in range(FILLERS))


def config(gate: str) -> str:
    """Return the configuration; the host *gate* answers when it is let."""
    return f"""
version: 1
creds:
  - {{registry: "{gate}", tls: disabled}}
scripts:
  - name: stepping
    schedule: "0 3 29 2 *"
    script: |
      for step = 1, 2 do
        tag.ls("{gate}/images")
        log("step " .. step)
      end
  - name: prune
    interval: 300h
    script: |
      for _, name in ipairs(tag.ls("ocidir://images")) do
        tag.delete("ocidir://images:" .. name)
      end
  - name: endless
    script: |
      log("begun")
      while true do end
  - name: {json.dumps(HOSTILE)}
    script: |
      log({json.dumps(HOSTILE)} .. "\\226\\128\\174turned")
      error({json.dumps(HOSTILE)})
{_MANY}"""


class Scene(Running):
    """The server; the folder of its scripts' files has a layout `images` with two tags."""

    def __init__(self, folder: Path, gate: str) -> None:
        token = folder / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        write_layout(folder / "images", {"pr-1": image(labels={"pr": "1"}), "pr-2": image(labels={"pr": "2"})})
        # The last --listen counts.
        super().__init__(folder, config(gate), "--listen", "127.0.0.1:0", "--token-file", str(token), "--grace", "0s")

    def start(self) -> None:
        """Start it, and learn where it listens."""
        super().start()
        (told,) = self.told("Listening")
        self.address = str(told["address"])
        self.http.close()
        headers = {"Authorization": f"Bearer {TOKEN}"}
        self.http = httpx.Client(base_url=f"http://{self.address}", headers=headers, timeout=30)
