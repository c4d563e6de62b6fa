-- Globs to functions.

local machine, parse = require("re.machine"), require("glob.parser")
local problems, program = require("internal.problems"), require("re.program")

local ipairs, type = ipairs, type

local program_of = problems.kept(function(pattern)
  local new = program(parse(pattern), 0)
  machine.prepare(new)
  return new
end)

-- Returns the programs of a pattern or a list of patterns; or nil and the problem.
local function programs_of(pattern)
  if type(pattern) == "string" then
    pattern = { pattern }
  elseif not problems.is_list(pattern) then
    return nil, problems.unlike("pattern", "a string or a list of strings", pattern)
  end
  local programs = {}
  for i, each in ipairs(pattern) do
    if type(each) ~= "string" then
      return nil, problems.unlike("pattern " .. i, "a string", each)
    end
    local problem
    programs[i], problem = program_of(each)
    if problem then
      return nil, problems.quoted(each) .. " has " .. problem
    end
  end
  return programs
end

local function matches(programs, text)
  for i = 1, #programs do
    if machine.test(programs[i], text, 1) then
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
