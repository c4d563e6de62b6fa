-- The table of a Go struct.  It holds every field under its JSON name and answers to its Go name as well; what the
-- JSON holds besides is there under its own name.

local use = ...
local any, errors, place = use("json/any"), use("errors"), use("json/place")

local ipairs, rawget, rawset, setmetatable, type = ipairs, rawget, rawset, setmetatable, type

local views = {}

local function fill(doc, struct, table, members)
  for _, field in ipairs(struct.fields) do
    local item = members[field.json]
    if field.embedded then
      table[field.go] = setmetatable(fill(doc, field.kind, {}, members), field.kind.meta)
    elseif item == nil then
      table[field.json] = field.kind.zero()
    else
      table[field.json] = place.within(doc, field.json, field.kind.read, item)
    end
  end
  return table
end

-- Return the table of a node that is an object.
function views.make(doc, struct, node)
  local table = fill(doc, struct, {}, node.values)
  for _, key in ipairs(node.keys) do
    -- A key that differs from one of ours only by being Go's name for it must not be taken for it.
    if not struct.names[key] then
      table[key] = any.read(doc, node.values[key])
    end
  end
  doc.origin[table] = node
  return setmetatable(table, struct.meta)
end

-- Returns the table of an embedded struct; one that a script put anything else in the place of is made anew.
local function embedded(table, go, kind)
  local inner = rawget(table, go)
  if type(inner) ~= "table" then
    inner = setmetatable({}, kind.meta)
    rawset(table, go, inner)
  end
  return inner
end

-- Return the metatable of such tables.  The promoted fields are read and set without metamethods: a script may have
-- put a table of its own there.
function views.metatable(struct)
  local alias, promoted = struct.alias, struct.promoted
  local meta = { __metatable = false }
  function meta.__index(table, key)
    local inside = promoted[key]
    if not inside then
      return rawget(table, alias[key])
    end
    local inner = embedded(table, inside.go, inside.kind)
    local value = rawget(inner, inside.json)
    if value == nil then
      value = rawget(inner, inside.name)
    end
    return value
  end
  function meta.__newindex(table, key, value)
    if key == nil or key ~= key then
      errors.raise("table index is " .. (key == nil and "nil" or "NaN"))
    end
    local inside = promoted[key]
    if not inside then
      return rawset(table, alias[key] or key, value)
    end
    local inner = embedded(table, inside.go, inside.kind)
    rawset(inner, inside.name, nil)
    rawset(inner, inside.json, value)
  end
  return meta
end

return views
