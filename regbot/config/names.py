"""Names of registries and addresses of hosts, as a configuration spells them."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final

from regbot.registry.reference import DOCKER_HUB, MAX_PORT

MAX_HOST: Final = 253
"""Characters of a host's name (RFC 1035, section 2.3.4)."""

_ALIASES: Final = {"index.docker.io", "registry-1.docker.io"}
# No name of the DNS has an underscore, but many a container has one.
_LABEL: Final = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"(?P<host>{_LABEL}(?:\.{_LABEL})*\.?|\[[0-9a-fA-F:.]+\])(?::(?P<port>[0-9]{{1,5}}))?")
_DIGITS: Final = frozenset("0123456789.")


def registry_name(text: str) -> str:
    """Return the name of the registry that *text* means ("": none): a scheme, a path and aliases of Docker Hub go."""
    name = text.strip().partition("://")[2] or text.strip()
    name = name.partition("/")[0]
    if name.lower() in _ALIASES:
        return DOCKER_HUB
    return name if is_host(name) else ""


def path_of(text: str) -> str:
    """Return the path of what `registry_name` names, without the slashes around it."""
    name = text.strip().partition("://")[2] or text.strip()
    return name.partition("/")[2].strip("/")


def is_host(text: str) -> bool:
    """Say whether one can connect to *text*: a name, an IPv4 address or an IPv6 one in brackets, and perhaps a port."""
    if (match := _HOST.fullmatch(text)) is None or len(match["host"]) > MAX_HOST:
        return False
    return 1 <= int(match["port"] or MAX_PORT) <= MAX_PORT and _is_name_or_address(match["host"])


def _is_name_or_address(host: str) -> bool:
    try:
        if host.startswith("["):
            IPv6Address(host[1:-1])
        elif _DIGITS.issuperset(host):
            IPv4Address(host)
    except ValueError:
        return False
    return True
