-- Shared warm-ups: cells that do the same up to some step train that part once, and each goes on from there.
--
-- A step is decided by what all cells of a group have in common (data, network, seed, length, texts) and by the options that may
-- differ: schedules, by their value at each step, and options that have no effect before a step (`from` in the descriptors). Cells
-- that agree in all of these up to a step are in the same state there, so being the same up to a step is a tree over the cells.
local core = require "semiluna.core"
local fingerprint = require "semiluna.plan.fingerprint"
local values = require "semiluna.plan.values"
local sha256 = core.system.sha256

local fork = {}

-- These decide no result, but what a run has logged and kept by a step.
local recorded = { log_every = true, ["checkpoint.best"] = true }

-- What is shared must be worth a checkpoint: a hundredth of the run.
local function worth(steps)
  return math.max(3, steps // 100)
end

local function marks_options(method)
  for _, descriptor in ipairs(method.options or {}) do
    if descriptor.from then return true end
  end
  return false
end

-- From which step on an option counts. Cells whose methods are the same share the answer: `known` keeps it under `key`.
local function first_step(option, resolved, known, key)
  local from = option.descriptor.from
  if not from then return 0 end
  key = key .. "\n" .. option.name
  if not known[key] then
    known[key] = math.max(0, math.min(resolved.steps, from(resolved[option.section], resolved.steps)))
  end
  return known[key]
end

-- Splits a cell's options: the text of those that must be equal, and a list of {name, from, values | text} of those that are compared
-- step by step. The schedules of a method that marks no options may be read ahead of their step, and must be equal.
local function describe(prints, cell, known)
  local item, key = cell.item, values.method_key(cell.item)
  local resolved, equal, compared = item.resolved, {}, {}
  local marked = marks_options(resolved.method_table)
  for _, option in ipairs(item.list) do
    local descriptor = option.descriptor
    if descriptor.result ~= false or recorded[option.name] then
      local by_step = option.type == "schedule" and option.value ~= nil and (option.section ~= "method" or marked)
      if by_step or descriptor.from then
        compared[#compared + 1] = {
          name = option.name, from = first_step(option, resolved, known, key), values = by_step and values.of(option.value, resolved.steps) or nil,
          text = not by_step and prints:option(option, resolved.steps) or nil,
        }
      else
        equal[#equal + 1] = prints:option(option, resolved.steps)
      end
    end
  end
  table.sort(equal)
  table.sort(compared, function(a, b) return a.name < b.name end)
  return { cell = cell, steps = resolved.steps, equal = table.concat(equal, "\n") .. "\n" .. cell.texts_hash, compared = compared }
end

-- The first step at which two descriptions differ; nil where they never do.
local function parting(a, b)
  local first
  for i, one in ipairs(a.compared) do
    local other, step = b.compared[i], nil
    if one.from ~= other.from then
      step = math.min(one.from, other.from)
    elseif one.values then
      step = one.values:parts(other.values, one.from)
    elseif one.text ~= other.text then
      step = one.from
    end
    if step and step < a.steps and (not first or step < first) then first = step end
  end
  return first
end

-- What a description says of one step: equal texts, equal steps.
local function effect(description, step)
  local parts = {}
  for i, one in ipairs(description.compared) do
    parts[i] = step < one.from and "-" or one.values and ("%.17g"):format(one.values:at(step)) or one.text
  end
  return table.concat(parts, "\n")
end

-- The hash of all that decides the state after `step` steps.
local function prefix_of(description, step)
  local parts = { "prefix " .. step, description.equal }
  for _, one in ipairs(description.compared) do
    local said = one.values and one.values:between(one.from, step) or one.text
    parts[#parts + 1] = one.name .. " " .. (one.from >= step and "-" or one.from .. " " .. said)
  end
  return sha256(table.concat(parts, "\n"))
end

-- The classes of a list by a key, in the order of their first members.
local function classes(list, key)
  local found, order = {}, {}
  for _, one in ipairs(list) do
    local name = key(one)
    if not found[name] then
      found[name] = {}
      order[#order + 1] = found[name]
    end
    table.insert(found[name], one)
  end
  return order
end

-- Walks down the tree from `start`, a step up to which all of `list` are the same and that has been dealt with.
local function descend(list, start)
  if #list < 2 then return end
  local steps, step = list[1].steps, nil
  for i = 2, #list do
    local one = parting(list[1], list[i])
    if one and (not step or one < step) then step = one end
  end
  -- Cells that never part still train their last step and evaluate on their own.
  local shared = step or steps - 1
  if shared - start >= worth(steps) then
    local prefix = prefix_of(list[1], shared)
    for _, one in ipairs(list) do table.insert(one.cell.forks, { step = shared, prefix = prefix }) end
    start = shared
  end
  if not step then return end
  for _, class in ipairs(classes(list, function(one) return effect(one, step) end)) do descend(class, start) end
end

-- What cells with `forks` share among themselves: {saved = steps that are not trained twice, total = steps of all cells, groups = {{step,
-- start, cells (how many)}, ...}}.
function fork.sharing(cells)
  local result, by_prefix = { saved = 0, total = 0, groups = {} }, {}
  for _, cell in ipairs(cells) do
    local start = 0
    result.total = result.total + cell.item.resolved.steps
    for _, one in ipairs(cell.forks) do
      local group = by_prefix[one.prefix]
      if not group then
        group = { step = one.step, start = start, cells = 0 }
        by_prefix[one.prefix] = group
      end
      group.cells = group.cells + 1
      if group.cells == 2 then table.insert(result.groups, group) end
      if group.cells >= 2 then result.saved = result.saved + one.step - start end
      start = one.step
    end
  end
  return result
end

-- Sets `forks` of each cell (see plan.lua): {{step, prefix}, ...}, the steps at which its state serves others or comes from others.
function fork.tree(cells, prints)
  prints = prints or fingerprint.new()
  local list, known = {}, {}
  for i, cell in ipairs(cells) do
    cell.forks = {}
    list[i] = describe(prints, cell, known)
  end
  for _, group in ipairs(classes(list, function(one) return one.equal end)) do descend(group, 0) end
end

return fork
