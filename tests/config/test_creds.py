from __future__ import annotations

import pytest

from regbot.config.model import CREDENTIALS_KEPT, NOTHING, Creds, Tls
from regbot.registry.credentials import Secret

from .support import creds, faults, warnings

EVERYTHING = """
creds:
  - registry: reg.example.com:5000
    hostname: other.example.com
    user: 0123
    pass: yes
    token: 1.0
    credHelper: docker-credential-x
    credExpire: 90s
    credHost: https://cred.example.com
    tls: insecure
    regcert: CA
    clientCert: CERT
    clientKey: KEY
    pathPrefix: /a/b/
    mirrors: [m1.example.com, m2.example.com]
    priority: 5
    repoAuth: true
    api: hub
    apiOpts: {a: b, n: 1}
    blobChunk: 1024
    blobMax: -1
    reqPerSec: 0.5
    reqConcurrent: 6
"""


def test_every_field() -> None:
    """Each field of an entry is in the value, texts as they are written."""
    assert creds(*["registry: a.io"]) == (Creds("a.io"),)
    text = EVERYTHING.partition("- ")[2].replace("\n    ", ", ").strip()
    assert creds(text) == (
        Creds(
            registry="reg.example.com:5000",
            hostname="other.example.com",
            user="0123",
            password=Secret("yes"),
            token=Secret("1.0"),
            cred_helper="docker-credential-x",
            cred_expire=90.0,
            cred_host="https://cred.example.com",
            tls=Tls.INSECURE,
            regcert="CA",
            client_cert="CERT",
            client_key=Secret("KEY"),
            path_prefix="a/b",
            mirrors=("m1.example.com", "m2.example.com"),
            priority=5,
            repo_auth=True,
            api="hub",
            api_opts=(("a", "b"), ("n", "1")),
            blob_chunk=1024,
            blob_max=-1,
            req_per_sec=0.5,
            req_concurrent=6,
        ),
    )


def test_merge() -> None:
    """Several entries of one registry become one: each field is that of the last entry that sets it."""
    (found,) = creds(
        "registry: a.io, user: first, pass: one, tls: disabled, priority: 2",
        "registry: a.io, user: '', pass: two, priority: 0, repoAuth: true",
        "registry: a.io, repoAuth: false, hostname: b.io",
    )
    assert (found.user, found.password.reveal(), found.tls) == ("first", "two", Tls.DISABLED)
    assert (found.priority, found.repo_auth, found.hostname) == (0, False, "b.io")


def test_merge_options() -> None:
    """Options of the interface are merged one by one."""
    (found,) = creds("registry: a.io, apiOpts: {x: 1, y: 1}", "registry: a.io, apiOpts: {y: 2, z: 2}")
    assert found.api_opts == (("x", "1"), ("y", "2"), ("z", "2"))


def test_login_replaces_helper() -> None:
    """A later password takes the place of an earlier helper."""
    (found,) = creds("registry: a.io, credHelper: x, credExpire: 1m", "registry: a.io, user: u, pass: p")
    assert (found.user, found.cred_helper, found.cred_expire) == ("u", "", CREDENTIALS_KEPT)


def test_helper_replaces_login() -> None:
    """A later helper takes the place of an earlier user, password and token."""
    (found,) = creds("registry: a.io, user: u, pass: p, token: t", "registry: a.io, credHelper: x")
    assert (found.cred_helper, found.user, found.password, found.token) == ("x", "", NOTHING, NOTHING)


@pytest.mark.parametrize(
    "name", ["docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"]
)
def test_docker_hub(name: str) -> None:
    """Docker Hub is one registry, however it is called."""
    found = creds("registry: docker.io, user: u", f"registry: '{name}', pass: p")
    assert [(one.registry, one.user, one.password.reveal()) for one in found] == [("docker.io", "u", "p")]


def test_order() -> None:
    """Registries keep the order in which they are named first."""
    found = creds("registry: b.io", "registry: a.io", "registry: b.io, user: u")
    assert [one.registry for one in found] == ["b.io", "a.io"]


@pytest.mark.parametrize("entry", ["{user: u}", "{registry: '', user: u}", ""])
def test_no_registry(entry: str) -> None:
    """An entry without a registry is left out, with a warning."""
    assert warnings(f"creds:\n- {entry}") == ["regbot.yml:2: an entry of creds without a registry is left out"]


def test_unreadable_registry() -> None:
    """A registry that cannot be read is one fault, without a warning that there is none."""
    assert faults("creds: [{registry: [a]}]") == ["regbot.yml:1: registry: a list stands where one value should"]


def test_url_as_registry() -> None:
    """Of a URL only the host counts, with a warning."""
    assert warnings("creds: [{registry: 'https://a.io/v2/'}]") == [
        'regbot.yml:1: registry: only the host counts, "a.io"'
    ]


def test_no_host() -> None:
    """A registry that is no host is a fault."""
    assert faults("creds:\n- user: u\n  registry: a b\n") == [
        "regbot.yml:3: registry: it should be a host or host:port, like ghcr.io or localhost:5000"
    ]


@pytest.mark.parametrize(
    ("entry", "tls"),
    [("scheme: http", Tls.DISABLED), ("scheme: https", None), ("scheme: http, tls: enabled", Tls.ENABLED)],
)
def test_scheme(entry: str, tls: Tls | None) -> None:
    """The deprecated scheme counts where tls is not set, with a warning."""
    assert creds(f"registry: a.io, {entry}")[0].tls is tls
    assert "scheme is deprecated" in warnings(f"creds: [{{registry: a.io, {entry}}}]")[0]


@pytest.mark.parametrize(
    ("field", "entry", "value"),
    [
        ("cred_expire", "credExpire: -1s", CREDENTIALS_KEPT),
        ("blob_chunk", "blobChunk: -5", 0),
        ("blob_max", "blobMax: -9", -1),
    ],
)
def test_below_zero(field: str, entry: str, value: float) -> None:
    """Numbers below zero count as unset, but for blobMax, where they mean never."""
    assert getattr(creds(f"registry: a.io, {entry}")[0], field) == value
