-- Shared warm-ups: a cell goes on from the state that another cell left at a step up to which both are the same (see plan/fork.lua).
--
-- The other run's rows up to that step are copied (record.lua), its weights, optimizers and streams restored. What cannot be relied on,
-- a file that is gone or was changed, is not used: the cell then trains the longer way.
local checkpoint = require "semiluna.checkpoint"
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local system = core.system

local follow = {}

local query = "SELECT f.prefix, f.step, f.run, f.path, r.uuid, a.sha256, b.path AS best_path, b.sha256 AS best_sha256" ..
  " FROM fork f JOIN run r ON r.id = f.run" ..
  " JOIN artifact a ON a.run = f.run AND a.path = f.path AND a.step = f.step AND a.kind = 'fork'" ..
  " LEFT JOIN artifact b ON b.run = f.run AND b.step = f.step AND b.kind = 'fork-best'" ..
  " WHERE f.prefix = ? AND f.step = ? AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = f.run)"

-- A file where its run wrote it, or where that folder is seen from here.
local function find(path, folder)
  if not path or system.exists(path) then return path end
  local moved = folder .. "/" .. path:match "[^/]+$"
  return system.exists(moved) and moved or path
end

local function lookup(db, item, database, fork)
  local row = db:query(query, fork.prefix, fork.step)[1]
  if not row then return nil end
  local folder = launch.folder(item.resolved, database, row.uuid)
  row.file, row.best_file = find(row.path, folder), find(row.best_path, folder)
  return row
end

-- The checkpoints that a cell may go on from, the longest warm-up first; none of the run `own`, if given.
function follow.candidates(db, cell, database, own)
  local list = {}
  for i = #(cell.forks or {}), 1, -1 do
    local row = lookup(db, cell.item, database, cell.forks[i])
    if row and row.run ~= own then list[#list + 1] = row end
  end
  return list
end

local function check_file(path, sha256)
  if not system.exists(path) then error(path .. " is gone", 0) end
  local _, found = system.sha256_file(path)
  if found ~= sha256 then error(path .. " is not what was written", 0) end
end

-- Fails unless all that the parent left is as it was written.
function follow.check(parent)
  check_file(parent.file, parent.sha256)
  if parent.best_file then check_file(parent.best_file, parent.best_sha256) end
end

-- Makes a run that was just put together what the parent was. Returns where to start, for the trainer.
function follow.restore(made, parent)
  local start = checkpoint.restore(made, parent.file, parent.uuid, true)
  if start.step ~= parent.step then error(("%s: of step %d, not %d"):format(parent.file, start.step, parent.step), 0) end
  if start.state.best_step and not parent.best_file then error(parent.file .. ": the best weights up to it are gone", 0) end
  start.saved = 0                                          -- nothing of its own is saved yet
  return start
end

-- Writes the best weights up to the fork into `folder` as the run's own. The networks hold these afterwards: restore comes next.
function follow.adopt_best(made, parent, recorded, folder)
  if not parent.best_file then return end
  local step = checkpoint.load_weights(made, parent.best_file, parent.uuid)
  local path = folder .. "/best.safetensors"
  system.mkdir(folder)
  recorded:artifact(step, "best", path, checkpoint.save({ run = made, record = recorded, step = step }, path, true))
end

-- The warm-up cannot be relied on: nobody shall try it again.
function follow.forget(db, parent)
  db:execute("DELETE FROM fork WHERE prefix = ? AND run = ?", parent.prefix, parent.run)
end

local function done_cells(db)
  local done = {}
  for _, row in ipairs(db:query("SELECT c.hash FROM cell c JOIN run r ON r.id = c.run WHERE r.state = 'done'" ..
    " AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = r.id)")) do
    done[row.hash] = true
  end
  return done
end

local function shares(cell, prefix)
  for _, fork in ipairs(cell.forks or {}) do
    if fork.prefix == prefix then return true end
  end
  return false
end

-- The steps at which a cell's state is worth keeping: some other one of `cells` that is not done begins the same, and has no such
-- state yet. Without `cells`, all of the cell's forks.
function follow.worth_keeping(db, cell, cells, database)
  local done, list = done_cells(db), {}
  for _, fork in ipairs(cell.forks or {}) do
    local wanted = cells == nil
    for _, other in ipairs(cells or {}) do
      wanted = wanted or other.hash ~= cell.hash and not done[other.hash] and shares(other, fork.prefix)
    end
    local there = wanted and lookup(db, cell.item, database, fork)
    if wanted and not (there and system.exists(there.file)) then list[#list + 1] = fork end
  end
  return list
end

return follow
