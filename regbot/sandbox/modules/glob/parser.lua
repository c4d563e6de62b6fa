-- The text of a glob to a tree, of the nodes that re.parser makes.

local bytes, problems = require("re.bytes"), require("internal.problems")

local byte, find, sub = string.byte, string.find, string.sub

local MAX_PATTERN, MAX_DEPTH = 4096, 100
local SLASH, BACKSLASH = 47, 92
local NO_SLASH = bytes.negated({ [SLASH] = true })

-- Returns the code of what the \ at *at* quotes, and where the text goes on.
local function quoted(text, at)
  local code = byte(text, at + 1)
  if not code then
    problems.raise("a \\ with nothing behind it", at)
  end
  return code, at + 2
end

local function member(text, at)
  return (byte(text, at) == BACKSLASH and quoted or bytes.plain)(text, at)
end

-- Returns the set of the class whose [ is at *open*, and where the text goes on.  A slash is in none.
local function class(text, open)
  local negated = find(text, "^[!^]", open + 1)
  local set, after = bytes.listed(text, open, negated and open + 2 or open + 1, member)
  set = negated and bytes.negated(set) or set
  set[SLASH] = nil
  return set, after
end

local parse_any

local function letter_at(state, at)
  return sub(state.text, at, at)
end

local function set_of(set)
  return { kind = "set", set = set }
end

local function any_number(set)
  return { kind = "repeat", node = set_of(set), low = 0 }
end

-- What each special letter begins; each takes the state and the letter's position, and leaves the state behind it.
local ATOMS = {
  ["*"] = function(state, at)
    if letter_at(state, at + 1) == "*" then
      state.at = find(state.text, "[^*]", at) or #state.text + 1
      return any_number(bytes.ALL)
    end
    return any_number(NO_SLASH)
  end,
  ["?"] = function()
    return set_of(NO_SLASH)
  end,
  ["["] = function(state, at)
    local set
    set, state.at = class(state.text, at)
    return set_of(set)
  end,
  ["\\"] = function(state, at)
    local code
    code, state.at = quoted(state.text, at)
    return set_of({ [code] = true })
  end,
  ["{"] = function(state, at)
    if state.depth == MAX_DEPTH then
      problems.raise("more than " .. MAX_DEPTH .. " braces in each other", at)
    end
    state.depth = state.depth + 1
    local node = parse_any(state)
    if letter_at(state, state.at) ~= "}" then
      problems.raise("a { without its }", at)
    end
    state.at, state.depth = state.at + 1, state.depth - 1
    return node
  end,
}

local function parse_one(state)
  local at = state.at
  local letter = letter_at(state, at)
  state.at = at + 1
  if ATOMS[letter] then
    return ATOMS[letter](state, at)
  end
  return set_of({ [byte(letter)] = true })
end

-- A comma is plain text outside of braces.
local function parse_all(state)
  local nodes, stop = {}, state.depth > 0 and "^[,}]" or "^}"
  while state.at <= #state.text and not find(state.text, stop, state.at) do
    nodes[#nodes + 1] = parse_one(state)
  end
  return { kind = "all", nodes = nodes }
end

function parse_any(state)
  local nodes = { parse_all(state) }
  while letter_at(state, state.at) == "," do
    state.at = state.at + 1
    nodes[#nodes + 1] = parse_all(state)
  end
  return { kind = "any", nodes = nodes }
end

-- Return the tree of *text*, for a match of a whole text.
return function(text)
  if #text > MAX_PATTERN then
    problems.raise("more than " .. MAX_PATTERN .. " bytes")
  end
  local state = { text = text, at = 1, depth = 0 }
  local tree = parse_all(state)
  if state.at <= #text then
    problems.raise("a } without its {", state.at)
  end
  return { kind = "all", nodes = { { kind = "look", where = "begin" }, tree, { kind = "look", where = "end" } } }
end
