"""Logins that were refused.  Each rests for a while: whoever repeats a wrong password is locked out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import trio

from regbot.registry.recent import Recent

if TYPE_CHECKING:
    from regbot.registry.credentials import Login

REST: Final = 60.0
"""Seconds for which a login is not shown again where it was refused."""
MAX_KEPT: Final = 1000
"""Refusals that are remembered."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login rests, and until when by trio's clock."""

    why: str
    until: float


class Refusals:
    """What of one registry's logins was refused, and where."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[Login, str], Refusal] = Recent(MAX_KEPT)
        self._proven: Login | None = None

    def accepted(self, login: Login) -> None:
        """Take note that a login is right."""
        self._proven = login

    def is_proven(self, login: Login) -> bool:
        """Say whether a login was right when it was last shown."""
        return login == self._proven

    def refused(self, login: Login, place: str, subject: str, why: str) -> None:
        """Take note that a login was refused when it was shown for *subject*.

        Some servers say so, too, where a right login may not do something.  So one that was right before rests for that
        subject alone, and for all of *place* only if it is refused once more.
        """
        where = subject if self.is_proven(login) else place
        self._proven = None
        self.denied(login, where, why)

    def denied(self, login: Login, subject: str, why: str) -> None:
        """Take note that a login, right or not, is not allowed *subject*."""
        self._kept.put((login, subject), Refusal(why, trio.current_time() + REST))

    def find(self, login: Login, *subjects: str) -> Refusal | None:
        """Return why a login rests for one of *subjects*; None if it does not."""
        now = trio.current_time()
        found = filter(None, (self._kept.get((login, subject)) for subject in subjects))
        return next((refusal for refusal in found if now < refusal.until), None)
