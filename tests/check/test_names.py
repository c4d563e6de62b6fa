from __future__ import annotations

import pytest

from tests.check.support import found

BAD = {
    'tags.ls("a")': '1 error: unknown global "tags"; did you mean "tag"?',
    'tag.list("a")': '1 error: there is no tag.list; did you mean "tag.ls"?',
    'local f = image.cpoy f("a", "b")': '1 error: there is no image.cpoy; did you mean "image.copy"?',
    'tag["list"]("a")': '1 error: there is no tag.list; did you mean "tag.ls"?',
    'tag:ls("a")': "1 error: tag.ls is called with a dot, not with a colon",
    "os.exit(1)": "1 error: scripts have no os.exit (see docs/lua.md)",
    "\nio.open('a')": "2 error: scripts have no io (see docs/lua.md)",
    "string.fromat('a')": '1 error: there is no string.fromat; did you mean "string.format"?',
    "_G.tags.ls()": '1 error: unknown global "tags"; did you mean "tag"?',
    "log(nosuch)": '1 warning: unknown global "nosuch"',
    "do local item = 1 end item()": '1 error: unknown global "item"; the local variable of that name is not seen here',
    "for x in pears(t.a) do end local t": '1 error: unknown global "pears"; did you mean "pairs"?',
    "nosuch.field = 1": '1 error: unknown global "nosuch"',
    "pcall(function() os.exit() end)": "1 warning: scripts have no os.exit (see docs/lua.md)",
    'local r = reference.new("a") r:tga()': '1 warning: no object has a method "tga"; did you mean "tag"?',
    "table.unpack({})": '1 error: there is no table.unpack; did you mean "unpack"?',
    'reference("a")': "1 error: reference is a table, not a function; there are reference.close, reference.new",
    'metric.inc("a")': "1 error: there is no metric.inc; there is metric.add",
    'log.info("a")': '1 error: log is a function and has no fields; did you mean "logger.info"?',
    "json.decode(x)": '1 error: unknown global "json"; it is a module: write local json = require("json")',
    'require("jsn")': '1 error: there is no module "jsn"; did you mean "json"?',
    'require "glob".find("*")': "1 error: there is no glob.find; there are glob.filter, glob.match",
    'local j = require("json") j.encoed(1)': '1 error: there is no json.encoed; did you mean "json.encode"?',
}


@pytest.mark.parametrize("source", BAD)
def test_bad_names(source: str) -> None:
    """A name that is not there is found, with its line and the nearest name that there is."""
    assert BAD[source] in found(source)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "x = 1 log(x) function y() end y()",
        "function f() return later() end function later() end f()",
        "_G.x = 1 x() _G['y'] = 2 y()",
        "local tag = {} tag.list() function f(image) return image.cpoy end f()",
        "tag.list = function() end tag.list() function tag.more() end tag.more()",
        "tag = {list = 1} tag.list()",
        "log = {info = print} log.info('a') log('b') tag = print tag('a')",
        "setmetatable(_G, {}) nosuch()",
        "loadstring('x = 1')() x()",
        "local t = {} function t:mine() end t:mine() local u = {yours = 1} u:yours() t.his = 1 t:his()",
        "local s = ('a'):rep(2) s:upper() local m = manifest.get('a') m:config():export() m:Config()",
        "local f = tag.ls f = other and f or log f('a')\nother = 1",
        "for name in pairs(_G) do log(name) end",
        "repeat local done = true until done",
        "for key in next, {} do log(key) end local t = {} t[t] = 1 tag[t] = 2",
        "local function f() return f end",
        "log(math.pi, string.format('%s', 1), os.time(), bit.band(1, 2))",
    ],
)
def test_good_names(source: str) -> None:
    """A name that the script made itself, or that is there, is no finding."""
    assert found(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "if nosuch then nosuch() end",
        "if os.getenv then os.getenv('HOME') end",
        "for name in pairs(tag) do log(name) end tag.list()",
        "setmetatable(tag, {__call = function() end}) tag('a')",
    ],
)
def test_asked_for(source: str) -> None:
    """Where the script looks whether something is there, its use is a doubt and no error."""
    findings = found(source)
    assert findings
    assert all("warning" in finding for finding in findings)


def test_modules_of_users() -> None:
    """A module of a user is known by its name, and may set globals and make objects of any kind."""
    assert found("require('lib.tags').prune() zzz:anything()", ["lib.tags"]) == ['1 warning: unknown global "zzz"']


def test_modules_are_listed() -> None:
    """A module that is not there is told with those that are, the user's among them."""
    (finding,) = found("require 'x'", ["lib.tags"])
    assert finding.startswith('1 error: there is no module "x"; there are glob, json, lib.tags, re')


def test_globals_of_a_module() -> None:
    """In a module a global may be that of the script which requires it."""
    assert found("return zzz.name", is_module=True) == ['1 warning: unknown global "zzz"']
