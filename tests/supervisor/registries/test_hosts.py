"""How registries are reached: the configuration's word, then Docker's."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest

from regbot.config.loading import load
from regbot.registry.credentials import ANONYMOUS, Login, Secret
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Host, Tls
from regbot.supervisor.logs import Writer, open_log
from regbot.supervisor.registries.hosts import hosts
from tests.docker_registry import make_certificates

DOCKER = '{"auths": {"a.example": {"username": "docker", "password": "CANARY-docker"}}}'


ECHO = """#!/bin/sh
read -r server
printf '{"Username": "%s", "Secret": "CANARY"}' "$(printf %s "$server" | tr : _)"
"""


def found(  # noqa: PLR0917 -- a test says what it is about, in this order
    config: str,
    docker: str = DOCKER,
    said: StringIO | None = None,
    environ: dict[str, str] | None = None,
    certs: Path = Path("/nowhere"),
    name: str = "a.example",
) -> Host:
    """Return how a.example is reached."""
    loaded = load(config.encode(), "test", environ={}).config
    log = open_log(Writer(-4, stream=said or StringIO()))
    return hosts(loaded, {"DOCKER_AUTH_CONFIG": docker, **(environ or {})}, log, certs=certs).find(name)


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
    """A setting that nothing is done with is a warning that names registry and setting."""
    said = StringIO()
    found("creds: [{registry: a.example, api: hub, apiOpts: {disableHead: true, x: CANARY}}]", said=said)
    lines = [line for line in said.getvalue().splitlines() if "without effect" in line]
    assert [line.rsplit("setting=", 1)[1] for line in lines] == ["api", "apiOpts.x"]
    assert "CANARY" not in said.getvalue()


def test_every_setting_arrives() -> None:
    """What the configuration says of a registry is what its host says."""
    host = found(
        "defaults: {blobLimit: 9}\ncreds: [{registry: a.example, token: t, mirrors: [m.example], priority: 3,"
        " repoAuth: true, apiOpts: {disableHead: true}, blobChunk: 7, blobMax: 8, pathPrefix: a/b, reqPerSec: 2}]"
    )
    assert host.login == Login(identity_token=Secret("t"))
    assert (host.mirrors, host.priority, host.repo_auth, host.disable_head) == (("m.example",), 3, True, True)
    assert (host.blob_chunk, host.blob_max, host.blob_limit, host.path_prefix, host.req_per_sec) == (7, 8, 9, "a/b", 2)


def test_what_is_not_set() -> None:
    """Without a word on it chunks are of a mebibyte, and only what failed in one piece is sent in them."""
    host = found("", "")
    assert (host.blob_chunk, host.blob_max, host.blob_limit) == (1 << 20, -1, 1 << 30)


@pytest.mark.parametrize(
    ("entry", "login"),
    [
        ('"identitytoken": "T"', Login(identity_token=Secret("T"))),
        ('"registrytoken": "T"', Login(registry_token=Secret("T"))),
        ('"username": "<token>", "password": "T"', Login(identity_token=Secret("T"))),
    ],
)
def test_tokens_of_docker(entry: str, login: Login) -> None:
    """Docker's file may have a token in the place of user and password."""
    assert found("", f'{{"auths": {{"a.example": {{{entry}}}}}}}').login == login


@pytest.mark.parametrize(
    ("config", "docker", "asked"),
    [
        ("creds: [{registry: a.example, credHelper: HELPER}]", "", "a.example"),
        ("creds: [{registry: a.example, hostname: 'b:5', credHelper: HELPER}]", "", "b:5"),
        ("creds: [{registry: a.example, credHelper: HELPER, credHost: https://x/y}]", "", "https://x/y"),
        ("", '{"credHelpers": {"https://a.example": "test"}}', "https://a.example"),
        ("", '{"credsStore": "test"}', "a.example"),
    ],
)
async def test_helper(tmp_path: Path, config: str, docker: str, asked: str) -> None:
    """A helper is asked for what its own store calls the registry."""
    program = tmp_path / "docker-credential-test"
    program.write_text(ECHO)
    program.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    host = found(config.replace("HELPER", str(program)), docker, environ={"PATH": path})
    assert host.helper is not None
    assert await host.helper() == Login(asked.replace(":", "_"), Secret("CANARY"))


async def test_hub_in_a_store(tmp_path: Path) -> None:
    """Docker Hub is called by its old address there."""
    program = tmp_path / "docker-credential-test"
    program.write_text(ECHO)
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    helper = found("", '{"credsStore": "test"}', environ=environ, name="docker.io").helper
    assert helper is not None
    assert (await helper()).user == "https_//index.docker.io/v1/"


async def test_store_that_fails(tmp_path: Path) -> None:
    """A helper that fails is a warning where Docker's file does not name the registry, and an error where it does."""
    said = StringIO()
    environ = {"PATH": str(tmp_path)}
    helper = found("", '{"credsStore": "nosuch"}', said, environ).helper
    assert helper is not None
    assert await helper() == ANONYMOUS
    assert "docker-credential-nosuch of a.example cannot be started" in said.getvalue()
    named = found("", '{"credHelpers": {"a.example": "nosuch"}}', environ=environ).helper
    assert named is not None
    with pytest.raises(RegistryError, match="cannot be started"):
        await named()


def test_certificates_of_docker(tmp_path: Path) -> None:
    """Docker's certificates for the address of a registry are trusted besides the configuration's, and shown."""
    folder = tmp_path / "b:5000"
    folder.mkdir()
    make_certificates(tmp_path)
    texts = [(tmp_path / name).read_text() for name in ("ca.pem", "server.pem", "server.key")]
    for name, text in zip(("ca.crt", "me.cert", "me.key"), texts, strict=True):
        (folder / name).write_text(text)
    host = found("creds: [{registry: a.example, hostname: 'b:5000', regcert: OURS}]", certs=tmp_path)
    assert (host.regcert, host.client_cert, host.client_key.reveal()) == (f"OURS\n{texts[0]}", *texts[1:])
    ours = found("creds: [{registry: a.example, hostname: 'b:5000', clientCert: C, clientKey: K}]", certs=tmp_path)
    assert (ours.client_cert, ours.client_key.reveal()) == ("C", "K")


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    """A key that is not there is a warning, and nothing is shown without it."""
    said = StringIO()
    (tmp_path / "a.example").mkdir()
    (tmp_path / "a.example" / "me.cert").write_text("CERT")
    host = found("", "", said, certs=tmp_path)
    assert (host.client_cert, bool(host.client_key)) == ("", False)
    assert "me.key: cannot be used: No such file" in said.getvalue()


def test_a_broken_file_of_dockers_is_a_warning() -> None:
    """What is wrong with Docker's configuration is told, and stops nothing."""
    said = StringIO()
    assert found("", "{CANARY", said).login.user == ""
    assert "DOCKER_AUTH_CONFIG" in said.getvalue()
    assert "CANARY" not in said.getvalue()
