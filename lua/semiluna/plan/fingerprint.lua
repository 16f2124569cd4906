-- What a cell is, as hashes: equal hashes mean the same result.
--
--   hash          everything that decides the result: options, the text of the script and of what it requires, the text of the
--                 library's modules that train and measure, the version of the program, and the contents of the split lists
--   options_hash  the options alone
--   script_hash, library_hash   the texts alone
local core = require "semiluna.core"
local data = require "semiluna.data"
local normalize = require "semiluna.plan.normalize"
local script = require "semiluna.script"
local sections = require "semiluna.sections"
local values = require "semiluna.plan.values"
local sha256 = core.system.sha256

local fingerprint = {}

local Fingerprint = {}
Fingerprint.__index = Fingerprint

-- The library's modules that decide what a run computes, beside its method.
local deciding = { "context", "data", "evaluate", "image", "run", "trainer" }

-- ---- options ------------------------------------------------------------------------------------------------------------------

-- A function that no list of values can stand for counts by its text and by the numbers and texts that it holds.
local function function_text(self, value)
  local known = self.functions[value]
  if known then return known end
  local info, parts = debug.getinfo(value, "S"), {}
  if info.source:sub(1, 1) == "@" then
    local file = self:file(info.source:sub(2))
    parts[1] = file and normalize(file:lines(info.linedefined, info.lastlinedefined), true) or info.short_src
  else
    parts[1] = info.short_src:gsub("^.*/semiluna/", "semiluna/")
  end
  for i = 1, 255 do
    local name, held = debug.getupvalue(value, i)
    if not name then break end
    if type(held) == "number" or type(held) == "string" or type(held) == "boolean" then
      parts[#parts + 1] = name .. " = " .. tostring(held)
    end
  end
  known = table.concat(parts, "\n")
  self.functions[value] = known
  return known
end

-- A value in its usual form, to the last digit. Schedules of the library are known by how they are written, others by what they give.
local function canonical(self, option, steps)
  local value, kind = option.value, option.type
  if value == nil then return "" end
  if kind == "schedule" and type(value) ~= "number" then
    return values.text(value) or "values " .. values.of(value, steps).digest
  end
  if type(value) == "number" then return ("%.17g"):format(value) end
  if type(value) == "function" then return function_text(self, value) end
  return option.text
end

-- "name = value" of one option of a list.
function Fingerprint:option(option, steps)
  return option.name .. " = " .. canonical(self, option, steps)
end

local function decides(option)
  return option.descriptor.result ~= false
end

-- The text of all options that decide the result.
function Fingerprint:options_text(item)
  local lines = {}
  for _, option in ipairs(item.list) do
    if decides(option) then lines[#lines + 1] = self:option(option, item.resolved.steps) end
  end
  table.sort(lines)
  return table.concat(lines, "\n")
end

-- ---- texts --------------------------------------------------------------------------------------------------------------------

local File = {}
File.__index = File

-- Some lines of a file, counted from 1.
function File:lines(first, last)
  if not self.list then
    self.list = {}
    for line in (self.text .. "\n"):gmatch "(.-)\n" do self.list[#self.list + 1] = line end
  end
  return table.concat(self.list, "\n", first, math.min(last, #self.list))
end

-- The file of the script at `path`: itself or a module that it requires.
function Fingerprint:file(path)
  if not self.by_path then
    self.by_path = {}
    for _, file in ipairs(script.files()) do self.by_path[file.path] = setmetatable({ text = file.text }, File) end
  end
  local file = self.by_path[path]
  if not file then
    for known, other in pairs(self.by_path) do
      if known:gsub("^%./", "") == path:gsub("^%./", "") then file = other end
    end
  end
  return file
end

-- The script and its modules; where they lie does not count, nor does the order.
function Fingerprint:script_hash()
  if not self.script then
    local hashes = {}
    for i, file in ipairs(script.files()) do
      hashes[#hashes + 1] = (i == 1 and "script " or "module ") .. sha256(normalize(file.text))
    end
    table.sort(hashes)
    self.script = sha256(table.concat(hashes, "\n"))
  end
  return self.script
end

-- The library as far as a method uses it; a method of one's own may use any of the library's.
function Fingerprint:library_hash(method)
  if not self.library[method] then
    local modules, own = {}, core.source("semiluna.methods." .. method) ~= nil
    for _, name in ipairs(deciding) do modules[#modules + 1] = "semiluna." .. name end
    if own then modules[#modules + 1] = "semiluna.methods." .. method end
    for _, name in ipairs(own and {} or sections.method.library) do modules[#modules + 1] = "semiluna.methods." .. name end
    for i, name in ipairs(modules) do modules[i] = sha256(normalize(core.source(name) or "", true)) end
    self.library[method] = sha256(core.version() .. "\n" .. table.concat(modules, "\n"))
  end
  return self.library[method]
end

-- ---- data ---------------------------------------------------------------------------------------------------------------------

-- Options of the section `data` that do not choose images.
local no_choice = {
  crop = true, scale = true, mirror = true, mean = true, divisor = true, loader_threads = true, ahead = true,
}

local function ids_hash(set)
  local ids = {}
  for i = 1, set and set:count() or 0 do ids[i] = set:id(i) end
  return sha256(table.concat(ids, "\n"))
end

-- The images of the labelled, the unlabelled and the validation split, by their ids in order. Opens the data once for all cells that
-- name the same; a list that cannot be read is an error.
function Fingerprint:splits_hash(item)
  local lines = {}
  for _, option in ipairs(item.list) do
    if option.section == "data" and not no_choice[option.name:gsub("^data%.", "")] then
      lines[#lines + 1] = option.name .. " = " .. option.text
    end
  end
  local key = table.concat(lines, "\n")
  if not self.splits[key] then
    local images = data.open(item.resolved.data)
    local hashes = { ids_hash(images.labeled), ids_hash(images.unlabeled), ids_hash(images:split "val") }
    self.splits[key] = sha256(table.concat(hashes, "\n"))
  end
  return self.splits[key]
end

-- A file of weights, by its size and its ends: reading all of it would take longer than planning.
function Fingerprint:weights_text(path)
  if not path then return "" end
  if not self.weights[path] then
    local file <close> = io.open(path, "rb")
    local size = file and file:seek "end"
    local text = "absent"
    if size then
      file:seek("set", 0)
      local head = file:read(65536) or ""
      file:seek("set", math.max(0, size - 65536))
      text = size .. " " .. sha256(head .. (file:read(65536) or ""))
    end
    self.weights[path] = text
  end
  return self.weights[path]
end

-- ---- a cell -------------------------------------------------------------------------------------------------------------------

-- Makes hashes of items of one script. Keeps what cells have in common.
function fingerprint.new()
  return setmetatable({ functions = {}, library = {}, splits = {}, weights = {} }, Fingerprint)
end

-- {hash, options_hash, script_hash, library_hash, texts_hash} of an item of launch.resolve; texts_hash is all but the options.
function Fingerprint:of(item)
  local result = {
    options_hash = sha256(self:options_text(item)), script_hash = self:script_hash(),
    library_hash = self:library_hash(item.resolved.method.kind),
  }
  result.texts_hash = sha256(table.concat({
    result.script_hash, result.library_hash, self:splits_hash(item), self:weights_text(item.resolved.model.pretrained),
  }, "\n"))
  result.hash = sha256("cell\n" .. result.options_hash .. "\n" .. result.texts_hash)
  return result
end

-- The same of one item.
function fingerprint.of(item)
  return fingerprint.new():of(item)
end

return fingerprint
