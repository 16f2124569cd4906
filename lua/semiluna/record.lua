-- The database's side of a run: its row, its options, and everything that is logged while it trains.
local core = require "semiluna.core"
local system = core.system

local Record = {}
Record.__index = Record

local function device()
  local name = core.backend()
  return ("%s (%d thread%s, %s)"):format(name, core.threads(), core.threads() == 1 and "" or "s", system.cpu())
end

local function run_info(resolved, script, experiment)
  local commit, dirty = system.git(script.path:match("^(.*)/") or ".")
  return {
    experiment = experiment, name = resolved.name, script_path = script.path, script_text = script.text, method = resolved.method.kind,
    git_commit = commit, git_dirty = dirty, seed = resolved.seed, steps = resolved.steps, host = system.hostname(), device = device(),
    versions = system.versions(), pid = system.pid(), threads = core.threads(),
  }
end

local function open(path, db, id, uuid)
  return setmetatable({ path = path, db = db, id = id, uuid = uuid, writer = core.writer(path), beat = 0 }, Record)
end

-- Does `work` in one transaction.
local function transaction(db, work)
  db:execute "BEGIN IMMEDIATE"
  local results = table.pack(pcall(work))
  if not results[1] then
    pcall(db.execute, db, "ROLLBACK")
    error(results[2], 0)
  end
  db:execute "COMMIT"
  return table.unpack(results, 2, results.n)
end

-- What is known of a run before its first step, see facts.lua.
local function write_facts(db, id, facts)
  local cell = facts.cell
  if cell then
    db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, ?, ?, ?)", id, cell.hash,
      cell.options_hash, cell.script_hash, cell.library_hash)
  end
  for _, curve in ipairs(facts.curves or {}) do
    for _, point in ipairs(curve.points) do
      db:execute("INSERT INTO curve(run, name, step, value) VALUES(?, ?, ?, ?)", id, curve.name, point[1], point[2])
    end
  end
  for _, split in ipairs(facts.splits or {}) do
    db:execute("INSERT OR IGNORE INTO split(sha256, text) VALUES(?, ?)", split.sha256, split.text)
    db:execute("INSERT INTO run_split(run, name, images, sha256) VALUES(?, ?, ?, ?)", id, split.name, split.images, split.sha256)
  end
  for _, variable in ipairs(facts.environment or {}) do
    db:execute("INSERT INTO environment(run, name, value) VALUES(?, ?, ?)", id, variable.name, variable.value)
  end
end

-- The rows that a run has in common with the one whose checkpoint it goes on from: {run, uuid, step, path, sha256}. All of them are
-- there as long as that checkpoint's row is: a parent that was rewound to an earlier step loses both together. One that is just being
-- trained, by this process, has no `path`.
local function copy_rows(db, id, parent)
  local there = not parent.path or db:query("SELECT 1 FROM artifact WHERE run = ? AND kind = 'fork' AND path = ? AND step = ?" ..
    " AND sha256 = ?", parent.run, parent.path, parent.step, parent.sha256)[1]
  if not there then error({ fork_gone = true, message = parent.path .. ": its run was rewound" }, 0) end
  db:execute("INSERT INTO metric_value(run, name_id, step, value, time) SELECT ?1, name_id, step, value, time FROM metric_value" ..
    " WHERE run = ?2 AND name_id IN (SELECT id FROM metric_name) AND step <= ?3;" ..
    "INSERT INTO class_iou(run, split, step, class_index, class_name, iou)" ..
    " SELECT ?1, split, step, class_index, class_name, iou FROM class_iou WHERE run = ?2 AND step <= ?3;" ..
    "INSERT INTO confusion(run, split, step, truth, prediction, pixels)" ..
    " SELECT ?1, split, step, truth, prediction, pixels FROM confusion WHERE run = ?2 AND step <= ?3;" ..
    "INSERT INTO confidence(run, split, step, class_index, correct, bin, pixels)" ..
    " SELECT ?1, split, step, class_index, correct, bin, pixels FROM confidence WHERE run = ?2 AND step <= ?3;" ..
    "INSERT OR REPLACE INTO sample(run, split, image, kind, step, time, width, height, png)" ..
    " SELECT ?1, split, image, kind, step, time, width, height, png FROM sample WHERE run = ?2 AND step <= ?3", id, parent.run,
    parent.step)
  db:execute("UPDATE run SET step = ?2 WHERE id = ?1", id, parent.step)
  db:execute("INSERT INTO event(run, step, time, kind, text) VALUES(?, ?, ?, 'forked', ?)", id, parent.step, system.time(),
    ("from run %d (%s) at step %d"):format(parent.run, parent.uuid:sub(1, 8), parent.step))
end

local function set_parent(db, id, parent)
  db:execute("UPDATE cell SET parent = ?2, fork_step = ?3 WHERE run = ?1", id, parent and parent.uuid, parent and parent.step)
end

-- A new run of `item` (see launch.resolve) in the database `path`: its row and all that is known of it, in one transaction. `origin` is
-- how the run was started ({index, set, name}: which experiment of the script, and the --set texts), which resuming needs; `facts` are
-- those of facts.lua; `parent`, or nil, is the run that it goes on from.
local function new(path, item, script, experiment, origin, facts, parent)
  local db = core.db(path, "write")
  local info = run_info(item.resolved, script, experiment)
  local ok, id, uuid = pcall(transaction, db, function()
    local id, uuid = db:run_new(info)
    for _, option in ipairs(item.list) do db:run_param(id, option.name, option.type, option.text) end
    db:run_param(id, "origin", "json", system.json_encode(origin))
    write_facts(db, id, facts)
    if parent then
      copy_rows(db, id, parent)
      set_parent(db, id, parent)
    end
    return id, uuid
  end)
  if ok then return open(path, db, id, uuid) end
  db:close()
  error(id, 0)
end

-- Goes on with a run (its row: id, uuid) after `step`: what was logged later is removed. With `parent` the run begins anew, as a copy of
-- that run's first steps.
local function resume(path, row, step, resolved, script, experiment, parent)
  local db = core.db(path, "write")
  local info = run_info(resolved, script, experiment)
  local ok, message = pcall(transaction, db, function()
    db:run_resume(row.id, parent and 0 or step, info)
    db:execute("DELETE FROM tag WHERE run = ? AND tag = 'pruned'", row.id)
    if parent then copy_rows(db, row.id, parent) end
    if parent or step == 0 then set_parent(db, row.id, parent) end
  end)
  if not ok then
    db:close()
    error(message, 0)
  end
  local self = open(path, db, row.id, row.uuid)
  self:event(step, "resumed", ("from step %d"):format(step))
  return self
end

function Record:metric(step, name, value)
  self.writer:metric(self.id, step, name, value)
end

function Record:confusion(step, split, matrix, class_names)
  self.writer:evaluation(self.id, step, split, matrix, class_names)
end

function Record:confidence(step, split, reliability)
  self.writer:confidence(self.id, step, split, reliability:counts(), reliability:classes())
end

-- A picture, see samples.lua: {split, image, kind, width, height, png}.
function Record:sample(step, picture)
  self.writer:sample(self.id, step, picture.split, picture.image, picture.kind, picture.width, picture.height, picture.png)
end

-- How many pictures could not be stored for want of room.
function Record:samples_lost()
  return self.writer:stats().samples_lost
end

function Record:event(step, kind, text)
  self.writer:event(self.id, step, kind, text)
end

function Record:artifact(step, kind, path, bytes, sha256)
  self.writer:artifact(self.id, step, kind, path, bytes, sha256)
end

-- Tells other cells where they may go on from this run: their first `step` steps are the same, as `prefix` says.
function Record:fork(prefix, step, path)
  self.writer:flush()
  self.db:execute("INSERT INTO fork(prefix, run, step, path) VALUES(?1, ?2, ?3, ?4) ON CONFLICT(prefix) DO UPDATE SET" ..
    " run = excluded.run, step = excluded.step, path = excluded.path", prefix, self.id, step, path)
end

-- The rows of a query, whose parameters are this run, then those given.
function Record:ask(query, ...)
  return self.db:query(query, self.id, ...)
end

-- The run ends before its time, for `reason`.
function Record:pruned(step, reason)
  self:event(step, "pruned", reason)
  self.db:execute("INSERT OR IGNORE INTO tag(run, tag) VALUES(?, 'pruned')", self.id)
end

-- Shows that the run is alive. True, at most twice a second, when it is time to look for commands.
function Record:attend(step)
  local now = system.clock()
  if now < self.beat + 0.5 then return false end
  self.beat = now
  self.writer:heartbeat(self.id, step)
  return true
end

-- The next command that somebody sent and that has no answer yet, or nil.
function Record:command()
  return self.db:command_next(self.id)
end

function Record:answer(command, step, text)
  self.db:command_answer(command.id, step, text)
end

-- Does `work`, a function of the database and the run, in one transaction; what was logged before is there already.
function Record:together(work)
  self.writer:flush()
  return transaction(self.db, function() return work(self.db, self.id) end)
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
