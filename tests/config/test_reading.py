from __future__ import annotations

import pytest

from .support import faults, warnings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("scirpts: []", 'configuration has no key "scirpts", it is ignored; did you mean "scripts"?'),
        ("Scripts: []", 'configuration has no key "Scripts", it is ignored; did you mean "scripts"?'),
        ("defaults: {paralel: 1}", 'defaults has no key "paralel", it is ignored; did you mean "parallel"?'),
        ("creds: [{registry: a.io, password: x}]", 'creds has no key "password", it is ignored; did you mean "pass"?'),
        ("creds: [{registry: a.io, reqpersec: 1}]", 'did you mean "reqPerSec"?'),
        ("scripts: [{name: a, frequency: 5m}]", 'script has no key "frequency", it is ignored'),
        ("defaults: {limits: {memroy: 1GiB}}", 'limits has no key "memroy", it is ignored; did you mean "memory"?'),
    ],
)
def test_unknown_key(text: str, message: str) -> None:
    """A key that is not known is ignored with a warning that names the nearest known one."""
    (found,) = warnings(text)
    assert found.startswith("regbot.yml:1: ")
    assert message in found


@pytest.mark.parametrize("text", ["x-anything: [1, {a: b}]", "defaults: {x-a: 1}", "scripts: [{name: a, x-b: 2}]"])
def test_extension(text: str) -> None:
    """A key that begins with x- is the user's, at every level."""
    assert warnings(text) == []


@pytest.mark.parametrize(
    "text", ["defaults: ~", "creds: ~", "scripts:", "defaults: {limits: }", "defaults: {timeout: }"]
)
def test_null(text: str) -> None:
    """What is null is not set."""
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a", "configuration should be a map, like key: value"),
        ("a", "configuration should be a map, like key: value"),
        ("defaults: [a]", "defaults should be a map, like key: value"),
        ("defaults: {limits: 1GiB}", "limits should be a map, like key: value"),
        ("scripts: a", "scripts should be a list; each entry begins with a dash"),
        ("creds: {registry: a.io}", "creds should be a list; each entry begins with a dash"),
        ("creds: [a.io]", "creds should be a map, like key: value"),
    ],
)
def test_wrong_shape(text: str, message: str) -> None:
    """A section that is no map or list is a fault."""
    assert f"regbot.yml:1: {message}" in faults(text)
