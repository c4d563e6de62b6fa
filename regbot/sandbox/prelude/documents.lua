-- Manifests and image configs as objects: bytes as received, whose JSON is read when a script first asks for a field.
-- The fields can be assigned; the bytes stay what they are, and `documents.export` makes others of the fields.

local use = ...
local errors, json, objects, types = use("errors"), use("json"), use("objects"), use("types")

local pcall, type = pcall, type

local MAX_SHOWN = 100

local documents = {}

local function read(state)
  return types.made(state.struct, json.decode(state.body))
end

-- Return the table of a document's fields.  *state* has `body`, `struct`, and `title` for the text of an error.
local function fields(state)
  if not state.fields then
    local ok, result, origin = pcall(read, state)
    if not ok then
      errors.raise(state.title .. " cannot be read: " .. errors.caught(result))
    end
    state.fields, state.origin = result, origin
  end
  return state.fields
end

-- Return `index` of a class: the fields of its struct, then *methods*, then whatever else the JSON holds.
function documents.index(methods)
  return function(state, key)
    if state.body and (state.struct.names[key] or methods[key] == nil) then
      return fields(state)[key]
    end
    return methods[key]
  end
end

-- Return `assign` of a class: whatever `index` would find afterwards.
function documents.assign(methods)
  return function(state, key, value)
    if type(key) ~= "string" then
      errors.raise("a field of " .. state.title .. " has a string as its name, not " .. objects.kind(key))
    elseif methods[key] and not (state.body and state.struct.names[key]) then
      errors.raise('"' .. key .. '" is a method of ' .. state.title .. " and cannot be assigned")
    elseif not state.body then
      local name = errors.cut(key, MAX_SHOWN)
      errors.raise('the field "' .. name .. '" of ' .. state.title .. " cannot be assigned: manifest.head gets no "
        .. "fields, get them by manifest.get")
    end
    fields(state)[key] = value
  end
end

-- Return the bytes that the fields of a document make, and the field of that name.
function documents.export(caller, state, name)
  local table = fields(state)
  local ok, result = pcall(types.written, state.struct, table, state.origin)
  if not ok then
    errors.raise(caller .. ": " .. errors.caught(result))
  end
  return result, table[name]
end

return documents
