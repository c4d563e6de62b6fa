"""The walls of the sandbox that a configuration can require, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from regbot.config.kinds import Kind, Unreadable, texts
from regbot.nearest import listed

if TYPE_CHECKING:
    from regbot.config.nodes import Node

ALWAYS: Final = ("seccomp", "no_new_privs", "limits")
"""Without these no script ever runs, whatever the file says."""
WALLS: Final = (*ALWAYS, "landlock", "namespaces", "nobody")
"""What `require` may name; `namespaces` are those of network, IPC, host name, processes and mounts (an empty root)."""


def _walls(node: Node) -> tuple[str, ...]:
    names = texts(node)
    for line, name in names:
        if name not in WALLS:
            raise Unreadable(line, f'there is no wall "{name[:100]}" of the sandbox; {listed(name, WALLS)}')
    return tuple(dict.fromkeys(name for _, name in names))


REQUIRED: Final = Kind(
    "name or list of names",
    _walls,
    {
        "anyOf": [
            {"type": "null"},
            {"enum": list(WALLS)},
            {"type": "array", "items": {"enum": list(WALLS)}},
        ]
    },
)
