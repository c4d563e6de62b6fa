-- Numbers as JSON, and which literals of JSON a double says exactly.

local abs, floor, huge, tonumber, type = math.abs, math.floor, math.huge, tonumber, type
local find, format, gsub, match, sub = string.find, string.format, string.gsub, string.match, string.sub

local WHOLE = 2 ^ 53
local MAX_EXACT = 100

local numbers = {}

-- Whether *literal* is a number of JSON, and nothing else.
function numbers.is_literal(literal)
  local whole, rest = match(literal, "^%-?(%d+)(.*)$")
  if not whole or #whole > 1 and sub(whole, 1, 1) == "0" then
    return false
  end
  rest = gsub(rest, "^%.%d+", "")
  return rest == "" or find(rest, "^[eE][+-]?%d+$") ~= nil
end

-- Return the shortest text that is read as this very number; nil of what JSON has no number for.
function numbers.text(value)
  if value ~= value or abs(value) == huge then
    return nil
  elseif abs(value) <= WHOLE and value == floor(value) then
    return format("%.0f", value)
  end
  local text
  for digits = 15, 17 do
    text = format("%." .. digits .. "g", value)
    if tonumber(text) == value then
      break
    end
  end
  return text
end

-- Returns sign, significant digits and exponent of a literal: the same for all literals of one value.
local function parts_of(literal)
  local sign, whole, fraction, exponent = match(literal, "^(%-?)(%d*)%.?(%d*)[eE]?([+-]?%d*)$")
  local digits = gsub(whole .. fraction, "^0+", "")
  local kept = gsub(digits, "0+$", "")
  if kept == "" then
    return sign, "", 0
  end
  return sign, kept, (tonumber(exponent) or 0) - #fraction + #digits - #kept
end

-- Whether *number*, the double next to *literal*, says what the literal says: an integer with all its digits, anything
-- else when it is written with as many digits as the literal.
function numbers.is_exact(literal, number)
  if #literal > MAX_EXACT or abs(number) == huge then
    return false
  elseif find(literal, "^%-?%d+$") then
    return abs(number) <= WHOLE and format("%.0f", number) == literal
  end
  local sign, digits, exponent = parts_of(literal)
  if #digits > 17 then
    return false
  elseif digits == "" then
    return true
  end
  local other_sign, other, other_exponent = parts_of(format("%." .. (#digits - 1) .. "e", number))
  return sign == other_sign and digits == other and exponent == other_exponent
end

-- Return the digits of a whole number that fits in 64 bits, nil of any other value.
function numbers.integer(value)
  if type(value) ~= "number" or value ~= floor(value) or abs(value) >= 2 ^ 63 then
    return nil
  end
  return value == 0 and "0" or format("%.0f", value)
end

return numbers
