-- `semiluna run --watch` and `semiluna sweep --watch`: the training is a process of its own, which prints into a file; this process
-- shows the dashboard (ui/cli/watched.c), and before and after it what is printed there, with a line of progress below.
--
-- The process has a session of its own, so that no key reaches it, and the end of this one or of the terminal does not end it.
-- Whoever calls passes signals on.
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local progress = require "semiluna.progress"
local script = require "semiluna.script"
local system = core.system

local watching = {}

local training                                             -- {pid, command, database, log, began, ...}: there is one at a time

local signal_status = {
  HUP = 129, INT = 130, QUIT = 131, ILL = 132, ABRT = 134, BUS = 135, FPE = 136, KILL = 137, SEGV = 139, TERM = 143,
}
local look_every, draw_every = 0.1, 1                      -- seconds

-- ---- what it prints -------------------------------------------------------------------------------------------------------------------

-- Prints the lines that were added to the file; with `all` also one that is not ended.
local function print_lines(all)
  local file <close> = io.open(training.log, "rb")
  if not file then return end
  file:seek("set", training.printed)
  local text = file:read "a" or ""
  local length = all and #text or #text - #text:match "[^\n]*$"
  if length == 0 then return end
  training.printed = training.printed + length
  local at = 1
  while at <= length do
    local stop = text:find("\n", at, true) or length + 1
    training.display:say(text:sub(at, stop - 1))
    at = stop + 1
  end
end

-- ---- its runs -------------------------------------------------------------------------------------------------------------------------

local loss_order = { { "seg" }, { "adv" }, { "semi" }, { "semi_adv" }, { "kept" }, { "D" } }
local is_loss = {}
for _, loss in ipairs(loss_order) do is_loss[loss[1]] = true end

-- Runs that train now: those of the process itself, or of a sweep all of its script.
local function runs_of(db)
  local query = "SELECT r.id, r.uuid, r.name, r.step, coalesce(r.steps, r.step) AS steps, e.name AS experiment FROM run r" ..
    " JOIN experiment e ON e.id = r.experiment WHERE r.state = 'running' AND r.heartbeat >= ?1 AND %s ORDER BY r.id DESC"
  if training.command == "sweep" then return db:query(query:format "e.name = ?2", training.began - 5, training.experiment) end
  return db:query(query:format "r.pid = ?2 AND r.host = ?3", training.began - 5, training.pid, system.hostname())
end

local function newest_values(db, run)
  local losses, values, lr = {}, {}, nil
  for _, row in ipairs(db:query("SELECT name, value FROM final_metric WHERE run = ?", run)) do
    if is_loss[row.name] then losses[row.name] = row.value end
    if row.name == "lr" then lr = row.value end
    if row.name == "miou" then values.miou = row.value end
  end
  return losses, values, lr
end

-- The line that `semiluna run` shows, made from the database.
local function draw_run(db, row)
  local display = training.display
  if training.shown ~= row.id then
    local batch = db:query("SELECT value FROM param WHERE run = ? AND name = 'batch'", row.id)[1]
    local options = { batch = batch and tonumber(batch.value) or 1, method_table = { terms = loss_order } }
    if display.open then display:say "" end
    display = progress.new({ name = row.name, steps = row.steps, options = options }, { quiet = training.quiet })
    display:start(row.step)
    training.display, training.shown = display, row.id
  end
  local losses, values, lr = newest_values(db, row.id)
  display.run.steps, display.values = math.max(1, row.steps), values
  display:step(row.step, losses, lr)
end

-- "2 train: 9f31c2 alpha 120/300, 1b80aa beta 40/300"
local function draw_runs(rows)
  local parts = {}
  for i = #rows, 1, -1 do
    local row = rows[i]
    parts[#parts + 1] = ("%s %s %d/%d"):format(row.uuid:sub(1, 6), row.name, row.step, row.steps)
  end
  training.display:draw(("  %d train: %s"):format(#rows, table.concat(parts, ", ")))
end

local function draw()
  if training.quiet then return end
  local ok, problem = pcall(function()
    local db <close> = core.db(training.database, "read")
    local rows = runs_of(db)
    if training.command == "sweep" and rows[1] then draw_runs(rows) end
    if training.command ~= "sweep" and rows[1] then draw_run(db, rows[1]) end
  end)
  if not ok then training.problem = problem end            -- a file that is locked is looked into again
end

-- The experiment that a command line trains.
local function experiment_of(arguments, db)
  if arguments.script then return arguments.script:match "([^/]+)%.lua$" or arguments.script:match "([^/]+)$" end
  local id = db:run_find(arguments.resume)
  return db:query("SELECT e.name FROM run r JOIN experiment e ON e.id = r.experiment WHERE r.id = ?", id)[1].name
end

-- ---- what watched.c calls -------------------------------------------------------------------------------------------------------------

-- Starts the training: {command = "run" or "sweep", argument = its arguments, all but --watch; script, resume, db, quiet}. Returns
-- its process.
function watching.start(arguments)
  local database = launch.database(arguments)
  local db <close> = core.db(database, "write")            -- made where there is none: the dashboard then has something to show
  local experiment = experiment_of(arguments, db)
  local folder = script.folder(database) .. "runs/watch-logs"
  system.mkdir(folder)
  training = {
    command = arguments.command, database = database, experiment = experiment, quiet = arguments.quiet, folder = folder,
    log = ("%s/%s-%d.log"):format(folder, arguments.command, system.pid()), printed = 0, began = system.time(),
    display = progress.new({ name = "", options = { method_table = {} } }, { quiet = arguments.quiet }),
  }
  local command = { "semiluna", arguments.command }
  table.move(launch.list(arguments.argument), 1, #launch.list(arguments.argument), 3, command)
  training.pid = system.spawn(command, { program = "/proc/self/exe", output = training.log, session = true })
  return tostring(training.pid)
end

-- Waits, for at most `seconds`, until the process has ended. Returns its exit status.
local function ended(seconds)
  local pid, code, signal = system.wait(training.pid, seconds)
  if not pid then return nil end
  return signal and (signal_status[signal] or 1) or code
end

local function finish(status)
  print_lines(true)
  if training.display.open then io.stdout:write "\r\27[K" end
  io.stdout:flush()
  os.remove(training.log)                                  -- all of it was shown
  os.remove(training.folder)                               -- where no other one is under way
  return status
end

-- Follows the process until it trains: then "RUN\nEXPERIMENT" is returned, the newest of its runs; or until it has ended: "" is.
function watching.await()
  while true do
    training.status = ended(look_every)
    print_lines(false)
    if training.status then return "" end
    local db <close> = core.db(training.database, "read")
    local row = runs_of(db)[1]
    if row then return ("%d\n%s"):format(row.id, row.experiment) end
  end
end

-- Follows it to its end. Returns its exit status.
function watching.follow(arguments)
  local drawn = 0
  if not training.status and not training.quiet and arguments.left then
    local at = training.database == "semiluna.db" and "" or " --db " .. training.database
    print(("\nTraining goes on. Ctrl-C stops it with a checkpoint; `semiluna watch%s` shows the dashboard again."):format(at))
  end
  while not training.status do
    training.status = ended(look_every)
    print_lines(false)
    if not training.status and system.clock() >= drawn + draw_every then
      draw()
      drawn = system.clock()
    end
  end
  return finish(training.status)
end

return watching
