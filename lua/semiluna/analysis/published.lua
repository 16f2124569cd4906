-- Published results beside one's own: what a script's experiments say in `published`,
--   published = { { match = { variant = "baseline", ["data.labeled"] = 1/8 }, miou = 0.660 }, ... }
local axis = require "semiluna.analysis.axis"
local usage = require "semiluna.usage"

local published = {}

local function text_of(value)
  return type(value) == "number" and ("%.14g"):format(value) or tostring(value)
end

-- The entries of a plan that tell of a metric: {match = {[name] = text}, value}.
function published.of(plan, metric)
  local entries, seen = {}, {}
  for _, cell in ipairs(plan.cells) do
    local list = cell.item.resolved.published
    if list and not seen[list] then
      seen[list] = true
      for i, entry in ipairs(list) do
        if type(entry) ~= "table" or type(entry.match) ~= "table" then
          usage("published: entry %d needs match = { option = value, ... } and %s = value", i, metric)
        end
        local made = { match = {}, value = entry[metric] }
        local key = {}
        for name, value in pairs(entry.match) do
          made.match[name] = text_of(value)
          key[#key + 1] = name .. "\1" .. made.match[name]
        end
        table.sort(key)
        key = table.concat(key, "\2")
        if type(made.value) == "number" and not seen[key] then
          seen[key] = true
          entries[#entries + 1] = made
        end
      end
    end
  end
  return entries
end

local function fits(entry, cell, made)
  local left = {}
  for name, value in pairs(entry.match) do left[name] = value end
  for _, side in ipairs { { made.row_names, cell.row }, { made.column_names, cell.column } } do
    for i, name in ipairs(side[1]) do
      local wanted, value = left[name], side[2].values[i] or nil
      if wanted ~= nil and not (value and axis.same(value, wanted)) then return false end
      left[name] = nil
    end
  end
  for name, wanted in pairs(left) do
    for _, run in ipairs(cell.runs) do
      local value = axis.value(run, name)
      if not (value and axis.same(value, wanted)) then return false end
    end
  end
  return true
end

-- The published value of a cell of the table, or nil.
function published.value(entries, cell, made)
  for _, entry in ipairs(entries) do
    if fits(entry, cell, made) then return entry.value end
  end
end

-- What the table needs rows and columns for beside its runs: the values of the entries that name all of them. A value that is
-- written otherwise ("1/8") is taken as the runs write it.
function published.places(entries, runs, names)
  local places = {}
  for _, entry in ipairs(entries) do
    local values, whole = {}, true
    for _, name in ipairs(names) do
      values[name] = entry.match[name]
      for _, run in ipairs(runs) do
        local own = axis.value(run, name)
        if values[name] and own and axis.same(own, values[name]) then values[name] = own end
      end
      whole = whole and values[name] ~= nil
    end
    if whole then places[#places + 1] = values end
  end
  return places
end

return published
