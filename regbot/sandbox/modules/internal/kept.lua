-- What was made of texts, for the next time they come: in scripts they come in loops.

local problems = require("internal.problems")

local MAX_KEPT = 64

-- Return a function that gives what *make* makes of a text, or nil and the problem.
return function(make)
  local kept, count = {}, 0
  return function(text)
    if kept[text] then
      return kept[text]
    end
    local made, problem = problems.caught(make, text)
    if not made then
      return nil, problem
    elseif count == MAX_KEPT then
      kept, count = {}, 0
    end
    kept[text], count = made, count + 1
    return made
  end
end
