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
"""Refusals that are remembered, and as many subjects for which a login was right."""
_EVERYTHING: Final = ""
"""The subject that is all of a registry."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a login rests, and until when by trio's clock."""

    why: str
    until: float


class Refusals:
    """What of one registry's logins was refused, and for which subject: what somebody wanted to do, and where."""

    def __init__(self) -> None:
        self._kept: Recent[tuple[Login, str], Refusal] = Recent(MAX_KEPT)
        # A login is here for everything as long as it is right, and for each subject that it was right for.
        self._right: Recent[tuple[Login, str], bool] = Recent(MAX_KEPT)

    def accepted(self, login: Login, subject: str) -> None:
        """Take note that a login is right, and good for *subject*."""
        self._right.put((login, subject), True)  # noqa: FBT003 -- a set that forgets
        self._right.put((login, _EVERYTHING), True)  # noqa: FBT003 -- likewise

    def is_proven(self, login: Login) -> bool:
        """Say whether a login was ever right, and nothing has shown since that it is no more."""
        return self._right.get((login, _EVERYTHING)) is not None

    def refused(self, login: Login, subject: str, why: str) -> None:
        """Take note that a login was refused when it was shown for *subject*.

        Some servers say so, too, where a right login may not do something.  So one that was ever right rests for that
        subject alone; any other, and one that was good for that very subject, rests for everything.
        """
        if self.is_proven(login) and self._right.get((login, subject)) is None:
            self.denied(login, subject, why)
            return
        self._right.forget((login, _EVERYTHING))
        self._right.forget((login, subject))
        self.denied(login, _EVERYTHING, why)

    def denied(self, login: Login, subject: str, why: str) -> None:
        """Take note that a login, right or not, is not allowed *subject*."""
        self._kept.put((login, subject), Refusal(why, trio.current_time() + REST))

    def find(self, login: Login, subject: str) -> Refusal | None:
        """Return why a login rests for *subject*; None if it does not."""
        now = trio.current_time()
        found = filter(None, (self._kept.get((login, name)) for name in (_EVERYTHING, subject)))
        return next((refusal for refusal in found if now < refusal.until), None)

    @property
    def resting(self) -> bool:
        """Whether any login rests for anything."""
        now = trio.current_time()
        return any(now < refusal.until for refusal in self._kept.values())
