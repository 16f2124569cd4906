-- Which options of the runs stand in a table's columns, and which metrics.
local core = require "semiluna.core"
local usage = require "semiluna.usage"

local columns = {}

-- Options that have a column of their own in every table, and what is no option.
local apart = { name = true, variant = true, method = true, seed = true, origin = true }

-- Names in a text such as "method.threshold, seed"; a name that no run knows is a usage error.
local function named(flag, list, known, what)
  local names, seen = {}, {}
  for name in (list .. ","):gmatch "%s*(.-)%s*," do
    if not known[name] then
      local all = {}
      for candidate in pairs(known) do all[#all + 1] = candidate end
      table.sort(all)
      local nearest = core.system.nearest(name, all)
      usage('--%s: none of the runs has the %s "%s".%s', flag, what, name, nearest and (' Did you mean "%s"?'):format(nearest) or "")
    end
    if not seen[name] then names[#names + 1] = name end
    seen[name] = true
  end
  return names
end

-- The options that have columns, by name. `wanted`: nil for those whose values differ between the rows (see select.lua), "all", or a list
-- of names.
function columns.options(rows, wanted)
  local known, varied, first = {}, {}, rows[1]
  for _, row in ipairs(rows) do
    for name, value in pairs(row.params) do
      known[name] = true
      if first.params[name] ~= value then varied[name] = true end
    end
    for name in pairs(first.params) do
      if row.params[name] == nil then varied[name] = true end
    end
  end
  if wanted and wanted ~= "all" then return named("options", wanted, known, "option") end
  local names = {}
  for name in pairs(wanted and known or varied) do
    if not apart[name] then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- The metrics that --metric names, as a set, or nil for all; "iou" is that of the classes.
function columns.metrics(db, wanted)
  if not wanted then return nil end
  local known, set = { iou = true }, {}
  for _, row in ipairs(db:query "SELECT name FROM metric_name") do known[row.name] = true end
  local names = named("metric", wanted, known, "metric")
  for _, name in ipairs(names) do set[name] = true end
  return set, names
end

return columns
