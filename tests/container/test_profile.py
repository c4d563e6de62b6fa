from __future__ import annotations

from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from tests.container import profiles

# config-linux.md of the OCI runtime specification, "Seccomp", as far as it is used here; `comment` is Docker's.
ARGUMENT: Final = {
    "type": "object",
    "properties": {
        "index": {"type": "integer", "minimum": 0, "maximum": 5},
        "value": {"type": "integer", "minimum": 0, "maximum": (1 << 64) - 1},
        "valueTwo": {"type": "integer", "minimum": 0, "maximum": (1 << 64) - 1},
        "op": {"enum": ["SCMP_CMP_EQ", "SCMP_CMP_MASKED_EQ"]},
    },
    "required": ["index", "value", "op"],
    "additionalProperties": False,
}
RULE: Final = {
    "type": "object",
    "properties": {
        "names": {"type": "array", "items": {"type": "string", "pattern": "^[a-z0-9_]+$"}, "minItems": 1},
        "action": {"enum": ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO"]},
        "errnoRet": {"type": "integer"},
        "args": {"type": "array", "items": ARGUMENT, "minItems": 1},
        "comment": {"type": "string", "pattern": "[.]$"},
    },
    "required": ["names", "action", "comment"],
    "additionalProperties": False,
}
PROFILE: Final = {
    "type": "object",
    "properties": {
        "comment": {"type": "string"},
        "defaultAction": {"const": "SCMP_ACT_ERRNO"},
        "defaultErrnoRet": {"const": 38},
        "architectures": {"const": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"]},
        "syscalls": {"type": "array", "items": RULE},
    },
    "required": ["defaultAction", "defaultErrnoRet", "architectures", "syscalls"],
    "additionalProperties": False,
}


def test_form() -> None:
    """The profile has the form of the OCI specification, and each rule a reason."""
    Draft202012Validator(PROFILE).validate(profiles.read())


def test_no_name_twice() -> None:
    """A call is named once, or each time with other arguments: no rule is hidden behind a wider one."""
    rules: dict[str, list[Any]] = {}
    for rule in profiles.read()["syscalls"]:
        for name in rule["names"]:
            rules.setdefault(name, []).append(rule.get("args"))
    for name, arguments in rules.items():
        assert len(arguments) == 1 or None not in arguments, name
        assert all(arguments.count(some) == 1 for some in arguments), name


def test_one_action_for_each_name() -> None:
    """No call is allowed by one rule and refused by another: runtimes differ in which of them wins."""
    rules = profiles.read()["syscalls"]
    refused = {name for rule in rules if rule["action"] != "SCMP_ACT_ALLOW" for name in rule["names"]}
    assert refused == {"clone3"}
    assert profiles.names(profiles.read()).count("clone3") == 1


def test_one_argument_once() -> None:
    """No rule asks twice for one argument: runc would let either condition do, crun wants both."""
    for rule in profiles.read()["syscalls"]:
        places = [argument["index"] for argument in rule.get("args", ())]
        assert len(places) == len({*places}), rule["names"]


def test_names_exist() -> None:
    """Every name is a system call of one machine at least; a misspelt one would be skipped in silence."""
    known = {name for machine in profiles.MACHINES for name in profiles.numbers(machine)}
    assert not {*profiles.names(profiles.read())} - known


@pytest.mark.parametrize("machine", profiles.MACHINES)
def test_size(machine: str) -> None:
    """The program is one that the kernel takes: 4096 instructions at most, and far fewer."""
    assert len(profiles.program(machine)) // 8 < 1024
