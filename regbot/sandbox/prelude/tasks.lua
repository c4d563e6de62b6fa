-- Tasks: the coroutines that the driver has resumed, which are the script itself and those that parallel.map started.
-- Each runs until it asks for something; then the next that is ready does.
--
-- A task that was cancelled never runs again, and so can catch nothing.  Its open call is cancelled and has an answer
-- all the same; whoever waits for its group goes on after the last of these.

local use = ...
local errors, flight, queue = use("errors"), use("flight"), use("queue")
local threads, wire = use("threads"), use("wire")

local create, ipairs, rawequal = coroutine.create, ipairs, rawequal
local resume, yield = coroutine.resume, coroutine.yield
local push, pop = queue.push, queue.pop

local REQUEST, is_task, parent = threads.REQUEST, threads.task, threads.parent

local tasks = {}

-- Tasks to be resumed.
local ready = queue.new()
-- How the script ended, or what ended it.  Made now: when memory is out, nothing can be.
local finish = { over = false, ok = false, err = false, reason = "error", thread = false, traceback = "" }

local function new_task(body, group, level, caller)
  local thread = create(body)
  is_task[thread], parent[thread] = true, caller
  return { thread = thread, group = group, level = level }
end

-- Has a task resumed with what it asked for.
local function wake(task, ...)
  task.first, task.second, task.third = ...
  push(ready, task)
end

-- Wakes whoever waits for a group, if there is nothing of the group to wait for.
local function settle(group)
  if group.running > 0 or group.draining > 0 then
    return
  elseif group.heir then
    group.heir.draining = group.heir.draining - 1
    return settle(group.heir)
  end
  group.owner.group_awaited = nil
  wake(group.owner, not group.failed, group.err)
end

local stop

local function cancel(task, group)
  task.cancelled, task.thread = true, nil
  local below = task.group_awaited
  if task.number then
    group.draining = group.draining + 1
    yield(wire.cancel(task.number))
  elseif below then
    stop(below)
    if below.draining > 0 then
      below.heir, group.draining = group, group.draining + 1
    end
  end
end

-- Cancels what is left of a group.
function stop(group)
  for _, task in ipairs(group.tasks) do
    if task.thread then
      cancel(task, group)
    end
  end
  group.running = 0
end

-- Returns the frames of a task that died, after those of the task that it had the error from.
local function traceback(task, thread, err)
  local failure = task.failure
  return errors.traceback(thread, failure and rawequal(failure.err, err) and failure.traceback or nil)
end

local function finished(ok, err, thread, trace)
  finish.over, finish.ok, finish.err, finish.thread, finish.traceback = true, ok, err, thread, trace
end

local function ended(task, ok, err)
  local group, thread = task.group, task.thread
  task.thread = nil
  if not ok and err == errors.OUT_OF_MEMORY then
    finished(false, err, nil, "")
  elseif not group then
    finished(ok, err, thread, ok and "" or traceback(task, thread, err))
  elseif ok then
    group.running = group.running - 1
    settle(group)
  else
    group.failed, group.err = true, errors.caught(err)
    group.owner.failure = { err = group.err, traceback = traceback(task, thread, err) }
    stop(group)
    settle(group)
  end
end

-- What a task can ask for by a REQUEST: functions of the task and the request's argument, which return whether the
-- task goes on at once.
local requests = {}

-- A frame is to be sent.
function requests.tell(_, frame)
  yield(frame)
  return true
end

-- A call is to be sent, from its operation on; gives whether it succeeded, its answer's payload and its number.
function requests.call(task, request)
  flight.hold(task, request)
  flight.send()
end

-- The run is over: it would be beyond the limit of a message.  The task goes on no more, and so can catch nothing.
function requests.give_up(task, text)
  finish.reason = "message"
  finished(false, text, task.thread, traceback(task, task.thread, text))
end

-- As many tasks as `group.count` says are to do `group.body`; gives whether all came to an end, and else the first
-- error.
function requests.group(task, group)
  group.owner, group.running, group.draining, group.tasks = task, group.count, 0, {}
  task.group_awaited = group
  for i = 1, group.count do
    group.tasks[i] = new_task(group.body, group, task.level + 1, group.caller)
    push(ready, group.tasks[i])
  end
end

local function advance(task)
  tasks.current = task
  local first, second, third = task.first, task.second, task.third
  -- An answer can be large, and the task may wait for long.
  task.second = nil
  local ok, request, kind, argument = resume(task.thread, first, second, third)
  while ok and request == REQUEST do
    if not requests[kind](task, argument) then
      return
    end
    ok, request, kind, argument = resume(task.thread)
  end
  ended(task, ok, request)
end

-- Make the script a task.
function tasks.begin(script)
  push(ready, new_task(script, nil, 0, nil))
end

-- Run all tasks until they wait for answers; return how the script ended, if it did.  What an answer made room for is
-- sent last: whoever got that may cancel it.
function tasks.run()
  local task = pop(ready)
  while task do
    if not task.cancelled then
      advance(task)
    end
    if finish.over then
      return finish
    end
    task = pop(ready)
  end
  flight.send()
end

-- Take the answer to call *number*; return whether there is such a call.
function tasks.answered(number, ok, payload)
  local task = flight.land(number)
  if not task then
    return false
  end
  if task.cancelled then
    task.group.draining = task.group.draining - 1
    settle(task.group)
  else
    wake(task, ok, payload, number)
  end
  return true
end

return tasks
