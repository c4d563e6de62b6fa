-- Checks of what a script hands to an operation.  Each names the function, the argument, what it should be and what
-- came.  Types are allowed, never denied: a literal such as 1LL has a type of its own.

local use = ...
local errors, objects = use("errors"), use("objects")

local floor, format, match, concat, sort = math.floor, string.format, string.match, table.concat, table.sort
local metatable, next, rawget, type = debug.getmetatable, next, rawget, type

local MAX_TEXT = 64 * 1024
local MAX_CONTENT = 8 * 1024 * 1024
local MAX_SHOWN = 100

local arguments = {}

-- Return whether a *value* can be called.
function arguments.is_callable(value)
  local kind = type(value)
  local meta = (kind == "table" or kind == "userdata") and metatable(value)
  return kind == "function" or meta and rawget(meta, "__call") ~= nil
end

local function quoted(text)
  return '"' .. errors.cut(text, MAX_SHOWN) .. '"'
end

local function shown(value)
  if type(value) == "number" then
    return format("%.14g", value)
  elseif type(value) == "string" and #value > MAX_TEXT then
    return format("a string of %d bytes", #value)
  end
  return objects.kind(value)
end

local function refuse(caller, name, expected, value, came)
  errors.raise(format("%s: the %s should be %s, not %s", caller, name, expected, came or shown(value)))
end

local function is_text(value)
  return type(value) == "string" and #value <= MAX_TEXT
end

local function is_count(value)
  return type(value) == "number" and value >= 0 and value <= 2 ^ 53 and value == floor(value)
end

local function is_number(value)
  return type(value) == "number" and value - value == 0
end

local function is_limit(value)
  return is_count(value) and value >= 1 and value <= 64
end

local function is_flag(value)
  return type(value) == "boolean"
end

local function is_texts(value)
  if type(value) ~= "table" then
    return false
  end
  local count = 0
  for _ in next, value do
    count = count + 1
    if not is_text(rawget(value, count)) then
      return false
    end
  end
  return true
end

-- true, false, or which of them.
local function is_referrers(value)
  if type(value) ~= "table" then
    return is_flag(value)
  end
  local first = next(value)
  return first == nil or first == "artifactType" and next(value, first) == nil and is_text(value[first])
end

local function is_one_of(...)
  local known = {}
  for _, name in ipairs({ ... }) do
    known[name] = true
  end
  return function(value)
    return known[value] == true
  end
end

-- What an argument or an option may be.  Of words, the wrong one is shown.
local KINDS = {
  text = { is_text, "a string" },
  duration = { is_text, 'a string like "5m"' },
  count = { is_count, "a whole number, 0 or more" },
  number = { is_number, "a finite number" },
  limit = { is_limit, "a whole number from 1 to 64" },
  callable = { arguments.is_callable, "a function" },
  flag = { is_flag, "true or false" },
  texts = { is_texts, "a list of strings" },
  referrers = { is_referrers, 'true, false or a table like {artifactType = "application/spdx+json"}' },
  ifExists = { is_one_of("replace", "skip", "same", "fail"), '"replace", "skip", "same" or "fail"', words = true },
}

-- Return *value*, an argument of a *kind* that must be there.
function arguments.needed(caller, name, kind, value)
  local known = KINDS[kind]
  if not known[1](value) then
    refuse(caller, name, known[2], value, known.words and type(value) == "string" and quoted(value))
  end
  return value
end

-- Return *value*, an argument of a *kind*, or nil.
function arguments.optional(caller, name, kind, value)
  if value ~= nil then
    return arguments.needed(caller, name, kind, value)
  end
end

-- Return the wire form of the image that a string, a reference, a manifest or a config means.
function arguments.image(caller, name, value)
  if is_text(value) then
    return value
  end
  local state, class = objects.state(value)
  if not (class and class.image) then
    refuse(caller, name, "a string, a reference, a manifest or a config", value)
  end
  return class.image(state)
end

-- Return the wire form of the content that a string, a blob or a config means.
function arguments.content(caller, name, value)
  if type(value) == "string" then
    if #value > MAX_CONTENT then
      errors.raise(format("%s: the %s has %d bytes: at most %d can be sent", caller, name, #value, MAX_CONTENT))
    end
    return value
  end
  local state, class = objects.state(value)
  if not (class and class.content) then
    refuse(caller, name, "a string, a blob or a config", value)
  end
  return class.content(state)
end

local function names_of(known)
  local names = {}
  for name in next, known do
    names[#names + 1] = name
  end
  sort(names)
  return concat(names, ", ")
end

-- Refuse a call of a method, named like <manifest>:get, that was made with a dot.
function arguments.refuse_dot(caller)
  local initial, method = match(caller, "^<(%a)%a*>(:%a+)$")
  errors.raise(format("%s: call it with a colon: %s%s(…)", caller, initial, method))
end

-- Return a copy of the options in *value*, checked against *known* (name to kind); nil where none is set.
function arguments.options(caller, known, value)
  if value == nil then
    return nil
  elseif type(value) ~= "table" then
    refuse(caller, "options", "a table with " .. names_of(known), value)
  end
  local options
  for key, item in next, value do
    if type(key) ~= "string" or not known[key] then
      local named = type(key) == "string" and quoted(key) or "whose name is a " .. type(key)
      errors.raise(format("%s: there is no option %s; there are %s", caller, named, names_of(known)))
    end
    options = options or {}
    options[key] = arguments.needed(caller, 'option "' .. key .. '"', known[key], item)
  end
  return options
end

return arguments
