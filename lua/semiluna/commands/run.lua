-- `semiluna run`: trains what a script describes, evaluates and records it; or goes on with a run that was stopped.
local checkpoint = require "semiluna.checkpoint"
local core = require "semiluna.core"
local dryrun = require "semiluna.commands.dryrun"
local launch = require "semiluna.launch"
local plans = require "semiluna.plan.plan"
local progress = require "semiluna.progress"
local report = require "semiluna.report"
local script = require "semiluna.script"
local session = require "semiluna.session"
local steered = require "semiluna.steered"
local task = require "semiluna.sweep.task"
local usage = require "semiluna.usage"
local system = core.system

local signal_status = { INT = 130, TERM = 143 }

local function settings_of(arguments)
  local given = launch.list(arguments.set)
  local settings = table.move(given, 1, #given, 1, {})
  for _, name in ipairs { "steps", "threads", "backend" } do
    if arguments[name] then settings[#settings + 1] = name .. "=" .. arguments[name] end
  end
  return settings
end

-- Trains a run that has been put together and recorded; see session.train.
local function train(made, recorded, folder, display, start)
  local result = session.train(made, recorded, folder, display, start)
  if not result.message then return result end
  error(("run %d (%s) %s: %s"):format(result.id, result.name, result.state, result.message), 0)
end

local function print_next(database, runs)
  local first, last = runs[1].id, runs[#runs].id
  local at = database == "semiluna.db" and "" or " --db " .. database
  print(("\nRecorded in %s as %s. Next:"):format(database, first == last and "run " .. first or ("runs %d to %d"):format(first, last)))
  if runs[#runs].state == "stopped" then print(("  semiluna run --resume %d%s"):format(last, at)) end
  print(("  semiluna show %d%s"):format(last, at))
  print(("  semiluna runs%s"):format(at))
end

-- ---- a script ---------------------------------------------------------------------------------------------------------------------

local function print_options(items)
  for i, item in ipairs(items) do
    if i > 1 then
      print(("\n%s%s, where it differs:"):format(item.resolved.name, item.ablated and (", cell %d"):format(item.index) or ""))
    end
    print(report.options(item.list, i > 1 and items[i - 1].list or nil))
  end
  print()
end

local function check_all(items)
  local fine = true
  for _, item in ipairs(items) do
    launch.use_machine(item.resolved)
    if #items > 1 then print(item.resolved.name .. (item.ablated and (", cell %d"):format(item.index) or "")) end
    fine = dryrun(item.resolved) and fine
  end
  return fine and 0 or 1
end

local function train_item(item, label, database, arguments)
  local made = session.open(item)
  local origin = { index = item.index, set = settings_of(arguments), name = arguments.name }
  local recorded = session.new_run(item, made, database, origin)
  local folder = launch.folder(item.resolved, database, recorded.uuid)
  return train(made, recorded, folder, progress.new(made, { quiet = arguments.quiet, label = label }))
end

local function train_all(items, database, arguments)
  local widest, runs = 0, {}
  for _, item in ipairs(items) do widest = math.max(widest, #item.resolved.name) end
  for i, item in ipairs(items) do
    local name = item.resolved.name
    runs[i] = train_item(item, name .. (" "):rep(widest - #name), database, arguments)
    if runs[i].state == "stopped" then break end
  end
  return runs
end

local function print_results(database, runs)
  if #runs > 1 then
    local db <close> = core.db(database, "read")
    print("\n" .. report.compare(db, runs))
    print(("(IoU on val in %%; one seed each: semiluna sweep %s --set seed=1..5 before you believe a difference)"):format(script.path))
  elseif runs[1].evaluation then
    print("\n" .. report.classes(runs[1].evaluation))
  end
  print_next(database, runs)
end

-- The cells that the command line means: all of a script, which an ablation leaves to `semiluna sweep`, or one by --cell; then the plan
-- and the cell are the further results.
local function items_of(arguments)
  local settings = settings_of(arguments)
  local items = launch.resolve(script.load(arguments.script), settings, arguments.name)
  if arguments.cell then
    local plan = plans.new(items, settings)
    local cell = plans.find(plan, arguments.cell)
    return { cell.item }, plan, cell
  end
  local ablated = 0
  for _, item in ipairs(items) do ablated = ablated + (item.ablated and 1 or 0) end
  if ablated > 1 and not (arguments.show_options or arguments.dry_run) then
    usage("%s is an ablation of %d cells: train them by `semiluna sweep %s`, or one by `semiluna run %s --cell N`  (semiluna plan %s " ..
      "lists them)", arguments.script, #items, arguments.script, arguments.script, arguments.script)
  end
  return items
end

-- One cell, as a sweep would train it. Returns nil where nothing was trained, and the signal that came before the first step, if any.
local function train_cell(plan, cell, database, arguments)
  local state, about = task.train(cell, database, {
    quiet = arguments.quiet, cells = plan.cells, set = settings_of(arguments), name = arguments.name,
  })
  local what, holder = ("cell %d (%s)"):format(cell.number, cell.label), about.holder
  if state == "taken" then
    error(("%s is being trained%s"):format(what, holder and (" by process %d on %s"):format(holder.pid, holder.host) or ""), 0)
  end
  if about.message then error(("%s, run %s, %s: %s"):format(what, about.run or "none", state, about.message), 0) end
  if about.signal and not about.run then return nil, about.signal end
  if not about.step then
    print(("%s is %s already: run %d"):format(what, state, about.run))
    return nil
  end
  if about.reason then print(("%s was pruned: %s"):format(what, about.reason)) end
  return { id = about.run, name = cell.item.resolved.name, state = state, signal = about.signal, evaluation = about.evaluation }
end

local function run_script(arguments)
  local database = launch.database(arguments)
  local items, plan, cell = items_of(arguments)
  if arguments.show_options or not arguments.quiet then print_options(items) end
  if arguments.show_options then return 0 end
  if arguments.dry_run then return check_all(items) end

  local runs
  if cell then
    local result, signal = train_cell(plan, cell, database, arguments)
    if not result then return signal_status[signal] or 0 end
    runs = { result }
  else
    runs = train_all(items, database, arguments)
  end
  if not arguments.quiet then print_results(database, runs) end
  return signal_status[runs[#runs].signal] or 0
end

-- ---- a run that was stopped ---------------------------------------------------------------------------------------------------------

local function stored_item(database, arguments)
  local db <close> = core.db(database, "read")
  local row = launch.stored_run(db, arguments.resume)
  if row.state == "done" then usage("run %d (%s) is done: there is nothing to go on with", row.id, row.name) end
  local item = launch.stored_experiment(row, settings_of(arguments))
  launch.check_options(db, row.id, item.list)
  local last = db:query("SELECT step FROM artifact WHERE run = ? AND kind = 'last'", row.id)[1]
  row.checkpoint = last and last.step
  row.forked = db:query("SELECT 1 FROM cell WHERE run = ? AND fork_step IS NOT NULL", row.id)[1] ~= nil
  return item, row
end

local function resume(arguments)
  if arguments.set or arguments.steps or arguments.name or arguments.dry_run or arguments.cell then
    usage("--resume goes on with the options that the run began with: leave out --set, --steps, --name, --cell and --dry-run")
  end
  local database = launch.database(arguments)
  local item, row = stored_item(database, arguments)

  local made = session.open(item)
  local folder = launch.folder(item.resolved, database, row.uuid)
  local path, start = folder .. "/last.safetensors", nil
  if system.exists(path) then
    start = checkpoint.restore(made, path, row.uuid, row.forked)
  elseif row.checkpoint then
    error(("run %d (%s) cannot go on: the checkpoint of its step %d is gone: %s"):format(row.id, row.name, row.checkpoint, path), 0)
  end
  local step = start and start.step or 0
  local recorded = session.resume_run(item, database, row, step)
  if start then recorded:artifact(step, "last", path, system.sha256_file(path)) end -- its row may not have been written any more
  local steps = steered.length(steered.read(recorded.db, row.id), made.steps, step)
  if not arguments.quiet then print(("run %d (%s) goes on from step %d of %d"):format(row.id, row.name, step, steps)) end
  local result = train(made, recorded, folder, progress.new(made, { quiet = arguments.quiet }), start)
  if not arguments.quiet then print_results(database, { result }) end
  return signal_status[result.signal] or 0
end

return function(arguments)
  if arguments.resume then return resume(arguments) end
  return run_script(arguments)
end
