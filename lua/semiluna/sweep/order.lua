-- In which order a sweep trains its cells, so that warm-ups that cells share are trained once.
--
-- Cells are those of plan/plan.lua, with `forks`, `state`, `step` (of the cell's run) and `busy` (a worker of this sweep has it). Nothing
-- here looks at the database: `available` holds the prefixes of the warm-ups that are there.
local order = {}

local function trains(cell)
  return cell.busy or cell.state == "running"
end

-- The warm-ups that somebody is training now and will leave: {[prefix] = true}.
function order.coming(cells, available)
  local coming = {}
  for _, cell in ipairs(cells) do
    for _, fork in ipairs(trains(cell) and cell.forks or {}) do
      if fork.step > (cell.step or 0) and not available[fork.prefix] then coming[fork.prefix] = true end
    end
  end
  return coming
end

-- How far the cell is, or would be at once: its own last checkpoint or the longest warm-up that is there.
function order.reached(cell, available)
  local step = cell.state == "stopped" and cell.step or 0
  for _, fork in ipairs(cell.forks or {}) do
    if available[fork.prefix] then step = math.max(step, fork.step) end
  end
  return step
end

-- Whether it is worth waiting for a warm-up: whoever trains it now is at its end before this cell, begun now, would be.
function order.waits(cell, available, coming)
  local from = order.reached(cell, available)
  for _, fork in ipairs(cell.forks or {}) do
    if coming[fork.prefix] and fork.step > from then return true end
  end
  return false
end

-- What was begun first, then what others wait for, then the rest; what has failed comes last.
local function rank(cell, available)
  if (cell.failures or 0) > 0 then return 4 end
  if cell.state == "stopped" and (cell.step or 0) > 0 then return 1 end
  local from = order.reached(cell, available)
  for _, fork in ipairs(cell.forks or {}) do
    if not available[fork.prefix] and fork.step > from then return 2 end
  end
  return 3
end

-- The next cell of `ready` (a list in the plan's order) to be trained; nil when each of them waits for a warm-up that is in `cells`' hands.
function order.next(ready, cells, available)
  local coming, best, best_rank = order.coming(cells, available), nil, nil
  for _, cell in ipairs(ready) do
    if not order.waits(cell, available, coming) then
      local own = rank(cell, available)
      if not best or own < best_rank then best, best_rank = cell, own end
    end
  end
  return best
end

return order
