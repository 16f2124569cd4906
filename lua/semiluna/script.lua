-- Experiment scripts: loading one, and finding the line on which an option was written.
local core = require "semiluna.core"
local locate = require "semiluna.locate"
local usage = require "semiluna.usage"

local script = { path = nil, text = nil }

local most_memory = 512 << 20

-- Runs a script's own code, which may loop or fill a table for ever, within limits.
local function guarded(run)
  return core.system.guard(run, { memory = most_memory, seconds = tonumber(os.getenv "SEMILUNA_SCRIPT_SECONDS") or 60 })
end

local function read(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local text = file:read("a")
  file:close()
  if not text then return nil, path .. ": cannot be read" end
  return text
end

-- The folder of a file, with its slash; "" for the current one.
function script.folder(path)
  return path:match("^(.*/)") or ""
end

-- Modules next to the script come first when it requires one.
local search_path = package.path
local function search_beside(path)
  local folder = script.folder(path)
  package.path = folder .. "?.lua;" .. folder .. "?/init.lua;" .. search_path
end

-- Modules of a script that was loaded before are no part of the next one.
local before
local function forget_modules()
  if before then
    for name in pairs(package.loaded) do
      if not before[name] and not tostring(name):match "^semiluna" then package.loaded[name] = nil end
    end
    return
  end
  before = {}
  for name in pairs(package.loaded) do before[name] = true end
end

local function is_experiment(value)
  return type(value) == "table" and type(rawget(value, "raw")) == "table"
end

-- Runs a script and returns the list of its experiments (one, unless it returns a list). `text` takes the place of the file's
-- content: a resumed run goes on with the script that it began with.
function script.load(path, text)
  local message
  if not text then text, message = read(path) end
  if not text then usage("%s", message) end
  script.path, script.text = path, text
  local chunk
  chunk, message = load(text, "@" .. path, "t")
  if not chunk then error(message, 0) end
  search_beside(path)
  forget_modules()
  local result = guarded(chunk)
  if is_experiment(result) then return { result } end
  local list = {}
  for i, experiment in ipairs(type(result) == "table" and getmetatable(result) == nil and result or {}) do
    if not is_experiment(experiment) then error(("%s: item %d of the list it returns is not an experiment"):format(path, i), 0) end
    list[i] = experiment
  end
  if #list == 0 then
    error(("%s: returns %s; a script ends with `return sl.experiment { ... }`, or returns a list of these"):format(path,
      result == nil and "nothing" or "a " .. type(result)), 0)
  end
  return list
end

-- ---- where an option was written ------------------------------------------------------------------------------------------------

-- The script, first, and the person's own modules that it required, by name: a list of {path, text}.
function script.files()
  local list = {}
  if script.path then list[1] = { path = script.path, text = script.text } end
  local names = {}
  for name in pairs(package.loaded) do
    if type(name) == "string" and not name:match("^semiluna") then names[#names + 1] = name end
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local path = package.searchpath(name, package.path)
    local text = path and read(path)
    if text then list[#list + 1] = { path = path, text = text } end
  end
  return list
end

-- "my.lua:9" for the option "method.lambda_semi" that was given `value`: its own line, else its section's, else that of the
-- experiment; nil when no script was loaded. `known` holds the names of the sections as keys.
function script.locate(path, value, known)
  local section
  for _, file in ipairs(script.files()) do
    local line, rank = locate.line(file.text, path, value, known)
    if line and rank == 2 then return file.path .. ":" .. line end
    section = section or line and file.path .. ":" .. line
  end
  if section then return section end
  local before = script.text and script.text:match("^(.-)sl%.experiment")
  return before and script.path .. ":" .. select(2, before:gsub("\n", "")) + 1 or script.path
end

return script
