-- What recorded options mean, without running a script: their descriptors, and before which step they have no effect.
local sections = require "semiluna.sections"
local types = require "semiluna.types"

local descriptors = {}

-- The table that describes the options of a section, for a run's options by name (their texts); nil where it is not the library's.
local function list_of(section, params)
  local about = sections[section]
  if not about then return nil end
  if section == "method" then
    local name = params.method
    for _, known in ipairs(about.library) do
      if known == name then return require("semiluna.methods." .. known).options end
    end
    return nil
  end
  if not about.kinds then return about.options end
  local kind = about.kinds[params[about.key == 1 and section or section .. "." .. about.key]]
  return kind and kind.options
end

local function find(list, name)
  for _, descriptor in ipairs(list or {}) do
    if descriptor[1] == name then return descriptor end
  end
end

-- The descriptor of an option such as "method.threshold" in a run with these options, or nil.
function descriptors.find(name, params)
  local section, inner = name:match "^([^.]+)%.(.+)$"
  if not section then return find(sections.experiment.options, name) end
  return find(list_of(section, params), inner)
end

-- Whether the option may decide the result.
function descriptors.decides(name, params)
  local descriptor = descriptors.find(name, params)
  return not descriptor or descriptor.result ~= false
end

-- Whether the text can only be a number or a schedule of the library: what a database holds is not run as a program.
local schedules = { sl = true, constant = true, poly = true, linear = true, cosine = true, steps = true, warmup = true, piecewise = true }
local function is_harmless(text)
  if #text > 2000 or not text:find "^[%w_%s.,(){}+-]*$" then return false end
  for word in text:gmatch "%f[%w_][%w_]+" do
    if not schedules[word] and not word:find "^%d" then return false end
  end
  return true
end

local function parse(text, descriptor)
  local kind = types[descriptor[2]]
  if not text or not kind.parse or descriptor[2] == "schedule" and not is_harmless(text) then return nil end
  local ok, value = pcall(kind.parse, text, descriptor)
  return ok and value or nil
end

-- The values of a section's options, as far as their texts say.
local function values_of(section, params)
  local values = {}
  for _, descriptor in ipairs(list_of(section, params) or {}) do
    values[descriptor[1]] = parse(params[section .. "." .. descriptor[1]], descriptor)
  end
  return values
end

-- The step before which the option has no effect (infinity: none of its own, only through others), or nil where that is not known.
function descriptors.from(name, params)
  local descriptor, section = descriptors.find(name, params), name:match "^([^.]+)%."
  if not (descriptor and descriptor.from and section) then return nil end
  local ok, step = pcall(descriptor.from, values_of(section, params), math.tointeger(tonumber(params.steps)))
  return ok and math.type(step) and step or nil
end

return descriptors
