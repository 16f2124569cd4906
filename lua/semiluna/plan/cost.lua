-- How long the cells of a plan will take on this machine: from runs in the database that did the same kind of step here, else from ten
-- steps that are taken now.
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local run = require "semiluna.run"
local timing = require "semiluna.timing"
local types = require "semiluna.types"
local values = require "semiluna.plan.values"

local cost = {}

-- ---- what makes a step as long as it is ----------------------------------------------------------------------------------------

local function is_shape(option)
  if option.name == "model.pretrained" then return false end
  if option.section == "model" or option.name == "method" or option.name == "batch" or option.name == "data.crop" then return true end
  if option.section ~= "method" or option.descriptor.from then return false end
  return option.type == "integer" or option.type == "choice" or option.type == "boolean"
end

-- Options that decide what a step computes, however they are weighted; a weight of 0 may save a part of it.
local function shape_of(list)
  local parts = {}
  for _, option in ipairs(list) do
    if is_shape(option) then parts[#parts + 1] = option.name .. "=" .. option.text end
    if option.section == "method" and option.type == "schedule" and not option.descriptor.from and option.value == 0 then
      parts[#parts + 1] = option.name .. " off"
    end
  end
  table.sort(parts)
  return table.concat(parts, "\n")
end

-- ---- from the database ----------------------------------------------------------------------------------------------------------

-- Runs of this machine that are done: those with the options of a cell first, then those of the experiment; the newest first.
local runs_query = "SELECT r.id, r.steps, r.step, r.resumes, r.start_time, r.end_time, r.seconds_before + r.end_time - r.session_time" ..
  "  AS seconds, c.fork_step, c.options_hash IN (SELECT value FROM json_each(?1)) AS same" ..
  " FROM run r LEFT JOIN cell c ON c.run = r.id JOIN experiment e ON e.id = r.experiment" ..
  " WHERE r.state = 'done' AND r.host = ?2 AND r.end_time IS NOT NULL AND (e.name = ?3 OR same)" ..
  " ORDER BY same DESC, r.id DESC LIMIT 100"

local params_query = "SELECT p.run, p.name, p.value FROM json_each(?) j CROSS JOIN param p ON p.run = j.value"

-- The options of a recorded run that its steps depend on, as a list like that of a cell, and those of its method by name; nil where it
-- lacks one.
local function recorded_list(params, like)
  local list, method = {}, {}
  for _, option in ipairs(like) do
    local text, descriptor, value = params[option.name], option.descriptor, nil
    local needed = is_shape(option) or option.section == "method"
    if needed and text == nil then return nil end
    if needed and option.section == "method" and descriptor[2] then
      value = types[descriptor[2]].parse(text, descriptor)
      method[descriptor[1]] = value
    end
    if needed then
      list[#list + 1] = {
        name = option.name, section = option.section, type = option.type, text = text, value = value, descriptor = descriptor,
      }
    end
  end
  return list, method
end

-- The first logged step from `step` on, and when it was.
local time_query = "SELECT v.step, v.time FROM metric_value v JOIN metric_name n ON n.id = v.name_id" ..
  " WHERE v.run = ? AND n.name = 'seg' AND v.step >= ? ORDER BY v.step LIMIT 1"

-- Seconds of a step of a recorded run, evaluations included, by phase.
local function recorded_rates(db, row, boundary)
  local trained = row.step - (row.fork_step or 0)
  if trained < 1 then return {} end
  if boundary <= (row.fork_step or 0) then return { after = row.seconds / trained } end
  if boundary >= row.steps then return { before = row.seconds / trained } end
  if row.resumes > 0 or row.fork_step then return {} end
  local first, at = db:query(time_query, row.id, 1)[1], db:query(time_query, row.id, boundary)[1]
  if not at or at.step <= first.step or at.step >= row.step then return {} end
  return { before = (at.time - first.time) / (at.step - first.step), after = (row.end_time - at.time) / (row.step - at.step) }
end

-- {[shape] = {before, after}} as far as earlier runs tell.
local function from_database(db, cells, shapes)
  local hashes = {}
  for i, cell in ipairs(cells) do hashes[i] = cell.options_hash end
  local rows = db:query(runs_query, core.system.json_encode(hashes), core.system.hostname(), launch.script_name())
  if #rows == 0 then return {} end
  local ids, params = {}, {}
  for i, row in ipairs(rows) do
    ids[i], params[row.id] = row.id, {}
  end
  for _, param in ipairs(db:query(params_query, core.system.json_encode(ids))) do params[param.run][param.name] = param.value or "" end

  local rates = {}
  for shape, cell in pairs(shapes) do
    local item, found = cell.item, {}
    for _, row in ipairs(rows) do
      if found.before and found.after then break end
      local list, method = nil, nil
      if params[row.id].method == item.resolved.method.kind then list, method = recorded_list(params[row.id], item.list) end
      if list and shape_of(list) == shape then
        local ok, boundary = pcall(timing.boundary, item.resolved.method_table, method, row.steps)
        local one = ok and recorded_rates(db, row, boundary) or {} -- a schedule of the script's own has no value here
        found.before, found.after = found.before or one.before, found.after or one.after
      end
    end
    rates[shape] = found
  end
  return rates
end

-- ---- the expected time ----------------------------------------------------------------------------------------------------------

local boundaries = {}
local function boundary_of(cell)
  local resolved, key = cell.item.resolved, values.method_key(cell.item)
  if not boundaries[key] then
    boundaries[key] = timing.boundary(resolved.method_table, resolved.method, resolved.steps)
  end
  return boundaries[key]
end

-- Whether rates say enough for a cell.
local function suffices(rates, cell)
  if not rates then return false end
  local boundary = boundary_of(cell)
  return (boundary <= 0 or rates.before ~= nil) and (boundary >= cell.item.resolved.steps or rates.after ~= nil)
end

local function measure(cell)
  launch.use_machine(cell.item.resolved)
  local made = run.new(cell.item.resolved)
  local ok, rates = pcall(timing.measure, made)
  run.close(made)
  collectgarbage()
  if not ok then error(rates, 0) end
  return rates
end

local function is_open(cell)
  return cell.state ~= "done" and cell.state ~= "pruned"
end

-- Where a cell begins or is: at its own last checkpoint, else where a shared warm-up ends that is there or that a cell before trains.
local function first_step(cell, trained)
  local own = (cell.state == "stopped" or cell.state == "running") and cell.step or 0
  local first = own > 0 and own or cell.available or 0
  for _, fork in ipairs(cell.forks) do
    if own == 0 and trained[fork.prefix] then first = math.max(first, fork.step) end
    if fork.step > first and is_open(cell) then trained[fork.prefix] = true end
  end
  return first
end

-- Sets `first` (the step at which the cell is to begin) and `seconds` (what is left of it, nil where it is not known) of each cell;
-- they have been through state.read. `db` may be nil. `told(cell)` is called before steps are taken. Returns {timed = steps taken,
-- problems = {{cell, message}, ...}}.
function cost.estimate(db, cells, told)
  local trained, shapes, open, result = {}, {}, {}, { timed = 0, problems = {} }
  for _, cell in ipairs(cells) do
    cell.first = first_step(cell, trained)
    if is_open(cell) then
      cell.shape = shape_of(cell.item.list)
      open[#open + 1] = cell
      local known = shapes[cell.shape]
      if not known or boundary_of(known) >= known.item.resolved.steps then shapes[cell.shape] = cell end -- one with both phases
    end
  end
  local rates = db and from_database(db, open, shapes) or {}
  for _, cell in ipairs(open) do
    if not suffices(rates[cell.shape], cell) then
      if told then told(shapes[cell.shape]) end
      local ok, measured = pcall(measure, shapes[cell.shape])
      rates[cell.shape] = ok and measured or { failed = true, before = 0, after = 0 }
      if ok then result.timed = result.timed + measured.steps end
      if not ok then
        local message = type(measured) == "table" and measured.message or measured
        result.problems[#result.problems + 1] = { cell = cell, message = message }
      end
    end
  end
  for _, cell in ipairs(cells) do
    local rate = rates[cell.shape]
    cell.seconds = is_open(cell) and (not rate.failed and timing.seconds({
      before = rate.before, after = rate.after, evaluation = rate.evaluation, boundary = boundary_of(cell),
    }, cell.item.resolved, cell.first) or nil) or 0
  end
  return result
end

-- Seconds until `workers` processes that train side by side are through; nil where a cell's are not known. What sharing the
-- processors costs is not counted.
function cost.total(cells, workers)
  local sum, longest = 0, 0
  for _, cell in ipairs(cells) do
    if not cell.seconds then return nil end
    sum, longest = sum + cell.seconds, math.max(longest, cell.seconds)
  end
  return math.max(sum / (workers or 1), longest)
end

return cost
