-- Kinds of values in JSON documents.  Each has
--   zero()                   what Go has where the JSON says nothing or null;
--   read(doc, node)          the value of a node; a node of another kind is an error that names the place;
--   empty(value)             whether Go leaves it out, where it leaves out anything;
--   write(out, value, node)  which adds a script's value to a json/writer; *node* is what was there before, or nil.

local use = ...
local any, json, place, quote = use("json/any"), use("json"), use("json/place"), use("json/quote")
local scalars, structs, writer = use("scalars"), use("structs"), use("json/writer")

local NULL = json.NULL
local ipairs, next, rawget, type = ipairs, next, rawget, type

local types = {
  flag = scalars.flag, integer = scalars.integer, text = scalars.text, time = scalars.time, struct = structs.struct,
}

-- A kind that is a pointer in Go: nil where there is nothing.
function types.optional(kind)
  return {
    zero = function() end,
    read = function(doc, node)
      if node ~= NULL then
        return kind.read(doc, node)
      end
    end,
    empty = function(value)
      return value == nil
    end,
    write = kind.write,
  }
end

local function new_table()
  return {}
end

local function is_nothing(value)
  return value == nil or type(value) == "table" and next(value) == nil
end

function types.list(kind)
  local function read(doc, node)
    if node == NULL then
      return {}
    elseif not (type(node) == "table" and node.items) then
      place.unlike(doc, "an array", node)
    end
    local list = {}
    for i = 1, node.count do
      list[i] = place.within(doc, i, kind.read, node.items[i])
    end
    return list
  end
  local function write(out, value)
    value = value == nil and {} or value
    if type(value) ~= "table" then
      place.mismatch(out, "a list", value)
    end
    local count, names = any.shape(out, value)
    if #names > 0 then
      place.fail(out, 'should be a list: it has the name "' .. names[1] .. '"')
    end
    writer.open(out, value, "[")
    for i = 1, count do
      writer.item(out, i)
      kind.write(out, rawget(value, i))
      writer.done(out)
    end
    writer.close(out, value, "]")
  end
  return { zero = new_table, read = read, empty = is_nothing, write = write }
end

function types.map(kind)
  local function read(doc, node)
    if node == NULL then
      return {}
    elseif not (type(node) == "table" and node.values) then
      place.unlike(doc, "an object", node)
    end
    local map = {}
    for key, item in next, node.values do
      map[key] = place.within(doc, key, kind.read, item)
    end
    return map
  end
  local function write(out, value)
    if type(value) ~= "table" then
      place.mismatch(out, "a table", value)
    end
    local count, names = any.shape(out, value)
    if count > 0 then
      place.fail(out, "should be a table with names: it is a list")
    end
    writer.open(out, value, "{")
    for _, name in ipairs(names) do
      writer.member(out, name)
      kind.write(out, rawget(value, name))
      writer.done(out)
    end
    writer.close(out, value, "}")
  end
  return { zero = new_table, read = read, empty = is_nothing, write = write }
end

-- The value of a set's member, Go's struct{}.  A script may write true for it.
local member = structs.struct({})
types.empty = {
  zero = member.zero,
  read = function(doc, node)
    return type(node) == "table" and node.values and member.read(doc, node) or member.zero()
  end,
  empty = member.empty,
  write = function(out, value)
    member.write(out, value == true and {} or value)
  end,
}

-- Return the table of a struct's kind for a node, and the nodes of all tables in it; raises a plain text, without a
-- position in the script.
function types.made(struct, node)
  local doc = { path = {}, origin = {} }
  return struct.read(doc, node), doc.origin
end

-- Return the JSON of such a table as Go writes it, what Go does not know behind what it knows; *origin* are the nodes
-- that its tables were made of.  Raises a plain text, without a position in the script.
function types.written(struct, table, origin)
  local out = writer.new({ quote = quote.go, origin = origin })
  struct.write(out, table)
  return writer.text(out)
end

return types
