"""From the configuration, and Docker's, to how each registry is reached."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from regbot.config.certs import CERTS, load_certificates
from regbot.config.docker import DockerConfig, load_docker
from regbot.config.model import CREDENTIALS_KEPT
from regbot.registry.credentials import Login
from regbot.registry.hosts import BLOB_CHUNK, BLOB_LIMIT, Host, Hosts, Tls
from regbot.registry.reference import DOCKER_HUB
from regbot.supervisor.registries.helpers import TOKEN_USER, CredentialHelper, Program

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from loguru import Logger

    from regbot.config.docker import DockerAuth
    from regbot.config.model import Config, Creds
    from regbot.registry.credentials import Secret

_HUB_KEY: Final = "https://index.docker.io/v1/"
"""What Docker's stores call Docker Hub."""
_HEAD: Final = "disableHead"
_TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
"""What Go reads as true."""


def hosts(config: Config, environ: Mapping[str, str], log: Logger, *, certs: Path = CERTS) -> Hosts:
    """Return how every registry is reached; what the configuration says counts more than Docker's."""
    docker = DockerConfig((), "", ()) if config.defaults.skip_docker_config else load_docker(environ)
    for warning in docker.warnings:
        log.warning(str(warning))
    return _Making(config, docker, environ, log, certs).hosts()


@dataclass(frozen=True, slots=True)
class _Making:
    config: Config
    docker: DockerConfig
    environ: Mapping[str, str]
    log: Logger
    certs: Path

    def hosts(self) -> Hosts:
        """Return those that somebody wrote down, and a way to make all others."""
        named = {creds.registry: creds for creds in self.config.creds}
        known = {auth.registry: auth for auth in self.docker.auths}
        return Hosts(
            [self._host(name, named.get(name), known.get(name)) for name in {**named, **known}],
            other=lambda name: replace(self._host(name, None, None), known=False),
        )

    def _host(self, name: str, creds: Creds | None, auth: DockerAuth | None) -> Host:
        made = replace(
            Host(name, tls=Tls.DISABLED if auth and auth.plain_http else Tls.ENABLED),
            blob_limit=self.config.defaults.blob_limit or BLOB_LIMIT,
        )
        if creds is not None:
            made = self._configured(made, creds)
        if not made.login and made.helper is None:
            made = self._logged_in(made, auth)
        return self._certified(made)

    def _configured(self, host: Host, creds: Creds) -> Host:
        self._warn_of_options(creds)
        return replace(
            host,
            hostname=creds.hostname,
            tls=host.tls if creds.tls is None else Tls(creds.tls.value),
            regcert=creds.regcert,
            client_cert=creds.client_cert,
            client_key=creds.client_key,
            login=_login(creds.user, creds.password, creds.token),
            helper=self._helper(creds) if creds.cred_helper else None,
            repo_auth=creds.repo_auth,
            path_prefix=creds.path_prefix,
            mirrors=creds.mirrors,
            priority=creds.priority,
            disable_head=dict(creds.api_opts).get(_HEAD) in _TRUE,
            blob_chunk=creds.blob_chunk or BLOB_CHUNK,
            blob_max=creds.blob_max or -1,
            req_per_sec=creds.req_per_sec,
            req_concurrent=creds.req_concurrent or host.req_concurrent,
        )

    def _warn_of_options(self, creds: Creds) -> None:
        for name in (["api"] if creds.api else []) + [f"apiOpts.{key}" for key, _ in creds.api_opts if key != _HEAD]:
            self.log.bind(registry=creds.registry, setting=name).warning("Setting without effect: there is no such API")

    def _helper(self, creds: Creds) -> CredentialHelper:
        server = creds.cred_host or (_HUB_KEY if creds.registry == DOCKER_HUB else creds.hostname or creds.registry)
        program = Program(creds.cred_helper, creds.registry, server, creds.cred_expire)
        return CredentialHelper(program, self.environ)

    def _logged_in(self, host: Host, auth: DockerAuth | None) -> Host:
        """Return *host* with what Docker knows of it, or with whom Docker would ask."""
        if auth is None:
            return replace(host, helper=self._store(host.name))
        if auth.helper:
            program = Program(auth.helper, host.name, auth.server, CREDENTIALS_KEPT)
            return replace(host, helper=CredentialHelper(program, self.environ))
        login = _login(auth.user, auth.password, auth.identity_token)
        return replace(host, login=replace(login, registry_token=auth.registry_token))

    def _store(self, registry: str) -> CredentialHelper | None:
        """Return whom Docker asks about a registry that its file does not name."""
        if not self.docker.store:
            return None
        server = _HUB_KEY if registry == DOCKER_HUB else registry
        program = Program(self.docker.store, registry, server, CREDENTIALS_KEPT)
        return CredentialHelper(program, self.environ, doubt=self.log.warning)

    def _certified(self, host: Host) -> Host:
        """Return *host* with Docker's certificates for it, where the configuration has none."""
        found = load_certificates(host.address, self.certs)
        for warning in found.warnings:
            self.log.warning(str(warning))
        made = replace(host, regcert="\n".join(filter(None, (host.regcert, found.trusted))))
        if host.client_cert:
            return made
        return replace(made, client_cert=found.certificate, client_key=found.key)


def _login(user: str, password: Secret, token: Secret) -> Login:
    """Return a login; of the user that stands for a token, the password is the token."""
    if user == TOKEN_USER:
        return Login(identity_token=token or password)
    return Login(user, password, identity_token=token)
