-- Calls every function that a script can reach with values that were made to hurt, and logs what looks wrong: an error
-- that is no text, that shows an address, a line of ours or more than it may, and a call that never ends.

local MODULES = { "glob", "json", "re", "retention", "semver", "time" }
-- Functions whose errors are what they were given; that write the log; that fill memory in one call of C.
local SKIPPED = { error = true, assert = true, print = true, ["table.insert"] = true }
local METHODS = { "__index", "__newindex", "__len", "__pairs", "__ipairs", "__tostring", "__eq", "__lt", "__le",
  "__concat", "__call", "__unm", "__add", "__gc", "__metatable", "__jsontype" }
local MAX_STEPS = 500

local concat, yield = table.concat, coroutine.yield
local find, format, match = string.find, string.format, string.match

local function with(method)
  local meta = {}
  for _, name in ipairs(METHODS) do
    meta[name] = method
  end
  return setmetatable({ "a", name = "b" }, meta)
end

local deep = {}
for _ = 1, 10000 do
  deep = { deep, t = deep }
end

-- What each is called, and a function that makes it.
local HOSTILE = {
  { "nothing", function() end },
  { "a table in itself", function() local t = {} t.t, t[1] = t, t return t end },
  { "a table as its own key and metatable", function() local t = {} t[t], t.__index = t, t return setmetatable(t, t) end },
  { "10000 levels", function() return deep end },
  { "300 levels of __index", function()
    local t = {} for _ = 1, 300 do t = setmetatable({}, { __index = t, __newindex = t, __call = t }) end return t
  end },
  { "a list and a map", function() return { 1, 2, x = 3, [2.5] = 4, [-1] = 5, [true] = 6, [print] = 7 } end },
  { "a list with holes", function() return { [1] = "a", [3] = "b", [1e9] = "c", [2 ^ 53] = "d" } end },
  { "keys of every kind", function() return { [1 / 0] = 1, [-1 / 0] = 2, [{}] = 3, [1LL] = 4, ["\0"] = 5, [""] = 6 } end },
  { "methods that fail", function() return with(function() error("mine") end) end },
  { "methods that fail with a table", function() return with(function() error(setmetatable({}, { __tostring = error })) end) end },
  { "methods that yield", function() return with(function() yield() return "y" end) end },
  { "methods that call themselves", function()
    local t t = with(function(...) return tostring(t) .. t.x end) return t
  end },
  { "methods that change their table", function()
    local t t = with(function() for i = 1, 50 do rawset(t, i, i) rawset(t, "k" .. i, i) end rawset(t, "name", nil) return "m" end)
    return t
  end },
  { "methods that call an operation", function() return with(function() return tag.ls("a/b")[1] end) end },
  { "methods that are no functions", function() return with(with(5)) end },
  { "weak tables", function() return setmetatable({ {}, [{}] = {} }, { __mode = "kv" }) end },
  { "no number", function() return 0 / 0 end },
  { "infinity", function() return 1 / 0 end },
  { "minus infinity", function() return -1 / 0 end },
  { "minus nothing", function() return -0 end },
  { "a huge number", function() return 2 ^ 1023 end },
  { "a negative number", function() return -2 ^ 63 end },
  { "an integer of C", function() return 2 ^ 31 end },
  { "a fraction", function() return 1e-320 end },
  { "bytes", function() return "\0\255\27LJ\2%%[(" end },
  { "a number as text", function() return " 0x1p4 " end },
  { "a pattern", function() return "(()%f[%z].-)%b()%1" end },
  { "a format", function() return "%s%q%d%99.99f%p%%%" end },
  { "100000 bytes", function() return ("[{(%"):rep(25000) end },
  { "an int64", function() return 1LL end },
  { "a complex number", function() return 3i end },
  { "a function", function() return function(...) return ... end end },
  { "a function that fails with nothing", function() return function() error() end end },
  { "a function that yields", function() return function() yield(yield) end end },
  { "a function of ours", function() return tag.ls end },
  { "a coroutine", function() return coroutine.create(function() yield() end) end },
  { "this coroutine", function() return coroutine.running() end },
  { "a coroutine that is over", function() local c = coroutine.create(function() end) coroutine.resume(c) return c end },
  { "a library", function() return tag end },
  { "the globals", function() return setmetatable({}, { __index = _G }) end },
  { "a reference", function() return reference.new("a/b:c") end },
  { "a manifest", function() local m = manifest.get("a/b") m.config, m.layers = { 1, x = 2 }, m return m end },
  { "a config", function() local c = image.config("a/b") c.config.Labels = c return c end },
  { "a blob", function() return blob.get("a/b", "sha256:0") end },
  { "an error object", function() local _, e = try(error, "x") e.message = e return e end },
  { "null", function() return require("json").null end },
}

local function functions_of(name, library, found)
  for key, value in next, library do
    local called = (name == "_G" and "" or name .. ".") .. tostring(key)
    if type(value) == "function" and not SKIPPED[called] then
      found[#found + 1] = { called, value }
    elseif type(value) == "table" and name == "_G" and value ~= _G then
      functions_of(key, value, found)
    end
  end
  return found
end

local function all_functions()
  local found = functions_of("_G", _G, {})
  for _, name in ipairs(MODULES) do
    functions_of(name, require(name), found)
  end
  for _, name in ipairs({ "tag", "digest", "close" }) do
    found[#found + 1] = { "<reference>:" .. name, reference.new("a:b")[name] }
  end
  for _, name in ipairs({ "get", "head", "config", "delete", "export", "put", "descriptor", "ratelimit", "ratelimitWait" }) do
    found[#found + 1] = { "<manifest>:" .. name, manifest.head("a:b")[name] }
  end
  for _, name in ipairs({ "get", "head", "put", "content" }) do
    found[#found + 1] = { "<blob>:" .. name, blob.head("a:b", "sha256:0")[name] }
  end
  found[#found + 1] = { "<config>:export", image.config("a:b").export }
  return found
end

local wrong = {}

local function note(what, text)
  wrong[what .. ": " .. match(text, "^[^\n]?[^\n]*")] = true
end

local function check(what, err)
  if type(err) == "table" or type(err) == "nil" or type(err) == "number" then
    return -- The script's own.
  elseif type(err) ~= "string" then
    note(what, "an error that is a " .. type(err))
  elseif find(err, "0x%x%x%x%x") or find(err, "[regbot", 1, true) or find(err, "python") or #err > 4096 then
    note(what, err)
  end
end

local function attempt(what, called, ...)
  local arguments, count = { ... }, select("#", ...)
  local thread = coroutine.create(function()
    local ok, err = pcall(called, unpack(arguments, 1, count))
    if not ok then
      check(what, err)
    elseif type(err) == "string" and find(err, "0x%x%x%x%x%x") then
      note(what, err)
    end
  end)
  for _ = 1, MAX_STEPS do
    local ok, err = coroutine.resume(thread)
    if not ok then
      note(what, "the coroutine failed: " .. tostring(err))
    end
    if coroutine.status(thread) ~= "suspended" then
      return
    end
  end
  note(what, "no end after " .. MAX_STEPS .. " steps")
end

-- Arguments that are all right, before a hostile one.
local GOOD = { { "a/b:c" }, { { "x" } }, { { "x" }, function() return 1 end }, { "a/b:c", "x" } }

local calls = 0
for _, row in ipairs(all_functions()) do
  local name, called = row[1], row[2]
  for _, hostile in ipairs(HOSTILE) do
    local what, value, other = name .. " with " .. hostile[1], hostile[2](), hostile[2]()
    attempt(what, called, value)
    attempt(what .. " four times", called, value, value, other, other)
    for _, good in ipairs(GOOD) do
      attempt(what .. " behind " .. #good, called, good[1], good[2] or other, other)
    end
    calls = calls + 2 + #GOOD
  end
end

local names = {}
for text in pairs(wrong) do
  names[#names + 1] = text
end
table.sort(names)
log(calls .. " calls")
log(concat(names, "\n"))
