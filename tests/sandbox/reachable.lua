-- Logs everything that a script can reach: breadth first over what is global, what libraries hold and what calls give,
-- a line for each path with its type and what getmetatable says of it.  Strings have one metatable, which is listed
-- once.  WORDS are the names to try on what cannot be listed: the objects of the API, a string, numbers of C.

local find, format = string.find, string.format
local concat, sort = table.concat, table.sort

local json, re, time = require("json"), require("re"), require("time")
local got, index = manifest.get("a/b:image"), manifest.get("a/b:index")
local settings = image.config("a/b")
local thread = coroutine.create(function() end)
local _, failure = try(tag.ls, "missing/repository")
local _, misuse = try(log)
local _, caught = pcall(tag.ls, "missing/repository")

-- What is reached by several paths is listed under the first.
local ROOTS = {
  { "_G", _G }, { "arguments", { ... } }, { "nil", nil }, { '""', "" }, { "1", 1 }, { "true", true },
  { "1LL", 1LL }, { "1ULL", 1ULL }, { "3i", 3i }, { "1LL+1", 1LL + 1 },
  { "coroutine.create()", thread }, { "coroutine.wrap()", coroutine.wrap(print) }, { "load()", load("") },
  { "pairs()", { pairs({}) } }, { "ipairs()", { ipairs({}) } }, { "gmatch()", string.gmatch("", "") },
  { "getmetatable('')", getmetatable("") }, { "os.date('*t')", os.date("*t") },
  { "collectgarbage()", { collectgarbage(), collectgarbage("count"), collectgarbage("collect") } },
  { "reference.new()", reference.new("a/b:c") }, { "manifest.get()", got }, { "manifest.get(index)", index },
  { "manifest.get(docker)", manifest.get("a/b:docker") }, { "manifest.get(other)", manifest.get("a/b:other") },
  { "manifest.head()", manifest.head("a/b") }, { "manifest:descriptor()", got:descriptor() },
  { "manifest:ratelimit()", got:ratelimit() }, { "image.config()", settings }, { "blob.get()", blob.get("a/b", "x") },
  { "tag.ls()", tag.ls("a/b") }, { "referrer.ls()", referrer.ls("a/b") },
  { "parallel.map()", parallel.map({ 1 }, function() return coroutine.running() end) },
  { "try(failure)", failure }, { "try(misuse)", misuse }, { "pcall(failure)", caught },
}
for _, name in ipairs({ "glob", "json", "re", "retention", "semver", "time" }) do
  ROOTS[#ROOTS + 1] = { 'require("' .. name .. '")', require(name) }
end
ROOTS[#ROOTS + 1] = { "re.compile()", re.compile("x") }
ROOTS[#ROOTS + 1] = { "re.gmatch()", re.gmatch("x", "x") }
ROOTS[#ROOTS + 1] = { "json.number()", json.number("12345678901234567890") }
ROOTS[#ROOTS + 1] = { "json.decode()", json.decode('{"a": [1, null, 12345678901234567890, {}]}') }
ROOTS[#ROOTS + 1] = { "json.array()", json.array() }

local words = {}
for word in WORDS:gmatch("%S+") do
  words[#words + 1] = word
end

local lines, queue, seen = {}, {}, {}
local first, last = 1, 0

local function add(path, value)
  last = last + 1
  queue[last] = { path, value }
end

-- Returns the metatable as a script may see it, nil for that of strings but once.
local function metatable(path, value)
  if type(value) ~= "string" or path == '""' then
    return getmetatable(value)
  end
end

local function described(meta)
  if meta == nil then
    return ""
  end
  return " meta " .. (type(meta) == "table" and "table" or tostring(meta))
end

local function list(path, value)
  local names, at = {}, {}
  for key in next, value do
    local name = type(key) == "string" and find(key, "^[%a_][%w_]*$") and "." .. key or "[" .. tostring(key) .. "]"
    names[#names + 1], at[name] = name, key
  end
  sort(names)
  for _, name in ipairs(names) do
    add(path .. name, value[at[name]])
  end
end

local function probe(path, value)
  for _, word in ipairs(words) do
    local ok, found = pcall(function()
      return value[word]
    end)
    if ok and found ~= nil and not (type(value) == "table" and rawget(value, word) ~= nil) then
      add(path .. ":" .. word, found)
    end
  end
end

local function look(path, value)
  local kind, meta = type(value), metatable(path, value)
  local holds = kind == "table" or kind == "userdata" or kind == "function" or kind == "thread"
  if holds and seen[value] then
    lines[#lines + 1] = path .. " = " .. seen[value]
    return
  end
  lines[#lines + 1] = path .. " = " .. kind .. described(meta)
  if holds then
    seen[value] = path
  end
  if kind == "table" then
    list(path, value)
  end
  if kind == "userdata" or meta ~= nil then
    probe(path, value)
  end
  if type(meta) == "table" then
    add("getmetatable(" .. path .. ")", meta)
  end
end

for _, root in ipairs(ROOTS) do
  add(root[1], root[2])
  -- All that a root leads to, before the next root.
  while first <= last do
    local item = queue[first]
    queue[first], first = nil, first + 1
    look(item[1], item[2])
  end
end
log(concat(lines, "\n"))
