"""What each configured registry is like, asked by the client that scripts' operations use.

Nothing is changed there: the requests are those of registry/remote/probing.py.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry.errors import InvalidText, RegistryError
from regbot.registry.hosts import Hosts, Tls
from regbot.registry.http.client import Client
from regbot.registry.http.exchange import Timeouts
from regbot.registry.http.retry import Retries
from regbot.registry.http.watch import Watch
from regbot.registry.remote import probing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regbot.registry.credentials import Login
    from regbot.registry.hosts import Host
    from regbot.registry.remote.probing import Ability

DEADLINE: Final = 45.0
"""Seconds that one registry may take to answer everything."""
_TIMEOUTS: Final = Timeouts(connect=10, read=20, store=20)
_RETRIES: Final = Retries(tries=2)
_AT_ONCE: Final = 16
_DAY: Final = 86400
SOON: Final = 14
"""Days before its end from which on a certificate is called one that should be renewed."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing about a registry: *found* in a word or two, *detail* as a sentence; *failed* where it should not be."""

    what: str
    found: str
    detail: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about one registry."""

    registry: str
    checks: tuple[Check, ...]


async def check_all(hosts: Sequence[Host], *, user_agent: str, deadline: float = DEADLINE) -> list[Checked]:
    """Check registries, several at once; the result has their order."""
    found: dict[str, Checked] = {}
    limit = trio.CapacityLimiter(_AT_ONCE)

    async def check(host: Host) -> None:
        async with limit:
            found[host.name] = await _Checking(host, user_agent, deadline).run()

    async with trio.open_nursery() as nursery:
        for host in hosts:
            nursery.start_soon(check, host)
    return [found[host.name] for host in hosts]


class _Checking:
    """The questions to one registry."""

    def __init__(self, host: Host, user_agent: str, deadline: float) -> None:
        self._host, self._deadline = host, deadline
        self._watch = Watch()
        self._client = Client(
            Hosts([host]), user_agent=user_agent, connect=self._watch.connect, retries=_RETRIES, timeouts=_TIMEOUTS
        )

    async def run(self) -> Checked:
        """Ask, until the registry cannot be used or there is nothing left to ask."""
        checks: list[Check] = []
        try:
            with trio.move_on_after(self._deadline) as scope:
                await self._ask(checks)
            if scope.cancelled_caught:
                checks.append(Check("answers", "slow", f"not all came within {self._deadline:g} s", failed=True))
        finally:
            with trio.CancelScope(shield=True):
                await self._client.aclose()
        return Checked(self._host.name, tuple(checks))

    async def _ask(self, checks: list[Check]) -> None:
        refused = await self._greet()
        checks.append(self._reachable(refused))
        if checks[-1].failed:
            return
        checks.append(self._tls())
        login, helpless = await self._who()
        if refused is not None or helpless is not None:
            checks.append(self._turned_away(login, refused, helpless))
            return
        repository = await probing.some_repository(self._client, self._host.name)
        deletes = await probing.deletes(self._client, repository)
        referrers = await probing.has_referrers(self._client, repository)
        await probing.look_at_quota(self._client, repository)
        checks += [
            self._login(login),
            _ability("deletes", deletes, "", "manifests cannot be deleted, and so no tags"),
            _ability("referrers", referrers, "the API", "no API: referrers are kept under a fallback tag"),
            self._rate_limit(),
        ]

    async def _greet(self) -> RegistryError | None:
        try:
            await probing.greet(self._client, self._host.name)
        except RegistryError as exc:
            return exc
        except InvalidText as exc:
            return RegistryError(str(exc), code="NAME_INVALID")
        return None

    async def _who(self) -> tuple[Login, RegistryError | None]:
        """Return who we are there, and why that cannot be found out."""
        login = self._host.login
        if not login and self._host.helper is not None:
            try:
                login = await self._host.helper()
            except RegistryError as exc:
                return login, exc
        return login, None

    def _reachable(self, refused: RegistryError | None) -> Check:
        # What comes from it after a 401 is about who we are, even if a token server is what cannot be reached.
        if refused is None or self._watch.schemes:
            return Check("reachable", "yes")
        if not self._watch.answered:
            return Check("reachable", "no", refused.message, failed=True)
        return Check("reachable", "no", f"what answers there is no registry: {refused.message}", failed=True)

    def _tls(self) -> Check:
        if self._host.tls is Tls.DISABLED:
            return Check("TLS", "no", "plain HTTP: who is on the way reads and changes everything (tls: disabled)")
        if self._host.tls is Tls.INSECURE:
            return Check("TLS", "insecure", f"{self._watch.tls}, any certificate is taken (tls: insecure)")
        ends = self._watch.certificate_ends
        if ends is None:
            return Check("TLS", "yes", self._watch.tls)
        days = int((ends - time.time()) // _DAY)
        date = datetime.fromtimestamp(ends, UTC).date()
        soon = ": renew it" if days < SOON else ""
        return Check("TLS", "yes", f"{self._watch.tls}, the certificate ends on {date}, {days} days from now{soon}")

    def _turned_away(self, login: Login, refused: RegistryError | None, helpless: RegistryError | None) -> Check:
        if helpless is not None:
            return Check("login", "failed", helpless.message, failed=True)
        assert refused is not None, "one of them was seen"
        if not login and refused.status in {401, 403}:
            return Check("login", "nobody", f"it asks for a login ({self._offered()}), and there are no credentials")
        return Check("login", "refused" if refused.turns_away else "failed", refused.message, failed=True)

    def _login(self, login: Login) -> Check:
        if not self._watch.schemes:
            return Check("login", "none", "nobody is asked who he is" + (f", {login} was not shown" if login else ""))
        if not login:
            return Check("login", "anonymous", f"it asks for a login ({self._offered()}), and there are no credentials")
        if not self._watch.let_in:
            denied = f"it asks for a login ({self._offered()}), and {login} may do nothing of what follows"
            return Check("login", "unknown", denied)
        return Check("login", "yes", f"{login}, {self._offered()}")

    def _offered(self) -> str:
        return " or ".join(scheme.capitalize() for scheme in self._watch.schemes)

    def _rate_limit(self) -> Check:
        rate = self._watch.rate_limit
        if not rate.known:
            return Check("rate limit", "none", "the registry tells of none")
        return Check("rate limit", "yes", f"{rate.remain} of {rate.limit} pulls are left")


def _ability(what: str, ability: Ability, has: str, lacks: str) -> Check:
    if ability.has is None:
        return Check(what, "unknown", ability.why)
    return Check(what, "yes" if ability.has else "no", has if ability.has else lacks)
