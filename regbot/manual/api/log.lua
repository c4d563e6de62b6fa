---@meta _

---Writes one record to regbot's log, of the level info. Further arguments are ignored. A text of more than 1 MiB is
---cut. What a run logs beyond its limit `logBytes`, by whatever function, is left out; one record says so.
---@param text string|number
function log(text) end

---Logs whatever it gets, as `tostring` shows it, with tabs between.
---@param ... any
function print(...) end

---*Extension.* Messages for regbot's log, of a level and with fields.
---@class loggerlib
logger = {}

---*Extension.* Logs a message that is seen where regbot runs with `-v debug` or `-v trace`.
---@param message string|number
---@param fields? table<string, string|number|boolean> What else the record says: at most 16 fields.
function logger.debug(message, fields) end

---*Extension.* Logs a message, as `log` does.
---@param message string|number
---@param fields? table<string, string|number|boolean> What else the record says: at most 16 fields.
function logger.info(message, fields) end

---*Extension.* Logs a warning.
---@param message string|number
---@param fields? table<string, string|number|boolean> What else the record says: at most 16 fields.
function logger.warn(message, fields) end

---*Extension.* Logs an error. The script goes on; `error(text)` ends it.
---@param message string|number
---@param fields? table<string, string|number|boolean> What else the record says: at most 16 fields.
function logger.error(message, fields) end
