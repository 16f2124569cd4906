-- The baseline of a table of runs: what a person writes for it, and which cell it is for another.
local axis = require "semiluna.analysis.axis"
local expression = require "semiluna.analysis.expression"
local usage = require "semiluna.usage"

local baseline = {}

-- ---- what is written ------------------------------------------------------------------------------------------------------------

-- The places in `text` where a value may end: before each comma that an option and "=" follow, and at the end.
local function ends_of(text, known)
  local ends = {}
  for comma, name in text:gmatch "(),%s*([^,=]-)%s*=" do
    if axis.knows(name, known) then ends[#ends + 1] = comma - 1 end
  end
  ends[#ends + 1] = #text
  return ends
end

-- The value that `text` begins with, and what stands behind it: the longest one that a run has, since values may hold commas and
-- "=" themselves; else up to the next option.
local function first_value(text, name, known, runs)
  local ends = ends_of(text, known)
  local values, there = {}, {}
  for _, run in ipairs(runs) do
    local value = axis.value(run, name)
    if value and not there[value] then
      there[value] = true
      values[#values + 1] = value
    end
  end
  local labels = axis.labels(values, name)
  local function value_at(stop) return text:sub(1, stop):match "^%s*(.-)%s*$" end
  for i = #ends, 1, -1 do
    for _, value in ipairs(values) do
      if axis.is(value, value_at(ends[i]), name, labels[value]) then return value_at(ends[i]), text:sub(ends[i] + 2) end
    end
  end
  local value = value_at(ends[1])
  local unknown = value:match ",%s*([%w_.]+)%s*="
  if unknown then axis.find(unknown, known, "--against") end -- no option is called so: this tells which is meant
  return value, text:sub(ends[1] + 2)
end

-- "method.threshold=0,data.labeled=1/8" as {[name] = text} and the list of names.
function baseline.parse(text, known, runs)
  local wanted, order, rest = {}, {}, text
  repeat
    local name, value = rest:match "^%s*([^=]-)%s*=(.*)$"
    if not name or name == "" then
      usage('--against "%s": write it as option=value, such as method.threshold=0', expression.visible(text))
    end
    local full = axis.find(name, known, "--against")
    if wanted[full] then usage("--against %s: %s is there twice", expression.visible(text), full) end
    order[#order + 1] = full
    wanted[full], rest = first_value(value, full, known, runs)
    if wanted[full] == "" then usage("--against %s: %s needs a value", expression.visible(text), full) end
  until rest == ""
  return wanted, order
end

-- ---- in the table ---------------------------------------------------------------------------------------------------------------

-- The place of each wanted value among the values along a side: the entry with the same values but for the wanted ones.
function baseline.of(made, list, entry, names, wanted)
  for _, other in ipairs(list) do
    local fits = true
    for i, name in ipairs(names) do
      local value = other.values[i] or nil
      if wanted[name] then
        fits = fits and axis.is(value, wanted[name], name, made.labels[name][value])
      else
        fits = fits and other.values[i] == entry.values[i]
      end
    end
    if fits then return other end
  end
end

-- Each wanted option has to be a row or a column, and its value has to occur at all.
function baseline.check(made, wanted)
  local own = {}
  for _, names in ipairs { made.row_names, made.column_names } do
    for _, name in ipairs(names) do own[name] = true end
  end
  for name in pairs(wanted) do
    if not own[name] then usage("--against: %s is neither a row nor a column of the table: add it to --rows or --columns", name) end
  end
  for _, pair in ipairs { { made.rows, made.row_names }, { made.columns, made.column_names } } do
    for i, name in ipairs(pair[2]) do
      if wanted[name] then
        local there, found = {}, false
        for _, entry in ipairs(pair[1]) do
          local value = entry.values[i] or nil
          local label = value and made.labels[name][value] or "-"
          found = found or axis.is(value, wanted[name], name, label)
          if not there[label] then
            there[label] = true
            there[#there + 1] = label
          end
        end
        if not found then
          usage("--against %s=%s: no run is so; its values are %s", name, expression.visible(wanted[name]),
            table.concat(there, ", "))
        end
      end
    end
  end
end

return baseline
