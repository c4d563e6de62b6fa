-- The objects of the API.  To a script they are userdata, whose state it can neither reach nor forge: the state is in
-- `states`, and the metatable is sealed.

local use = ...

local newproxy, type, metatable = newproxy, type, debug.getmetatable

local objects = {}

local states = setmetatable({}, { __mode = "k" })

-- Return a function that makes objects of a class from their states.  The *class* has `name`, `index(state, key)`,
-- `assign(state, key, value)`, `text(state)` for tostring, and `image(state)`: the wire form of the image that it means.
function objects.class(class)
  local prototype = newproxy(true)
  local meta = metatable(prototype)
  meta.__metatable = false
  meta.__index = function(object, key)
    return class.index(states[object], key)
  end
  meta.__newindex = function(object, key, value)
    class.assign(states[object], key, value)
  end
  meta.__tostring = function(object)
    return class.text(states[object])
  end
  return function(state)
    local object = newproxy(prototype)
    state.class = class
    states[object] = state
    return object
  end
end

-- Return the state of an object, of the named class if one is named; nil for anything else.
function objects.state(value, name)
  local state = type(value) == "userdata" and states[value] or nil
  if state and name and state.class.name ~= name then
    return nil
  end
  return state
end

-- Return what a value is, for the text of an error.
function objects.kind(value)
  local state = objects.state(value)
  if state then
    return "a " .. state.class.name
  end
  return value == nil and "nothing" or "a " .. type(value)
end

return objects
