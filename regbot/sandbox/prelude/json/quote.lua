-- Strings as JSON: with the quotes around them.

local use = ...
local utf8 = use("utf8")

local byte, char, concat, find, format, gsub, sub =
  string.byte, string.char, table.concat, string.find, string.format, string.gsub, string.sub

local quote = {}

local MINIMAL = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r",
  ["\t"] = "\\t" }
for code = 0, 31 do
  local letter = char(code)
  MINIMAL[letter] = MINIMAL[letter] or format("\\u%04x", code)
end

-- Go's encoder escapes what HTML or JavaScript could take for its own as well.
local GO = {}
for letter, escape in next, MINIMAL do
  GO[letter] = escape
end
for _, letter in ipairs({ "<", ">", "&" }) do
  GO[letter] = format("\\u%04x", byte(letter))
end
local SEPARATORS = { ["\226\128\168"] = "\\u2028", ["\226\128\169"] = "\\u2029" }
local NO_CHARACTER = "\\ufffd"

-- Return *text* with the least that must be escaped; nil and the position of the first byte that is not UTF-8.
function quote.minimal(text)
  local flaw = utf8.flaw(text, 1)
  if flaw then
    return nil, flaw
  end
  if find(text, '[%z\1-\31"\\]') then
    text = gsub(text, '[%z\1-\31"\\]', MINIMAL)
  end
  return '"' .. text .. '"'
end

local function repaired(text)
  local flaw = utf8.flaw(text, 1)
  if not flaw then
    return text
  end
  local parts, position = {}, 1
  while flaw do
    parts[#parts + 1] = sub(text, position, flaw - 1)
    parts[#parts + 1] = NO_CHARACTER
    position = flaw + 1
    flaw = utf8.flaw(text, position)
  end
  parts[#parts + 1] = sub(text, position)
  return concat(parts)
end

-- Return *text* as Go's encoding/json writes it.
function quote.go(text)
  if find(text, '[%z\1-\31"\\<>&]') then
    text = gsub(text, '[%z\1-\31"\\<>&]', GO)
  end
  if find(text, "[\128-\255]") then
    text = gsub(repaired(text), "\226\128[\168\169]", SEPARATORS)
  end
  return '"' .. text .. '"'
end

return quote
