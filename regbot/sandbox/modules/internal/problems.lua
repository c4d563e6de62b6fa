-- What is wrong with what a script handed to a module: which function, which argument, what it should be and what came.
--
-- A problem is a text that the innermost function finds and every other hands on; only the function that the script
-- called knows the script's line, and raises it there.

local error, format, next, pcall, sub, type = error, string.format, next, pcall, string.sub, type

local MAX_SHOWN = 100
local MAX_KEPT = 64

local problems = {}

-- Return *text*, cut to what a message has room for.
function problems.cut(text)
  return #text > MAX_SHOWN and sub(text, 1, MAX_SHOWN) .. "…" or text
end

-- Return *text* in quotes.
function problems.quoted(text)
  return '"' .. problems.cut(text) .. '"'
end

local function shown(value)
  local kind = type(value)
  if kind == "string" then
    return problems.quoted(value)
  elseif kind == "number" then
    return format("%.14g", value)
  end
  return value == nil and kind or "a " .. kind
end

-- Return the problem that the argument called *name* is *value* and should be what is *expected*.
function problems.unlike(name, expected, value)
  return format("the %s should be %s, not %s", name, expected, shown(value))
end

-- Return the problem that *value* is no string; nil if it is.
function problems.no_text(name, value)
  return type(value) ~= "string" and problems.unlike(name, "a string", value) or nil
end

-- Return whether *value* is a table with the keys 1 to its length and no others.
function problems.is_list(value)
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
function problems.no_list(name, value)
  return not problems.is_list(value) and problems.unlike(name, "a list", value) or nil
end

-- Return whether *value* is a whole number that is not below *least*.
function problems.is_whole(value, least)
  return type(value) == "number" and value % 1 == 0 and value >= least
end

-- Return all that follows *problem*; with a problem, raise it as one of *caller* at the line of the script.  For the
-- last line of what a script calls: return settled(caller, …).
function problems.settled(caller, problem, ...)
  if problem then
    error(caller .. ": " .. problem, 2)
  end
  return ...
end

-- Give up on a text in the middle of a parser: *what* is wrong with it, and at which byte.
function problems.raise(what, position)
  error({ problem = position and what .. " at byte " .. position or what }, 0)
end

local function caught(ok, value)
  if ok then
    return value
  elseif type(value) == "table" and value.problem then
    return nil, value.problem
  end
  error(value, 0)
end

-- Return a function that gives what *parse* makes of a text, or nil and the problem.  What was made is kept for the
-- next time: in scripts the same texts come in loops.
function problems.kept(parse)
  local kept, count = {}, 0
  return function(text)
    if kept[text] then
      return kept[text]
    end
    local made, problem = caught(pcall(parse, text))
    if not made then
      return nil, problem
    elseif count == MAX_KEPT then
      kept, count = {}, 0
    end
    kept[text], count = made, count + 1
    return made
  end
end

return problems
