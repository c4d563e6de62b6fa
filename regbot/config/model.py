"""The configuration as values: every default applied, every text parsed, every secret wrapped.

Durations are seconds, sizes are bytes.  Where the file says nothing a text is "", a number 0 and a secret empty, unless
the field says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from regbot.registry.credentials import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regbot.config.schedule import Schedule

NOTHING: Final = Secret("")
CREDENTIALS_KEPT: Final = 3600.0
"""Seconds for which the answer of a credential helper is kept where the file does not say."""


class Tls(Enum):
    """How a registry is spoken to."""

    ENABLED = "enabled"
    """https with a certificate that is checked."""
    INSECURE = "insecure"
    """https with any certificate."""
    DISABLED = "disabled"
    """http."""


@dataclass(frozen=True, slots=True)
class Creds:
    """How one registry is reached, and as whom.  *registry* is the name in references, `docker.io` for Docker Hub."""

    registry: str
    hostname: str = ""
    """Host and port to connect to ("": the registry's name)."""
    user: str = ""
    password: Secret = NOTHING
    token: Secret = NOTHING
    cred_helper: str = ""
    """The program that is asked for user and password."""
    cred_expire: float = CREDENTIALS_KEPT
    cred_host: str = ""
    """What the helper is asked for ("": the hostname)."""
    tls: Tls | None = None
    """None: enabled, unless Docker's configuration knows the registry as http."""
    regcert: str = ""
    """PEM certificates that are trusted for this registry."""
    client_cert: str = ""
    client_key: Secret = NOTHING
    path_prefix: str = ""
    """Goes before every repository, without slashes at its ends."""
    mirrors: tuple[str, ...] = ()
    priority: int = 0
    repo_auth: bool = False
    api: str = ""
    api_opts: tuple[tuple[str, str], ...] = ()
    blob_chunk: int = 0
    blob_max: int = 0
    """-1: never upload in chunks."""
    req_per_sec: float = 0.0
    """0: as many as there are."""
    req_concurrent: int = 0
    """0: the program's own number."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for all scripts together; what each script takes over is in its Script."""

    parallel: int = 0
    """Slots for heavy operations; 0: not set."""
    skip_docker_config: bool = False
    user_agent: str = ""
    blob_limit: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use.  None: as much as it likes."""

    memory: int = 128 << 20
    """Bytes, beyond what an idle child has."""
    cpu: int | None = None
    """Seconds of the child's CPU time."""
    timeout: float | None = None
    """Seconds from start to end: the most that a script's own timeout can be."""
    operations: int | None = None
    """Calls, of whatever operation."""
    log_bytes: int = 1 << 20
    """Bytes of messages; what a script says beyond them is left out of the log."""
    message_bytes: int = 16 << 20
    """Bytes of one message from the child, which is one operation with its arguments."""
    in_flight: int = 64
    """Calls without an answer."""


@dataclass(frozen=True, slots=True)
class Isolation:
    """What has to hold of the sandbox, by the names of isolation.py, or no script is run."""

    require: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """One script, with what `defaults` say applied.  At most one of *schedule* and *interval* is there."""

    name: str
    text: str
    line: int
    """The line of the file where the text begins."""
    timeout: float | None
    """Seconds: the least of the script's own and that of its limits."""
    schedule: Schedule | None
    interval: float | None
    limits: Limits = field(default=Limits())
    in_block: bool = False
    """Whether each line of the text is a line of the file, as in a block after `script: |`."""
    modules: Mapping[str, bytes] = field(default_factory=dict, repr=False, hash=False)
    """The texts of the modules in its folders, by the names that `require` takes."""
    jitter: float = 0.0
    """Seconds: a start is put off by a random part of it."""

    def line_of(self, number: int) -> int:
        """Return the line of the file on which line *number* of the text stands, or else where the text begins."""
        return self.line + number - 1 if self.in_block else self.line


PLAIN: Final = Script("", "", 1, None, None, None)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole file."""

    version: int
    creds: tuple[Creds, ...]
    defaults: Defaults
    scripts: tuple[Script, ...]
    isolation: Isolation = field(default=Isolation())
    plain: Script = PLAIN
    """What a script is that is not in the file: `defaults` apply to it, and name and text are to be filled in."""
