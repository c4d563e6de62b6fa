-- Matches of a program in a text, and what scripts see of them.

local machine, states = require("re.machine"), require("re.states")

local sub, unpack = string.sub, unpack

local matching = {}

-- Return captures and last byte of the first match from *init* on, as `machine.search` does; nil if there is none.
function matching.find(program, text, init)
  if states.test(program, text, init) then
    return machine.search(program, text, init)
  end
end

-- Return an iterator over the matches, which do not overlap.  An empty one right behind another is none.
function matching.each(program, text)
  local init, stop = 1, nil
  return function()
    while init <= #text + 1 do
      local captures, last = matching.find(program, text, init)
      if not captures then
        init = #text + 2
        return nil
      end
      local first, before = captures[1], stop
      init, stop = last < first and first + 1 or last + 1, last + 1
      if last >= first or first ~= before then
        return captures, last
      end
    end
  end
end

-- Return the text of a group; false, if it took no part.  Group 0 is the whole match.
function matching.group(text, captures, last, number)
  if number == 0 then
    return sub(text, captures[1], last)
  end
  local stop = captures[2 * number + 1]
  return stop and sub(text, captures[2 * number], stop - 1) or false
end

-- Return the texts of all groups; of a pattern without groups the whole match, unless *bare*.
function matching.groups(program, text, captures, last, bare)
  local groups = program.groups
  if groups == 0 and not bare then
    return sub(text, captures[1], last)
  end
  local texts = {}
  for number = 1, groups do
    texts[number] = matching.group(text, captures, last, number)
  end
  return unpack(texts, 1, groups)
end

return matching
