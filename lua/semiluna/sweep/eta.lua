-- How long a sweep will still take: from the steps a second of the cells that train now, and from what those that are done took.
--
-- A cell that has not begun will take as long as others of its method did, with all that is no step: the start of its worker,
-- evaluations, checkpoints. Workers are taken to be busy to the end.
local Eta = {}
Eta.__index = Eta

local memory = 30                                          -- seconds over which speed is measured

local final = { done = true, diverged = true, pruned = true }

local function new()
  return setmetatable({ seen = {}, took = {} }, Eta)
end

local function kind_of(cell)
  return cell.item.resolved.method.kind
end

-- The steps that a cell's run has in the end.
function Eta.steps(cell)
  return cell.steps or cell.item.resolved.steps
end

-- Steps a second of a cell's run, from what was seen of it in the last half minute; nil until it is known.
function Eta:speed(cell, now)
  local seen = self.seen[cell]
  if not cell.step or cell.state ~= "running" then
    self.seen[cell] = nil
    return nil
  end
  if not seen or seen[#seen].step > cell.step or seen.run ~= cell.run then
    seen = { run = cell.run }
    self.seen[cell] = seen
  end
  if #seen == 0 or seen[#seen].step ~= cell.step then seen[#seen + 1] = { time = now, step = cell.step } end
  while #seen > 2 and seen[1].time < now - memory do table.remove(seen, 1) end
  local first, last = seen[1], seen[#seen]
  if last.step == first.step then return nil end
  return (last.step - first.step) / math.max(now - first.time, 1e-3)
end

-- A worker has trained the cell to its end, from the step `from`, in so many seconds.
function Eta:ended(cell, from, seconds)
  local kind, steps = kind_of(cell), Eta.steps(cell) - from
  if steps <= 0 then return end
  local took = self.took[kind] or { seconds = 0, steps = 0 }
  took.seconds, took.steps = took.seconds + seconds, took.steps + steps
  self.took[kind] = took
end

local function add(sums, kind, seconds, steps)
  for _, key in ipairs { kind, "any" } do
    sums[key] = sums[key] or { seconds = 0, steps = 0 }
    sums[key].seconds, sums[key].steps = sums[key].seconds + seconds, sums[key].steps + steps
  end
end

-- Seconds a step by method, and "any": of cells that are done, else of those that train now.
function Eta:paces(cells, now)
  local done, running, paces = {}, {}, {}
  for kind, took in pairs(self.took) do add(done, kind, took.seconds, took.steps) end
  for _, cell in ipairs(cells) do
    local speed = self:speed(cell, now)
    if speed then add(running, kind_of(cell), 1, speed) end
  end
  for _, sums in ipairs { running, done } do
    for kind, sum in pairs(sums) do paces[kind] = sum.seconds / sum.steps end
  end
  return paces
end

-- Seconds that are left of a cell that trains; nil while that is not known.
function Eta:left_of(cell, now, paces)
  local speed = self:speed(cell, now)
  local pace = speed and 1 / speed or paces[kind_of(cell)] or paces.any
  return pace and (Eta.steps(cell) - (cell.step or 0)) * pace
end

-- Where a cell that does not train will begin. Warm-ups that are shared count once.
local function first_step(cell, available, counted)
  local from = cell.state ~= "to do" and cell.state ~= "failed" and cell.step or 0
  for _, fork in ipairs(cell.forks or {}) do
    if counted[fork.prefix] or available[fork.prefix] then from = math.max(from, fork.step) end
  end
  return from
end

-- Seconds until all is done; nil while that is not known. `available` holds the prefixes of the warm-ups that are there, `workers` is how
-- many cells this sweep trains at a time; those that others train are seen to be running.
function Eta:left(cells, now, available, workers)
  local paces, counted = self:paces(cells, now), {}
  local sum, longest, open, busy = 0, 0, 0, 0
  for _, cell in ipairs(cells) do
    if not (final[cell.state] or cell.given_up) then
      local running, seconds = cell.state == "running", nil
      if running then
        seconds = self:left_of(cell, now, paces)
      else
        local pace = paces[kind_of(cell)] or paces.any
        seconds = pace and math.max(0, Eta.steps(cell) - first_step(cell, available, counted)) * pace
      end
      if not seconds then return nil end
      for _, fork in ipairs(cell.forks or {}) do counted[fork.prefix] = true end
      sum, longest, open = sum + seconds, math.max(longest, seconds), open + 1
      busy = busy + ((running or cell.busy) and 1 or 0)
    end
  end
  if open == 0 then return nil end
  return math.max(longest, sum / math.min(open, math.max(busy, workers or 1)))
end

return { new = new, steps = Eta.steps }
