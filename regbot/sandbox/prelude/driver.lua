-- The coroutine that Python resumes.  It takes the body of a frame and gives the body of the next to send, or "" when
-- it wants one more; when it ends the run is over.  It resumes each task until that waits for the answer to a call,
-- and finds the task that an answer is for by the call's number.

local use = ...
local chunks, environment, errors, hinted = use("chunks"), use("environment"), use("errors"), use("hints")
local pack, threads, unpack = use("codec/pack"), use("threads"), use("codec/unpack")

local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local gsub, randomseed = string.gsub, math.randomseed

local REQUEST = threads.REQUEST
local ANSWERS = { result = true, failure = true }

local function failed(reason, text, traceback)
  local said = pack.bin(errors.cut(text, errors.MAX_TEXT)) .. pack.bin(traceback)
  return "\149\166failed" .. pack.str(reason) .. said .. pack.number(0)
end

local DONE = "\145\164done"
-- Made now: when it is needed, nothing can be made any more.
local OUT_OF_MEMORY = failed("memory", "out of memory", "")

-- The numbers of open calls, and the task that each keeps waiting.
local open = {}

local function outcome(task, ok, err)
  if ok then
    return DONE
  elseif err == errors.OUT_OF_MEMORY then
    return OUT_OF_MEMORY
  end
  return failed("error", hinted(errors.describe(task, err)), errors.traceback(task))
end

-- Resumes a task until it waits for an answer; returns its outcome if it ends before.
local function advance(task, ...)
  local ok, request, number, frame = resume(task, ...)
  while ok and request == REQUEST do
    yield(frame)
    if number then
      open[number] = task
      return nil
    end
    ok, request, number, frame = resume(task)
  end
  return outcome(task, ok, request)
end

-- Takes an answer to the task that waits for it; returns the task's outcome if it ends on that.
local function answer(kind, number, payload)
  local task = open[number]
  if not (task and ANSWERS[kind]) then
    error('the supervisor sent "' .. tostring(kind) .. '", which nothing waits for')
  end
  open[number] = nil
  return advance(task, kind == "result", payload)
end

local function begin(_, name, source, payload)
  local settings = unpack(payload)
  randomseed(settings.seed or 0)
  environment.require = chunks.requirer(settings.modules or {}, environment)
  name = gsub(name, "%c", "?")
  local script, problem = chunks.compile(source, "=" .. name, environment)
  if not script then
    return failed("syntax", chunks.advised(problem, name, source), "")
  elseif settings.check then
    -- Somebody wants to know whether it compiles, and no more.
    return DONE
  end
  local task = create(script)
  threads.task[task] = true
  return advance(task)
end

local function fields(frame)
  local message = unpack(frame)
  return message[1], message[2], message[3], message[4]
end

return function()
  local ended = begin(fields(yield()))
  while not ended do
    ended = answer(fields(yield("")))
  end
  yield(ended)
end
