"""Every subject by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.fuzz.subjects import configurations, documents, frames, payloads, references, spans, templates

if TYPE_CHECKING:
    from tests.fuzz.subject import Subject

SUBJECTS: Final[dict[str, Subject]] = {
    subject.name: subject
    for subject in (
        frames.SUBJECT,
        payloads.VALUES,
        payloads.LUA,
        references.REFERENCES,
        references.NAMES,
        templates.SUBJECT,
        spans.SUBJECT,
        configurations.SUBJECT,
        documents.SUBJECT,
    )
}
