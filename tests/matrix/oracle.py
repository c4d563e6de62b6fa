"""What must hold of every case, whatever went wrong."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

from regbot.registry.errors import InvalidText, RegistryError
from tests.matrix.play import Mode
from tests.matrix.stage import AUTH, CANARIES, SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.matrix.operations import Operation
    from tests.matrix.play import Case, Outcome

MOST: Final = 24 << 20
"""Bytes that the client may take in, all in all: what is bounded to 8 MiB may be asked for more than once."""
GRACE: Final = 6.5
"""Seconds after the deadline for giving up uploads and putting back tags."""
MOST_REFUSED: Final = 6
"""Requests that may be turned away as unauthorized: more might lock an account."""


def faults_of(operation: Operation, clean: Outcome, case: Case, outcome: Outcome) -> Iterator[str]:
    """Give what is wrong with the outcome of a case; *clean* is what comes of the operation without any fault."""
    yield from _of_result(operation, clean, case, outcome)
    yield from _of_state(clean, case, outcome)
    yield from _of_secrets(outcome)
    yield from _of_ends(case, outcome)


def _of_result(operation: Operation, clean: Outcome, case: Case, outcome: Outcome) -> Iterator[str]:
    error = outcome.error
    if outcome.out_of_time:
        if case.mode is not Mode.IN_A_HURRY:
            yield "it does not end by itself"
    elif error is None:
        # Nobody can check a list.
        if outcome.value != clean.value and not (case.fault.lies and operation.told):
            yield f"it returned {str(outcome.value)[:200]}"
    elif isinstance(error, InvalidText) or not isinstance(error, RegistryError):
        yield f"it raised {type(error).__name__}: {error}"
    else:
        yield from _of_error(error, case)
    if case.mode is Mode.ONCE and case.fault.passing and (error or outcome.out_of_time):
        yield f"it did not survive: {error}"


def _of_error(error: RegistryError, case: Case) -> Iterator[str]:
    # A tag that may be lost is more important than the request that could not bring it back in time.
    if "http://" not in error.message and error.code != "TAG_LOST":
        yield f"the error names no request: {error}"
    if not error.registry:
        yield f"the error does not carry its registry: {error}"
    if case.fault.shown not in error.message:
        yield f"the error does not name the cause: {error}"


def _of_state(clean: Outcome, case: Case, outcome: Outcome) -> Iterator[str]:
    tags, before, after = outcome.stage.tags, outcome.before, clean.stage.tags
    lost = isinstance(outcome.error, RegistryError) and outcome.error.code == "TAG_LOST"
    for tag in tags.keys() | before.keys() | after.keys():
        if tags.get(tag) not in {before.get(tag), after.get(tag)} and not lost:
            yield f"{tag} is between old and new: {tags.get(tag)}"
    for model in outcome.stage.models.values():
        for tag, missing in model.store.broken().items():
            if not _lists_more(tag, case, outcome):
                yield f"{tag} is not whole: {missing}"
    if outcome.error is None and not outcome.out_of_time:
        if differing := {tag for tag, _ in tags.items() ^ after.items() if not _lists_more(tag, case, outcome)}:
            yield f"it succeeded, and tags are not the new ones: {sorted(differing)}"
        if outcome.stage.manifests != clean.stage.manifests:
            yield f"it succeeded, and the manifests differ: {outcome.stage.manifests ^ clean.stage.manifests}"
        if gone := clean.stage.blobs - outcome.stage.blobs:
            yield f"it succeeded, and there are blobs missing: {gone}"


def _lists_more(tag: str, case: Case, outcome: Outcome) -> bool:
    """Say whether a tag is an index of referrers that may list more than there is: something went wrong meanwhile.

    What cannot be understood can be deleted all the same, without knowing what it referred to.
    """
    return ":sha256-" in tag and (outcome.error is not None or outcome.out_of_time or case.fault.lies)


def _of_secrets(outcome: Outcome) -> Iterator[str]:
    for name, canary in CANARIES.items():
        pair = base64.b64encode(f"user:{canary}".encode()).decode()
        trusted = {name, AUTH} if name == SOURCE else {name}
        if any(secret in outcome.text for secret in (canary, pair, "t0ken-")):
            yield f"a secret of {name} is shown"
        told = {host for host, text in outcome.heard if canary in text or pair in text or f"-of-{name}" in text}
        if told - trusted:
            yield f"{told - trusted} got a secret of {name}"


def _silences(case: Case) -> bool:
    """Say whether after a fault the client cannot tell the registry anything, or that not what it should know."""
    lasting = case.fault.refuses or case.line.startswith("DELETE")
    # Who was refused says no more who he is; and the head of an answer is worth nothing if its body never ends.
    return case.fault.name in {"401", "huge body", "length overstated"} or (lasting and case.mode is not Mode.ONCE)


def _of_ends(case: Case, outcome: Outcome) -> Iterator[str]:
    if outcome.seconds > case.mode.deadline + GRACE:
        yield f"it took {outcome.seconds:.1f} s"
    if outcome.received > MOST:
        yield f"it read {outcome.received} bytes"
    if outcome.left_open:
        yield f"{outcome.left_open} connections were left open"
    uploads = outcome.stage.abandoned(outcome.locations)
    if uploads and not _silences(case):
        yield f"{len(uploads)} uploads were left behind"
    if case.fault.name in {"401", "403"} and outcome.lines.count(case.line) - case.number >= MOST_REFUSED:
        yield "it was refused again and again"
