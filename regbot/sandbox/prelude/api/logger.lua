-- logger: messages for the log at a level, with fields of their own beside the message.

local use = ...
local calls, errors, limits = use("calls"), use("errors"), use("limits")
local logging, objects = use("api/log"), use("objects")

local find, format, huge, min, next, type = string.find, string.format, math.huge, math.min, next, type

local MAX_FIELDS = 16
local MAX_NAME = 64
-- Bytes of a value; all of them together take no more than about half of a message.
local MAX_TEXT, SHARE = 4096, 32
local MAX_SHOWN = 80
-- What a record has already.
local RESERVED = { time = true, level = true, msg = true, script = true, message = true }

local function refuse(caller, ...)
  errors.raise(caller .. ": " .. format(...))
end

local function check_name(caller, name)
  if type(name) ~= "string" then
    refuse(caller, "the name of a field should be a string, not %s", objects.kind(name))
  elseif RESERVED[name] then
    refuse(caller, 'a field cannot be named "%s": every record has one of its own', name)
  elseif #name > MAX_NAME or not find(name, "^[%a_][%w_]*$") then
    refuse(
      caller,
      'a field cannot be named "%s": letters, digits and _ only, no digit first, %d at most',
      errors.cut(name, MAX_SHOWN), MAX_NAME
    )
  end
end

-- Returns a value as it is sent.
local function value_of(caller, name, value)
  local kind = type(value)
  if kind == "string" then
    return errors.cut(value, min(MAX_TEXT, limits.message / SHARE))
  elseif kind == "number" then
    if value ~= value or value == huge or value == -huge then
      refuse(caller, 'the field "%s" should be a finite number, not %g', name, value)
    end
  elseif kind ~= "boolean" then
    refuse(caller, 'the field "%s" should be a string, a number or a boolean, not %s', name, objects.kind(value))
  end
  return value
end

-- Returns the fields as they are sent, nil where there are none.
local function fields_of(caller, given)
  if given == nil then
    return nil
  elseif type(given) ~= "table" then
    refuse(caller, "the fields should be a table like {tag = name}, not %s", objects.kind(given))
  end
  local fields, count = {}, 0
  for name, value in next, given do
    count = count + 1
    if count > MAX_FIELDS then
      refuse(caller, "at most %d fields can be given", MAX_FIELDS)
    end
    check_name(caller, name)
    fields[name] = value_of(caller, name, value)
  end
  return count > 0 and fields or nil
end

local logger = {}
for _, level in ipairs({ "debug", "info", "warn", "error" }) do
  local caller = "logger." .. level
  logger[level] = function(...)
    local text = logging.message(caller, ...)
    local _, fields = ...
    calls.log(level, text, fields_of(caller, fields))
  end
end

return logger
