from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from regbot.config.findings import ConfigError
from regbot.config.loading import Loaded, examine, load
from regbot.config.model import Config, Defaults, Limits
from regbot.config.schedule import Schedule

from .support import CANARY, faults, loaded, no_file, script, warnings


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "version: 1\n", "scripts:\n", "scripts: []\n", "scripts: null", "~"]
)
def test_nothing_to_do(text: str) -> None:
    """A file that says nothing is a configuration without scripts."""
    assert loaded(text) == Loaded(Config(1, (), Defaults(), ()), ())


def test_script() -> None:
    """A script has its name, its text and the line on which the text begins."""
    found = loaded("scripts:\n  - name: a\n    script: |\n      log('x')\n").config.scripts[0]
    assert (found.name, found.text, found.line) == ("a", "log('x')\n", 4)
    assert (found.timeout, found.schedule, found.interval, found.limits.memory) == (None, None, None, Limits().memory)


def test_script_without_text() -> None:
    """A script without a text is one that does nothing."""
    found = loaded("scripts:\n  - name: a\n").config.scripts[0]
    assert (found.text, found.line) == ("", 2)


@pytest.mark.parametrize(
    ("style", "lines"), [("|\n    a\n    b", [3, 4]), (">\n    a\n\n    b", [3, 3]), ('"a\\nb"', [2, 2])]
)
def test_lines_of_a_script(style: str, lines: list[int]) -> None:
    """A block's lines are lines of the file; of any other text it is known where it begins."""
    found = loaded(f"scripts:\n- script: {style}\n  name: a\n").config.scripts[0]
    assert [found.line_of(number) for number in (1, 2)] == lines


def test_script_that_is_not_in_the_file() -> None:
    """What `defaults` say is also had by a script from elsewhere."""
    plain = loaded("defaults: {timeout: 5s, limits: {memory: 64MiB}}").config.plain
    assert (plain.text, plain.timeout, plain.limits.memory) == ("", 5, 64 << 20)


def test_what_can_be_read() -> None:
    """Of a configuration that cannot be used the rest is read all the same."""
    found = examine(b"defaults: {timeout: x}\nscripts: [{name: a, script: b}]", "f", environ={})
    assert ([script.text for script in found.config.scripts], len(found.errors)) == (["b"], 1)


@pytest.mark.parametrize("name", ["0123", "yes", "1.0", "true", "2001-01-01"])
def test_name_as_written(name: str) -> None:
    """A name has the characters of the file."""
    assert loaded(f"scripts: [{{name: {name}}}]").config.scripts[0].name == name


@pytest.mark.parametrize(
    ("own", "default", "seconds"),
    [
        ("10s", "1m", 10),
        ("0s", "1m", 60),
        ("-5s", "1m", None),
        ("~", "1m", 60),
        ("~", "~", None),
        ("~", "-1s", None),
        ("~", "0", None),
    ],
)
def test_timeout(own: str, default: str, seconds: float | None) -> None:
    """A script's timeout beats the default; zero is not set, below zero is none."""
    assert script(f"timeout: {own}", f"{{timeout: {default}}}").timeout == seconds


DAILY, HOURLY = Schedule.parse("@daily"), Schedule.parse("@hourly")


@pytest.mark.parametrize(
    ("own", "defaults", "when"),
    [
        ("x-a: 1", "{}", (None, None)),
        ("interval: 1m", "{}", (None, 60)),
        ("interval: 1m", "{schedule: '@daily', interval: 1h}", (None, 60)),
        ("schedule: '@hourly'", "{schedule: '@daily', interval: 1h}", (HOURLY, None)),
        ("schedule: '@hourly', interval: 1m", "{}", (HOURLY, None)),
        ("x-a: 1", "{schedule: '@daily', interval: 1h}", (DAILY, None)),
        ("x-a: 1", "{interval: 1h}", (None, 3600)),
        ("interval: 0s, schedule: ''", "{interval: 1h}", (None, 3600)),
    ],
)
def test_when(own: str, defaults: str, when: tuple[Schedule | None, float | None]) -> None:
    """A script's own schedule or interval beats every default, and a schedule beats an interval."""
    found = script(own, defaults)
    assert (found.schedule, found.interval) == when


def test_negative_interval() -> None:
    """A negative interval counts as none."""
    assert script("interval: -5s").interval is None


@pytest.mark.parametrize(
    ("own", "default", "size"), [("64MiB", "1GiB", 64 << 20), ("~", "1GiB", 1 << 30), ("~", "~", Limits().memory)]
)
def test_memory(own: str, default: str, size: int) -> None:
    """A script's memory limit beats the default one."""
    assert script(f"limits: {{memory: {own}}}", f"{{limits: {{memory: {default}}}}}").limits.memory == size


def test_defaults() -> None:
    """What holds for all scripts together is in defaults."""
    text = "defaults: {parallel: 3, skipDockerConfig: yes, userAgent: me/1.0, blobLimit: 4096}"
    assert loaded(text).config.defaults == Defaults(3, skip_docker_config=True, user_agent="me/1.0", blob_limit=4096)


def test_negative_parallel() -> None:
    """A negative parallel counts as unset."""
    assert loaded("defaults: {parallel: -1}").config.defaults.parallel == 0


def test_all_faults_at_once() -> None:
    """Every fault of a file is told, in the order of the lines."""
    text = """\
version: 2
creds:
  - registry: example.com
    tls: maybe
    user: '{{env "NOPE"}}'
defaults:
  parallel: many
  schedule: '@never'
scripts:
  - script: log("x")
  - name: b
    timeout: 10
    limits: {memory: 5}
"""
    found = faults(text)
    assert [line.split(":")[1] for line in found] == ["1", "4", "5", "7", "8", "10", "12", "13"]
    assert found[4].startswith('regbot.yml:8: schedule: "@never" is no schedule')


def test_warnings_beside_faults() -> None:
    """An error carries the warnings, too: a typo often explains what is missing."""
    with pytest.raises(ConfigError) as caught:
        loaded("scripts:\n  - nmae: a\n")
    assert [str(found) for found in caught.value.findings] == [
        "regbot.yml:2: a script without a name; every script needs one"
    ]
    assert 'did you mean "name"?' in str(caught.value.warnings[0])


@pytest.mark.parametrize("entry", ["{name: ''}", "{name: }", "{script: x}", "", "{name: ~}"])
def test_no_name(entry: str) -> None:
    """A script needs a name."""
    assert faults(f"scripts:\n- {entry}") == ["regbot.yml:2: a script without a name; every script needs one"]


def test_unreadable_name() -> None:
    """A name that cannot be read is one fault and not two."""
    assert faults("scripts: [{name: [a]}]") == ["regbot.yml:1: name: a list stands where one value should"]


def test_long_name() -> None:
    """A name has a length that the log and the protocol bear, in bytes."""
    assert loaded(f"scripts: [{{name: {'é' * 128}}}]").config.scripts
    assert faults(f"scripts: [{{name: {'é' * 129}}}]") == ["regbot.yml:1: name: it is longer than 256 bytes"]


def test_same_name() -> None:
    """Two scripts of one name both count, with a warning."""
    text = "scripts:\n- name: a\n- name: b\n- name: a\n"
    assert [found.name for found in loaded(text).config.scripts] == ["a", "b", "a"]
    assert warnings(text) == ['regbot.yml:4: a second script is called "a", like that of line 2; both run']


def test_fault_in_anchor() -> None:
    """A fault in what several scripts share is told one time."""
    text = "x-a: &a\n  timeout: soon\nscripts:\n  - {<<: *a, name: a}\n  - {<<: *a, name: b}\n"
    assert len(faults(text)) == 1


def test_not_yaml() -> None:
    """A file that is no YAML is one fault."""
    assert faults("a: [") == ["regbot.yml:1: not YAML: did not find expected node content, while parsing a flow node"]


def test_templates() -> None:
    """Templates are expanded in the fields that say so, and nowhere else."""
    text = """
creds: [{registry: '{{env "R"}}', user: '{{env "U"}}', api: '{{x}}'}]
scripts: [{name: a, script: '{{x}}'}]
"""
    config = loaded(text, {"R": "ghcr.io", "U": "bot"}).config
    assert (config.creds[0].registry, config.creds[0].user, config.creds[0].api) == ("ghcr.io", "bot", "{{x}}")
    assert config.scripts[0].text == "{{x}}"


def test_template_line() -> None:
    """A fault in a template of several lines is told with its own line of the file."""
    text = "creds:\n- registry: a.io\n  pass: |\n    a\n    {{nosuch}}\n  user: '{{nosuch}}'\n"
    assert [fault.split(" ")[0] for fault in faults(text)] == ["regbot.yml:5:", "regbot.yml:6:"]


@pytest.mark.parametrize(
    "password",
    [
        "'CANARY{{nosuch}}'",
        "'{{\"CANARY\" | nosuch}}'",
        '\'{{printf "%d" "CANARY"}}\'',
        '\'{{env "SECRET" | printf "%d"}}\'',
        "'{{index (env \"SECRET\") 99}}'",
        "'{{(env \"SECRET\").Field}}'",
        "'{{range env \"SECRET\"}}{{end}}'",
        "'{{`CANARY'",
        "'{{\"CANARY'",
        "[CANARY]",
        "{CANARY: CANARY}",
        "!CANARY",
        "*CANARY",
        "!!binary CANARY",
        "{{CANARY}",
    ],
)
def test_no_secret_in_faults(password: str) -> None:
    """No fault shows a password, nor what a template makes of a variable."""
    text = f"creds: [{{registry: a.io, pass: {password.replace('CANARY', CANARY)}}}]"
    found = faults(text, {"SECRET": CANARY})
    assert found
    assert CANARY not in "".join(found)


def test_no_secret_in_repr() -> None:
    """A loaded configuration shows none of its secrets."""
    text = f"creds: [{{registry: a.io, pass: {CANARY}, token: {CANARY}, clientKey: '{{{{env \"K\"}}}}'}}]"
    found = loaded(text, {"K": CANARY})
    assert found.config.creds[0].client_key.reveal() == CANARY
    assert CANARY not in repr(found)
    assert CANARY not in str(found)


FRAGMENTS = st.sampled_from(
    [
        *(
            "version: ",
            "creds:",
            "defaults:",
            "scripts:",
            "x-a: ",
            "- ",
            "\n",
            "\n  ",
            "\n  - ",
            "name: ",
            "script: ",
            "|\n",
        ),
        *(
            "timeout: ",
            "1h",
            "10",
            "schedule: ",
            "'@daily'",
            "* * * * *",
            "limits: ",
            "memory: ",
            "128MiB",
            "registry: ",
        ),
        *(
            "a.io",
            "pass: ",
            "'{{env \"A\"}}'",
            "'{{",
            "}}'",
            "&a ",
            "*a",
            "<<: ",
            "[",
            "]",
            "{",
            "}",
            ",",
            ": ",
            "!!str ",
            "~",
        ),
        *("tls: ", "apiOpts: ", "mirrors: ", "\t", "\ufeff", "\0", "---\n", "é", '"', "'", "#"),
    ]
)


@given(st.binary() | st.lists(FRAGMENTS).map(lambda pieces: "".join(pieces).encode()))
@example(b"\xff\xfe")
@example(b"? - a\n: b")
@example(b"[" * 5000)
def test_any_bytes(content: bytes) -> None:
    """Any bytes are a configuration or a ConfigError, and nothing else."""
    with suppress(ConfigError):
        assert isinstance(load(content, "f", environ={"A": "x"}, read_file=no_file), Loaded)
