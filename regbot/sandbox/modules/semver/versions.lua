-- Versions of SemVer 2.0.0 and their order.  The numbers are kept as digits, since they may be of any length.

local problems = require("internal.problems")

local byte, find, gmatch, match, sub = string.byte, string.find, string.gmatch, string.match, string.sub

local HYPHEN, ZERO = 45, 48

local versions = {}

local function leads_with_zero(digits)
  return #digits > 1 and byte(digits) == ZERO
end

-- Returns the identifiers of the part that is called *name*; or nil and the problem.
local function identifiers(text, name)
  local list = {}
  for identifier in gmatch(text .. ".", "([^.]*)%.") do
    if not find(identifier, "^[%w-]+$") then
      return nil, "its " .. name .. " is not identifiers of letters, digits and -, with dots between"
    end
    list[#list + 1] = identifier
  end
  return list
end

local function prerelease_of(text)
  local list, problem = identifiers(text, "prerelease")
  for i = 1, list and #list or 0 do
    if find(list[i], "^%d+$") and leads_with_zero(list[i]) then
      return nil, "a number of its prerelease begins with 0"
    end
  end
  return list, problem
end

-- Return the identifiers of the prerelease in *rest*, which is what follows the numbers of a version; or nil and the
-- problem.
function versions.prerelease(rest)
  local prerelease, plus, build = match(rest, "^(%-?[^+]*)(%+?)(.*)$")
  if plus ~= "" then
    local _, problem = identifiers(build, "build")
    if problem then
      return nil, problem
    end
  end
  if prerelease == "" then
    return {}
  elseif byte(prerelease) ~= HYPHEN then
    return nil, "its numbers go on with neither - nor +"
  end
  return prerelease_of(sub(prerelease, 2))
end

-- Return the problem that *digits* are no number of a version; nil if they are one.
function versions.no_number(digits)
  if not find(digits, "^%d+$") then
    return problems.quoted(digits) .. " is no number"
  elseif leads_with_zero(digits) then
    return "its number " .. problems.cut(digits) .. " begins with 0"
  end
end

-- Return the version that *text* is, { numbers, prerelease, build }; or nil and the problem.
function versions.parse(text)
  local major, minor, patch, rest = match(text, "^v?(%d+)%.(%d+)%.(%d+)(.*)$")
  if not major then
    return nil, "it does not begin with three numbers like 1.2.3"
  end
  local problem = versions.no_number(major) or versions.no_number(minor) or versions.no_number(patch)
  if problem then
    return nil, problem
  end
  local prerelease, wrong = versions.prerelease(rest)
  if not prerelease then
    return nil, wrong
  end
  return { numbers = { major, minor, patch }, prerelease = prerelease, build = match(rest, "%+(.*)$") or "" }
end

local function sign(less)
  return less and -1 or 1
end

local function compare_digits(a, b)
  if a == b then
    return 0
  elseif #a ~= #b then
    return sign(#a < #b)
  end
  return sign(a < b)
end

-- Return -1, 0 or 1 as the first *count* numbers of *a* are below, equal to or above those of *b*.
function versions.compare_numbers(a, b, count)
  for i = 1, count do
    local order = compare_digits(a.numbers[i], b.numbers[i])
    if order ~= 0 then
      return order
    end
  end
  return 0
end

-- Numbers are below words; words are compared by their bytes.
local function compare_identifiers(a, b)
  local number_a, number_b = find(a, "^%d+$"), find(b, "^%d+$")
  if number_a and number_b then
    return compare_digits(a, b)
  elseif number_a or number_b then
    return sign(number_a)
  elseif a == b then
    return 0
  end
  return sign(a < b)
end

-- A version without a prerelease is above those with one; of two that begin alike the longer is above.
local function compare_prereleases(a, b)
  if #a == 0 or #b == 0 then
    return #a == #b and 0 or sign(#a > 0)
  end
  for i = 1, #a < #b and #a or #b do
    local order = compare_identifiers(a[i], b[i])
    if order ~= 0 then
      return order
    end
  end
  return #a == #b and 0 or sign(#a < #b)
end

-- Return -1, 0 or 1 as *a* is below, equal to or above *b*.
function versions.compare(a, b)
  local order = versions.compare_numbers(a, b, 3)
  return order == 0 and compare_prereleases(a.prerelease, b.prerelease) or order
end

return versions
