-- Source text to functions: `load`, `loadstring`, modules, and the script itself.  Text only: bytecode is not checked
-- by LuaJIT, whoever may load it owns the process.

local use = ...
local errors = use("errors")

local native_load, error, pcall, select, tonumber, type = load, error, pcall, select, tonumber, type
local byte, find, gmatch, match = string.byte, string.find, string.gmatch, string.match
local concat = table.concat

local MAX_SOURCE = 1024 * 1024
local BYTECODE = 27
-- Bytes of a line that is looked at more closely: the pattern takes the square of it.
local MAX_LINE = 1000

local chunks = {}

-- Return the function of *source*, or nil and what is wrong with it.
function chunks.compile(source, name, globals)
  if byte(source) == BYTECODE then
    return nil, "this is bytecode; only source text is run here"
  end
  local chunk, problem = native_load(source, errors.chunkname(name), "t", globals)
  if chunk then
    return chunk
  elseif problem == errors.OUT_OF_MEMORY then
    error(problem, 0)
  end
  return nil, problem
end

local function bounded(source, name, globals)
  if #source > MAX_SOURCE then
    return nil, "a chunk of " .. #source .. " bytes is over the limit of " .. MAX_SOURCE
  end
  return chunks.compile(source, name, globals)
end

-- Reads all that *reader* gives before any of it is compiled, so that what is checked is what is compiled.
local function read(reader)
  local pieces, size = {}, 0
  while size <= MAX_SOURCE do
    local piece = reader()
    if piece == nil or piece == "" then
      break
    elseif type(piece) ~= "string" then
      errors.raise("reader function must return a string")
    end
    pieces[#pieces + 1] = piece
    size = size + #piece
  end
  return concat(pieces)
end

-- Returns the text that `load` got, as such or from a reader; nil and the error if the reader failed.
local function text_of(source)
  if type(source) == "string" then
    return source
  elseif type(source) ~= "function" then
    errors.raise("bad argument #1 to 'load' (function or string expected, got " .. type(source) .. ")")
  end
  local ok, text = pcall(read, source)
  if ok then
    return text
  end
  return nil, errors.caught(text)
end

-- Returns the globals that `load` was given; nil, if it is there at all, stands for none.
local function globals_of(environment, ...)
  local globals = ...
  if select("#", ...) == 0 then
    return environment
  elseif globals ~= nil and type(globals) ~= "table" then
    errors.raise("bad argument #4 to 'load' (table expected, got " .. type(globals) .. ")")
  end
  return globals or {}
end

-- Return `load` and `loadstring` for a script whose globals are *environment*.
function chunks.loaders(environment)
  local function load(source, name, _, ...)
    local globals = globals_of(environment, ...)
    local text, problem = text_of(source)
    if not text then
      return nil, problem
    end
    local default = type(source) == "string" and source or "=(load)"
    return bounded(text, type(name) == "string" and name or default, globals)
  end
  local function loadstring(source, name)
    if type(source) ~= "string" then
      errors.raise("bad argument #1 to 'loadstring' (string expected, got " .. type(source) .. ")")
    end
    return load(source, name)
  end
  return load, loadstring
end

local function line_of(source, wanted)
  local count = 0
  for line in gmatch(source, "([^\n]*)\n?") do
    count = count + 1
    if count == wanted then
      return line
    end
  end
end

-- Return a syntax error as a script's author shall see it: with its line, and with the remedy for the commonest one.
function chunks.advised(problem, name, source)
  if not find(problem, ":%d+: ") then
    return name .. ":1: " .. problem
  end
  local line = tonumber(match(problem, ":(%d+): unexpected symbol near '%.%.'$") or "")
  if not line then
    return problem
  end
  local text = line_of(source, line) or ""
  local called, argument = match(#text <= MAX_LINE and text or "", "^%s*([%a_][%w_.:]*)%s*([\"'%[].-)%s*$")
  return problem .. "; write " .. (called and called .. "(" .. argument .. ")" or 'log("text " .. value)')
end

return chunks
