-- Checks of what a script hands to a module, and the errors that say which function, which argument, what it should be
-- and what came.
--
-- A problem is a text that the innermost function finds and every other hands on; only the function that the script
-- called knows the script's line, and raises it there.

local error, format, next, sub, type = error, string.format, next, string.sub, type

local MAX_SHOWN = 100

local arguments = {}

-- Return *text*, cut to what a message has room for.
function arguments.cut(text)
  return #text > MAX_SHOWN and sub(text, 1, MAX_SHOWN) .. "…" or text
end

-- Return *text* in quotes.
function arguments.quoted(text)
  return '"' .. arguments.cut(text) .. '"'
end

local function shown(value)
  local kind = type(value)
  if kind == "string" then
    return arguments.quoted(value)
  elseif kind == "number" then
    return format("%.14g", value)
  end
  return value == nil and kind or "a " .. kind
end

-- Return the problem that the argument called *name* is *value* and should be what is *expected*.
function arguments.unlike(name, expected, value)
  return format("the %s should be %s, not %s", name, expected, shown(value))
end

-- Return the problem that *value* is no string; nil if it is.
function arguments.no_text(name, value)
  return type(value) ~= "string" and arguments.unlike(name, "a string", value) or nil
end

-- Return whether *value* is a table with the keys 1 to its length and no others.
function arguments.is_list(value)
  if type(value) ~= "table" then
    return false
  end
  local count = 0
  for _ in next, value do
    count = count + 1
    if value[count] == nil then
      return false
    end
  end
  return true
end

-- Return the problem that *value* is no list; nil if it is.
function arguments.no_list(name, value)
  return not arguments.is_list(value) and arguments.unlike(name, "a list", value) or nil
end

-- Return whether *value* is a whole number that is not below *least*.
function arguments.is_whole(value, least)
  return type(value) == "number" and value % 1 == 0 and value >= least
end

-- Return all that follows *problem*; with a problem, raise it as one of *caller* at the line of the script.  For the
-- last line of what a script calls: return settled(caller, …).
function arguments.settled(caller, problem, ...)
  if problem then
    error(caller .. ": " .. problem, 2)
  end
  return ...
end

return arguments
