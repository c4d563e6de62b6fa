"""What the soak runs: scripts that attack, scripts that check their own work, and children that are taken over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from regbot.config.model import Limits
from regbot.supervisor.runs.outcome import Verdict

if TYPE_CHECKING:
    from pathlib import Path

REGISTRY: Final = "localhost:5000"
"""What scripts call the registry; where it listens is for the configuration to know."""
HONEST_REPOSITORY: Final = "team/app"
"""Where honest scripts work: no hostile one names it."""
TAGS: Final = ("v1", "v2", "v3")

HOSTED: Final = Limits(memory=64 << 20, cpu=2, operations=300, log_bytes=64 << 10, message_bytes=1 << 20, in_flight=16)
"""What somebody who runs scripts of strangers would allow."""
PATIENCE: Final = 30.0
"""Seconds for an honest script: it takes a hundredth, but the machine is full of hostile ones."""

_APP: Final = f"{REGISTRY}/{HONEST_REPOSITORY}"

HONEST: Final = {
    "lists tags": f"""
        local tags = tag.ls("{_APP}")
        local found = {{}}
        for _, name in ipairs(tags) do found[name] = true end
        assert(found.v1 and found.v2 and found.v3, "a tag is missing")
    """,
    "reads an image": f"""
        local m = manifest.get("{_APP}:v2")
        local c = image.config(m)
        assert(c.config.Labels.version == "v2", "a label of another image")
        assert(blob.head("{_APP}", m.layers[1].digest).size == m.layers[1].size, "a layer of another size")
    """,
    "asks side by side": f"""
        local heads = parallel.map({{ "v1", "v2", "v3" }}, function(name)
          return tostring(manifest.head("{_APP}:" .. name):descriptor().digest)
        end)
        for i = 1, 3 do assert(#heads[i] == 71, "no digest") end
    """,
    "stores what it reads again": f"""
        local text = ("%d,"):rep(1000):format(unpack((function()
          local t = {{}} for i = 1, 1000 do t[i] = math.random(1e9) end return t
        end)()))
        local digest, size = blob.put("{_APP}", text)
        assert(size == #text, "another size")
        assert(blob.get("{_APP}", digest):content() == text, "other bytes")
    """,
    "copies and deletes a tag": f"""
        local name = "{_APP}:copy-" .. ("%d"):format(math.random(1e15))
        image.copy("{_APP}:v3", name)
        assert(image.config(name).config.Labels.version == "v3", "another image")
        tag.delete(name)
        assert(not pcall(manifest.head, name), "it is still there")
    """,
    "computes": """
        local json, semver = require("json"), require("semver")
        local t = json.decode('{"a": [1, 2, {"b": "c"}]}')
        assert(t.a[3].b == "c" and semver.compare("1.2.3", "1.10.0") < 0, "wrong")
        local sum = 0
        for i = 1, 1e5 do sum = sum + i % 7 end
        assert(sum == 300000, sum)
        metric.add("computed")
    """,
    "catches its own errors": f"""
        local found, problem = try(manifest.get, "{_APP}:none")
        assert(not found and problem.status == 404, "no 404")
        assert(not pcall(tag.ls, "no such//name"), "a name that is none")
        log("caught")
    """,
}
"""Each raises an error where something is not as it should be."""

HOSTILE: Final = {
    "endless loop": "while true do end",
    "loop around every error": "while true do pcall(error, {}) end",
    "endless pattern": "return (('a'):rep(80)):find(('a?'):rep(40) .. ('a*'):rep(30) .. 'b')",
    "coroutines without end": "local function f() return coroutine.wrap(f)() end while true do pcall(f) end",
    "string that doubles": "local s = 'x' while true do s = s .. s end",
    "tables without end": "local t = {} while true do t[#t + 1] = { t } end",
    "memory, caught": "local k = {} while true do pcall(function() k[#k + 1] = ('x'):rep(1e6) .. #k end) end",
    "deep stack": "local function f(...) return 1 + f(..., f) end return f()",
    "C stack": "local function f(x) return (('x'):gsub('x', f)) end return f('x')",
    "metatables in a ring": "local m = {} local t = setmetatable({}, m) m.__index = function(_, k) return t[k] end "
    "return t.x",
    "log flood": "while true do log(('x'):rep(1000)) end",
    "fields flood": "for i = 1, 1e6 do logger.info('x', { n = i, text = ('\\0'):rep(500) }) end",
    "metrics without end": "for i = 1, 1e6 do metric.add('m' .. i, 1e300) end",
    "calls without end": f"while true do pcall(tag.ls, '{REGISTRY}/none') end",
    "calls side by side": f"parallel.each((function() local t = {{}} for i = 1, 1e4 do t[i] = i end return t end)(), "
    f"function() pcall(manifest.head, '{REGISTRY}/none:x') while true do pcall(tag.ls, '{REGISTRY}/none') end end, "
    "{ limit = 64 })",
    "huge argument": f"blob.put('{REGISTRY}/none', ('x'):rep(5e6))",
    "deep argument": "local t = {} for i = 1, 1e5 do t = { t } end manifest.put(t, t)",
    "cycle as argument": "local t = {} t.t = t logger.info('x', t) tag.ls(t)",
    "bytecode": "return load(string.char(27) .. 'LJ\\2\\0')()",
    "ffi by a literal": "local x = 1LL return (require('ffi'))",
    "every global called": "for _, v in pairs(_G) do if type(v) == 'function' then pcall(v, v, v, v) end "
    "if type(v) == 'table' then for _, f in pairs(v) do pcall(f, ('x'):rep(99), -1, f, {}) end end end",
    "no Lua": ")(\0\255 end end",
    "huge source": "return {" + "1," * 60_000 + "}",
    "error without text": "error(setmetatable({}, { __tostring = function() error(error) end }))",
    "huge error": "error(('x'):rep(2e7))",
    "names of other places": f"for _, n in ipairs {{ 'ocidir:///etc', 'ocidir://../..', '{REGISTRY}/../x', "
    "'[::1]:22/x', '169.254.169.254/latest:meta', 'a@sha256:' .. ('0'):rep(64) } do pcall(manifest.get, n) "
    "pcall(tag.ls, n) pcall(image.importTar, n, '/etc/passwd') pcall(image.exportTar, n, '../../x') end",
    "frame in a coroutine": "coroutine.wrap(function() coroutine.yield('done', '\\145\\164done') end)()",
    "finalizers": "local p = newproxy and newproxy(true) collectgarbage('stop') collectgarbage('setpause', 1)",
}

TAKEN_OVER: Final = {
    "done": Verdict.SUCCESS,
    "garbage": Verdict.PROTOCOL,
    "flood": Verdict.PROTOCOL,
    "cancel_early": Verdict.PROTOCOL,
    "forged_field": Verdict.PROTOCOL,
    "forged_metric": Verdict.PROTOCOL,
    "three_calls": Verdict.PROTOCOL,
    "half": Verdict.CRASHED,
    "leave": Verdict.CRASHED,
    "open": Verdict.CRASHED,
    "stumble": Verdict.CRASHED,
    "starve": Verdict.MEMORY,
    "unread": Verdict.PROTOCOL,
    "loop": Verdict.TIMEOUT,
}
"""What a child of tests/sandbox/stand_in.py does, and the end of the run that is due."""


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to be run.  *due* is the end that it must have; None: any, as long as nothing else suffers."""

    name: str
    text: str
    timeout: float
    due: Verdict | None = None
    taken_over: bool = False


def honest() -> list[Task]:
    """Return the scripts that must succeed."""
    return [Task(f"honest: {name}", text, PATIENCE, Verdict.SUCCESS) for name, text in HONEST.items()]


def hostile(folder: Path | None, timeout: float) -> list[Task]:
    """Return our hostile scripts and those of a folder, which may all end as they like within *timeout* seconds."""
    texts = {f"ours: {name}": text for name, text in HOSTILE.items()}
    for path in sorted(folder.glob("*.lua")) if folder else ():
        # A configuration is UTF-8; what is none would not come this far.
        texts[f"folder: {path.stem}"] = path.read_bytes().decode("utf-8", "replace")
    return [Task(name, text, timeout) for name, text in texts.items()]


def taken_over(timeout: float) -> list[Task]:
    """Return the children that obey nobody, each with the end that is due; *timeout* is of those that never end."""
    found = []
    for name, due in TAKEN_OVER.items():
        seconds = timeout if due is Verdict.TIMEOUT else PATIENCE
        found.append(Task(f"child: {name}", f"!{name}!", seconds, due, taken_over=True))
    return found
