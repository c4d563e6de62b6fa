"""Names of registries, as a configuration spells them."""

from __future__ import annotations

import re
from typing import Final

DOCKER_HUB: Final = "docker.io"
_ALIASES: Final = {"index.docker.io", "registry-1.docker.io"}
_NAME: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?")


def registry_name(text: str) -> str:
    """Return the name of the registry that *text* means ("": none): a scheme, a path and aliases of Docker Hub go."""
    name = text.strip().partition("://")[2] or text.strip()
    name = name.partition("/")[0]
    if name.lower() in _ALIASES:
        return DOCKER_HUB
    return name if _NAME.fullmatch(name) else ""
