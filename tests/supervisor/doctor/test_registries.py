from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from regbot.registry.credentials import Login, Secret
from regbot.registry.errors import RegistryError
from regbot.registry.hosts import Host, Tls
from regbot.registry.remote.probing import ZEROS
from regbot.supervisor.doctor.registries import check_all
from tests import images

if TYPE_CHECKING:
    from regbot.supervisor.doctor.registries import Check
    from tests.conftest import MakeRegistry

USER = "me"
PASSWORD = "canary-of-a-password"


async def checks(host: Host, *, deadline: float = 45.0) -> dict[str, Check]:
    """Return what is found out about one registry."""
    (found,) = await check_all([host], user_agent="regbot tests", deadline=deadline)
    assert PASSWORD not in str(found)
    return {check.what: check for check in found.checks}


def secured(make_registry: MakeRegistry) -> Host:
    """Return a registry with TLS and a login."""
    registry = make_registry(users={USER: PASSWORD}, tls=True)
    assert registry.ca is not None
    return Host(registry.host, regcert=registry.ca.read_text(), login=Login(USER, Secret(PASSWORD)))


async def test_open(make_registry: MakeRegistry) -> None:
    """What an open registry over http is like is said, and none of it is a failure."""
    found = await checks(Host(make_registry().host, tls=Tls.DISABLED))
    assert {what: check.found for what, check in found.items()} == {
        "reachable": "yes",
        "TLS": "no",
        "login": "none",
        "deletes": "yes",
        "referrers": "no",
        "rate limit": "none",
    }
    assert not any(check.failed for check in found.values())


async def test_secured(make_registry: MakeRegistry) -> None:
    """A login that is accepted is named with its scheme, and a certificate that ends soon with its day."""
    found = await checks(secured(make_registry))
    assert found["login"].detail == 'user "me", Basic'
    assert found["TLS"].detail.startswith("TLSv1.3, the certificate ends on 20")
    assert found["TLS"].detail.endswith("days from now: renew it")


@pytest.mark.parametrize("delete", [True, False])
async def test_deletes(make_registry: MakeRegistry, *, delete: bool) -> None:
    """Whether manifests can be deleted is asked by one DELETE of what cannot be there; nothing else writes."""
    registry = make_registry(delete=delete)
    found = await checks(Host(registry.host, tls=Tls.DISABLED))
    assert found["deletes"].found == ("yes" if delete else "no")
    writes = [path for method, path, _ in registry.requests() if method not in {"GET", "HEAD"}]
    assert writes == [f"/v2/regbot-doctor/absent/manifests/{ZEROS}"]


async def test_repository_that_is_there(make_registry: MakeRegistry) -> None:
    """Where the registry tells of a repository, that one is asked."""
    registry = make_registry()
    images.push(registry, "team/app", "v1", images.image())
    found = await checks(Host(registry.host, tls=Tls.DISABLED))
    assert found["deletes"].found == "yes"
    assert f"/v2/team/app/manifests/{ZEROS}" in {path for _, path, _ in registry.requests()}


async def test_wrong_password(make_registry: MakeRegistry) -> None:
    """A refused login is a failure that names the user, and nothing else is asked."""
    found = await checks(replace(secured(make_registry), login=Login(USER, Secret("wrong" + PASSWORD))))
    assert (found["login"].found, found["login"].failed) == ("refused", True)
    assert 'the registry refuses user "me"' in found["login"].detail
    assert "deletes" not in found


async def test_nobody(make_registry: MakeRegistry) -> None:
    """To have no credentials where some are asked for is said, and no failure."""
    found = await checks(replace(secured(make_registry), login=Login()))
    assert (found["login"].found, found["login"].failed) == ("nobody", False)


async def test_helper_that_fails(make_registry: MakeRegistry) -> None:
    """A credential helper that fails is why there is no login."""

    async def helper() -> Login:
        raise RegistryError("the helper has failed", code="CREDENTIALS")

    found = await checks(replace(secured(make_registry), login=Login(), helper=helper))
    assert (found["reachable"].found, found["login"].failed, found["login"].detail) == (
        "yes",
        True,
        "the helper has failed",
    )


async def test_insecure(make_registry: MakeRegistry) -> None:
    """That a certificate is not checked is said."""
    found = await checks(replace(secured(make_registry), regcert="", tls=Tls.INSECURE))
    assert found["TLS"].found == "insecure"


@pytest.mark.parametrize(
    ("host", "why"),
    [
        (Host("127.0.0.1:1"), "the connection was refused"),
        (Host("registry.invalid"), "its name does not resolve"),
        (Host("a"), '"a" is no registry'),
        (Host("b.io", hostname=f"{USER}:{PASSWORD}@b.io"), "the hostname of registry b.io should be a host"),
    ],
)
async def test_unreachable(host: Host, why: str) -> None:
    """A registry that cannot be reached is a failure, with its cause."""
    found = await checks(host)
    assert (set(found), found["reachable"].failed) == ({"reachable"}, True)
    assert why in found["reachable"].detail


async def test_unknown_authority(make_registry: MakeRegistry) -> None:
    """A certificate that nobody vouches for is a failure that says which setting would."""
    found = await checks(replace(secured(make_registry), regcert=""))
    assert "regcert names the CA to trust" in found["reachable"].detail


async def test_silence() -> None:
    """A registry that says nothing is given up at its deadline, and the others are asked meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = Host(f"127.0.0.1:{silent.getsockname()[1]}", tls=Tls.DISABLED)
        first, second = await check_all([host, Host("127.0.0.1:1")], user_agent="x", deadline=1)
    assert [check.detail for check in first.checks] == ["not all came within 1 s"]
    assert second.checks[0].failed
