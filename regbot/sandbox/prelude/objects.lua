-- The objects of the API.  To a script they are userdata, whose state it can neither reach nor forge: only we make
-- userdata, and the state is in the metatable, which is sealed and each object's own.  (Not in a table with weak keys:
-- Lua 5.1 frees a value there one collection after its key, and a loop over many images would never catch up.)

local newproxy, type, metatable = newproxy, type, debug.getmetatable

local objects = {}

-- Return a function that makes objects of a class from their states.  The *class* has `name`, `index(state, key)`,
-- `assign(state, key, value)`, `text(state)` for tostring, and, where it means such a thing, `image(state)`, the wire
-- form of an image, and `content(state)`, that of bytes.
function objects.class(class)
  local function index(object, key)
    return class.index(metatable(object).state, key)
  end
  local function assign(object, key, value)
    class.assign(metatable(object).state, key, value)
  end
  local function text(object)
    return class.text(metatable(object).state)
  end
  return function(state)
    local object = newproxy(true)
    local meta = metatable(object)
    meta.__index, meta.__newindex, meta.__tostring, meta.__metatable = index, assign, text, false
    meta.class, meta.state = class, state
    return object
  end
end

-- Return the state and the class of an object, of the named class if one is named; nil for anything else.
function objects.state(value, name)
  if type(value) ~= "userdata" then
    return nil
  end
  local meta = metatable(value)
  if name and meta.class.name ~= name then
    return nil
  end
  return meta.state, meta.class
end

-- The tables of functions that a script has, and their names: one of them is an argument where a function was called
-- with a colon.
objects.libraries = {}

-- Return what a value is, for the text of an error.
function objects.kind(value)
  local _, class = objects.state(value)
  if class then
    return "a " .. class.name
  elseif objects.libraries[value] then
    return "the table " .. objects.libraries[value]
  end
  return value == nil and "nil" or "a " .. type(value)
end

return objects
