-- Patterns of names, as shells have them, in time in proportion to pattern and name.
--
-- A pattern is held against the whole name.  * is any text without a slash, ** any text, ? any byte but a slash, [a-z]
-- and [!a-z] (or [^a-z]) a byte that is, or is not, one of these and no slash; {a,b} is a or b, which may be patterns;
-- \ takes away what the next letter means.  It is of bytes, not of characters.  Everything else is itself.
--
--   glob.match(pattern, text)      whether the text is one of those
--   glob.filter(list, pattern)     the texts of the list that are, in its order
--
-- In place of a pattern there can be a list of them: a text is to match one or more.

local matcher, problems = require("glob.matcher"), require("internal.problems")

local ipairs, type = ipairs, type

local settled = problems.settled

local glob = {}

function glob.match(pattern, text)
  local matches, problem = matcher(pattern)
  problem = problem or problems.no_text("text", text)
  return settled("glob.match", problem, not problem and matches(text))
end

local function filtered(list, pattern)
  local matches, problem = matcher(pattern)
  problem = problems.no_list("list", list) or problem
  if problem then
    return problem
  end
  local found = {}
  for i, text in ipairs(list) do
    if type(text) ~= "string" then
      return problems.unlike("list's item " .. i, "a string", text)
    elseif matches(text) then
      found[#found + 1] = text
    end
  end
  return nil, found
end

function glob.filter(list, pattern)
  return settled("glob.filter", filtered(list, pattern))
end

return glob
