"""How registries are reached: the configuration's word, then Docker's."""

from __future__ import annotations

from io import StringIO

import pytest

from regbot.config.loading import load
from regbot.registry.hosts import Host, Tls
from regbot.supervisor.hosts import hosts
from regbot.supervisor.logs import Writer, open_log

DOCKER = '{"auths": {"a.example": {"username": "docker", "password": "CANARY-docker"}}}'


def found(config: str, docker: str = DOCKER, said: StringIO | None = None) -> Host:
    """Return how a.example is reached."""
    loaded = load(config.encode(), "test", environ={}).config
    log = open_log(Writer(-4, stream=said or StringIO()))
    return hosts(loaded, {"DOCKER_AUTH_CONFIG": docker}, log).find("a.example")


def test_docker_knows_who_we_are() -> None:
    """A registry that the configuration does not mention is logged in to as Docker would."""
    host = found("")
    assert (host.login.user, host.login.password.reveal(), host.tls) == ("docker", "CANARY-docker", Tls.ENABLED)


def test_docker_is_not_asked() -> None:
    """With skipDockerConfig nothing of Docker's is used."""
    assert found("defaults: {skipDockerConfig: true}").login.user == ""


@pytest.mark.parametrize("ours", ["user: me, pass: mine", "token: mine", "credHelper: mine"])
def test_our_credentials_win(ours: str) -> None:
    """Whatever the configuration says of who we are counts more than Docker's."""
    assert found(f"creds: [{{registry: a.example, {ours}}}]").login.user != "docker"


def test_the_rest_is_kept() -> None:
    """Docker adds who we are to an entry that says where the registry is."""
    host = found("creds: [{registry: a.example, hostname: 'b:5000', tls: disabled, reqConcurrent: 9}]")
    assert (host.login.user, host.address, host.tls, host.req_concurrent) == ("docker", "b:5000", Tls.DISABLED, 9)


def test_plain_http() -> None:
    """A registry that Docker's file names by http:// is spoken to without TLS."""
    assert found("", DOCKER.replace('"a.example"', '"http://a.example"')).tls is Tls.DISABLED


def test_what_has_no_effect_is_told() -> None:
    """A setting that this version does not act on is a warning that names registry and setting, and shows no secret."""
    said = StringIO()
    found("creds: [{registry: a.example, token: CANARY, mirrors: [m.example]}]", said=said)
    lines = [line for line in said.getvalue().splitlines() if "without effect" in line]
    assert [line.rsplit("setting=", 1)[1] for line in lines] == ["token", "mirrors"]
    assert "CANARY" not in said.getvalue()


def test_a_broken_file_of_dockers_is_a_warning() -> None:
    """What is wrong with Docker's configuration is told, and stops nothing."""
    said = StringIO()
    assert found("", "{CANARY", said).login.user == ""
    assert "DOCKER_AUTH_CONFIG" in said.getvalue()
    assert "CANARY" not in said.getvalue()
