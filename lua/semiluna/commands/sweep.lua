-- `semiluna sweep`: trains every cell of a script that is not done, several at a time, together with other sweeps of the same script.
local board = require "semiluna.sweep.board"
local check = require "semiluna.sweep.check"
local coordinator = require "semiluna.sweep.coordinator"
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"
local duration = require("semiluna.progress").duration
local fingerprint = require "semiluna.plan.fingerprint"
local fork = require "semiluna.plan.fork"
local launch = require "semiluna.launch"
local only = require "semiluna.plan.only"
local plans = require "semiluna.plan.plan"
local script = require "semiluna.script"
local slurm = require "semiluna.sweep.slurm"
local state = require "semiluna.plan.state"
local status = require "semiluna.sweep.status"
local task = require "semiluna.sweep.task"
local usage = require "semiluna.usage"
local watch = require "semiluna.sweep.watch"
local words = require "semiluna.draw.words"
local quote, system = slurm.quote, core.system

local signal_status = { INT = 130, TERM = 143 }

local function settings_of(arguments)
  local given = launch.list(arguments.set)
  return table.move(given, 1, #given, 1, {})
end

local function number(arguments, name, default)
  return tonumber(arguments[name]) or default
end

-- ---- one cell: what a worker and a task of a job array do ------------------------------------------------------------------------------

local task_status = {
  done = status.done, pruned = status.done, stopped = status.stopped, failed = status.failed, diverged = status.failed,
  taken = status.taken, steered = status.steered,
}

-- What the coordinator that started this process knows of the cell; nil where none did.
local function told_by_coordinator(arguments)
  local text = arguments.expect and os.getenv "SEMILUNA_COORDINATOR"
  return text and text ~= "" and system.json_decode(text) or nil
end

-- The cell alone, which takes less than to plan all; nil where it is another one now.
local function lone_cell(arguments, settings, told)
  local item = launch.resolve(script.load(arguments.script), settings, nil, tonumber(arguments.task))[1]
  local cell = item and fingerprint.of(item)
  if not cell or cell.hash ~= arguments.expect then return nil end
  cell.item, cell.number, cell.label, cell.forks = item, item.index, told.label, told.forks
  return cell, { { hash = "", forks = told.wanted } }
end

-- The cell by its number, or by the hash that is expected: an edit may have moved it, and others must not be mixed in. Then those cells
-- that may go on from its warm-ups.
local function find_cell(arguments, settings, told)
  if told then
    local cell, others = lone_cell(arguments, settings, told)
    if cell then return cell, others end
  end
  local plan = plans.cells_of(arguments.script, settings)
  if not arguments.expect then return plans.find(plan, arguments.task), plan.cells end
  for _, cell in ipairs(plan.cells) do
    if cell.hash == arguments.expect then return cell, plan.cells end
  end
  return nil
end

-- The same; a script that was loaded before and cannot be now is wrong, which is no failure of the cell.
local function load_cell(arguments, settings, told)
  local ok, cell, others = pcall(find_cell, arguments, settings, told)
  if ok then return cell, others end
  if type(cell) == "table" or not arguments.expect then error(cell, 0) end
  usage("%s", cell)
end

local function print_result(cell, result, about)
  local text = ("%s: %s"):format(coordinator.name_of(cell), result)
  local holder = about.holder
  if result == "taken" and type(holder) == "table" then
    text = text .. (" by process %d on %s"):format(holder.pid, holder.host)
  end
  local why = about.message or about.reason
  if why then text = text .. ": " .. why end
  local stream = (result == "failed" or result == "diverged") and io.stderr or io.stdout
  stream:write(text, "\n")
end

local function train_one(arguments, settings, database)
  local told = told_by_coordinator(arguments)
  if told then system.end_with(told.coordinator) end
  local cell, others = load_cell(arguments, settings, told)
  if not cell then
    io.stderr:write(("%s: changed since the sweep began: cell %s is another one now\n"):format(arguments.script, arguments.task))
    return status.changed
  end
  local result, about = task.train(cell, database, {
    threads = number(arguments, "threads_per_worker"), quiet = arguments.quiet, label = coordinator.name_of(cell), cells = others,
    forks = not arguments.no_forks, set = settings,
  })
  print_result(cell, result, about or {})
  if result == "stopped" and about.signal then return signal_status[about.signal] end
  return task_status[result]
end

-- ---- which cells ------------------------------------------------------------------------------------------------------------------------

-- The states of cells, also where there is no database yet. One that another sweep is just making, or of an older version, is made whole.
local function read_states(database, cells)
  if not system.exists(database) then return state.none(cells) end
  local db <close> = core.db(database, "write")
  state.read(db, cells)
end

local function to_train(cells)
  local list = {}
  for _, cell in ipairs(cells) do
    if not coordinator.final[cell.state] then list[#list + 1] = cell end
  end
  return list
end

-- All cells are checked before the first one trains.
local function check_all(cells, quiet)
  local live = system.isatty(1) and not quiet
  local problems = check.cells(cells, function(i, count)
    if live then io.stdout:write(("\rchecking %d/%d\27[K"):format(i, count)):flush() end
  end)
  if live then io.stdout:write "\r\27[K" end
  if #problems == 0 then return end
  local first = problems[1]
  local others = #problems > 1 and ("  (and %d more cell%s)"):format(#problems - 1, #problems > 2 and "s" or "") or ""
  usage("%s: %s: %s%s; nothing was trained", script.path, coordinator.name_of(first.cell), first.message, others)
end

-- ---- how many at a time -------------------------------------------------------------------------------------------------------------------

-- Small networks do not keep many threads busy: unless told, a worker has four processors, and workers never more than there are.
local function share(arguments, cells)
  local processors = core.threads(0)
  local workers = number(arguments, "workers", math.max(1, processors // 4))
  workers = math.min(workers, math.max(1, #cells))
  return workers, math.max(1, processors // workers)
end

-- "4 threads each", or nothing where the script decides.
local function threads_text(arguments, cells, fair_share)
  local threads = number(arguments, "threads_per_worker")
  if not threads then
    for _, cell in ipairs(cells) do
      if cell.item.resolved.threads then return "" end
    end
  end
  threads = threads or fair_share
  return (" with %d thread%s each"):format(threads, threads == 1 and "" or "s")
end

-- ---- what is printed ----------------------------------------------------------------------------------------------------------------------

-- The command line that goes on with this sweep, or another command about the same script.
local function command(verb, arguments, database, settings)
  local parts = { "semiluna", verb, quote(arguments.script) }
  for _, setting in ipairs(settings) do parts[#parts + 1] = "--set " .. quote(setting) end
  if verb == "sweep" then
    for _, name in ipairs { "workers", "threads_per_worker", "retry", "only" } do
      if arguments[name] then parts[#parts + 1] = ("--%s %s"):format(name:gsub("_", "-"), quote(arguments[name])) end
    end
    if arguments.keep_going then parts[#parts + 1] = "--keep-going" end
    if arguments.no_forks then parts[#parts + 1] = "--no-forks" end
  end
  if arguments.db then parts[#parts + 1] = "--db " .. quote(database) end
  return table.concat(parts, " ")
end

-- A table of cells: those of `columns` that come before what tells cells apart, that, and the rest.
local function print_cells(cells, brief, before, after, caption, row_of)
  local columns, rows = table.move(before, 1, #before, 1, {}), {}
  for _, column in ipairs(brief) do columns[#columns + 1] = { name = column.name, title = column.title } end
  table.move(after, 1, #after, #columns + 1, columns)
  for i, cell in ipairs(cells) do
    local row = row_of(cell)
    for _, column in ipairs(brief) do
      local text = cell.shown[column.name]
      row[column.name] = text and { value = tonumber(cell.values[column.name]) or text, text = text } or nil
    end
    rows[i] = row
  end
  print(drawing.table_text(columns, rows, "table", { caption = caption }))
end

local number_column = { name = "number", title = "#", kind = "number" }

local summary_columns = {
  { name = "state", title = "state", kind = "text" }, { name = "step", title = "step", align = "right" },
  { name = "miou", title = "mIoU", kind = "percent" }, { name = "best", title = "best", kind = "percent" },
  { name = "time", title = "time", align = "right" }, { name = "run", title = "run", align = "right" },
}

-- Cells that have not begun are only counted, by print_next.
local function print_summary(cells, brief)
  local begun = {}
  for _, cell in ipairs(cells) do
    if cell.run or cell.given_up then begun[#begun + 1] = cell end
  end
  if #begun == 0 then return end
  print()
  print_cells(begun, brief, { number_column }, summary_columns, "mIoU on val in %: at the last step, and at its best", function(cell)
    return {
      number = cell.number, state = board.shown_state(cell), step = cell.step, miou = cell.miou,
      best = cell.best_miou, time = cell.seconds and duration(cell.seconds), run = cell.run,
    }
  end)
end

-- Each reason once, with the first cell that failed for it.
local function print_failures(cells)
  local reasons, by_reason = {}, {}
  for _, cell in ipairs(cells) do
    if cell.given_up == "failed" then
      local reason = cell.reason or ""
      if not by_reason[reason] then reasons[#reasons + 1] = { cell = cell, others = -1 } end
      by_reason[reason] = by_reason[reason] or reasons[#reasons]
      by_reason[reason].others = by_reason[reason].others + 1
    end
  end
  for _, one in ipairs(reasons) do
    local cell = one.cell
    print(("%s failed: %s%s%s"):format(coordinator.name_of(cell), cell.reason or "", cell.log and "  (" .. cell.log .. ")" or "",
      one.others > 0 and ", and so did " .. words.count(one.others, "more cell") or ""))
  end
end

local function print_next(sweep, cells, arguments, database, settings)
  local left, last = 0, nil
  for _, cell in ipairs(cells) do
    if coordinator.final[cell.state] then
      last = math.max(last or 0, cell.run or 0)
    else
      left = left + 1
    end
  end
  local at = arguments.db and " --db " .. quote(database) or ""
  if sweep.refused then
    print(("\n%s has changed since the sweep began: what is left belongs to the new plan."):format(sweep.changed or arguments.script))
  end
  if sweep.enough then print(("\n%s, so no more were begun."):format(sweep.enough)) end
  if left > 0 then
    print(("\n%d of %d cells left. The same command goes on:\n  %s"):format(left, #cells,
      command("sweep", arguments, database, settings)))
  elseif #cells > 1 then
    print("\nNext:\n  " .. command("compare", arguments, database, settings))
  else
    print "\nNext:"
  end
  if last then print(("  semiluna show %d%s"):format(last, at)) end
end

-- ---- the sweep ------------------------------------------------------------------------------------------------------------------------------

local function exit_status(sweep, cells)
  if sweep.stopping then return signal_status[sweep.stopping] end
  if sweep.refused then return status.failed end
  for _, cell in ipairs(cells) do
    if not coordinator.final[cell.state] then return status.failed end
  end
  return status.done
end

local function print_dry_run(cells, plan, left, how)
  local shared = fork.sharing(left)
  local caption = ("%s, %s to train%s"):format(words.count(#cells, "cell"), words.thousands(#left), how)
  if shared.saved > 0 then
    caption = ("%s; shared warm-ups save %s of %s steps"):format(caption, words.thousands(shared.saved), words.thousands(shared.total))
  end
  print_cells(cells, plan.brief, { number_column, { name = "hash", title = "hash", kind = "text" } },
    { { name = "state", title = "state", kind = "text" } }, caption, function(cell)
      return { number = cell.number, hash = cell.hash:sub(1, 6), state = cell.state }
    end)
end

local function sweep(plan, cells, arguments, settings, database)
  local left, quiet = to_train(cells), arguments.quiet
  local workers, fair_share = share(arguments, left)
  local how = #left > 0 and ("; %d at a time%s"):format(workers, threads_text(arguments, left, fair_share)) or ""
  check_all(left, quiet)
  local note = plans.dropped_text(plan)
  if note and not quiet then print(note) end
  if arguments.dry_run then
    print_dry_run(cells, plan, left, how)
    return status.done
  end
  local made = coordinator.new {
    script = arguments.script, database = database, settings = settings, cells = cells, all = plan.cells, files = watch.new(),
    workers = workers, threads = number(arguments, "threads_per_worker"), fair_share = fair_share,
    retry = number(arguments, "retry", 0), keep_going = arguments.keep_going, forks = not arguments.no_forks,
    logs = script.folder(database) .. "runs/sweep-logs",
    board = board.new(cells, { title = launch.script_name(), columns = plan.brief, quiet = quiet }),
  }
  made:open()
  if not quiet then print(("%s: %s, %s to train%s"):format(script.path, words.count(#cells, "cell"), words.thousands(#left), how)) end
  made:run()
  if not quiet then
    print_summary(cells, plan.brief)
    print_failures(cells)
    print_next(made, cells, arguments, database, settings)
  end
  return exit_status(made, cells)
end

return function(arguments)
  local database, settings = launch.database(arguments), settings_of(arguments)
  if arguments.task then return train_one(arguments, settings, database) end
  local plan = plans.cells_of(arguments.script, settings)
  read_states(database, plan.cells)
  local cells = only(plan.cells, arguments.only)
  if arguments.launcher == "slurm" then
    return slurm.launch(cells, arguments, settings, database, function(left) check_all(left, arguments.quiet or arguments.print) end)
  end
  return sweep(plan, cells, arguments, settings, database)
end
