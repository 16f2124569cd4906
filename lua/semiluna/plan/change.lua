-- Changes: what a cell of a plan changes in its experiment, { ["method.threshold"] = 0.2, seed = 1 }, kept flat; a section that says what
-- it is, method = { "supervised" }, stays whole.
local mistake = require "semiluna.plan.mistake"
local usage = require "semiluna.usage"
local fail, what = mistake.fail, mistake.what

local change = {}

-- Whether a value is a plan; cells.lua knows them.
function change.is_plan(value)
  return type(value) == "table" and type(value.expand) == "function" and type(value.each) == "function"
end

-- Options that a cell sets and --set does not change, by cell: what was computed from the rest, such as a control's steps.
local fixed = setmetatable({}, { __mode = "k" })

-- The names that a setting is not laid over in this cell: {name = true}.
function change.fixed(cell)
  return fixed[cell] or {}
end

-- Says so of options of `changes`: {name = true}.
function change.fix(changes, names)
  fixed[changes] = names
end

function change.is_section(name)
  local section = require("semiluna.sections")[name]
  return section ~= nil and name ~= "experiment" and name ~= "order"
end

function change.is_plain(value)
  return type(value) == "table" and getmetatable(value) == nil and type(rawget(value, "new")) ~= "function"
end

-- Changes as scripts write them, made flat.
function change.flat(changes)
  local result = {}
  for name, value in next, changes do
    if change.is_section(name) and change.is_plain(value) and value[1] == nil then
      for inner, option in next, value do result[name .. "." .. inner] = option end
    else
      result[name] = value
    end
  end
  return result
end

-- `cell` changed further: a whole section takes the place of what was said of it, and variants are said one after the other.
function change.combine(cell, changes)
  local result = {}
  for name, value in next, cell do
    local section = name:match("^([^.]+)%.")
    if not (section and changes[section] ~= nil) then result[name] = value end
  end
  for name, value in next, changes do
    if name == "variant" and result.variant and result.variant ~= value then value = result.variant .. ", " .. value end
    result[name] = value
  end
  if fixed[cell] or fixed[changes] then
    local names = {}
    for _, from in ipairs { fixed[cell] or {}, fixed[changes] or {} } do
      for name in pairs(from) do names[name] = true end
    end
    fixed[result] = names
  end
  return result
end

-- A text of a cell's values, the same for cells that a script makes of the same values.
function change.text(cell)
  local schedule = require "semiluna.schedule"
  local parts = {}
  for name, value in next, cell do parts[#parts + 1] = name .. "=" .. schedule.text(value) end
  table.sort(parts)
  return table.concat(parts, "\n")
end

-- Fails unless `changes` is a table of options that a cell may change.
function change.check(where, changes)
  if type(changes) ~= "table" or getmetatable(changes) ~= nil then
    fail("%s: expected a table of changes such as { [\"method.threshold\"] = 0.2 }, not %s", where, what(changes))
  end
  for name, value in next, changes do
    if type(name) ~= "string" then
      fail("%s: an option's name was expected before %s: write { seed = 1 }, or { [\"method.threshold\"] = 0.2 }", where, what(value))
    end
    if name == "ablate" then fail("%s: a cell cannot hold an ablation of its own: combine the plans by + or *", where) end
    if change.is_plan(value) then fail("%s: %s is a plan; a cell gives one value: combine the plans by *", where, name) end
  end
end

-- ---- the cell so far, as conditions and filters see it --------------------------------------------------------------------------

local function at_path(raw, path)
  local section, name = path:match("^([^.]+)%.(.+)$")
  if section then
    local inner = raw[section]
    if change.is_plain(inner) then return inner[name] end
    return nil
  end
  local value = raw[path]
  if change.is_section(path) and change.is_plain(value) then value = value[1] end
  if change.is_section(path) and type(value) == "table" then value = value.name end
  return value
end

local function at_resolved(resolved, path)
  local section, name = path:match("^([^.]+)%.(.+)$")
  local inner = resolved[section or path]
  if section and type(inner) ~= "table" then return nil end
  if section then return inner[name] end
  if change.is_section(path) and type(inner) == "table" then return inner.kind end
  return inner
end

local function is_set(context, path)
  for _, setting in ipairs(context.settings) do
    if setting:match("^%s*([%w_.]+)%s*=") == path or setting:match("^%s*([%w_]+)%s*=") == path:match("^[%w_]+") then return true end
  end
  return false
end

-- Remembers which names conditions ask for: context.unknown[name] holds, until some cell has such an option, the names that there are.
local function remember(context, path, list)
  local names = {}
  for _, option in ipairs(list) do names[#names + 1] = option.name end
  for _, descriptor in ipairs(require("semiluna.sections").experiment.options) do names[#names + 1] = descriptor[1] end
  for _, name in ipairs(names) do
    if name == path then context.unknown[path] = false end
  end
  if context.unknown[path] == nil then context.unknown[path] = names end
end

-- Fails where a condition or a filter asked for an option that none of the cells has.
function change.check_names(context)
  for path, names in pairs(context.unknown) do
    if names then
      local nearest = require("semiluna.core").system.nearest(path, names)
      usage('%sablate: a condition or a filter asks for "%s", but no cell has such an option.%s', context.where, path,
        nearest and (' Did you mean "%s"?'):format(nearest) or "")
    end
  end
end

-- The cell laid over the experiment: view["method.threshold"] is what the option would be, its default included.
function change.view(context, cell)
  local options = require "semiluna.options"
  local raw, resolved, list
  return setmetatable({}, {
    __index = function(_, path)
      if type(path) ~= "string" then return nil end
      raw = raw or options.merge(context.raw, cell)
      local value = at_path(raw, path)
      if value ~= nil and not is_set(context, path) then
        context.unknown[path] = false
        return value
      end
      if resolved == nil then
        local ok, values, options_list = pcall(options.resolve, raw, context.settings)
        resolved, list = ok and values, options_list
      end
      if resolved then
        value = at_resolved(resolved, path)
        if context.unknown[path] ~= false and not change.is_section(path) then remember(context, path, list) end
      end
      return value
    end,
    __pairs = function() return next, cell, nil end,
  })
end

return change
