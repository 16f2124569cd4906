-- Where a command writes a result: standard output, or a file that appears when it is complete. Until then it is written beside its
-- place, so that one that fails, for a full disk or else, leaves what was there before.
local core = require "semiluna.core"
local system = core.system

local output = {}

local Output = {}
Output.__index = Output

local sqlite_magic = "SQLite format 3\0"

-- Whether the file begins as SQLite's do.
function output.is_database(path)
  local _, _, kind = system.stat(path)
  local file <close> = kind == "file" and io.open(path, "rb") or nil
  return file ~= nil and file:read(#sqlite_magic) == sqlite_magic
end

-- Where to write what is to stand at `path`: the name to write first, and the name that it gets afterwards. For what is no plain file,
-- such as a pipe, both are one. A folder is an error; so is a database, which may hold the work of weeks.
function output.place(path)
  if path == "" then error("-o: the name of a file is missing", 0) end
  local _, _, kind = system.stat(path)
  if kind == "folder" then error(path .. ": a folder, not a file to write to", 0) end
  if kind == "other" then return path, path end
  if output.is_database(path) then
    error(path .. ": there is a database of this name; remove it first, or name another file", 0)
  end
  if kind then path = system.realpath(path) or path end -- a link stays one
  return ("%s.partial-%d"):format(path, system.pid()), path
end

local function check(self, ok, message)
  if ok then return end
  message = tostring(message)
  local reason = message:sub(1, #self.partial + 2) == self.partial .. ": " and message:sub(#self.partial + 3) or message
  error(("%s: cannot be written: %s"):format(self.shown, reason), 0)
end

-- Something to write to: the file `path`, or standard output for nil. Use it as a <close> variable.
function output.open(path)
  local self = setmetatable({ shown = path or "standard output", parts = {}, size = 0 }, Output)
  if not path then
    self.partial, self.file = "", io.stdout
    return self
  end
  self.partial, self.path = output.place(path)
  local file, message = io.open(self.partial, "wb")
  check(self, file, message)
  self.file = file
  file:setvbuf("full", 1 << 16)
  return self
end

-- Texts are gathered, so that they may be short.
function Output:write(text)
  local parts, size = self.parts, self.size + #text
  parts[#parts + 1] = text
  self.size = size
  if size > 1 << 16 then self:flush() end
end

function Output:flush()
  local text = table.concat(self.parts)
  self.parts, self.size = {}, 0
  check(self, self.file:write(text))
end

-- All is written: the file takes its name.
function Output:finish()
  self:flush()
  check(self, self.file:flush())
  self.done = true
  if not self.path then return end
  local file = self.file
  self.file = nil
  self.done = false
  check(self, file:close())
  if self.partial ~= self.path then check(self, os.rename(self.partial, self.path)) end
  self.done = true
end

function Output:__close()
  if self.done or not self.path then return end
  if self.file then self.file:close() end
  if self.partial ~= self.path then os.remove(self.partial) end
end

return output
