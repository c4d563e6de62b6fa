---@meta _

---The time: all that scripts have of `os`.
---@class oslib
os = {}

---Returns the seconds of processor time that the run has taken.
---@return number seconds
function os.clock() end

---Returns a time as text, or as a table with `"*t"`. It knows the conversions of C99 and no others.
---@param format? string `"%c"` by default; with `!` in front in UTC, else in regbot's time zone.
---@param time? number Seconds since 1970; now by default.
---@return string|table date
function os.date(format, time) end

---Returns the seconds from one time to another.
---@param t2 number
---@param t1 number
---@return number seconds
function os.difftime(t2, t1) end

---Returns the seconds since 1970: now, or of a table as `os.date("*t")` gives it.
---@param date? table
---@return number time
function os.time(date) end
