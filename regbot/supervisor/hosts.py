"""From the configuration, and Docker's, to how each registry is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from regbot.config.docker import load_docker
from regbot.registry.credentials import Login
from regbot.registry.hosts import Host, Hosts, Tls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loguru import Logger

    from regbot.config.docker import DockerAuth
    from regbot.config.model import Config, Creds


_WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "token": "token",
    "cred_helper": "credHelper",
    "mirrors": "mirrors",
    "repo_auth": "repoAuth",
    "api_opts": "apiOpts",
    "blob_chunk": "blobChunk",
    "blob_max": "blobMax",
}
"""Settings that are read and checked, and that this version does not act on."""


def hosts(config: Config, environ: Mapping[str, str], log: Logger) -> Hosts:
    """Return how every configured registry is reached; what the configuration says counts more than Docker's."""
    found = {creds.registry: _configured(creds, log) for creds in config.creds}
    ours = {creds.registry for creds in config.creds if creds.user or creds.token or creds.cred_helper}
    if not config.defaults.skip_docker_config:
        docker = load_docker(environ)
        for warning in docker.warnings:
            log.warning(str(warning))
        for auth in docker.auths:
            if auth.registry not in ours:
                found[auth.registry] = _logged_in(found.get(auth.registry), auth, log)
    return Hosts(found.values())


def _configured(creds: Creds, log: Logger) -> Host:
    for name, key in _WITHOUT_EFFECT.items():
        if getattr(creds, name):
            log.bind(registry=creds.registry, setting=key).warning("Setting without effect in this version")
    usual = Host(creds.registry)
    return replace(
        usual,
        hostname=creds.hostname,
        tls=usual.tls if creds.tls is None else Tls(creds.tls.value),
        regcert=creds.regcert,
        client_cert=creds.client_cert,
        client_key=creds.client_key,
        login=Login(creds.user, creds.password),
        path_prefix=creds.path_prefix,
        req_per_sec=creds.req_per_sec,
        req_concurrent=creds.req_concurrent or usual.req_concurrent,
    )


def _logged_in(host: Host | None, auth: DockerAuth, log: Logger) -> Host:
    known = host or Host(auth.registry, tls=Tls.DISABLED if auth.plain_http else Tls.ENABLED)
    if not auth.password:
        log.bind(registry=auth.registry).debug("Docker's helper or token is not used in this version: anonymous")
    return replace(known, login=Login(auth.user, auth.password))
