"""What cannot be exported: values that JSON, or a field, does not have."""

from __future__ import annotations

import pytest

from tests.sandbox.exports import exported_config, refusal


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ("c.config.Labels.x = 5", "config.Labels.x should be a string, not a number"),
        ("c.config.Labels = 'x'", "config.Labels should be a table, not a string"),
        ("c.config.Labels = {'x'}", "config.Labels should be a table with names: it is a list"),
        ("c.config.Env = {A = 'b'}", 'config.Env should be a list: it has the name "A"'),
        ("c.config.Env[3] = 'x'", "config.Env has a gap at 1: a list has none"),
        ("c.config.Env = 5", "config.Env should be a list, not a number"),
        ("c.config.Env = {1}", "config.Env.1 should be a string, not a number"),
        ("c.config.StopTimeout = 1.5", "config.StopTimeout should be a whole number of at most 64 bits, not 1.5"),
        ("c.config.StopTimeout = 1e20", "config.StopTimeout should be a whole number of at most 64 bits, not 1e+20"),
        ("c.config.StopTimeout = {}", "config.StopTimeout should be a whole number, not a table"),
        ("c.config.ArgsEscaped = 1", "config.ArgsEscaped should be true or false, not a number"),
        ("c.config.ExposedPorts.x = 1", "config.ExposedPorts.x should be a table, not a number"),
        ("c.config = 1", "config should be a table, not a number"),
        ("c.config = {{}}", "config has a key that is a number, where only names can be"),
        ("c.Platform = true", "Platform should be a table, not a boolean"),
        ("rawset(c.rootfs, 'Type', 'y')", 'rootfs has both "type" and "Type", two names of one field'),
        ("c.created = '2023-02-29T00:00:00Z'", "created should be a time of RFC 3339: there is no day 2023-02-29"),
        ("c.created = 5", "created should be a time of RFC 3339, not a number"),
        ("c.foo = {bar = print}", "foo.bar is a function, and JSON has no such value"),
        ("c.foo = {bar = image.config('a')}", "foo.bar is a config, and JSON has no such value"),
        ("c.foo = {coroutine.create(print)}", "foo.1 is a thread, and JSON has no such value"),
        ("c.foo = 1LL", "foo is a cdata, and JSON has no such value"),
        ("c.foo = {0/0}", "foo.1 is no number that JSON has"),
        ("c.foo = -1/0", "foo is no number that JSON has"),
        ("c.foo = {1, nil, 3}", "foo has a gap at 2: a list has none"),
        ("c.foo = {1, a = 2}", 'foo has positions and names, such as "a": it is neither a list nor an object'),
        ("c.foo = {[true] = 1}", "foo has a key that is a boolean, only names or the positions of a list can be"),
        ("c.foo = {[1.5] = 1}", "foo has a key that is a number, only names or the positions of a list can be"),
        ("c.foo = {} c.foo.bar = c.foo", "foo.bar contains itself"),
        ("c.config.x = c.config", "config.x contains itself"),
        ("local t = ('x'):rep(2^20) c.foo = {t, t, t, t, t, t, t, t}", "it would have more than 8388608 bytes as JSON"),
    ],
)  # fmt: skip
def test_what_cannot_be_exported(changes: str, fault: str) -> None:
    """What JSON, or the field, cannot hold is an error that names the place and what is expected."""
    assert refusal(changes) == fault


@pytest.mark.parametrize(("levels", "fault"), [(125, None), (126, " is deeper than 128 levels")])
def test_depth(levels: int, fault: str | None) -> None:
    """What is written is never deeper than what is read."""
    changes = f"c.foo = {{}} local t = c.foo for i = 1, {levels} do t.a = {{}} t = t.a end t.a = 1"
    if fault:
        assert refusal(changes).endswith(fault)
    else:
        document = exported_config("{}", changes)
        assert exported_config(document) == document
