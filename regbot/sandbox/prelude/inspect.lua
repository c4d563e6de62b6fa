-- Values as the prompt of `regbot shell` shows them: readable, and bounded however large they are.

local use = ...
local basics, errors, objects = use("basics"), use("errors"), use("objects")

local ipairs, next, pcall, rawget, type = ipairs, next, pcall, rawget, type
local metatable = debug.getmetatable
local concat, sort = table.concat, table.sort
local byte, find, format, gsub, match, rep = string.byte, string.find, string.format, string.gsub, string.match,
  string.rep

-- Of one text; of all that is shown of one value.
local MAX_TEXT, MAX_BYTES = 4096, 32768
-- Entries of one table, tables in each other, and bytes of a name that is shown without quotes.
local MAX_ENTRIES, MAX_DEPTH, MAX_NAME = 100, 8, 80
-- A table that takes more than this, or a line's end, has a line for each entry.
local WIDTH, INDENT = 90, 2

local SHORT = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ['"'] = '\\"', ["\\"] = "\\\\" }

local function escaped(char)
  return SHORT[char] or format("\\%03d", byte(char))
end

local function quoted(text)
  return '"' .. gsub(errors.cut(text, MAX_TEXT), '[%c"\\]', escaped) .. '"'
end

-- Returns what the value's own __tostring makes of it, if it has one that does.
local function own_text(value)
  local meta = metatable(value)
  if not (meta and rawget(meta, "__tostring")) then
    return nil
  end
  local ok, text = pcall(basics.shown, value)
  text = ok and text or errors.caught(text)
  return ok and type(text) == "string" and text or nil
end

local function object(value)
  local _, class = objects.state(value)
  return (class and class.name or "userdata") .. " " .. errors.cut(own_text(value) or "", MAX_TEXT)
end

local shown

local function key_of(key, seen, level)
  if type(key) == "string" and #key <= MAX_NAME and find(key, "^[%a_][%w_]*$") then
    return key
  end
  return "[" .. shown(key, seen, level) .. "]"
end

local function before(a, b)
  local kind, other = type(a), type(b)
  if kind == other and (kind == "string" or kind == "number") then
    return a < b
  end
  return kind < other
end

-- Returns the keys of a table that are shown, the list's first and names in order, and how many others there are.
local function keys_of(value)
  local keys, names, count = {}, {}, 0
  while #keys < MAX_ENTRIES and rawget(value, #keys + 1) ~= nil do
    keys[#keys + 1] = #keys + 1
  end
  local listed = #keys
  for key in next, value do
    count = count + 1
    local in_list = type(key) == "number" and key >= 1 and key <= listed and key % 1 == 0
    if not in_list and listed + #names < MAX_ENTRIES then
      names[#names + 1] = key
    end
  end
  sort(names, before)
  for _, name in ipairs(names) do
    keys[#keys + 1] = name
  end
  return keys, listed, count - #keys
end

local function entries(value, seen, level)
  local keys, listed, others = keys_of(value)
  local texts = {}
  for i, key in ipairs(keys) do
    if seen.left <= 0 then
      others = others + #keys - i + 1
      break
    end
    local name = i > listed and key_of(key, seen, level) .. " = " or ""
    seen.left = seen.left - #name - INDENT * level
    texts[i] = name .. shown(rawget(value, key), seen, level)
  end
  if others > 0 then
    texts[#texts + 1] = format("… %d more", others)
  end
  return texts
end

local function laid_out(texts, level)
  local line = "{" .. concat(texts, ", ") .. "}"
  if #line <= WIDTH and not find(line, "\n", 1, true) then
    return line
  end
  local indent = rep(" ", INDENT * level)
  return "{\n" .. indent .. concat(texts, ",\n" .. indent) .. "\n" .. rep(" ", INDENT * (level - 1)) .. "}"
end

local function table_text(value, seen, level)
  local own = own_text(value)
  if own then
    return errors.cut(own, MAX_TEXT)
  elseif seen[value] then
    return "{… a table within itself}"
  elseif level > MAX_DEPTH then
    return "{…}"
  end
  seen[value] = true
  local text = laid_out(entries(value, seen, level), level)
  seen[value] = nil
  return text
end

-- *seen* are the tables that we are within, and how many bytes may still be shown.
function shown(value, seen, level)
  local kind, text = type(value), nil
  if kind == "table" then
    return table_text(value, seen, level + 1)
  elseif kind == "string" then
    text = quoted(value)
  elseif kind == "userdata" then
    text = object(value)
  else
    text = basics.shown(value)
  end
  seen.left = seen.left - #text
  return text
end

-- Return the text of a value.
return function(value)
  return shown(value, { left = MAX_BYTES }, 0)
end
