-- The calls in flight: which task waits for which answer, and which calls have to wait before they are sent.
--
-- A task has here its `request` (the call but for its number) until that is sent, then its call's `number` until the
-- answer comes.  Numbers rise on the pipe, so a call has none before.  One that is `cancelled` is not sent any more.

local use = ...
local counters, limits, queue, wire = use("counters"), use("limits"), use("queue"), use("wire")

local yield, push, pop = coroutine.yield, queue.push, queue.pop

local flight = {}

-- The tasks by the numbers of their open calls.
local calling = {}
local open, large_open, last_number = 0, 0, 0
local held, held_large = queue.new(), queue.new()

-- Add a task's call to those that are to be sent.
function flight.hold(task, request)
  task.request, task.large = request, #request > limits.large
  push(task.large and held_large or held, task)
end

local function next_of(waiting)
  local task = pop(waiting)
  while task and task.cancelled do
    task = pop(waiting)
  end
  return task
end

local function send(task)
  last_number = last_number + 1
  open = open + 1
  large_open = large_open + (task.large and 1 or 0)
  calling[last_number], task.number = task, last_number
  local request = task.request
  task.request = nil
  counters.send()
  yield(wire.call(last_number, request))
end

-- Send the calls for which there is room by now.
function flight.send()
  local task = true
  while task and open < limits.in_flight do
    task = large_open == 0 and next_of(held_large) or next_of(held)
    if task then
      send(task)
    end
  end
end

-- Take note of the answer to call *number*; return the task that waits for it, if there is such a call.
function flight.land(number)
  local task = calling[number]
  if task then
    calling[number], task.number = nil, nil
    open = open - 1
    large_open = large_open - (task.large and 1 or 0)
  end
  return task
end

return flight
