-- Sets of bytes: a table whose keys are the codes of its members.

local byte, next, pairs = string.byte, next, pairs

local sets = {}

-- Add the codes from *first* to *last*.
function sets.add(set, first, last)
  for code = first, last do
    set[code] = true
  end
end

-- Add the members of *other*.
function sets.join(set, other)
  for code in next, other do
    set[code] = true
  end
end

-- Return the set of what is not in *set*.
function sets.negated(set)
  local others = {}
  for code = 0, 255 do
    others[code] = not set[code] or nil
  end
  return others
end

-- Return *set* with each letter's other case.
function sets.folded(set)
  local folded = {}
  for code in next, set do
    folded[code] = true
    if code >= 65 and code <= 90 then
      folded[code + 32] = true
    elseif code >= 97 and code <= 122 then
      folded[code - 32] = true
    end
  end
  return folded
end

-- *ranges* is a text of pairs: first, last, first, last and so on.
local function of(ranges)
  local set = {}
  for i = 1, #ranges, 2 do
    sets.add(set, byte(ranges, i, i + 1))
  end
  return set
end

-- The classes between [: and :].
sets.POSIX = {
  alnum = of("09AZaz"), alpha = of("AZaz"), ascii = of("\0\127"), blank = of("\t\t  "), cntrl = of("\0\31\127\127"),
  digit = of("09"), graph = of("!~"), lower = of("az"), print = of(" ~"), punct = of("!/:@[`{~"),
  space = of("\t\r  "), upper = of("AZ"), word = of("09AZ__az"), xdigit = of("09AFaf"),
}

-- The classes that are escapes.
sets.ESCAPES = { d = of("09"), s = of("\t\n\f\r  "), w = of("09AZ__az") }
for letter, other in pairs({ d = "D", s = "S", w = "W" }) do
  sets.ESCAPES[other] = sets.negated(sets.ESCAPES[letter])
end

sets.ALL = of("\0\255")
sets.NO_BREAK = sets.negated(of("\n\n"))

return sets
