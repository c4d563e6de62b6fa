-- Queues: what was pushed first is popped first.

local queue = {}

-- Return an empty queue.
function queue.new()
  return { first = 1, last = 0 }
end

-- Add an item, which is not nil.
function queue.push(self, item)
  self.last = self.last + 1
  self[self.last] = item
end

-- Take the first item out and return it; nil if there is none.
function queue.pop(self)
  local first = self.first
  if first > self.last then
    return nil
  end
  local item = self[first]
  self[first] = nil
  if first == self.last then
    -- From the beginning again, so that the items stay in the same few places.
    self.first, self.last = 1, 0
  else
    self.first = first + 1
  end
  return item
end

return queue
