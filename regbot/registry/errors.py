"""What can go wrong between us and a registry, and whose fault it is.

Texts that are no reference, digest or platform are the script's (or the operator's) fault: `InvalidText`.  Everything
that a registry or a layout answered, or failed to answer, is a `RegistryError`.  A script may catch both.  No message
holds a credential or a URL's query.
"""

from __future__ import annotations

from copy import copy
from typing import Final, Self, TypedDict

_LACKING: Final = frozenset({"MANIFEST_BLOB_UNKNOWN", "MANIFEST_UNKNOWN", "BLOB_UNKNOWN"})


class InvalidText(ValueError):
    """A text has not the form of what it should name: *what* is the noun, *why* the rule it breaks."""

    def __init__(self, what: str, text: str, why: str) -> None:
        super().__init__(f'"{text[:200]}" is no {what}: {why}')
        self.what, self.text, self.why = what, text, why


class RegistryError(Exception):
    """The registry, or the way to it, said no.

    *status* is HTTP's (0: none came), *code* the error code of the distribution specification or one of ours in the
    same style (`DIGEST_INVALID`, `UNREACHABLE`, `TOO_LARGE`), *request* is "METHOD URL" without query or credentials.

    *temporary* says that the same may well succeed a little later, *retry_after* in how many seconds the registry wants
    to be asked again (None: it did not say).  *tries* is how often it was tried before it was given up (0: nobody has
    tried it again yet).  *lost* says that an earlier try's answer was lost, so that it may have been done by then: a
    404 for a DELETE that is tried again is what was wanted.
    """

    tries = 0
    lost = False

    def __init__(  # noqa: PLR0913 -- an error carries what is known
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        registry: str = "",
        repository: str = "",
        request: str = "",
        temporary: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code
        self.registry, self.repository, self.request = registry, repository, request
        self.temporary, self.retry_after = temporary, retry_after

    @property
    def unsettled(self) -> bool:
        """Whether what was asked for may have been done all the same: there was no answer, or none that tells."""
        return self.status == 0 or self.status >= 500

    @property
    def lacks_parts(self) -> bool:
        """Whether it refuses a manifest because something that it names is not there."""
        return self.code in _LACKING

    @property
    def turns_away(self) -> bool:
        """Whether it is about who asks: what was asked for may be there or not."""
        return self.status in {401, 403}

    def given_up(self, tries: int, why: str = "") -> Self:
        """Return this error as the last of *tries*; *why* says what kept us from another one."""
        told = copy(self)
        said = "; ".join(filter(None, (f"tried {tries} times" if tries > 1 else "", why)))
        told.message = f"{self.message} ({said})" if said else self.message
        told.args, told.tries = (told.message,), tries
        return told


class Where(TypedDict, total=False):
    """What of a `RegistryError` says where it happened."""

    registry: str
    repository: str
    request: str


class NotFound(RegistryError):
    """The repository, tag, manifest or blob does not exist there."""


class Unreachable(RegistryError):
    """No answer came: refused, timed out, broken off, or TLS failed."""


class Unverified(RegistryError):
    """What came is not what was asked for: wrong digest, size or media type, or larger than is accepted."""


class WriteRefused(Exception):
    """Something tried to write through a client that only reads: a dry run.  This is our bug, never a script's."""
