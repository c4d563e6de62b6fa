from __future__ import annotations

import pytest

from regbot.supervisor.doctor.advice import KEEPS, remedy


def asked(wall: str, detail: str = "", *, user: int = 1000, **settings: str) -> str:
    """Return what to do, where the kernel has these settings (the slash of a name is two underscores)."""
    return remedy(wall, detail, user=user, setting=lambda name: settings.get(name.replace("/", "__"), ""))


def test_settings() -> None:
    """Where a setting of the kernel forbids user namespaces, it is named with what allows them."""
    assert "sysctl user.max_user_namespaces=10000, or" in asked("net", user__max_user_namespaces="0")
    assert "clone=1" in asked("user", kernel__unprivileged_userns_clone="0", user__max_user_namespaces="9")


def test_root() -> None:
    """To root settings for users mean nothing: it lacks a capability."""
    assert asked("net", user=0, user__max_user_namespaces="0").startswith("Root needs CAP_SYS_ADMIN")


def test_root_folder() -> None:
    """An empty root takes a mount namespace, about which enough was said."""
    assert asked("root", "needs the mount namespace") == "It comes with the mount namespace."


@pytest.mark.parametrize("wall", sorted(KEEPS))
def test_every_wall(wall: str) -> None:
    """There is something to do about each."""
    assert asked(wall).endswith(".")
