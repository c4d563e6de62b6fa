-- What stands for one byte in a glob: quoted letters, and classes in brackets.

local bytes, problems, sets = require("re.bytes"), require("internal.problems"), require("re.sets")

local byte, find = string.byte, string.find

local SLASH, BACKSLASH = 47, 92

local globbed = { NO_SLASH = sets.negated({ [SLASH] = true }) }

-- Return the code of what the \ at *at* quotes, and where the text goes on.
function globbed.quoted(text, at)
  local code = byte(text, at + 1)
  if not code then
    problems.raise("a \\ with nothing behind it", at)
  end
  return code, at + 2
end

local function member(text, at)
  return (byte(text, at) == BACKSLASH and globbed.quoted or bytes.plain)(text, at)
end

-- Return the set of the class whose [ is at *open*, and where the text goes on.  A slash is in none.
function globbed.class(text, open)
  local negated = find(text, "^[!^]", open + 1)
  local set, after = bytes.listed(text, open, negated and open + 2 or open + 1, member)
  set = negated and sets.negated(set) or set
  set[SLASH] = nil
  return set, after
end

return globbed
