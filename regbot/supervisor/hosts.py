"""From the configuration, and Docker's, to how each registry is reached."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regbot.config.docker import load_docker
from regbot.registry.hosts import Host, Hosts, Tls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loguru import Logger

    from regbot.config.docker import DockerAuth
    from regbot.config.model import Config, Creds


def hosts(config: Config, environ: Mapping[str, str], log: Logger) -> Hosts:
    """Return how every configured registry is reached; what the configuration says counts more than Docker's."""
    found = {creds.registry: _configured(creds) for creds in config.creds}
    if not config.defaults.skip_docker_config:
        docker = load_docker(environ)
        for warning in docker.warnings:
            log.warning(str(warning))
        for auth in docker.auths:
            found[auth.registry] = _logged_in(found.get(auth.registry, _unconfigured(auth)), auth)
    return Hosts(found.values())


def _configured(creds: Creds) -> Host:
    usual = Host(creds.registry)
    return replace(
        usual,
        hostname=creds.hostname,
        tls=usual.tls if creds.tls is None else Tls(creds.tls.value),
        regcert=creds.regcert,
        client_cert=creds.client_cert,
        client_key=creds.client_key,
        user=creds.user,
        password=creds.password,
        path_prefix=creds.path_prefix,
        req_per_sec=creds.req_per_sec,
        req_concurrent=creds.req_concurrent or usual.req_concurrent,
    )


def _unconfigured(auth: DockerAuth) -> Host:
    return Host(auth.registry, tls=Tls.DISABLED if auth.plain_http else Tls.ENABLED)


def _logged_in(host: Host, auth: DockerAuth) -> Host:
    return host if host.user else replace(host, user=auth.user, password=auth.password)
