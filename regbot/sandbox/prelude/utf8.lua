-- UTF-8: what a character is, and where bytes are none.

local byte, char, find, floor = string.byte, string.char, string.find, math.floor

local utf8 = {}

-- By the first byte of a character: how many bytes it has, and what the second may be.  Neither a longer form than
-- there need be nor half of a UTF-16 pair is a character.
local LEADS = {}
for lead = 0xC2, 0xF4 do
  LEADS[lead] = { size = lead < 0xE0 and 2 or lead < 0xF0 and 3 or 4, low = 0x80, high = 0xBF }
end
LEADS[0xE0].low, LEADS[0xED].high, LEADS[0xF0].low, LEADS[0xF4].high = 0xA0, 0x9F, 0x90, 0x8F

local function is_tail(code)
  return code and code >= 0x80 and code <= 0xBF
end

-- Returns how many bytes the character at a *position* has, nil if there is none.
local function size_at(text, position)
  local first, second, third, fourth = byte(text, position, position + 3)
  local lead = LEADS[first]
  if not lead or not second or second < lead.low or second > lead.high then
    return nil
  elseif lead.size > 2 and not is_tail(third) or lead.size > 3 and not is_tail(fourth) then
    return nil
  end
  return lead.size
end

-- Return the position of the first byte at or after *position* that is no part of a character, nil if there is none.
function utf8.flaw(text, position)
  position = find(text, "[\128-\255]", position)
  while position do
    local size = size_at(text, position)
    if not size then
      return position
    end
    position = find(text, "[\128-\255]", position + size)
  end
end

-- Return the bytes of a character.
function utf8.encode(code)
  local last = 0x80 + code % 64
  if code < 0x80 then
    return char(code)
  elseif code < 0x800 then
    return char(0xC0 + floor(code / 64), last)
  elseif code < 0x10000 then
    return char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, last)
  end
  return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64, 0x80 + floor(code / 64) % 64, last)
end

return utf8
