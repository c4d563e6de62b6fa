-- The coroutine that Python resumes.  It takes the body of a frame and gives the body of the next to send, or "" when
-- it wants one more; when it ends the run is over.

local use = ...
local chunks, counters, environment, errors = use("chunks"), use("counters"), use("environment"), use("errors")
local failures, hinted, limits, tasks = use("failures"), use("hints"), use("limits"), use("tasks")
local unpack, wire = use("codec/unpack"), use("wire")

local yield, gsub, randomseed = coroutine.yield, string.gsub, math.randomseed

-- Made now: when it is needed, nothing can be made any more.
local OUT_OF_MEMORY = wire.failed("memory", "out of memory", "", 0)

local function failed(reason, text, traceback, number)
  return wire.failed(reason, errors.cut(text, errors.MAX_TEXT), traceback, number)
end

-- Returns the last frame of a script that ended like this.
local function last_word(ended)
  if not ended.ok and ended.err == errors.OUT_OF_MEMORY then
    return OUT_OF_MEMORY
  end
  counters.send()
  if ended.ok then
    return wire.DONE
  end
  local text = hinted(errors.describe(ended.thread, ended.err))
  return failed(ended.reason, text, ended.traceback, failures.number(ended.err))
end

-- Makes the script of `Start` a task; returns the last frame if there is nothing to run.
local function begin(_, name, source, payload)
  local settings = unpack(payload)
  randomseed(settings.seed or 0)
  name = gsub(name, "%c", "?")
  failures.of_script(name)
  local script, problem = chunks.compile(source, "=" .. name, environment)
  if not script then
    return failed("syntax", chunks.advised(problem, name, source), "", 0)
  elseif settings.check then
    -- Somebody wants to know whether it compiles, and no more.
    return wire.DONE
  end
  limits.set(settings)
  -- The chunks of `regbot shell` come one after another, as answers to its calls.
  tasks.begin(settings.shell and use("shell") or script)
end

local ANSWERS = { result = true, failure = true }

local function take(kind, number, payload)
  if not (ANSWERS[kind] and tasks.answered(number, kind == "result", payload)) then
    error('the supervisor sent "' .. tostring(kind) .. '", which nothing waits for')
  end
end

local function fields(frame)
  local message = unpack(frame)
  return message[1], message[2], message[3], message[4]
end

return function()
  local last = begin(fields(yield()))
  while not last do
    local ended = tasks.run()
    if ended then
      last = last_word(ended)
    else
      counters.send()
      take(fields(yield("")))
    end
  end
  yield(last)
end
