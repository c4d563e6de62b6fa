-- A program at work: all of its ways through a text are gone at once, a byte at a time, so that a byte costs at most
-- one visit of each instruction.  (K. Thompson's and R. Pike's machine: nothing is ever tried again.)
--
-- Nothing here calls what a script gave, so a program needs its working memory only once.

local byte, unpack = string.byte, unpack

local machine = {}

local function list()
  return { pcs = {}, captures = {}, count = 0 }
end

-- Give a *program* its working memory.
function machine.prepare(program)
  -- mark[pc] is the round in which an instruction was visited last.
  program.mark, program.round = {}, 0
  program.waiting, program.kept = {}, {}
  program.here, program.there = list(), list()
end

-- Begin a round: no instruction is visited, and *ways* is empty.
function machine.begin(program, ways)
  program.round = program.round + 1
  ways.count = 0
end

-- Follow a way from *pc* without reading anything, and add to *ways* where it waits for a byte or has matched; the way
-- tried first comes first.  *captures* are nil where nobody asks for them.
function machine.follow(program, ways, pc, captures, position, before, behind)
  local op, x, y, mark, round = program.op, program.x, program.y, program.mark, program.round
  local waiting, kept, top, count = program.waiting, program.kept, 0, ways.count
  repeat
    while pc and mark[pc] ~= round do
      mark[pc] = round
      local kind = op[pc]
      if kind == "split" then
        top = top + 1
        waiting[top], kept[top] = y[pc], captures
        pc = x[pc]
      elseif kind == "save" then
        if captures then
          captures = { unpack(captures, 1, program.width) }
          captures[x[pc]] = position
        end
        pc = y[pc]
      elseif kind == "look" then
        pc = x[pc](before, behind) and y[pc]
      else
        count = count + 1
        ways.pcs[count], ways.captures[count] = pc, captures
        pc = nil
      end
    end
    pc, captures = waiting[top], kept[top]
    top = top - 1
  until top < 0
  ways.count = count
end

-- Return the captures of the leftmost match from *init* on, of those that begin there the one that is tried first, and
-- its last byte.  Captures are the position of the match, then of each group where it begins and where it has ended.
function machine.search(program, text, init)
  local op, x, y, follow = program.op, program.x, program.y, machine.follow
  local here, there, found, last = program.here, program.there, nil, nil
  local before, behind = byte(text, init - 1), byte(text, init)
  machine.begin(program, here)
  for position = init, #text + 1 do
    if not found then
      follow(program, here, program.first, { position }, position, before, behind)
    end
    if here.count == 0 and (found or program.anchored) then
      break
    end
    machine.begin(program, there)
    local next = byte(text, position + 1)
    for i = 1, here.count do
      local pc = here.pcs[i]
      if op[pc] == "match" then
        found, last = here.captures[i], position - 1
        break
      elseif x[pc][behind] then
        follow(program, there, y[pc], here.captures[i], position + 1, behind, next)
      end
    end
    here, there, before, behind = there, here, behind, next
  end
  return found, last
end

return machine
