"""What was learned of how to log in at one place: a registry, or a repository of one that has a login for each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regbot.registry.auth.realm import BadRealm, parse_realm
from regbot.registry.credentials import ANONYMOUS, Login

if TYPE_CHECKING:
    from collections.abc import Sequence

    import httpx

    from regbot.registry.auth.challenges import Challenge
    from regbot.registry.hosts import Host


@dataclass(slots=True)
class Place:
    """A place that is called *name*; *scheme* is "" until a challenge taught one that is understood."""

    name: str
    scheme: str = ""
    realm: httpx.URL | None = None
    """The token server, for "bearer"."""
    service: str = ""
    login: Login = ANONYMOUS
    """Who we were when something was last asked for, whether or not that was said."""
    anonymous: str = ""
    """Why it was not said, "" if it was."""
    shown: tuple[Login, str] = (ANONYMOUS, "")
    """The login that was itself sent last, and how."""

    def learn(self, challenges: Sequence[Challenge], host: Host) -> str:
        """Take up the best of what a 401 offers; return the scope that it wants a token for, if it says one."""
        for challenge in challenges:
            if challenge.scheme == "bearer":
                try:
                    realm = parse_realm(challenge.parameters.get("realm", ""), host)
                except BadRealm:
                    continue
                self.scheme, self.realm, self.service = "bearer", realm, challenge.parameters.get("service", "")
                return challenge.parameters.get("scope", "")
        if any(challenge.scheme == "basic" for challenge in challenges):
            self.scheme, self.realm = "basic", None
        return ""


def unusable(challenges: Sequence[Challenge], host: Host) -> str:
    """Say why none of *challenges* can be answered."""
    for challenge in challenges:
        if challenge.scheme == "bearer":
            try:
                parse_realm(challenge.parameters.get("realm", ""), host)
            except BadRealm as exc:
                return f"the registry {exc}; nothing is sent there"
    offered = ", ".join(challenge.scheme[:40].capitalize() for challenge in challenges)
    if not offered:
        return "the registry does not say how to log in"
    return f"the registry asks for authentication by {offered}, and only Basic and Bearer are understood"
