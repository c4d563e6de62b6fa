-- Ranges of versions, as npm writes them.
--
-- A range is a list of sets, one of which must hold; a set is a list of bounds, all of which must.  A bound is
-- { op, version, count }: *count* numbers of the version were written, and as many are compared.

local problems, versions = require("internal.problems"), require("semver.versions")

local find, gmatch, gsub, match = string.find, string.gmatch, string.gsub, string.match
local ipairs, min = ipairs, math.min

local MAX_RANGE = 1024
local WHOLE = 3

local ranges = {}

local function refuse(what, text)
  problems.raise("in " .. problems.quoted(text) .. ", " .. what)
end

-- Returns the numbers in *core*, the beginning of *text*: 0 for those that are missing or x; and how many are there.
local function numbers_of(core, text)
  local numbers, count, pieces = { "0", "0", "0" }, 0, 0
  for piece in gmatch(core .. ".", "([^.]*)%.") do
    pieces = pieces + 1
    local left_out = find(piece, "^[xX*]$")
    local problem = not left_out and versions.no_number(piece)
    if problem or pieces > WHOLE or not left_out and count < pieces - 1 then
      refuse(problem or pieces > WHOLE and "there are more than three numbers" or "a number is behind an x", text)
    elseif not left_out then
      count = pieces
      numbers[count] = piece
    end
  end
  return numbers, count
end

-- Returns a version of which some numbers may be missing, and how many are there.
local function partial(text)
  local core, rest = match(text, "^[vV]?([^+-]*)(.*)$")
  local numbers, count = numbers_of(core, text)
  local prerelease, problem = versions.prerelease(rest)
  if problem then
    refuse(problem, text)
  elseif #prerelease > 0 and count < WHOLE then
    refuse("there is a prerelease without three numbers before it", text)
  end
  return { numbers = numbers, prerelease = prerelease }, count
end

local function add(set, op, version, count)
  set[#set + 1] = { op = op, version = version, count = count }
end

-- How many numbers stay as they are in what ^ allows: all to the first that is not 0.
local function fixed(version, count)
  for i = 1, count do
    if version.numbers[i] ~= "0" then
      return i
    end
  end
  return count
end

-- What each operator adds to a set.
local OPERATORS = {
  [">="] = function(set, version)
    add(set, ">=", version, WHOLE)
  end,
  ["^"] = function(set, version, count)
    add(set, ">=", version, WHOLE)
    add(set, "like", version, fixed(version, count))
  end,
  ["~"] = function(set, version, count)
    add(set, ">=", version, WHOLE)
    add(set, "like", version, min(count, 2))
  end,
}
for _, op in ipairs({ "=", "!=", ">", "<", "<=" }) do
  OPERATORS[op] = function(set, version, count)
    add(set, op, version, count)
  end
end

-- By which orders of version and bound each is kept.
local HOLDS = {
  ["="] = { [0] = true },
  ["!="] = { [-1] = true, [1] = true },
  [">"] = { [1] = true },
  [">="] = { [0] = true, [1] = true },
  ["<"] = { [-1] = true },
  ["<="] = { [-1] = true, [0] = true },
  like = { [0] = true },
}

local function parse_set(text)
  local set = {}
  local low, high = match(text, "^%s*(%S+)%s+%-%s+(%S+)%s*$")
  if low then
    OPERATORS[">="](set, partial(low))
    OPERATORS["<="](set, partial(high))
    return set
  end
  for op, version in gmatch(text, "([<>=!^~]*)%s*([^%s<>=!^~]*)") do
    if op ~= "" or version ~= "" then
      local bound = OPERATORS[op == "" and "=" or op]
      if not bound then
        problems.raise("there is no operator " .. op .. "; there are = != > >= < <= ^ ~")
      elseif version == "" then
        problems.raise("behind " .. op .. " there is no version")
      end
      bound(set, partial(version))
    end
  end
  return set
end

local function parse(text)
  if #text > MAX_RANGE then
    problems.raise("it has more than " .. MAX_RANGE .. " bytes")
  end
  local sets = {}
  for each in gmatch(gsub(text, ",", " ") .. "||", "(.-)||") do
    if not find(each, "%S") then
      problems.raise("nothing stands where a version should; any version is *")
    end
    sets[#sets + 1] = parse_set(each)
  end
  return sets
end

-- Return the range that a text means, or nil and the problem.
ranges.parse = problems.kept(parse)

local function holds(bound, version)
  local order
  if bound.count == WHOLE and bound.op ~= "like" then
    order = versions.compare(version, bound.version)
  else
    order = versions.compare_numbers(version, bound.version, bound.count)
  end
  return HOLDS[bound.op][order] == true
end

-- Whether a bound of *set* names a prerelease of these three numbers: only then are others of them meant.
local function names_prerelease(set, version)
  for _, bound in ipairs(set) do
    local named = #bound.version.prerelease > 0 and bound.op ~= "!="
    if named and versions.compare_numbers(version, bound.version, WHOLE) == 0 then
      return true
    end
  end
  return false
end

local function all_hold(set, version)
  for _, bound in ipairs(set) do
    if not holds(bound, version) then
      return false
    end
  end
  return #version.prerelease == 0 or names_prerelease(set, version)
end

-- Return whether *version* is in *range*.
function ranges.has(range, version)
  for _, set in ipairs(range) do
    if all_hold(set, version) then
      return true
    end
  end
  return false
end

return ranges
