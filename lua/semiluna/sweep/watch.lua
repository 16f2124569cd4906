-- Notices that a script, or a module that it requires, is edited while a sweep of it runs.
local core = require "semiluna.core"
local script = require "semiluna.script"
local system = core.system

local Watch = {}
Watch.__index = Watch

local function stamp(path)
  local bytes, modified = system.stat(path)
  return bytes and bytes .. " " .. modified or "gone"
end

-- The files of the script that was loaded last, as they are now.
local function new()
  local self = setmetatable({}, Watch)
  for i, file in ipairs(script.files()) do self[i] = { path = file.path, text = file.text, stamp = stamp(file.path) } end
  return self
end

-- The path of a file whose text is another one now, or nil. Reads a file only where its size or time has changed.
function Watch:changed()
  for _, file in ipairs(self) do
    local now = stamp(file.path)
    if now ~= file.stamp then
      file.stamp = now
      local handle <close> = io.open(file.path, "rb")
      if not handle or handle:read "a" ~= file.text then return file.path end
    end
  end
  return nil
end

return { new = new }
