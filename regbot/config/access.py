"""The kinds of fields that say where a registry is and who we are there.

They are checked when the file is read, since a request that cannot be made fails far from the line that is to blame.
No fault repeats a text: `https://user:password@host` as a hostname holds a password, and so may any other mistake here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from regbot.config.kinds import SECRET, TEXT, Kind, Unreadable
from regbot.config.logins import is_sendable, is_user
from regbot.config.names import is_host, registry_name
from regbot.config.nodes import Sequence
from regbot.registry.reference import is_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from regbot.config.nodes import Node
    from regbot.registry.credentials import Secret

_PROGRAM: Final = re.compile("[A-Za-z0-9_][A-Za-z0-9_.+-]*")
_CONTROL_RULE: Final = (
    "a password or token cannot hold line breaks or other control characters (RFC 7617); "
    "|- instead of | leaves the last line break out"
)


def _text_that(fits: Callable[[str], bool], rule: str) -> Callable[[Node], str]:
    """Return a reader of texts that *fits* accepts, and of the empty one, which means: not set."""

    def read(node: Node) -> str:
        text = TEXT.read(node)
        if text and not fits(text):
            raise Unreadable(node.line, rule)
        return text

    return read


def _password(node: Node) -> Secret:
    password = SECRET.read(node)
    if not is_sendable(password.reveal()):
        raise Unreadable(node.line, _CONTROL_RULE)
    return password


def _is_prefix(text: str) -> bool:
    path = text.strip("/")
    return path == "" or is_path(path)


def _is_program(text: str) -> bool:
    if "/" in text:
        return is_sendable(text) and not text.endswith("/")
    # A space would begin an argument.
    return _PROGRAM.fullmatch(text) is not None


def _registries(node: Node) -> tuple[str, ...]:
    if not isinstance(node, Sequence):
        raise Unreadable(node.line, "this should be a list, like [a, b]")
    return tuple(_registry(item) for item in node.items)


def _registry(node: Node) -> str:
    text = TEXT.read(node)
    if not is_host(text):
        raise Unreadable(node.line, "each should be the name of a registry: HOST or HOST:PORT, like mirror.example.com")
    return registry_name(text)


USER: Final = Kind(
    "text", _text_that(is_user, "a user name cannot hold a colon or control characters (RFC 7617)"), TEXT.json_schema
)
PASSWORD: Final = Kind(SECRET.name, _password, SECRET.json_schema)
HOST: Final = Kind(
    "host or host:port",
    _text_that(is_host, "it should be HOST or HOST:PORT, like 10.0.0.5:5000, without scheme, user or path"),
    {**TEXT.json_schema, "pattern": r"^[A-Za-z0-9_.:\[\]-]*$"},
)
PATH: Final = Kind(
    "path of repositories",
    _text_that(_is_prefix, "it should be the beginning of repositories' names, in lower case, like mirror/hub"),
    {**TEXT.json_schema, "pattern": "^[a-z0-9._/-]*$"},
)
PROGRAM: Final = Kind(
    "program",
    _text_that(_is_program, "it should be a program's name or path, without arguments, like docker-credential-pass"),
    TEXT.json_schema,
)
REGISTRIES: Final = Kind(
    "list of registries", _registries, {"type": ["array", "null"], "items": {**HOST.json_schema, "minLength": 1}}
)
