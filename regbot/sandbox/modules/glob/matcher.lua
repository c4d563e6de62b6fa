-- Globs to functions.

local arguments, machine = require("internal.arguments"), require("re.machine")
local keep, parse = require("internal.kept"), require("glob.parser")
local program, states = require("re.program"), require("re.states")

local ipairs, type = ipairs, type

local program_of = keep(function(pattern)
  local new = program(parse(pattern), 0)
  machine.prepare(new)
  return new
end)

-- Returns the programs of a pattern or a list of patterns; or nil and the problem.
local function programs_of(pattern)
  if type(pattern) == "string" then
    pattern = { pattern }
  elseif not arguments.is_list(pattern) then
    return nil, arguments.unlike("pattern", "a string or a list of strings", pattern)
  end
  local programs = {}
  for i, each in ipairs(pattern) do
    if type(each) ~= "string" then
      return nil, arguments.unlike("pattern " .. i, "a string", each)
    end
    local problem
    programs[i], problem = program_of(each)
    if problem then
      return nil, arguments.quoted(each) .. " has " .. problem
    end
  end
  return programs
end

local function matches(programs, text)
  for i = 1, #programs do
    if states.test(programs[i], text, 1) then
      return true
    end
  end
  return false
end

-- Return a function that tells whether a text matches *pattern*, a text or a list of them; or nil and the problem.
return function(pattern)
  local programs, problem = programs_of(pattern)
  return programs and function(text)
    return matches(programs, text)
  end, problem
end
