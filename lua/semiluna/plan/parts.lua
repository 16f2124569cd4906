-- Plans over the parts of a method: all but one, one alone, pairs.
local cells = require "semiluna.plan.cells"
local change = require "semiluna.plan.change"
local mistake = require "semiluna.plan.mistake"
local usage = require "semiluna.usage"
local combine, flat = change.combine, change.flat
local fail, what = mistake.fail, mistake.what

local parts_of = {}

local function check_parts(where, parts)
  if type(parts) ~= "table" or getmetatable(parts) or #parts == 0 then
    fail("%s: expected a list of parts such as { \"adversarial\", off = { [\"method.lambda_adv\"] = 0 } }, not %s", where,
      type(parts) == "table" and "an empty one" or what(parts))
  end
  local seen = {}
  for i, part in ipairs(parts) do
    local name = type(part) == "table" and (part[1] or part.name)
    if type(name) ~= "string" or name == "" then fail("%s: part %d has no name: { \"name\", off = {...} }", where, i) end
    if seen[name] then fail("%s: two parts are called \"%s\"", where, name) end
    seen[name] = true
    if not (part.on or part.off) then fail("%s: part \"%s\" says neither `on` nor `off`", where, name) end
    change.check(("%s: part \"%s\", on"):format(where, name), part.on or {})
    change.check(("%s: part \"%s\", off"):format(where, name), part.off or {})
  end
end

local function prepared(parts, prefix)
  local list = {}
  local function named(changes)
    if not prefix then return flat(changes or {}) end
    local result = {}
    for name, value in next, changes or {} do result[prefix .. name] = value end
    return result
  end
  for i, part in ipairs(parts) do list[i] = { name = part[1] or part.name, on = named(part.on), off = named(part.off) } end
  return list
end

-- The parts that the method of the cell so far declares.
local function own_parts(where, context, cell)
  local options = require "semiluna.options"
  local resolved = options.resolve(options.merge(context.raw, cell), context.settings)
  local parts = resolved.method_table.parts
  if not parts then
    usage('%s%s: the method "%s" declares no parts: give them, { "name", off = { option = value } }', context.where, where,
      resolved.method.kind)
  end
  check_parts(where .. ": method " .. resolved.method.kind, parts)
  return prepared(parts, "method.")
end

-- A plan over subsets of parts: `choose(parts)` lists {variant, {is_on for each part}}.
local function over_parts(where, parts, choose)
  if parts ~= nil then
    check_parts(where, parts)
    parts = prepared(parts)
  end
  return cells.new(where:gsub("^sl%.", ""), function(context, cell, emit)
    local list = parts or own_parts(where, context, cell)
    for _, row in ipairs(choose(list)) do
      local changes = { variant = row[1] }
      for i, part in ipairs(list) do
        if row[2][i] then changes = combine(changes, part.on) end
      end
      for i, part in ipairs(list) do
        if not row[2][i] then changes = combine(changes, part.off) end
      end
      emit(combine(cell, changes))
    end
  end)
end

function parts_of.leave_one_out(parts)
  return over_parts("sl.leave_one_out", parts, function(list)
    local rows, all = {}, {}
    for i in ipairs(list) do all[i] = true end
    rows[1] = { "all", all }
    for i, part in ipairs(list) do
      local on = table.move(all, 1, #list, 1, {})
      on[i] = false
      rows[#rows + 1] = { "without " .. part.name, on }
    end
    return rows
  end)
end

function parts_of.add_one_in(parts)
  return over_parts("sl.add_one_in", parts, function(list)
    local rows = { { "none", {} } }
    for i, part in ipairs(list) do rows[#rows + 1] = { "only " .. part.name, { [i] = true } } end
    return rows
  end)
end

function parts_of.pairwise(parts)
  return over_parts("sl.pairwise", parts, function(list)
    local rows = { { "none", {} } }
    for i = 1, #list do
      for j = i + 1, #list do
        rows[#rows + 1] = { list[i].name .. " + " .. list[j].name, { [i] = true, [j] = true } }
      end
    end
    return rows
  end)
end

return parts_of
