-- Trains one cell of a plan: claims it, so that no other process does, and finds the shortest way to its end.
--
-- A run of the cell that was stopped or killed goes on from its last checkpoint. Else the cell goes on from a warm-up that another cell
-- has trained (follow.lua), else from step 0. The claim is given back in any case; a process that is killed holds none.
local checkpoint = require "semiluna.checkpoint"
local core = require "semiluna.core"
local follow = require "semiluna.sweep.follow"
local launch = require "semiluna.launch"
local progress = require "semiluna.progress"
local run = require "semiluna.run"
local session = require "semiluna.session"
local system = core.system

local task = {}

local Task = {}
Task.__index = Task

-- ---- what the database says -------------------------------------------------------------------------------------------------------

local runs_query = "SELECT r.id, r.uuid, r.name, r.state, r.step," ..
  " EXISTS(SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag = 'pruned') AS pruned," ..
  " (SELECT a.path FROM artifact a WHERE a.run = r.id AND a.kind = 'last') AS checkpoint" ..
  " FROM cell c JOIN run r ON r.id = c.run WHERE c.hash = ? AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = r.id)" ..
  " ORDER BY r.id DESC"

-- What is left to do: nothing (a state and the run's id), or to go on with self.previous, or, where that is nil, to begin.
function Task:look()
  local rows = self.db:query(runs_query, self.cell.hash)
  for _, row in ipairs(rows) do
    if row.state == "done" then return "done", row.id end
    if row.state == "running" and self.db:run_alive(row.id) then return "taken", row.id end
  end
  local newest = rows[1]
  if not newest then return nil end
  if newest.state == "stopped" and newest.pruned == 1 and self.item.resolved.prune then return "pruned", newest.id end
  if newest.state == "stopped" or newest.state == "running" then self.previous = newest end
  return nil
end

-- ---- signs of life ------------------------------------------------------------------------------------------------------------------

-- While data is opened and hashed there is no run yet whose heartbeat would keep the claim, and nothing that a signal would lose.
function Task:beat()
  local signal, now = system.signal(), system.clock()
  if signal and not self.recorded then error({ stopped = true, signal = signal }, 0) end
  if now < (self.beaten or 0) + 5 then return end
  self.beaten = now
  self.db:claim_beat(self.cell.hash)
end

-- ---- where to begin -----------------------------------------------------------------------------------------------------------------

function Task:open()
  if self.made then run.close(self.made) end
  self.made = nil                                          -- or an error in the next line would have it closed twice
  self.made = session.open(self.item, self.options.threads)
  self:beat()
end

function Task:note(text)
  self.notes[#self.notes + 1] = text
end

-- The run that is to be gone on with has a checkpoint that cannot be used: it has failed, and another run takes its place.
function Task:give_up_previous(message)
  local old = self.previous
  self.db:run_finish(old.id, "failed", old.step, message)
  self:note(("in place of run %d: %s"):format(old.id, message))
  self.previous = nil
end

-- From the last checkpoint of the cell's own run. Returns where to start, or nil.
function Task:from_checkpoint()
  local old = self.previous
  if not old then return nil end
  local path = launch.folder(self.item.resolved, self.database, old.uuid) .. "/last.safetensors"
  if not system.exists(path) then
    if not old.checkpoint then return nil end              -- ended before its first checkpoint
    if not system.exists(old.checkpoint) then
      self:give_up_previous("its checkpoint is gone: " .. old.checkpoint)
      return nil
    end
    path = old.checkpoint
  end
  local ok, start = pcall(checkpoint.restore, self.made, path, old.uuid)
  if not ok then
    self:give_up_previous(tostring(start))
    self:open()
    return nil
  end
  self.folder = path:match "^(.*)/"
  self.recorded = session.resume_run(self.item, self.database, old, start.step)
  self.recorded:artifact(start.step, "last", path, system.sha256_file(path)) -- its row may not have been written any more
  return start
end

-- A run of the cell's own: the one that ended before its first checkpoint, or a new one. Both begin as a copy of `parent`, if given.
function Task:record(parent)
  if self.previous then
    return session.resume_run(self.item, self.database, self.previous, parent and parent.step or 0, parent)
  end
  return session.new_run(self.item, self.made, self.database, self.origin, self.cell, function() self:beat() end, parent)
end

-- Whether the parent's files can be relied on; what is wrong with them shows before anything is recorded.
function Task:try(parent)
  local ok, message = pcall(function()
    follow.check(parent)
    follow.restore(self.made, parent)
  end)
  if ok then return true end
  self:give_up(parent, tostring(message))
  follow.forget(self.db, parent)
  self:open()
  return false
end

function Task:give_up(parent, message)
  self:note(("the warm-up of run %d up to step %d cannot be used: %s"):format(parent.run, parent.step, message))
end

-- Begins as a copy of the parent's rows; false where it was rewound in the meantime.
function Task:copy(parent)
  local ok, recorded = pcall(self.record, self, parent)
  if not ok and not (type(recorded) == "table" and recorded.fork_gone) then error(recorded, 0) end
  if ok then
    self.recorded = recorded
    return true
  end
  self:give_up(parent, recorded.message)
  self:open()
  return false
end

-- From the longest warm-up that another cell has trained and that can be relied on. Returns where to start, or nil.
function Task:from_fork()
  if self.options.forks == false then return nil end
  for _, parent in ipairs(follow.candidates(self.db, self.cell, self.database, self.previous and self.previous.id)) do
    if self:try(parent) and self:copy(parent) then
      self.folder = launch.folder(self.item.resolved, self.database, self.recorded.uuid)
      follow.adopt_best(self.made, parent, self.recorded, self.folder)
      return follow.restore(self.made, parent)
    end
  end
  return nil
end

function Task:begin()
  self:open()
  local start = self:from_checkpoint() or self:from_fork()
  if not self.recorded then
    self.recorded = self:record()
    self.folder = launch.folder(self.item.resolved, self.database, self.recorded.uuid)
  end
  for _, text in ipairs(self.notes) do self.recorded:event(start and start.step or 0, "warning", text) end
  return start
end

-- ---- training -----------------------------------------------------------------------------------------------------------------------

-- Where the trainer shows how far it is.
function Task:display()
  local options = self.options
  if type(options.progress) == "function" then return options.progress(self.made) end
  return options.progress or progress.new(self.made, { quiet = options.quiet, label = options.label })
end

function Task:work()
  local state, id = self:look()
  if state then return state, { run = id } end
  local start = self:begin()
  self.db:claim_run(self.cell.hash, self.recorded.id)
  local forks = self.options.forks ~= false and follow.worth_keeping(self.db, self.cell, self.options.cells, self.database) or nil
  local result = session.train(self.made, self.recorded, self.folder, self:display(), start, forks)
  self.made = nil
  local steered = result.steered and result.state == "done" and "steered"
  return result.reason and "pruned" or steered or result.state,
    { run = result.id, step = result.step, signal = result.signal, message = result.message, reason = result.reason,
      evaluation = result.evaluation }
end

-- Whatever went wrong before the first step is recorded too, so that others see it.
function Task:fail(problem)
  if type(problem) == "table" and problem.stopped then
    if self.made then run.close(self.made) end
    return "stopped", { signal = problem.signal }
  end
  local message = type(problem) == "table" and problem.message or tostring(problem)
  if message:find("is still running", 1, true) then return "taken", { message = message } end
  if self.made then pcall(run.close, self.made) end
  local id = self.recorded and self.recorded.id
  if self.recorded then
    pcall(self.recorded.finish, self.recorded, "failed", 0, message)
  elseif not self.previous then
    local ok, failed = pcall(session.failed_run, self.cell, self.database, self.origin, message)
    id = ok and failed or nil
  end
  return "failed", { run = id, message = message }
end

-- Trains `cell` (see plan/plan.lua) and records it in the file `database`. `options`:
--   threads   for the kernels, in place of what the experiment says
--   quiet, label, progress   what is shown: see progress.lua; `progress` is a display, or a function of the run that makes one
--   forks     false: neither goes on from another cell's warm-up nor leaves one
--   cells     all cells of the plan: only what another one of them may need is kept; without it, every fork is
--   set, name how the script was loaded: the --set texts and --name, which resuming by `semiluna run --resume` needs
-- Returns "done", "steered" (done, but not as the cell says: see steer.lua), "stopped", "failed", "diverged", "pruned" or "taken", and {run = id, step, signal, message, reason, evaluation, holder}
-- as far as there are such. Trains nothing where the cell is done, pruned, or being trained by another process. SIGINT and SIGTERM
-- are caught from here on and stop it with a checkpoint.
function task.train(cell, database, options)
  options = options or {}
  local db <close> = core.db(database, "write")
  local taken, holder = db:claim_take(cell.hash)
  if not taken then return "taken", { holder = holder, run = type(holder) == "table" and holder.run or nil } end
  system.catch_signals()
  local self = setmetatable({
    cell = cell, item = cell.item, db = db, database = database, options = options, notes = {},
    origin = { index = cell.item.index, set = options.set or {}, name = options.name },
  }, Task)
  local ok, state, about = xpcall(self.work, function(problem) return problem end, self)
  if not ok then state, about = self:fail(state) end
  db:claim_release(cell.hash)
  return state, about
end

return task
