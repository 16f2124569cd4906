-- Runs a sweep: starts a worker, a process of its own, for each cell that is to be trained, and sees to it that each ends well.
--
-- What cells are at stands in the database, so that any number of sweeps of one script share the work: each looks there about once a
-- second. A worker is `semiluna sweep SCRIPT --task N --expect HASH`; it claims its cell (task.lua) and tells by its exit status how it
-- went. This process trains nothing.
local core = require "semiluna.core"
local order = require "semiluna.sweep.order"
local state = require "semiluna.plan.state"
local status = require "semiluna.sweep.status"
local system = core.system

local Coordinator = {}
Coordinator.__index = Coordinator

local patience = 1                                         -- seconds between two looks at the database
local most_deaths = 3                                      -- a worker that is killed so often without getting on has failed
local most_in_a_row = 3                                    -- so many cells fail one after another: something is wrong with all

-- `options`:
--   script, database, settings   as the command line gives them; a cell may have settings of its own
--   cells, all                   those to train, in order, and the whole plan's
--   files                        of the script, see watch.lua
--   workers                      how many at a time
--   threads, fair_share          of each worker: as the command line says, or nil; else the script's, else a share of the processors
--   retry, keep_going, forks     see `semiluna help sweep`
--   logs                         the folder for what workers print
--   board                        see board.lua
local function new(options)
  local self = setmetatable(options, Coordinator)
  self.children, self.row = {}, 0
  for _, cell in ipairs(self.cells) do cell.failures, cell.deaths = 0, 0 end
  return self
end

local function name_of(cell)
  return cell.label ~= "" and ("cell %d (%s)"):format(cell.number, cell.label) or ("cell %d"):format(cell.number)
end

local final = { done = true, diverged = true, pruned = true }

-- Whether this sweep has nothing more to do about the cell.
local function settled(cell)
  return final[cell.state] or cell.given_up ~= nil
end

function Coordinator:tell(text, ...)
  self.board:tell(select("#", ...) > 0 and text:format(...) or text)
end

-- ---- what the database says -------------------------------------------------------------------------------------------------------

local function json_list(list)
  return #list == 0 and "[]" or system.json_encode(list)
end

-- Prefixes of the warm-ups that cells may go on from.
local function available_forks(db, cells)
  local wanted, found = {}, {}
  for _, cell in ipairs(cells) do
    if not settled(cell) then
      for _, fork in ipairs(cell.forks or {}) do wanted[#wanted + 1] = fork.prefix end
    end
  end
  if #wanted == 0 then return found end
  local rows = db:query("SELECT f.prefix FROM fork f WHERE f.prefix IN (SELECT value FROM json_each(?))" ..
    " AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = f.run)", json_list(wanted))
  for _, row in ipairs(rows) do found[row.prefix] = true end
  return found
end

-- Each cell's run: cell.step, steps, error, seconds, miou, best_miou. What has ended is read once.
local function read_runs(db, cells)
  local ids, by_run = {}, {}
  for _, cell in ipairs(cells) do
    if not cell.run then
      cell.step, cell.error, cell.miou, cell.best_miou, cell.seconds = nil, nil, nil, nil, nil
    elseif cell.known_run ~= cell.run then
      ids[#ids + 1] = cell.run
      by_run[cell.run] = cell
    end
    cell.known_run = cell.run and final[cell.state] and cell.run or nil
  end
  if #ids == 0 then return end
  for _, row in ipairs(db:query("SELECT id, step, steps, error, duration, miou, best_miou FROM run_summary" ..
    " WHERE id IN (SELECT value FROM json_each(?))", json_list(ids))) do
    local cell = by_run[row.id]
    cell.step, cell.steps, cell.error, cell.seconds = row.step, row.steps or cell.steps, row.error, row.duration
    cell.miou, cell.best_miou = row.miou, row.best_miou
  end
end

function Coordinator:read()
  state.read(self.db, self.all)
  read_runs(self.db, self.all)
  self.available = self.forks and available_forks(self.db, self.all) or {}
end

-- Reads the database; one that is locked for long is told and tried again.
function Coordinator:look()
  local ok, problem = pcall(self.read, self)
  self.looked = system.clock()
  if not ok and tostring(problem):find("lock", 1, true) then
    if not self.locked then self:tell("%s: waiting", tostring(problem)) end
    self.locked = true
    return false
  elseif not ok then
    error(problem, 0)
  end
  self.locked = false
  for _, cell in ipairs(self.cells) do self:judge(cell) end
  return true
end

-- ---- failures -----------------------------------------------------------------------------------------------------------------------

local function last_line(path)
  local file <close> = io.open(path, "rb")
  if not file then return nil end
  local size = file:seek "end"
  file:seek("set", math.max(0, size - 4096))
  local last
  for line in file:lines() do
    if line:find "%S" then last = line end
  end
  return last
end

-- What a worker printed last, which says why it failed where the database does not.
local function last_words(cell)
  local said, prefix = cell.log and last_line(cell.log), name_of(cell) .. ": failed: "
  if said and said:sub(1, #prefix) == prefix then said = said:sub(#prefix + 1) end
  return said or "its worker ended without a word"
end

function Coordinator:failed(cell, reason)
  cell.failures = cell.failures + 1
  cell.reason = reason
  self.row = self.row + 1
  local where = cell.log and ("  (%s)"):format(cell.log) or ""
  if cell.failures <= self.retry then
    self:tell("%s failed: %s; try %d of %d follows%s", name_of(cell), reason, cell.failures + 1, self.retry + 1, where)
    self.row = self.row - 1
    return
  end
  cell.given_up = "failed"
  self.board:ended(cell, ("failed: %s%s"):format(reason, where))
  if self.row >= most_in_a_row and not self.keep_going and not self.enough then
    self.enough = ("%d cells failed one after another"):format(self.row)
    self:tell("%s: no more are begun (--keep-going begins them all the same)", self.enough)
  end
end

-- A worker that was killed has left its run to be gone on with: no failure, unless it happens again and again at the same step.
function Coordinator:died(cell, signal)
  local step = cell.step or 0
  cell.deaths = cell.died_at == step and cell.deaths + 1 or 1
  cell.died_at = step
  if cell.deaths < most_deaths then
    self:tell("%s: its worker was killed (SIG%s) at step %d; another one goes on", name_of(cell), signal, step)
    return
  end
  cell.given_up = "failed"
  self.row = self.row + 1
  cell.reason = ("its worker was killed %d times at step %d, the last time by SIG%s%s"):format(cell.deaths, step, signal,
    signal == "KILL" and ": is there memory enough for so many workers?" or "")
  self.board:ended(cell, "failed: " .. cell.reason)
end

-- What the last look says about a cell: how it ended, and what its worker's end means now that the database says more.
function Coordinator:judge(cell)
  local left, signal = cell.left, cell.left_signal
  cell.left, cell.left_signal = nil, nil
  if final[cell.state] and not cell.told then
    cell.told = true
    self.row = 0
    self.board:ended(cell, nil)
  elseif cell.state == "failed" and cell.run ~= cell.failed_run and not cell.given_up then
    cell.failed_run = cell.run
    self:failed(cell, cell.error or "for a reason that is not recorded")
  elseif left and not final[cell.state] and not cell.given_up then
    self:failed(cell, left == "done" and "its worker was done, but the database does not say so" or last_words(cell))
  elseif signal and not final[cell.state] and not self.stopping and not cell.given_up then
    self:died(cell, signal)
  end
end

-- ---- workers ------------------------------------------------------------------------------------------------------------------------

-- What the command line says, else the script, else a fair share.
function Coordinator:threads_of(cell)
  return self.threads or cell.item.resolved.threads or self.fair_share
end

function Coordinator:command(cell)
  local command = { "semiluna", "sweep", self.script, "--task", tostring(cell.number), "--expect", cell.hash,
    "--db", self.database, "--threads-per-worker", tostring(self:threads_of(cell)) }
  for _, setting in ipairs(cell.settings or self.settings) do table.move({ "--set", setting }, 1, 2, #command + 1, command) end
  if not self.forks then command[#command + 1] = "--no-forks" end
  return command
end

-- Warm-ups of the cell that another one may still go on from.
function Coordinator:wanted_forks(cell)
  local wanted, list = {}, {}
  for _, other in ipairs(#(cell.forks or {}) > 0 and self.all or {}) do
    for _, fork in ipairs(other ~= cell and other.state ~= "done" and other.forks or {}) do wanted[fork.prefix] = true end
  end
  for _, fork in ipairs(cell.forks or {}) do
    if wanted[fork.prefix] then list[#list + 1] = fork end
  end
  return list
end

-- What this process knows of the cell by having planned all: its worker then need not plan them again.
function Coordinator:known_of(cell)
  return system.json_encode {
    coordinator = system.pid(), label = cell.label, forks = cell.forks or {}, wanted = self.forks and self:wanted_forks(cell) or {},
  }
end

-- Threads that wait for one another should soon sleep, as other workers need the processors.
function Coordinator:environment(cell)
  local environment = { SEMILUNA_COORDINATOR = self:known_of(cell), OMP_NUM_THREADS = tostring(self:threads_of(cell)) }
  if not os.getenv "GOMP_SPINCOUNT" and not os.getenv "OMP_WAIT_POLICY" then environment.GOMP_SPINCOUNT = "2000" end
  return environment
end

function Coordinator:start(cell)
  system.mkdir(self.logs)
  cell.log = ("%s/%s.log"):format(self.logs, cell.hash:sub(1, 12))
  -- The program that runs now, even where its file has been replaced since.
  local pid = system.spawn(self:command(cell), {
    program = "/proc/self/exe", output = cell.log, append = true, env = self:environment(cell),
  })
  self.children[pid] = { cell = cell, began = system.clock() }
  cell.busy, cell.began_at, cell.worked = true, order.reached(cell, self.available), nil
end

function Coordinator:child_count()
  local count = 0
  for _ in pairs(self.children) do count = count + 1 end
  return count
end

-- Cells that a worker could have now.
function Coordinator:ready()
  local ready, now = {}, system.clock()
  for _, cell in ipairs(self.cells) do
    local free = not cell.busy and not settled(cell) and cell.state ~= "running"
    if free and now >= (cell.not_before or 0) then ready[#ready + 1] = cell end
  end
  return ready
end

function Coordinator:start_some()
  for _ = self:child_count() + 1, self.workers do
    if self.stopping or self.enough or self.refused or system.signal() then return end
    local cell = order.next(self:ready(), self.all, self.available)
    if not cell then return end
    self:start(cell)
  end
end

-- Tells once that the script, or what it requires, is not what it was when the sweep began. Returns whether that is so.
function Coordinator:edited()
  local changed = not self.changed and self.files:changed()
  if changed then
    self.changed = changed
    self:tell("%s has changed. Cells of this sweep are trained as it was when the sweep began, or not at all", changed)
  end
  return self.changed ~= nil
end

-- A worker has ended: `code` and `signal` as system.wait gives them.
function Coordinator:collect(pid, code, signal)
  local child = self.children[pid]
  local cell = child.cell
  self.children[pid] = nil
  cell.busy, cell.worked = nil, code == status.done and system.clock() - child.began or nil
  local stopped = code == status.stopped or code == 130 or code == 143 -- also by a signal before it had anything to save
  if stopped then
    if not self.stopping then cell.given_up = "stopped" end
  elseif signal then
    cell.left_signal = signal
  elseif code == status.taken then
    cell.not_before = system.clock() + 2 * patience
  elseif code == status.steered then
    self:tell("%s: its run was steered and stands for itself; another one takes its place", name_of(cell))
  elseif code == status.changed or code == status.usage and self:edited() then
    self.refused = true                                    -- what cannot be loaded is an edit under way, no failure of the cell
  else
    cell.left = code == status.done and "done" or "failed"
  end
end

-- Waits for a worker's end or a signal, at most until it is time to look again.
function Coordinator:wait()
  local pid, code, signal = system.wait(nil, math.max(0, self.looked + patience - system.clock()))
  while pid do
    self:collect(pid, code, signal)
    pid, code, signal = system.wait(nil, 0)
  end
end

-- ---- signals and changes -----------------------------------------------------------------------------------------------------------

-- Ctrl-C goes to the workers as well, by the terminal; any other signal is passed on. A worker that has only just been started may have
-- missed it.
function Coordinator:attend()
  local signal, by_terminal = system.signal()
  if signal and not self.stopping then
    self.stopping = signal
    for pid, child in pairs(self.children) do
      if not by_terminal or system.clock() < child.began + 0.5 then system.kill(pid, signal) end
    end
    local count = self:child_count()
    if count > 0 then
      self:tell("stopping: %s finish their step and write a checkpoint (once more ends at once)",
        count == 1 and "one worker is to" or count .. " workers are to")
    end
  end
  self:edited()
end

function Coordinator:over()
  if next(self.children) then return false end
  if self.stopping or self.enough or self.refused then return true end
  for _, cell in ipairs(self.cells) do
    if not settled(cell) then return false end
  end
  return true
end

function Coordinator:loop()
  for _, cell in ipairs(self.cells) do cell.told = final[cell.state] or nil end
  while true do
    self:attend()
    self:start_some()
    self.board:show(self)
    if self:over() then break end
    self:wait()
    self:attend()                                          -- before a worker's end is judged
    self:look()
  end
end

-- The database as it is before anything is begun. Failures of earlier sweeps are tried again.
function Coordinator:open()
  core.db(self.database, "write"):close()                  -- made or brought to this version's schema
  self.db = core.db(self.database, "read")
  self:read()
  self.looked = system.clock()
  for _, cell in ipairs(self.cells) do cell.failed_run = cell.state == "failed" and cell.run or nil end
end

-- Trains until all is done or may not go on. An error does not leave workers behind.
function Coordinator:run()
  system.catch_signals()
  local ok, problem = xpcall(self.loop, function(problem) return problem end, self)
  self.board:close()
  if not ok then
    for pid in pairs(self.children) do system.kill(pid, "TERM") end
    for pid in pairs(self.children) do system.wait(pid) end
  end
  self.db:close()
  if not ok then error(problem, 0) end
end

return { new = new, name_of = name_of, final = final }
