-- The kind of a Go struct: reading an object into a table (views), and writing it as Go does, what Go does not know
-- behind what it knows.

local use = ...
local any, json, objects, place = use("json/any"), use("json"), use("objects"), use("json/place")
local views, writer = use("views"), use("json/writer")

local NULL = json.NULL
local ipairs, next, rawget, sort, type = ipairs, next, rawget, table.sort, type

local structs = {}

local EMPTY = { keys = {}, values = {} }

local function promote(struct, field)
  for _, inner in ipairs(field.kind.fields) do
    local found = { go = field.go, kind = field.kind, json = inner.json, name = inner.go }
    for _, name in ipairs({ inner.json, inner.go }) do
      struct.names[name], struct.promoted[name] = true, found
    end
  end
end

-- Returns the value of a field, which a table that a script made may have under either name.
local function value_of(out, table, field)
  local value, other = rawget(table, field.json), rawget(table, field.go)
  if value == nil then
    return other
  elseif other ~= nil and field.go ~= field.json then
    place.fail(out, 'has both "' .. field.json .. '" and "' .. field.go .. '", two names of one field')
  end
  return value
end

local function inner_of(out, table, field)
  local inner = rawget(table, field.go)
  if inner ~= nil and type(inner) ~= "table" then
    place.enter(out, field.go)
    place.mismatch(out, "a table", inner)
  end
  return inner or {}
end

local function write_known(out, struct, table, members)
  for _, field in ipairs(struct.fields) do
    if field.embedded then
      write_known(out, field.kind, inner_of(out, table, field), members)
    else
      local value = value_of(out, table, field)
      if field.always or not field.kind.empty(value) then
        writer.member(out, field.json)
        field.kind.write(out, value, members[field.json])
        writer.done(out)
      end
    end
  end
end

-- Adds to *found* what a table holds besides the fields.
local function find_unknown(out, struct, table, found)
  for key, value in next, table do
    if type(key) ~= "string" then
      place.fail(out, "has a key that is " .. objects.kind(key) .. ", where only names can be")
    elseif not struct.names[key] and found[key] == nil then
      found[key] = value
    end
  end
  for _, field in ipairs(struct.fields) do
    if field.embedded then
      find_unknown(out, field.kind, inner_of(out, table, field), found)
    end
  end
  return found
end

local function write_unknown(out, struct, table, node)
  local found = find_unknown(out, struct, table, {})
  local names, keys = {}, {}
  for name in next, found do
    names[#names + 1] = name
  end
  sort(names)
  for _, key in ipairs(node.keys) do
    if not struct.names[key] then
      keys[#keys + 1] = key
    end
  end
  local function item_of(name)
    return found[name]
  end
  any.members(out, names, item_of, { keys = keys, values = node.values }, true)
end

-- Return the kind of a struct.  Each of *fields* is { JSON name, Go name, kind, whether Go writes it also when it is
-- empty }, or { false, Go name, kind } for a struct that Go embeds: its fields are found in it and beside it.
function structs.struct(fields)
  local struct = { fields = {}, names = {}, alias = {}, promoted = {} }
  for i, row in ipairs(fields) do
    local field = { json = row[1], go = row[2], kind = row[3], always = row[4], embedded = not row[1] }
    struct.fields[i], struct.names[field.go] = field, true
    if field.json then
      struct.names[field.json], struct.alias[field.go] = true, field.json
    else
      promote(struct, field)
    end
  end
  struct.meta = views.metatable(struct)
  function struct.read(doc, node)
    if node == NULL then
      return views.make(doc, struct, EMPTY)
    elseif not (type(node) == "table" and node.values) then
      place.unlike(doc, "an object", node)
    end
    return views.make(doc, struct, node)
  end
  function struct.zero()
    return views.make({ path = {}, origin = {} }, struct, EMPTY)
  end
  function struct.empty()
    return false
  end
  function struct.write(out, table)
    table = table == nil and {} or table
    if type(table) ~= "table" then
      place.mismatch(out, "a table", table)
    end
    local node = out.origin[table] or EMPTY
    writer.open(out, table, "{")
    write_known(out, struct, table, node.values)
    write_unknown(out, struct, table, node)
    writer.close(out, table, "}")
  end
  any.teach(struct.meta, struct)
  return struct
end

return structs
