"""What holds for all modules that come with regbot."""

from __future__ import annotations

import pytest

from regbot.supervisor.operations.modules import own
from tests.sandbox.scripted import logs


@pytest.mark.parametrize("name", sorted(own()))
def test_loads_by_itself(name: str) -> None:
    """Each module can be required first, and requires none in a circle."""
    assert logs(f"log(type(require('{name}')) == 'nil' and 'nothing' or 'loaded')") == ["loaded"]


def test_nothing_is_looked_up_later() -> None:
    """A script that empties its globals and libraries changes nothing for the modules that it has."""
    source = """
        local log, next, re, glob = log, next, require('re'), require('glob')
        local semver, retention = require('semver'), require('retention')
        for _, library in next, {string, table, math, os, _G} do
          for name in next, library do library[name] = nil end
        end
        log(re.gsub('(a+)b?', 'xaab', '<$1>') .. re.match('[[:alpha:]]{2}', '1ab') .. re.find('b', 'ab'))
        log(glob.filter({'a', 'b'}, '{b,c}*')[1])
        log(semver.sort({'1.0.0-rc.1', '1.0.0'}, 'desc')[1] .. semver.parse('1.0.0+b').build)
        local keep = retention.select({'1.0.0', '2.0.0', 'x'}, {newest = 1, order = 'semver', age = 1, pattern = 'x'})
        log(keep[3].reason)"""
    assert logs(source) == [
        "x<aa>ab2",
        "b",
        "1.0.0b",
        "matches x; may be among the newest 1: it is no version; age not known",
    ]


def test_globals_stay_as_they_were() -> None:
    """No module leaves a global behind."""
    source = f"""
        local before, count = {{}}, 0
        for name in pairs(_G) do before[name] = true end
        for name in ('{" ".join(own())}'):gmatch('%S+') do require(name) end
        for name in pairs(_G) do count = count + (before[name] and 0 or 1) end
        log(count)"""
    assert logs(source) == ["0"]
