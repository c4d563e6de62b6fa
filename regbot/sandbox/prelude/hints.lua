-- The likely remedy of an error that ended a script, for those who do not know yet what there is.  Errors that a script
-- catches stay LuaJIT's own.

local use = ...
local environment = use("environment")

local byte, find, format, gsub, lower = string.byte, string.find, string.format, string.gsub, string.lower
local match, sub = string.match, string.sub
local abs, ipairs, min, next, type = math.abs, ipairs, math.min, next, type

local MAX_GAP = 2

-- What LuaJIT says of a value that is there, and another one was meant.
local MISTAKEN = {
  ["attempt to call a table value"] = "to loop over a list, write for _, t in ipairs(…) do",
  ["attempt to call global 'reference' (a table value)"] = "write reference.new(…)",
  ["attempt to index global 'log' (a function value)"] = 'did you mean "logger.info"?',
}

-- The lists from here on are those of the description of the API: tests/manual/test_prelude.py holds them to it.

-- What scripts look for in vain: names from other Luas, and what regclient's regbot has.
local ABSENT = {
  ["scripts have no %s (see docs/lua.md)"] = {
    "debug", "dofile", "ffi", "getfenv", "io", "jit", "loadfile", "module", "newproxy", "package", "python", "setfenv",
    "os.execute", "os.exit", "os.getenv", "os.rename", "os.setlocale", "os.tmpname",
    "string.dump", "table.foreach", "table.foreachi",
  },
}

local MODULES = { "glob", "json", "re", "retention", "semver", "time" }

local METHODS = {
  "close", "config", "content", "delete", "descriptor", "digest", "export", "get", "head", "put", "ratelimit",
  "ratelimitWait", "tag",
}
local KINDS = { [""] = "global", ["."] = "field", [":"] = "method" }

-- By what LuaJIT calls it: names to remedies, and the names that there are.
local remedies = { global = {}, field = {}, method = {} }
local known = { global = { require = true }, field = {}, method = {} }

for remedy, names in next, ABSENT do
  for _, name in ipairs(names) do
    local mark, last = match(name, "([.:]?)(%a+)$")
    remedies[KINDS[mark]][last] = format(remedy, name)
  end
end
for _, name in ipairs(MODULES) do
  remedies.global[name] = format('it is a module: write local %s = require("%s")', name, name)
end
-- Newer Luas have it there.
remedies.field.unpack = 'did you mean "unpack"?'
for _, name in ipairs(METHODS) do
  known.method[name] = true
end
for name in next, environment.string do
  known.method[name] = true
end
for name, value in next, environment do
  -- A name of two letters is near to too much.
  known.global[name] = #name > 2 or nil
  for field in next, type(value) == "table" and value ~= environment and value or {} do
    known.field[field] = true
  end
end

-- Whether two texts of one length differ in no more than one letter, or in the order of two neighbours.
local function almost_equal(a, b)
  local first, last
  for i = 1, #a do
    if byte(a, i) ~= byte(b, i) then
      first, last = first or i, i
    end
  end
  return first == last or last == first + 1 and byte(a, first) == byte(b, last) and byte(a, last) == byte(b, first)
end

-- Whether *word* may be meant for *name*: by a slip, with a letter or two more or less, or as the beginning of it.
local function is_near(word, name)
  local gap = abs(#word - #name)
  local shorter, longer = word, name
  if #word > #name then
    shorter, longer = name, word
  end
  if gap == 0 then
    return almost_equal(word, name)
  elseif gap <= MAX_GAP then
    return #shorter > 1 and find(longer, "^" .. gsub(shorter, ".", "%0.-"))
  end
  return #word > 2 and sub(name, 1, #word) == word
end

local function nearest(word, names)
  local best, least
  for name in next, names do
    -- Of names that only begin with the word none is nearer than another: ref is rather reference than referrer.
    local gap = min(abs(#word - #name), MAX_GAP + 1)
    local better = not best or gap < least or gap == least and name < best
    if better and byte(lower(name)) == byte(lower(word)) and is_near(lower(word), lower(name)) then
      best, least = name, gap
    end
  end
  return best
end

-- Returns the remedy for a function of a table that was called with a colon, and so got the table: `tag:ls(x)`.
local function dotted(text)
  local library = match(text, ", not the table (%a+)$")
  local name = library and match(text, library .. "%.(%a+): ")
  return name and format("write %s.%s(…), with a dot", library, name)
end

local function remedy_of(text)
  local mistaken = MISTAKEN[match(text, "attempt to [%w '()]+$")] or dotted(text)
  if mistaken then
    return mistaken
  end
  local verb, kind, word = match(text, "attempt to (%a+) (%a+) '([%w_]+)' %(a nil value%)$")
  if not known[kind] or not (verb == "call" or verb == "index" and kind == "global") then
    return nil
  elseif remedies[kind][word] or known[kind][word] then
    return remedies[kind][word]
  end
  local name = nearest(word, known[kind])
  return name and format('did you mean "%s"?', name)
end

-- Return the *text* of an error with its remedy, if one is known.
return function(text)
  local remedy = remedy_of(text)
  return remedy and text .. "; " .. remedy or text
end
