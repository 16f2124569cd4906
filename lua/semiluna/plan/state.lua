-- What the database knows of a plan's cells: one query for all of them, and a look at the processes of those that are running.
local core = require "semiluna.core"

local state = {}

-- Runs with the same options as a cell, oldest first; whether they are the cell's own the hash says.
local runs_query = "SELECT c.hash, c.options_hash, r.id, r.state, r.step," ..
  " EXISTS(SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag = 'pruned') AS pruned" ..
  " FROM json_each(?) j CROSS JOIN cell c ON c.options_hash = j.value CROSS JOIN run r ON r.id = c.run" ..
  " WHERE NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = r.id) ORDER BY r.id"

local forks_query = "SELECT f.prefix, f.step, f.run FROM json_each(?) j CROSS JOIN fork f ON f.prefix = j.value" ..
  " WHERE NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = f.run)"

local claims_query = "SELECT c.hash FROM json_each(?) j CROSS JOIN claim c ON c.hash = j.value"

local function json_list(cells, values)
  local list, seen = {}, {}
  for _, cell in ipairs(cells) do
    for _, value in ipairs(values(cell)) do
      if not seen[value] then list[#list + 1] = value end
      seen[value] = true
    end
  end
  return #list > 0 and core.system.json_encode(list) or "[]"
end

-- What a run's row says of its cell.
local function state_of(db, row)
  if row.state == "running" then return db:run_alive(row.id) and "running" or "stopped" end
  if row.state == "stopped" and row.pruned == 1 then return "pruned" end
  return row.state
end

-- A run that was pruned goes on once its experiment does not prune any more.
local function state_in(cell, found)
  local resolved = cell.item and cell.item.resolved
  return found == "pruned" and resolved and not resolved.prune and "stopped" or found
end

-- A run that is done stands before all others, one that is running before those that ended; else the newest counts.
local rank = { done = 2, running = 1 }

local function read_runs(db, cells)
  local by_hash, by_options = {}, {}
  for _, cell in ipairs(cells) do
    cell.state, cell.run, cell.step, cell.earlier = "to do", nil, nil, nil
    by_hash[cell.hash] = by_hash[cell.hash] or {}
    table.insert(by_hash[cell.hash], cell)
    by_options[cell.options_hash] = by_options[cell.options_hash] or {}
    table.insert(by_options[cell.options_hash], cell)
  end
  for _, row in ipairs(db:query(runs_query, json_list(cells, function(cell) return { cell.options_hash } end))) do
    local own = by_hash[row.hash]
    local found = own and state_of(db, row)
    for _, cell in ipairs(own or {}) do
      if (rank[found] or 0) >= (rank[cell.state] or 0) then cell.state, cell.run, cell.step = state_in(cell, found), row.id, row.step end
    end
    for _, cell in ipairs(not own and by_options[row.options_hash] or {}) do cell.earlier = row.id end
  end
end

-- A cell is claimed before its run has a row.
local function read_claims(db, cells)
  local claimed = {}
  for _, row in ipairs(db:query(claims_query, json_list(cells, function(cell) return { cell.hash } end))) do claimed[row.hash] = true end
  for _, cell in ipairs(cells) do
    if cell.state ~= "done" and cell.state ~= "running" and claimed[cell.hash] and db:claim_holder(cell.hash) then
      cell.state = "running"
    end
  end
end

-- Which warm-ups there are; and which cells wait for one that another cell is training.
local function read_forks(db, cells)
  local available, coming = {}, {}
  local function prefixes(cell)
    local list = {}
    for i, fork in ipairs(cell.forks or {}) do list[i] = fork.prefix end
    return list
  end
  for _, row in ipairs(db:query(forks_query, json_list(cells, prefixes))) do available[row.prefix] = row.step end
  for _, cell in ipairs(cells) do
    if cell.state == "running" then
      for _, fork in ipairs(cell.forks or {}) do
        if not available[fork.prefix] and (cell.step or 0) < fork.step then coming[fork.prefix] = true end
      end
    end
  end
  for _, cell in ipairs(cells) do
    cell.available = 0
    for _, fork in ipairs(cell.forks or {}) do
      if available[fork.prefix] then cell.available = math.max(cell.available, fork.step) end
      if cell.state == "to do" and coming[fork.prefix] then cell.state = "waiting" end
    end
  end
end

-- Sets of each cell (see plan.lua): state ("to do", "running", "waiting", "done", "failed", "diverged", "stopped", "pruned"); run and step
-- of the run that says so; available, the longest shared warm-up that is there, in steps; and earlier, the newest run of a cell that is
-- to do with the same options but another text of the script or the library.
function state.read(db, cells)
  read_runs(db, cells)
  read_claims(db, cells)
  read_forks(db, cells)
  for _, cell in ipairs(cells) do
    if cell.state ~= "to do" and cell.state ~= "waiting" then cell.earlier = nil end
  end
end

-- The same where there is no database yet.
function state.none(cells)
  for _, cell in ipairs(cells) do
    cell.state, cell.run, cell.step, cell.earlier, cell.available = "to do", nil, nil, nil, 0
  end
end

-- {[state] = how many cells}.
function state.count(cells)
  local counts = {}
  for _, cell in ipairs(cells) do counts[cell.state] = (counts[cell.state] or 0) + 1 end
  return counts
end

return state
