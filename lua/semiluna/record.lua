-- The database's side of a run: its row, its options, and everything that is logged while it trains.
local core = require "semiluna.core"
local system = core.system

local Record = {}
Record.__index = Record

local function device()
  local name = core.backend()
  return ("%s (%d threads, %s)"):format(name, core.threads(), system.cpu())
end

local function run_info(resolved, script, experiment)
  local commit, dirty = system.git(script.path:match("^(.*)/") or ".")
  return {
    experiment = experiment, name = resolved.name, script_path = script.path, script_text = script.text, method = resolved.method.kind,
    git_commit = commit, git_dirty = dirty, seed = resolved.seed, steps = resolved.steps, host = system.hostname(), device = device(),
    versions = system.versions(), pid = system.pid(), threads = core.threads(),
  }
end

-- A new run in the database `path`: its row and one row for each option, in one transaction. `list` is what options.resolve returned,
-- `origin` how the run was started ({index, set}: which experiment of the script, and the --set texts), which resuming needs.
local function new(path, resolved, list, script, experiment, origin)
  local db = core.db(path, "write")
  db:execute("BEGIN IMMEDIATE")
  local id, uuid = db:run_new(run_info(resolved, script, experiment))
  for _, option in ipairs(list) do db:run_param(id, option.name, option.type, option.text) end
  db:run_param(id, "origin", "json", system.json_encode(origin))
  db:execute("COMMIT")
  return setmetatable({ path = path, db = db, id = id, uuid = uuid, writer = core.writer(path), beat = 0 }, Record)
end

-- Goes on with a run (its row: id, uuid) after `step`: what was logged later is removed.
local function resume(path, row, step, resolved, script, experiment)
  local db = core.db(path, "write")
  db:run_resume(row.id, step, run_info(resolved, script, experiment))
  local self = setmetatable({ path = path, db = db, id = row.id, uuid = row.uuid, writer = core.writer(path), beat = 0 }, Record)
  self:event(step, "resumed", ("from step %d"):format(step))
  return self
end

function Record:metric(step, name, value)
  self.writer:metric(self.id, step, name, value)
end

function Record:confusion(step, split, matrix, class_names)
  for i, iou in ipairs(matrix:class_iou()) do
    self.writer:class_iou(self.id, step, split, i - 1, class_names[i], iou)
  end
  self.writer:confusion(self.id, step, split, matrix)
end

function Record:event(step, kind, text)
  self.writer:event(self.id, step, kind, text)
end

function Record:artifact(step, kind, path, bytes, sha256)
  self.writer:artifact(self.id, step, kind, path, bytes, sha256)
end

-- Shows that the run is alive; returns the next command that somebody sent, or nil. Looks at most twice a second.
function Record:attend(step)
  local now = system.clock()
  if now < self.beat + 0.5 then return nil end
  self.beat = now
  self.writer:heartbeat(self.id, step)
  return self.db:command_next(self.id)
end

function Record:answer(command, step, text)
  self.db:command_answer(command.id, step, text)
end

-- Waits until everything logged so far is on disk.
function Record:flush()
  self.writer:flush()
end

-- The end: "done", "stopped", "failed" or "diverged".
function Record:finish(state, step, message)
  self.writer:close()
  self.db:run_finish(self.id, state, step, message)
  self.db:close()
end

return { new = new, resume = resume }
