-- What stands for one byte in a pattern: sets of bytes, escapes, and classes in brackets.
--
-- A set is a table whose keys are the codes of its members.

local problems = require("internal.problems")

local byte, find, match, sub = string.byte, string.find, string.match, string.sub
local next, pairs, tonumber, type = next, pairs, tonumber, type

local CODES = { a = 7, f = 12, n = 10, r = 13, t = 9, v = 11 }

local bytes = {}

-- Adds the codes from *first* to *last*.
local function add_range(set, first, last)
  for code = first, last do
    set[code] = true
  end
end

-- Adds the members of *other*.
local function join(set, other)
  for code in next, other do
    set[code] = true
  end
end

-- Return the set of what is not in *set*.
function bytes.negated(set)
  local others = {}
  for code = 0, 255 do
    others[code] = not set[code] or nil
  end
  return others
end

-- Return *set* with each letter's other case.
function bytes.folded(set)
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
    add_range(set, byte(ranges, i, i + 1))
  end
  return set
end

-- The classes between [: and :].
local POSIX = {
  alnum = of("09AZaz"), alpha = of("AZaz"), ascii = of("\0\127"), blank = of("\t\t  "), cntrl = of("\0\31\127\127"),
  digit = of("09"), graph = of("!~"), lower = of("az"), print = of(" ~"), punct = of("!/:@[`{~"),
  space = of("\t\r  "), upper = of("AZ"), word = of("09AZ__az"), xdigit = of("09AFaf"),
}

-- The classes that are escapes.
local ESCAPES = { d = of("09"), s = of("\t\n\f\r  "), w = of("09AZ__az") }
for letter, other in pairs({ d = "D", s = "S", w = "W" }) do
  ESCAPES[other] = bytes.negated(ESCAPES[letter])
end

bytes.WORD = ESCAPES.w
bytes.ALL = of("\0\255")
bytes.NO_BREAK = bytes.negated(of("\n\n"))

local function hex(text, at)
  local digits = match(text, "^%x%x", at + 2)
  if not digits then
    problems.raise("\\x without two hex digits", at)
  end
  return tonumber(digits, 16), at + 4
end

-- Return the code or the set that the escape at *at* stands for, and where the text goes on.
function bytes.escape(text, at)
  local letter = sub(text, at + 1, at + 1)
  if letter == "" then
    problems.raise("a \\ with nothing behind it", at)
  elseif letter == "x" then
    return hex(text, at)
  elseif letter == "0" then
    problems.raise("\\0, which is written \\x00,", at)
  elseif find(letter, "^[%dk]") then
    problems.raise("a backreference, which cannot be matched in linear time,", at)
  elseif find(letter, "^%a") and not CODES[letter] and not ESCAPES[letter] then
    problems.raise("an unknown escape \\" .. letter, at)
  end
  return CODES[letter] or ESCAPES[letter] or byte(letter), at + 2
end

-- Return the code of the byte at *at*, which stands for itself, and where the text goes on.
function bytes.plain(text, at)
  local code = byte(text, at)
  if code > 127 then
    problems.raise("a character of more than one byte in a class, which is of bytes,", at)
  end
  return code, at + 1
end

local function posix(text, at, negation, name)
  local set = POSIX[name]
  if not set then
    problems.raise("an unknown class [:" .. name .. ":]", at)
  end
  return negation == "^" and bytes.negated(set) or set, at + #negation + #name + 4
end

local function member(text, at)
  local negation, name = match(text, "^%[:(%^?)(%a+):%]", at)
  if name then
    return posix(text, at, negation, name)
  elseif byte(text, at) == 92 then
    return bytes.escape(text, at)
  end
  return bytes.plain(text, at)
end

-- Adds to *set* the member, or the range of them, at *at*; returns where the class goes on.
local function add(set, text, at, read)
  local low, next = read(text, at)
  if type(low) == "table" then
    join(set, low)
    return next
  end
  local high = low
  if find(text, "^%-[^%]]", next) then
    high, next = read(text, next + 1)
  end
  if type(high) == "table" or high < low then
    problems.raise("a range that ends before it begins", at)
  end
  add_range(set, low, high)
  return next
end

-- Return the set of what is listed from *first* to a ], and where the text goes on; the [ is at *open*, and *read*
-- gives the code or the set that stands somewhere, and what comes behind it.
function bytes.listed(text, open, first, read)
  local set, at = {}, first
  -- A ] that comes first is a member.
  while at == first or sub(text, at, at) ~= "]" do
    if at > #text then
      problems.raise("a [ without its ]", open)
    end
    at = add(set, text, at, read)
  end
  return set, at + 1
end

-- Return the set of the class whose [ is at *open*, and where the text goes on.
function bytes.class(text, open, fold)
  local negated = sub(text, open + 1, open + 1) == "^"
  local set, after = bytes.listed(text, open, negated and open + 2 or open + 1, member)
  set = fold and bytes.folded(set) or set
  return negated and bytes.negated(set) or set, after
end

return bytes
