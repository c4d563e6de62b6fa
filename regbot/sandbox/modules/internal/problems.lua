-- What is wrong with a text that a script wrote.  It is found deep in a parser and told by the function that the script
-- called, since only that knows the script's line.

local error, pcall, type = error, pcall, type

local problems = {}

-- Give up on a text: *what* is wrong with it, and at which byte.
function problems.raise(what, position)
  error({ problem = position and what .. " at byte " .. position or what }, 0)
end

local function settled(ok, value)
  if ok then
    return value
  elseif type(value) == "table" and value.problem then
    return nil, value.problem
  end
  error(value, 0)
end

-- Return what *parse* makes of its arguments, or nil and the problem.
function problems.caught(parse, ...)
  return settled(pcall(parse, ...))
end

return problems
