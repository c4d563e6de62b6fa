"""How each registry is reached, as the configuration says."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

from regbot.registry.credentials import ANONYMOUS, NO_SECRET, Helper, Login, Secret
from regbot.registry.reference import DOCKER_HUB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_ADDRESSES: Final = {DOCKER_HUB: "registry-1.docker.io"}
"""Registries that answer at another address than their name."""
BLOB_CHUNK: Final = 1 << 20
"""Bytes of a chunk of an upload."""
BLOB_LIMIT: Final = 1 << 30
"""Bytes of a chunk that a registry may demand (`OCI-Chunk-Min-Length`)."""


class Tls(Enum):
    """Whether a registry is spoken to by https, and whether its certificate is checked."""

    ENABLED = "enabled"
    INSECURE = "insecure"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Host:
    """One registry: where it is, who we are there, and how much it bears.

    *hostname* is "host" or "host:port" ("": as *name* says).  *regcert* is PEM text of CAs that are trusted besides the
    system's; *client_cert* and *client_key* are PEM texts, too.  *path_prefix* stands before every repository there.
    """

    name: str
    hostname: str = ""
    tls: Tls = Tls.ENABLED
    regcert: str = field(default="", repr=False)
    client_cert: str = field(default="", repr=False)
    client_key: Secret = NO_SECRET
    login: Login = ANONYMOUS
    helper: Helper | None = field(default=None, repr=False)
    """Is asked who we are, where *login* does not say."""
    repo_auth: bool = False
    """Whether each repository is logged in to for itself."""
    path_prefix: str = ""
    mirrors: tuple[str, ...] = ()
    """Names of registries that are read from before this one."""
    priority: int = 0
    """The place of this one among the mirrors of another, or of itself: the highest comes first."""
    disable_head: bool = False
    """Whether the registry cannot answer HEAD."""
    blob_chunk: int = BLOB_CHUNK
    blob_max: int = -1
    """Blobs of more bytes are sent in chunks from the start; -1: only those whose single PUT failed."""
    blob_limit: int = BLOB_LIMIT
    req_per_sec: float = 0.0
    """Requests a second; 0: as many as come."""
    known: bool = True
    """Whether somebody wrote it down; a registry that a script made up is not looked for at link-local addresses."""
    req_concurrent: int | None = None
    """Requests at a time; None: as many as the Go program takes, and more for a script that does more at once."""

    @property
    def address(self) -> str:
        """The "host" or "host:port" that requests go to."""
        return self.hostname or _ADDRESSES.get(self.name, self.name)

    @property
    def scheme(self) -> str:
        """https, or http where the configuration disables TLS."""
        return "http" if self.tls is Tls.DISABLED else "https"


def stranger(name: str) -> Host:
    """Return a plain host that nobody wrote down."""
    return Host(name, known=False)


class Hosts:
    """Registry name to Host; *other* makes those that are not among *hosts*: by default a plain one of that name."""

    def __init__(self, hosts: Iterable[Host] = (), *, other: Callable[[str], Host] = stranger) -> None:
        self._hosts = {host.name: host for host in hosts}
        self._other = other

    def __contains__(self, registry: str) -> bool:
        """Say whether somebody wrote *registry* down."""
        return registry in self._hosts

    def find(self, registry: str) -> Host:
        """Return how *registry* is reached."""
        return self._hosts.get(registry) or self._other(registry)
