-- What this run may use, as far as it is the prelude that stops at it.  Nothing rests on that: whatever a child sends
-- beyond a limit ends its run in the supervisor, which says less of why than can be said here.

local format = string.format

local KIB, MIB = 1024, 1024 * 1024

local limits = {
  -- Calls that may be open at once; of those larger than `large` bytes only one may.
  in_flight = 64,
  large = MIB,
  -- Bytes of messages for the log, as runs/script_log.py counts them.
  log = MIB,
  -- Bytes of a frame.
  message = 16 * MIB,
}

-- Take the limits that the supervisor gives.
function limits.set(settings)
  limits.in_flight, limits.large = settings.inFlight or limits.in_flight, settings.large or limits.large
  limits.log, limits.message = settings.logBytes or limits.log, settings.messageBytes or limits.message
end

-- Return an amount of bytes as people write it.
function limits.shown(bytes)
  if bytes % MIB == 0 then
    return format("%d MiB", bytes / MIB)
  end
  return bytes % KIB == 0 and format("%d KiB", bytes / KIB) or format("%d bytes", bytes)
end

return limits
