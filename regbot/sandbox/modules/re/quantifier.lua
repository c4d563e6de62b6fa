-- How often something may come: * + ? {n} {n,} {n,m}.

local problems = require("internal.problems")

local find, format, match, sub, tonumber = string.find, string.format, string.match, string.sub, tonumber

local MAX_COUNT = 1000
local SIMPLE = { ["*"] = { 0 }, ["+"] = { 1 }, ["?"] = { 0, 1 } }

-- Return the bounds of the quantifier at *at*, the upper one nil where there is none, and where the text goes on; nil
-- if there is no quantifier.
return function(text, at)
  local simple = SIMPLE[sub(text, at, at)]
  if simple then
    return simple[1], simple[2], at + 1
  end
  local low, comma, high, after = match(text, "^{(%d+)(,?)(%d*)}()", at)
  if not low then
    return find(text, "^{,%d+}", at) and problems.raise("a repetition without its lower bound", at) or nil
  end
  low, high = tonumber(low), tonumber(comma == "" and low or high)
  if low > (high or MAX_COUNT) or (high or low) > MAX_COUNT then
    problems.raise(format("a repetition whose bounds are not in order, or above %d,", MAX_COUNT), at)
  end
  return low, high, after
end
