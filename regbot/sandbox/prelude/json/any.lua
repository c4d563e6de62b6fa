-- Values that nothing is known of: reading them, and writing them so that what a script did not change stays as it
-- was.

local use = ...
local json, numbers, objects, place = use("json"), use("json/numbers"), use("objects"), use("json/place")
local values, writer = use("json/values"), use("json/writer")

local floor, ipairs, next, rawget, sort, type = math.floor, ipairs, next, rawget, table.sort, type
local metatable = debug.getmetatable

local NULL = json.NULL

local any = {}

-- Kinds of tables that are written in a way of their own wherever they are, by their metatables.
local kinds = {}

-- Let tables with a metatable be written by `kind.write`.
function any.teach(meta, kind)
  kinds[meta] = kind
end

-- Return the Lua value of a node.  A null in an array is false, so that the array has no gap.  `doc.origin` gets the
-- node of each table.
function any.read(doc, node)
  if type(node) ~= "table" then
    return node
  elseif node.literal then
    return node.number
  elseif node == NULL then
    return nil
  end
  local value = {}
  for i = 1, node.count or 0 do
    value[i] = any.read(doc, node.items[i]) or false
  end
  for key, item in next, node.values or {} do
    value[key] = any.read(doc, item)
  end
  doc.origin[value] = node
  return value
end

-- Return how many positions a table has, and its names, sorted; raises where it is neither a list nor an object.
function any.shape(out, value)
  local count, names = 0, {}
  for key in next, value do
    if type(key) == "string" then
      names[#names + 1] = key
    elseif type(key) ~= "number" or key < 1 or key ~= floor(key) then
      place.fail(out, "has a key that is " .. objects.kind(key) .. ", only names or the positions of a list can be")
    else
      count = count + 1
    end
  end
  if count > 0 and #names > 0 then
    place.fail(out, 'has positions and names, such as "' .. names[1] .. '": it is neither a list nor an object')
  end
  for i = 1, count do
    if rawget(value, i) == nil then
      place.fail(out, "has a gap at " .. i .. ": a list has none")
    end
  end
  sort(names)
  return count, names
end

-- What a script's list no longer tells of its node: which numbers were written in a way of their own, and whether
-- false stands for null.
local function spelled(node)
  local kept, has_false = {}, false
  for i = 1, node and node.count or 0 do
    local item = node.items[i]
    if item == NULL then
      kept[false] = NULL
    elseif item == false then
      has_false = true
    elseif type(item) == "table" and item.literal then
      kept[item.number] = item
    end
  end
  if has_false then
    kept[false] = nil
  end
  return kept
end

local function same(value, node)
  return node == value or node == NULL and value == false or type(node) == "table" and node.number == value
end

local function write_list(out, value, count, node)
  local kept = spelled(node)
  writer.open(out, value, "[")
  for i = 1, count do
    local item, old = rawget(value, i), node and node.items and node.items[i]
    if type(item) ~= "table" and not same(item, old) then
      old = kept[item]
    end
    writer.item(out, i)
    any.write(out, item, old)
    writer.done(out)
  end
  writer.close(out, value, "]")
end

-- Write the members of an object, *item_of(name)* for each of *names*, sorted: first those of *node*, in its order.  A
-- null that a script could not see is there still where *nulls* says so.
function any.members(out, names, item_of, node, nulls)
  local function member(name, old)
    writer.member(out, name)
    any.write(out, item_of(name), old)
    writer.done(out)
  end
  local written = {}
  for _, name in ipairs(node and node.keys or {}) do
    local old = node.values[name]
    if item_of(name) ~= nil or nulls and old == NULL then
      written[name] = true
      member(name, old)
    end
  end
  for _, name in ipairs(names) do
    if not written[name] then
      member(name)
    end
  end
end

local function write_table(out, value, old)
  local own = out.origin[value]
  local node = own or type(old) == "table" and old or nil
  local count, names = any.shape(out, value)
  if count > 0 or #names == 0 and (node and node.items or values.is_array(value)) then
    return write_list(out, value, count, node)
  end
  local function item_of(name)
    return rawget(value, name)
  end
  writer.open(out, value, "{")
  any.members(out, names, item_of, node, own ~= nil)
  writer.close(out, value, "}")
end

local function number_of(out, value, old)
  if type(old) == "table" and old.number == value then
    return old.literal
  end
  return numbers.text(value) or place.fail(out, "is no number that JSON has")
end

-- Write a value of a script; *node* is what was in its place, or nil.
function any.write(out, value, node)
  local kind = type(value)
  if kind == "table" then
    local known = kinds[metatable(value)]
    local write = known and known.write or write_table
    write(out, value, node)
  elseif kind == "string" then
    writer.put(out, writer.quoted(out, value))
  elseif kind == "number" then
    writer.put(out, number_of(out, value, node))
  elseif value == nil or value == values.null or value == false and node == NULL then
    writer.put(out, "null")
  elseif kind == "boolean" then
    writer.put(out, value and "true" or "false")
  else
    local literal = values.literal(value)
    if not literal then
      place.fail(out, "is " .. objects.kind(value) .. ", and JSON has no such value")
    end
    writer.put(out, literal)
  end
end

return any
