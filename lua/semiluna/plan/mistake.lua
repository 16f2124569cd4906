-- Mistakes in plans: usage errors that name the line of the script.
local usage = require "semiluna.usage"

local mistake = {}

-- "my.lua:12: ", the line of the script or of its module that is being run.
function mistake.place()
  for level = 2, 100 do
    local info = debug.getinfo(level, "Sl")
    if not info then return "" end
    if info.source:sub(1, 1) == "@" and info.currentline > 0 then return ("%s:%d: "):format(info.short_src, info.currentline) end
  end
  return ""
end

function mistake.fail(message, ...)
  usage("%s", mistake.place() .. message:format(...))
end

-- A value in words.
function mistake.what(value)
  if type(value) == "string" then return ('the text "%s"'):format(value) end
  if type(value) == "number" or type(value) == "boolean" or value == nil then return tostring(value) end
  return "a " .. type(value)
end

return mistake
