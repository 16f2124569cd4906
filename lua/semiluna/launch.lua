-- From a script, or from what the database keeps of a run, to experiments that are resolved and ready to be put together.
local cells = require "semiluna.plan.cells"
local core = require "semiluna.core"
local options = require "semiluna.options"
local schedule = require "semiluna.schedule"
local script = require "semiluna.script"
local usage = require "semiluna.usage"

local launch = {}

-- The database that a command line means.
function launch.database(arguments)
  local path = arguments.db or os.getenv "SEMILUNA_DB"
  return path and path ~= "" and path or "semiluna.db"
end

-- An argument that may be given several times is nil, a text or a list of texts.
function launch.list(value)
  return type(value) == "table" and value or { value }
end

-- The name of a script without its folder and ending: what its runs are called unless they say otherwise.
function launch.script_name()
  return script.path:match("([^/]+)%.lua$") or script.path:match("([^/]+)$")
end

-- The experiments as they are at the scale that they or the settings name.
local function scaled(experiments, settings)
  local list = {}
  for i, experiment in ipairs(experiments) do list[i] = { raw = options.scaled(experiment.raw, settings) } end
  return list
end

-- Settings such as seed=1..5 are further axes of every ablation. Returns the other settings, and the plan of these axes or nil.
local function axes_of(settings)
  local rest, plan = {}, nil
  for _, setting in ipairs(settings) do
    local name, first, last = setting:match "^%s*([%w_.]+)%s*=%s*(-?%d+)%.%.(-?%d+)%s*$"
    if name then
      local from, to, values = math.tointeger(first), math.tointeger(last), {}
      if not (from and to and from <= to and to - from < cells.most) then
        usage('--set "%s": a range has its smaller number first, and at most %d numbers', setting, cells.most)
      end
      for value = from, to do values[#values + 1] = value end
      local axis = cells.grid { [name] = values }
      plan = plan and plan * axis or axis
    else
      rest[#rest + 1] = setting
    end
  end
  return rest, plan
end

-- The cells of an experiment's ablation, tables of changes; one that changes nothing where there is none. `axes` multiply them. Then
-- whether there is an ablation, and "my.lua:12: ", where it stands.
local function cells_of(experiment, settings, axes)
  local plan = experiment.raw.ablate
  for _, setting in ipairs(settings) do
    local text = setting:match "^%s*ablate%s*=(.*)$"
    if text == "false" then plan = nil end
  end
  if plan and not cells.is(plan) then options.resolve(experiment.raw, settings) end -- says what is wrong with it
  if axes then plan = plan and plan * axes or axes end
  if not plan then return { {} }, false end
  local raw = options.merge({}, experiment.raw)
  raw.ablate = nil
  return plan:expand(raw, settings), true, plan.where
end

-- The settings that are laid over a cell: all but those of options that the plan computed from the rest.
local function settings_for(cell, settings)
  local fixed = cells.fixed(cell)
  if next(fixed) == nil then return settings end
  local rest = {}
  for _, setting in ipairs(settings) do
    if not fixed[setting:match "^%s*([%w_.]+)%s*="] then rest[#rest + 1] = setting end
  end
  return rest
end

-- "method.threshold = 2, seed = 1"
local function changes_text(changes)
  local parts = {}
  for name, value in pairs(changes) do parts[#parts + 1] = name .. " = " .. schedule.text(value) end
  table.sort(parts)
  return table.concat(parts, ", ")
end

-- Resolves one cell; what is wrong names the cell, unless the experiment is wrong without it.
local function resolve_cell(experiment, changes, settings, lenient, number)
  local raw = options.merge(experiment.raw, changes)
  raw.ablate = nil
  local ok, resolved, list = pcall(options.resolve, raw, settings_for(changes, settings), lenient)
  if ok then return resolved, list end
  local problem = resolved
  if type(problem) ~= "table" or not problem.usage or next(changes) == nil then error(problem, 0) end
  local base_ok, base_problem = pcall(options.resolve, experiment.raw, settings)
  if not base_ok and type(base_problem) == "table" and base_problem.message == problem.message then error(base_problem, 0) end
  usage("%s  (cell %d: %s)", problem.message, number, changes_text(changes))
end

-- A setting that names an option of one cell's method is laid over the cells that know it; one that no cell knows is a mistake.
local function check_settings(experiments, settings, axes, unknown, count)
  for path, times in pairs(unknown) do
    if times == count then
      for _, experiment in ipairs(experiments) do
        for _, changes in ipairs((cells_of(experiment, settings, axes))) do options.resolve(options.merge(experiment.raw, changes), settings) end
      end
      usage("--set %s: no such option", path)
    end
  end
end

-- The cells of a script's experiments, one for each where there is no ablation, as items {resolved, list, index, experiment, changes,
-- ablated, where}: `index` is the cell's number in the whole list, `experiment` that of its experiment, `changes` what the cell changes in
-- it, `ablated` whether an ablation says so, which stands at `where`. `settings` are "name=value" texts, of which seed=1..5 makes five cells of each; `name`
-- overrides the runs' names. With `number`, only that cell is resolved: what cannot be wrong with it alone has been checked before.
function launch.resolve(experiments, settings, name, number)
  local items, unknown, count = {}, {}, 0
  local axes
  settings, axes = axes_of(settings or {})
  experiments = scaled(experiments, settings)
  for index, experiment in ipairs(experiments) do
    local list_of_changes, ablated, where = cells_of(experiment, settings, axes)
    local several = #experiments > 1 or #list_of_changes > 1
    for _, changes in ipairs(list_of_changes) do
      count = count + 1
      if not number or number == count then
        local seen = {}
        local function lenient(path) seen[path] = true end
        local resolved, list = resolve_cell(experiment, changes, settings, several and lenient or nil, count)
        resolved.ablate = nil
        resolved.name = resolved.name or launch.script_name()
        if name then resolved.name = #experiments > 1 and name .. " " .. resolved.name or name end
        for _, option in ipairs(list) do
          if option.name == "name" then option.text = resolved.name end
        end
        for path in pairs(seen) do unknown[path] = (unknown[path] or 0) + 1 end
        items[#items + 1] = {
          resolved = resolved, list = list, index = count, experiment = index, changes = changes, ablated = ablated, where = where,
        }
      end
    end
  end
  if not number then check_settings(experiments, settings, axes, unknown, count) end
  return items
end

-- The folder of a run's checkpoints.
function launch.folder(resolved, database, uuid)
  return (resolved.checkpoint.folder or script.folder(database) .. "runs") .. "/" .. uuid
end

-- Chooses the backend and the number of threads.
function launch.use_machine(resolved)
  if resolved.backend then core.use_backend(resolved.backend) end
  if resolved.threads then core.threads(resolved.threads) end
end

-- A recorded run: its row, with how it was started (see record.lua) as row.origin.
function launch.stored_run(db, what)
  local id = db:run_find(what)
  local row = db:query("SELECT id, uuid, name, state, step, script_path, script_text FROM run WHERE id = ?", id)[1]
  local origin = db:query("SELECT value FROM param WHERE run = ? AND name = 'origin'", id)[1]
  if not (row.script_text and origin) then error(("run %d holds no script: it was not started by `semiluna run`"):format(id), 0) end
  row.origin = core.system.json_decode(origin.value)
  return row
end

-- The experiment of a recorded run as it was then, from the script that the database keeps; `settings` are laid over it.
function launch.stored_experiment(row, settings)
  local all = table.move(row.origin.set, 1, #row.origin.set, 1, {})
  table.move(settings, 1, #settings, #all + 1, all)
  local experiments = script.load(row.script_path, row.script_text)
  local item = launch.resolve(experiments, all, row.origin.name, row.origin.index)[1]
  if not item then
    error(("run %d was cell %d of its script, which now has fewer"):format(row.id, row.origin.index), 0)
  end
  return item
end

-- Any other options would not be the run it was; how it is computed may change.
function launch.check_options(db, id, list)
  local before = {}
  for _, row in ipairs(db:query("SELECT name, value FROM param WHERE run = ?", id)) do before[row.name] = row.value end
  for _, option in ipairs(list) do
    local free = option.name == "threads" or option.name == "backend"
    free = free or before[option.name] == nil             -- an option that the version which began the run did not have
    if not free and before[option.name] ~= option.text then
      local message = "run %d began with %s = %s, but now it is %s: a module or an environment variable that the script reads has changed"
      error(message:format(id, option.name, tostring(before[option.name]), option.text), 0)
    end
  end
end

return launch
