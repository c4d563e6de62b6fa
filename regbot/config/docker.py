"""Credentials from Docker's configuration: config.json, or the JSON in DOCKER_AUTH_CONFIG.

Docker's file is not ours: what is wrong in it is a warning, and the rest of it still counts.  Nobody asks a credential
helper here; which one to ask is part of the result.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from regbot.config.files import read_text
from regbot.config.findings import Finding, Report
from regbot.config.logins import BadAuth, decode_basic, is_sendable, is_user
from regbot.config.model import NOTHING
from regbot.config.names import path_of, registry_name
from regbot.registry.credentials import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

INLINE: Final = "DOCKER_AUTH_CONFIG"
_PREFIX: Final = "docker-credential-"
_HELPER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

_WHOLE: Final = frozenset({"", "v1", "v2"})
"""Paths in a key that stand for all of a registry."""
_TOKENS: Final = frozenset({"v1/access-token", "v1/refresh-token"})
"""Paths under which Docker Desktop keeps what only itself can use."""

_Json: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class DockerAuth:
    """What Docker knows of one registry.  *server* is the key as written there, which is what a helper is asked for."""

    registry: str
    server: str
    user: str = ""
    password: Secret = NOTHING
    identity_token: Secret = NOTHING
    """Exchanged for access tokens, instead of user and password."""
    registry_token: Secret = NOTHING
    """Sent to the registry as it is."""
    helper: str = ""
    """The program that has the credentials; it counts more than what is written here."""
    plain_http: bool = False
    """The key began with http://."""


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """One entry for each registry.  *store* is the program that may know others, "" if there is none."""

    auths: tuple[DockerAuth, ...]
    store: str
    warnings: tuple[Finding, ...]


def load_docker(environ: Mapping[str, str], read_file: Callable[[str], str] = read_text) -> DockerConfig:
    """Return what Docker's configuration says; nothing where there is none.

    The file is `$DOCKER_CONFIG/config.json`, else `$HOME/.docker/config.json`; DOCKER_AUTH_CONFIG counts more than it.
    *read_file* raises OSError or ValueError where a file cannot be read.
    """
    found: list[DockerConfig] = []
    if path := _path(environ):
        found.append(_from_file(path, read_file))
    if inline := environ.get(INLINE, ""):
        found.append(_parsed(INLINE, inline))
    auths = {auth.registry: auth for config in found for auth in config.auths}
    store = next((config.store for config in reversed(found) if config.store), "")
    warnings = tuple(warning for config in found for warning in config.warnings)
    return DockerConfig(tuple(auths.values()), store, warnings)


def _path(environ: Mapping[str, str]) -> str:
    if folder := environ.get("DOCKER_CONFIG"):
        return f"{folder}/config.json"
    home = environ.get("HOME")
    return f"{home}/.docker/config.json" if home else ""


def _from_file(path: str, read_file: Callable[[str], str]) -> DockerConfig:
    try:
        return _parsed(path, read_file(path))
    except (FileNotFoundError, NotADirectoryError):
        return DockerConfig((), "", ())
    except OSError as exc:
        why = exc.strerror or type(exc).__name__
    except ValueError:
        why = "it is no text, or far too large"
    return DockerConfig((), "", (Finding(path, 0, f"cannot be read: {why}; Docker's credentials are not used"),))


def _parsed(name: str, text: str) -> DockerConfig:
    report = Report(name)
    try:
        document = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as exc:
        # Only the decoder's own words: the document is full of secrets.
        report.warn(exc.lineno, f"not JSON ({exc.msg}); Docker's credentials are not used")
        document = {}
    except (RecursionError, ValueError):
        report.warn(0, "nested too deeply, or a number too long; Docker's credentials are not used")
        document = {}
    return _Import(_object(document, "the whole", report), report).config()


def _object(value: object, what: str, report: Report) -> _Json:
    if isinstance(value, dict):
        return value
    if value is not None:
        report.warn(0, f"{what} should be an object; it is ignored")
    return {}


class _Import:
    """Turns one document into values."""

    def __init__(self, document: _Json, report: Report) -> None:
        self._document = document
        self._report = report
        self._store = self._helper(document.get("credsStore"), "credsStore")

    def config(self) -> DockerConfig:
        """Return everything that can be used."""
        helpers = self._part("credHelpers")
        found: dict[str, DockerAuth] = {}
        for auth, value in self._entries("auths"):
            helper = self._helper(helpers.get(auth.server), f"credHelpers of {auth.registry}") or self._store
            self._add(found, self._with_login(replace(auth, helper=helper), value))
        for auth, value in self._entries("credHelpers"):
            self._add(found, replace(auth, helper=self._helper(value, f"credHelpers of {auth.registry}")))
        return DockerConfig(tuple(found.values()), self._store, self._report.warnings)

    def _part(self, key: str) -> _Json:
        return _object(self._document.get(key), key, self._report)

    def _entries(self, key: str) -> Iterator[tuple[DockerAuth, object]]:
        """Return what stands in a part for each registry, beside an auth that says no more than which one it is."""
        for server, value in self._part(key).items():
            registry, path = registry_name(server), path_of(server)
            if not registry:
                # Its text stays here: a key like https://user:password@host would show a password.
                self._report.warn(0, f"a key of {key} is no registry; it is ignored")
            elif path in _WHOLE:
                yield DockerAuth(registry, server, plain_http=server.startswith("http://")), value
            elif path not in _TOKENS:
                # It is somebody's at a part of the registry, and must not be shown for all of it.
                self._report.warn(0, f"a key of {key} is for a part of {registry} only; it is ignored")

    @staticmethod
    def _add(found: dict[str, DockerAuth], auth: DockerAuth) -> None:
        usable = auth.password or auth.identity_token or auth.registry_token or auth.helper
        # Of several keys for one host that without scheme and path counts, else the first.
        if usable and (auth.registry not in found or auth.server == auth.registry):
            found[auth.registry] = auth

    def _with_login(self, auth: DockerAuth, value: object) -> DockerAuth:
        entry = _object(value, f"auths of {auth.registry}", self._report)
        user, password = self._login(entry, auth.registry)
        return replace(
            auth,
            user=user,
            password=Secret(password),
            identity_token=self._token(entry, "identitytoken", auth.registry),
            registry_token=self._token(entry, "registrytoken", auth.registry),
        )

    def _login(self, entry: _Json, registry: str) -> tuple[str, str]:
        user, password = self._text(entry, "username", registry), self._text(entry, "password", registry)
        if auth := self._text(entry, "auth", registry):
            try:
                user, password = decode_basic(auth)
            except BadAuth as exc:
                self._report.warn(0, f"auth of {registry} {exc}; it is ignored")
                return "", ""
        if not is_user(user):
            self._report.warn(0, f"the user name of {registry} has a colon or a control character; it is ignored")
        elif not is_sendable(password):
            self._report.warn(0, f"the password of {registry} has a control character; it is ignored")
        else:
            return user, password
        return "", ""

    def _token(self, entry: _Json, key: str, registry: str) -> Secret:
        token = self._text(entry, key, registry)
        if is_sendable(token):
            return Secret(token)
        self._report.warn(0, f"{key} of {registry} has a control character; it is ignored")
        return NOTHING

    def _text(self, entry: _Json, key: str, registry: str) -> str:
        value = entry.get(key, "")
        if isinstance(value, str):
            return value
        self._report.warn(0, f"{key} of {registry} should be a text; it is ignored")
        return ""

    def _helper(self, value: object, where: str) -> str:
        if value is None or value == "":
            return ""
        if isinstance(value, str) and _HELPER.fullmatch(value):
            return _PREFIX + value
        self._report.warn(0, f"{where} should name a helper, like pass or osxkeychain; it is ignored")
        return ""
