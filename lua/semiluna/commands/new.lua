-- `semiluna new NAME [--method]`: a commented script to start from, and with --method a method of one's own beside it.
local core = require "semiluna.core"
local template = require "semiluna.commands.template"
local usage = require "semiluna.usage"

local function write(path, text)
  local file, message = io.open(path, "w")
  if not file then error(message, 0) end
  local ok
  ok, message = file:write(text)
  local closed, problem = file:close()
  if not (ok and closed) then
    os.remove(path)
    error(path .. ": " .. tostring(message or problem), 0)
  end
end

-- The paper's method, under the person's name.
local function method_text(name)
  local text = core.source "semiluna.methods.advsemiseg"
  text = text:gsub("%f[%w]advsemiseg%f[^%w]", (name:gsub("%W", "_")))
  local header = '-- %s: a copy of the method advsemiseg to change. A script uses it by its name: method = { "%s", ... }\n--\n'
  return header:format(name, name) .. text
end

return function(arguments)
  local name = arguments.name:gsub("%.lua$", "")
  local folder, stem = name:match("^(.*/)([^/]+)$")
  folder, stem = folder or "", stem or name
  if not stem:match("^[%a_][%w_-]*$") then
    usage('"%s" cannot be the name of a script: use letters, digits, "_" and "-"', arguments.name)
  end
  local method = arguments.method and stem .. "_method" or "advsemiseg"
  local paths = { folder .. stem .. ".lua", arguments.method and folder .. method .. ".lua" or nil }
  for _, path in ipairs(paths) do
    if core.system.exists(path) then error(("%s exists already; nothing was written"):format(path), 0) end
  end
  local words = { NAME = stem, PATH = paths[1], METHOD = method }
  write(paths[1], (template.script:gsub("%u%u%u%u+", words)))
  if paths[2] then write(paths[2], method_text(method)) end
  print("wrote " .. table.concat(paths, " and ") .. "\n\n  semiluna run " .. paths[1] .. " --dry-run\n  semiluna run " .. paths[1])
  return 0
end
