-- A program at work: all of its ways through a text are gone at once, a byte at a time, so that a byte costs at most
-- one visit of each instruction.  (K. Thompson's and R. Pike's machine: nothing is ever tried again.)
--
-- Nothing here calls what a script gave, so a program needs its working memory only once.

local bytes = require("re.bytes")

local byte, concat, unpack = string.byte, table.concat, unpack

-- How many numbers a program may remember.  Above that it forgets all and begins again.
local MAX_REMEMBERED = 20000
local OVERHEAD = 20
local END = 256
local BREAK, LETTER, OTHER = 10, 97, 32
local WORD = bytes.WORD

local machine = {}

local function list()
  return { pcs = {}, captures = {}, count = 0 }
end

local function forget(program)
  program.states, program.remembered = {}, 0
end

-- Give a *program* its working memory.
function machine.prepare(program)
  -- mark[pc] is the round in which an instruction was visited last.
  program.mark, program.round = {}, 0
  program.waiting, program.kept = {}, {}
  program.here, program.there = list(), list()
  forget(program)
end

-- Begins a round: no instruction is visited, and *ways* is empty.
local function begin(program, ways)
  program.round = program.round + 1
  ways.count = 0
end

-- Follows a way from *pc* without reading anything, and adds to *ways* where it waits for a byte or has matched; the
-- way tried first comes first.  *captures* are nil where nobody asks for them.
local function follow(program, ways, pc, captures, position, before, behind)
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
  local op, x, y = program.op, program.x, program.y
  local here, there, found, last = program.here, program.there, nil, nil
  local before, behind = byte(text, init - 1), byte(text, init)
  begin(program, here)
  for position = init, #text + 1 do
    if not found then
      follow(program, here, program.first, { position }, position, before, behind)
    end
    if here.count == 0 and (found or program.anchored) then
      break
    end
    begin(program, there)
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

-- All that a program can tell of the byte before a position, as one byte; nil at the beginning.
local function kind_of(program, code)
  if not code then
    return nil
  elseif not program.looks_back then
    return OTHER
  end
  return code == BREAK and BREAK or WORD[code] and LETTER or OTHER
end

-- Returns the state in which the ways *pcs* wait for a byte behind one like *before*.
local function state_of(program, pcs, before)
  local key = (before or "") .. ":" .. concat(pcs, ",")
  local state = program.states[key]
  if not state then
    program.remembered = program.remembered + #pcs + OVERHEAD
    state = { pcs = pcs, before = before }
    program.states[key] = state
  end
  return state
end

-- Where *ways* lead by the byte *code*: the next instructions, each once.
local function advanced(program, ways, code)
  local x, y, mark, pcs = program.x, program.y, program.mark, {}
  program.round = program.round + 1
  for i = 1, ways.count do
    local pc = ways.pcs[i]
    if x[pc][code] and mark[y[pc]] ~= program.round then
      mark[y[pc]] = program.round
      pcs[#pcs + 1] = y[pc]
    end
  end
  return pcs
end

-- What the byte *code*, or END, makes of a state: true, false or another.
local function step(program, state, code)
  local ways, behind = program.here, code ~= END and code or nil
  begin(program, ways)
  for i = 1, #state.pcs do
    follow(program, ways, state.pcs[i], nil, nil, state.before, behind)
  end
  follow(program, ways, program.first, nil, nil, state.before, behind)
  for i = 1, ways.count do
    if program.op[ways.pcs[i]] == "match" then
      return true
    end
  end
  local pcs = behind and advanced(program, ways, behind)
  if not pcs or #pcs == 0 and program.anchored then
    return false
  end
  return state_of(program, pcs, kind_of(program, behind))
end

-- Return whether *text* has a match that begins at *init* or later.  It costs one look into a table for most bytes:
-- what the machine does is remembered, as states of it and what each byte makes of them.
function machine.test(program, text, init)
  -- (The byte 0 of a text is nil.)
  local state = state_of(program, {}, kind_of(program, byte(text, init - 1)))
  for position = init, #text + 1 do
    local code = byte(text, position) or END
    local next = state[code]
    if next == nil then
      next = step(program, state, code)
      state[code] = next
      program.remembered = program.remembered + 1
      if program.remembered > MAX_REMEMBERED then
        forget(program)
      end
    end
    if next == true or next == false then
      return next
    end
    state = next
  end
end

return machine
