-- Regular expressions that find a match in time in proportion to pattern and text, whatever these are.
--
-- The syntax is that of RE2 and Go: literals . [a-z] [^a-z] [[:alpha:]] \d \w \s \D \W \S \n \t \r \xHH, ^ $ \A \z \b
-- \B, | ( ) (?:…) (?P<name>…) (?<name>…), * + ? {n} {n,} {n,m} and the lazy *? +? ?? {n,m}?, the flags i, m and s as
-- (?i) or (?i:…).  Backreferences and look-around do not exist: nothing can match them in such time.  A pattern is of
-- bytes, not of characters; `.` is not a line break; `$` is the end of the text, and not before a last line break.
--
--   re.compile(pattern)            a pattern p, with the methods below; tostring gives its text
--   p:test(text)                   whether it matches somewhere
--   p:match(text [, init])         the texts of its groups, or of the whole match if it has none; nil without a match
--   p:find(text [, init])          first byte, last byte, the texts of its groups; nil without a match
--   p:gmatch(text)                 an iterator over what match gives
--   p:gsub(text, new [, n])        text with at most n matches replaced, and how many were
--
-- Each is there as re.test(pattern, text) and so on, too.  A match is the leftmost, and of those the one that the order
-- of alternatives and the greed of repetitions prefer.  A group that took no part is `false`: ask `test` or `find`
-- whether there is a match, since the first group of `match` may be that.  *new* is a text in which $1 or ${name} stand
-- for groups, $0 for the match and $$ for $; or a table or a function, as for string.gsub.  ^ is where the text begins,
-- not where *init* is.

local machine, matching, parse = require("re.machine"), require("re.matching"), require("re.parser")
local problems, program = require("internal.problems"), require("re.program")

local concat, next, setmetatable, sub, type = table.concat, next, setmetatable, string.sub, type

local settled = problems.settled

local re, methods = {}, {}

-- The program of each pattern that a script holds.
local programs = setmetatable({}, { __mode = "k" })

local kept_program = problems.kept(function(pattern)
  local tree, groups, names = parse(pattern)
  local new = program(tree, groups)
  new.pattern, new.groups, new.names = pattern, groups, names
  machine.prepare(new)
  return new
end)

-- Returns the program of *pattern*; or nil and the problem.
local function program_of(pattern)
  if type(pattern) ~= "string" then
    return nil, problems.no_text("pattern", pattern)
  end
  return kept_program(pattern)
end

-- The byte that *init* means, as in string.find; or nil and the problem.
local function position_of(text, init)
  if init == nil then
    return 1
  elseif type(init) ~= "number" or init % 1 ~= 0 then
    return nil, problems.unlike("position", "a whole number", init)
  elseif init < 0 then
    init = #text + init + 1
  end
  return init < 1 and 1 or init
end

-- What the functions and the methods do.  Each returns a problem, or nil and its results.
local actions = {}

function actions.test(used, text)
  return nil, machine.test(used, text, 1) or false
end

function actions.match(used, text, init)
  local position, problem = position_of(text, init)
  if not position then
    return problem
  end
  local captures, last = matching.find(used, text, position)
  if captures then
    return nil, matching.groups(used, text, captures, last)
  end
  return nil, nil
end

function actions.find(used, text, init)
  local position, problem = position_of(text, init)
  if not position then
    return problem
  end
  local captures, last = matching.find(used, text, position)
  if captures then
    return nil, captures[1], last, matching.groups(used, text, captures, last, true)
  end
  return nil, nil
end

function actions.gmatch(used, text)
  local following = matching.each(used, text)
  return nil, function()
    local captures, last = following()
    if captures then
      return matching.groups(used, text, captures, last)
    end
  end
end

function actions.gsub(used, text, new, limit)
  local replacement, problem = matching.replacement(used, new)
  if not replacement then
    return problem
  elseif limit ~= nil and not problems.is_whole(limit, 0) then
    return problems.unlike("limit", "a whole number, 0 or more", limit)
  end
  local parts, done, at = {}, 0, 1
  local following = matching.each(used, text)
  while done ~= limit do
    local captures, last = following()
    if not captures then
      break
    end
    local put = replacement(text, captures, last) or sub(text, captures[1], last)
    if type(put) ~= "string" and type(put) ~= "number" then
      return problems.unlike("replacement of a match", "a string, or nil to leave it", put)
    end
    parts[#parts + 1], parts[#parts + 2] = sub(text, at, captures[1] - 1), put
    done, at = done + 1, last + 1
  end
  parts[#parts + 1] = sub(text, at)
  return nil, concat(parts), done
end

local function acted(action, used, problem, text, ...)
  if not used then
    return problem
  elseif type(text) ~= "string" then
    return problems.no_text("text", text)
  end
  return action(used, text, ...)
end

for name, action in next, actions do
  local as_function, as_method = "re." .. name, "<pattern>:" .. name
  re[name] = function(pattern, text, ...)
    local used, problem = program_of(pattern)
    return settled(as_function, acted(action, used, problem, text, ...))
  end
  methods[name] = function(pattern, text, ...)
    local used, problem = programs[pattern], "call it with a colon: p:" .. name .. "(…)"
    return settled(as_method, acted(action, used, problem, text, ...))
  end
end

local sealed = {
  __index = methods,
  __metatable = false,
  __tostring = function(pattern)
    return programs[pattern].pattern
  end,
}

-- Return a pattern for much use.
function re.compile(pattern)
  local used, problem = program_of(pattern)
  local object = used and setmetatable({}, sealed)
  if object then
    programs[object] = used
  end
  return settled("re.compile", problem, object)
end

return re
