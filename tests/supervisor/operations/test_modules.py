from __future__ import annotations

import pytest

from regbot.supervisor.operations.arguments import InvalidArgument
from regbot.supervisor.operations.modules import OF_PRELUDE, Modules, own, own_names


def test_own_modules() -> None:
    """The modules of regbot have their paths for names, with dots."""
    assert {"re", "glob", "semver", "retention", "re.parser"} <= own().keys()
    assert own_names() == own().keys() | OF_PRELUDE


def test_own_modules_come_first() -> None:
    """No module of a user takes the place of one of regbot's; any other name is the user's."""
    modules = Modules({"re": b"mine", "tags": b"mine"})
    assert modules.source("re") == own()["re"]
    assert modules.source("tags") == b"mine"


def test_an_empty_module_is_one() -> None:
    """A module without any text is found."""
    assert Modules({"empty": b""}).source("empty") == b""


@pytest.mark.parametrize("name", ["none", "../tags", "/etc/passwd", "", "tags.lua", "lib/tags", "a" * 4096])
def test_unknown_modules(name: str) -> None:
    """Whatever is no name of a module is an error that lists modules, without the parts of regbot's own."""
    with pytest.raises(InvalidArgument, match="there is no such module; there are ") as caught:
        Modules({"lib.tags": b""}).source(name)
    assert {'"lib.tags"', '"re"', '"json"'} <= set(str(caught.value).replace(",", "").split())
    assert "re.parser" not in str(caught.value)
