from __future__ import annotations

import httpx
import pytest

from regbot.registry.credentials import Secret, hide
from regbot.registry.http.notices import MAX_OF_ANSWER, MAX_OF_REGISTRY, Notices
from tests.fake_registry import Listener


def warned(*values: str) -> list[str]:
    """Return what is passed on of an answer with *values* of the header."""
    listener = Listener()
    Notices(listener).take("a", httpx.Headers([("Warning", value) for value in values]))
    return listener.warned


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('299 - "this registry will close"', "this registry will close"),
        (r'299 - "a \"quoted\" word"', 'a "quoted" word'),
        ('299 - "a\x1b[31m\tb"', "a [31m b"),
        ('299 - "' + "x" * 4096 + '"', "x" * 500),
    ],
)
def test_warning(value: str, text: str) -> None:
    """A warning is passed on in one line of printable characters, with the registry's name."""
    assert warned(value) == [f"registry a warns: {text}"]


@pytest.mark.parametrize("value", ["", '199 - "a"', '299 a.example "a"', "299 - a", '299 - ""', '299 - "a'])
def test_none(value: str) -> None:
    """What has not the form of the specification is none."""
    assert warned(value) == []


@pytest.mark.parametrize("values", [('299 - "a"', '299 - "b"'), ('299 - "a", 299 - "b"',)])
def test_several(values: tuple[str, ...]) -> None:
    """There may be several, in one header or in more."""
    assert warned(*values) == ["registry a warns: a", "registry a warns: b"]


def test_once() -> None:
    """Each is passed on once for each registry, however many answers hold it."""
    listener = Listener()
    notices = Notices(listener)
    for registry in ("a", "b", "a"):
        notices.take(registry, httpx.Headers({"Warning": '299 - "x"'}))
    assert listener.warned == ["registry a warns: x", "registry b warns: x"]


def test_many_of_one_answer() -> None:
    """Of too many in one answer a few are passed on, and that there are more; the next one may still say something."""
    listener = Listener()
    notices = Notices(listener)
    many = ", ".join(f'299 - "{number}"' for number in range(5000))
    for value in (many, many, '299 - "else"'):
        notices.take("a", httpx.Headers({"Warning": value}))
    assert len(listener.warned) == MAX_OF_ANSWER + 2
    assert listener.warned[-2:] == [
        "registry a warns of more than that; the rest is left out",
        "registry a warns: else",
    ]


def test_many_of_one_registry() -> None:
    """A registry that always warns of something else is not listened to for ever; others are."""
    listener = Listener()
    notices = Notices(listener)
    for number in range(3 * MAX_OF_REGISTRY):
        notices.take("a", httpx.Headers({"Warning": f'299 - "{number}"'}))
    notices.take("b", httpx.Headers({"Warning": '299 - "x"'}))
    assert len(listener.warned) == MAX_OF_REGISTRY + 2
    assert listener.warned[-2:] == [
        "registry a warns of more than that; the rest is left out",
        "registry b warns: x",
    ]


def test_secret() -> None:
    """A secret is masked before a warning is cut or folded."""
    listener = Listener()
    secret = Secret("two  spaces")
    headers = httpx.Headers({"Warning": f'299 - "{"x" * 495} two  spaces"'})
    Notices(listener).take("a", headers, lambda text: hide(text, [secret]))
    assert listener.warned == [f"registry a warns: {'x' * 495} ***"]
