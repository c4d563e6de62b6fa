-- Kinds of values in JSON documents.  Each has `zero()`, what Go has where the JSON says nothing or null, and
-- `read(node)`, the value of a node; a node of another kind is an error that names the place.

local use = ...
local gotime = use("gotime")

local NULL = use("json").NULL
local concat, error, floor, ipairs, next, rawget, rawset, setmetatable, type =
  table.concat, error, math.floor, ipairs, next, rawget, rawset, setmetatable, type

local types = {}

-- Where in a document `read` is, and the node that each table of a struct was made of, for what will write it back.
-- Both are of one document, and an error leaves them as they were: `types.made` starts them anew.
local path, origin = {}, {}

local function kind_of(node)
  if type(node) ~= "table" then
    return "a " .. type(node)
  end
  return node.keys and "an object" or node.items and "an array" or "a number"
end

local function mismatch(expected, node)
  local place = #path > 0 and concat(path, ".") or "it"
  error(place .. " should be " .. expected .. ", not " .. kind_of(node), 0)
end

local function descend(name, kind, node)
  path[#path + 1] = name
  local value = kind.read(node)
  path[#path] = nil
  return value
end

local function scalar(zero, expected, convert)
  return {
    zero = function()
      return zero
    end,
    read = function(node)
      if node == NULL then
        return zero
      end
      local value = convert(node)
      if value == nil then
        mismatch(expected, node)
      end
      return value
    end,
  }
end

local function only(wanted)
  return function(node)
    if type(node) == wanted then
      return node
    end
  end
end

types.text = scalar("", "a string", only("string"))
types.flag = scalar(false, "true or false", only("boolean"))
types.integer = scalar(0, "a whole number", function(node)
  local value = type(node) == "table" and node.number or node
  if type(value) == "number" and value == floor(value) then
    return value
  end
end)
types.time = scalar(nil, "a time of RFC 3339", function(node)
  return type(node) == "string" and gotime(node) or nil
end)

-- The value of a set's member: Go's struct{}.
types.empty = {
  zero = function()
    return {}
  end,
  read = function()
    return {}
  end,
}

-- A kind that is a pointer in Go: nil where there is nothing.
function types.optional(kind)
  return {
    zero = function() end,
    read = function(node)
      if node ~= NULL then
        return kind.read(node)
      end
    end,
  }
end

local function new_table()
  return {}
end

function types.list(kind)
  local function read(node)
    if node == NULL then
      return {}
    elseif not (type(node) == "table" and node.items) then
      mismatch("an array", node)
    end
    local list = {}
    for i = 1, node.count do
      list[i] = descend(i, kind, node.items[i])
    end
    return list
  end
  return { zero = new_table, read = read }
end

function types.map(kind)
  local function read(node)
    if node == NULL then
      return {}
    elseif not (type(node) == "table" and node.values) then
      mismatch("an object", node)
    end
    local map = {}
    for key, item in next, node.values do
      map[key] = descend(key, kind, item)
    end
    return map
  end
  return { zero = new_table, read = read }
end

-- Whatever a document holds that we have no name for.  A null in an array is false, so that the array has no gap.
local any = {}
function any.read(node)
  if type(node) ~= "table" then
    return node
  elseif node.literal then
    return node.number
  end
  local value = {}
  if node.items then
    for i = 1, node.count do
      value[i] = any.read(node.items[i]) or false
    end
  elseif node.values then
    for key, item in next, node.values do
      value[key] = any.read(item)
    end
  else
    return nil
  end
  return value
end

local EMPTY = { keys = {}, values = {} }

local function fill(struct, table, values)
  for _, field in ipairs(struct.fields) do
    local item = values[field.json]
    if field.embedded then
      table[field.go] = setmetatable(fill(field.kind, {}, values), field.kind.meta)
    elseif item == nil then
      table[field.json] = field.kind.zero()
    else
      table[field.json] = descend(field.json, field.kind, item)
    end
  end
  return table
end

local function view(struct, node)
  local table = fill(struct, {}, node.values)
  for _, key in ipairs(node.keys) do
    -- A key that differs from one of ours only by being Go's name for it must not be taken for it.
    if not struct.names[key] then
      table[key] = any.read(node.values[key])
    end
  end
  origin[table] = node
  return setmetatable(table, struct.meta)
end

local function metatable_of(struct)
  local alias, promoted = struct.alias, struct.promoted
  return {
    __metatable = false,
    __index = function(table, key)
      if promoted[key] then
        return rawget(table, promoted[key])[key]
      end
      return rawget(table, alias[key])
    end,
    __newindex = function(table, key, value)
      if promoted[key] then
        rawget(table, promoted[key])[key] = value
      else
        rawset(table, alias[key] or key, value)
      end
    end,
  }
end

-- Return the kind of a Go struct.  Each of *fields* is { JSON name, Go name, kind }, or { false, Go name, kind } for a
-- struct that Go embeds: its fields are found in it and beside it.  Its table holds every field under its JSON name.
function types.struct(fields)
  local struct = { fields = {}, names = {}, alias = {}, promoted = {} }
  for i, field in ipairs(fields) do
    local json_name, go, kind = field[1], field[2], field[3]
    struct.fields[i] = { json = json_name, go = go, kind = kind, embedded = not json_name }
    struct.names[go] = true
    if json_name then
      struct.names[json_name], struct.alias[go] = true, json_name
    else
      for name in next, kind.names do
        struct.names[name], struct.promoted[name] = true, go
      end
    end
  end
  struct.meta = metatable_of(struct)
  struct.zero = function()
    return view(struct, EMPTY)
  end
  struct.read = function(node)
    if node == NULL then
      return struct.zero()
    elseif not (type(node) == "table" and node.values) then
      mismatch("an object", node)
    end
    return view(struct, node)
  end
  return struct
end

-- Return the table of a struct's kind for a node, and the nodes of all tables in it; raises a plain text, without a
-- position in the script.
function types.made(struct, node)
  path, origin = {}, {}
  return struct.read(node), origin
end

return types
