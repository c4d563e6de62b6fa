-- What `regbot shell` runs instead of a script: it asks the supervisor for a chunk, runs that, and tells what came of
-- it when it asks for the next.  All chunks have the same globals; a local of one is not seen by the next.

local use = ...
local calls, chunks, environment, errors = use("calls"), use("chunks"), use("environment"), use("errors")
local hinted, inspect, limits = use("hints"), use("inspect"), use("limits")

local pcall, running, select = pcall, coroutine.running, select
local find, match, rep = string.find, string.match, string.rep
local concat = table.concat

local NAME = "shell"

-- Whether something is missing at the end of a text.  A text in quotes cannot go on in the next line.
local function is_unfinished(problem)
  return find(problem, "near '<eof>'", 1, true) and not find(problem, ": unfinished string", 1, true)
end

-- Returns the function of a text, and the place of the first of its results that counts; or nil and what is wrong.
local function compiled(text)
  local expression = match(text, "^%s*=(.*)$")
  -- An expression gives its values.  The nil before them keeps a call from being a tail call, which has no line.
  local chunk, problem = chunks.compile("return nil, " .. (expression or text), "=" .. NAME, environment)
  if chunk then
    return chunk, 2
  elseif expression then
    return nil, problem
  end
  local statements, other = chunks.compile(text, "=" .. NAME, environment)
  if statements then
    return statements, 1
  end
  return nil, is_unfinished(problem) and problem or other
end

local function values(...)
  local texts = {}
  for i = 1, select("#", ...) do
    texts[i] = inspect((select(i, ...)))
  end
  return concat(texts, "\t")
end

local function outcome(first, ok, ...)
  if not ok then
    return "error", hinted(errors.describe(running(), (...)))
  elseif select("#", ...) < first then
    return "done", ""
  end
  -- Half of a message: no number of values shall end the session.
  return "values", errors.cut(values(select(first, ...)), limits.message / 2)
end

-- Runs one text; returns what came of it: a word for the supervisor, and what is to be shown.
local function evaluated(text)
  local chunk, detail = compiled(text)
  if chunk then
    return outcome(detail, pcall(chunk))
  elseif is_unfinished(detail) then
    return "more", detail
  end
  return "error", chunks.advised(detail, NAME, text)
end

-- The whole of a session.
return function()
  local word, shown = "ready", ""
  while true do
    local given = calls.perform("shell.read", { word, shown }, 2)
    if not given then
      return
    end
    -- So that errors name the line of a whole input, and not of the chunk.
    word, shown = evaluated(rep("\n", given.line - 1) .. given.text)
  end
end
