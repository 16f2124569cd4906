-- How long steps take on this machine, by taking some of them without a record.
--
-- A method may do less in its first steps: those before unlabelled images are used and those after are timed apart.
local core = require "semiluna.core"
local image = require "semiluna.image"

local timing = {}

-- The first step at which the method looks at unlabelled images; infinity: at none. A method that does not say does the same all along.
function timing.boundary(method, options, steps)
  if not method.uses_unlabeled then return 0 end
  for step = 0, steps - 1 do
    if method.uses_unlabeled(options, step, steps) then return step end
  end
  return math.huge
end

-- The time on the clock; on a machine that has other work too, the processor's time where that is less: what a step alone would take.
local function clock(began)
  if not began then return { core.system.clock(), os.clock() } end
  return math.min(core.system.clock() - began[1], os.clock() - began[2])
end

local function timed_step(made, step)
  local began = clock()
  core.scope(made.method.step, made.method, step)
  made.context:update(step)
  if made.method.updated then core.scope(made.method.updated, made.method, step) end
  return clock(began)
end

-- Seconds of a step like `step`, the shortest of some: what comes between makes others longer. The first one, which warms up, does not
-- count, unless it alone takes the time there is.
local function phase(made, step, count, most_seconds)
  local started = core.system.clock()
  local seconds, taken = timed_step(made, step), 0
  while taken < count and core.system.clock() - started < most_seconds do
    local one = timed_step(made, step)
    seconds = taken == 0 and one or math.min(seconds, one)
    taken = taken + 1
  end
  return seconds, taken + 1
end

-- Seconds of an evaluation, by its first image; the second time, when everything is warm.
local function evaluation(made)
  local set, seconds = made.data:split "val", nil
  for _ = 1, 2 do
    local began = clock()
    core.scope(function()
      local pixels = set:read(1, made.data:normalization())
      core.no_grad(function() return image.enlarge(made.evaluated(pixels, false), pixels) end)
    end)
    seconds = clock(began)
  end
  return seconds * set:count()
end

-- Times about ten steps of a run that has been put together (run.new), and an evaluation by its first image; takes at most about
-- `most_seconds` (30), but a step of each phase. Returns {before, after (seconds of a step, or nil), boundary, evaluation, steps}.
function timing.measure(made, most_seconds)
  local resolved, result = made.options, { steps = 0 }
  local boundary = timing.boundary(resolved.method_table, resolved.method, resolved.steps)
  local each = (most_seconds or 30) / 2
  result.boundary = boundary
  local function time(name, step)
    local seconds, taken = phase(made, step, 4, each)
    result[name], result.steps = seconds, result.steps + taken
  end
  if boundary > 0 then time("before", 0) end
  if boundary < resolved.steps then time("after", resolved.steps - 1) end
  result.evaluation = evaluation(made)
  return result
end

-- Seconds of the steps from `first` on, with the evaluations among them.
function timing.seconds(rates, resolved, first)
  local steps, boundary = resolved.steps, math.min(rates.boundary, resolved.steps)
  local before = math.max(0, boundary - first)
  local after = steps - math.max(first, boundary)
  local every = resolved.evaluate.every or steps
  local evaluations = steps // every - first // every + (steps % every > 0 and 1 or 0)
  local seconds = before * (rates.before or rates.after or 0) + after * (rates.after or rates.before or 0)
  return seconds + evaluations * (rates.evaluation or 0)
end

-- "40 s", "4 min", "1 h 10 min", "3 d 4 h".
function timing.text(seconds)
  local function two(big, name, small, small_name)
    return small > 0 and ("%d %s %d %s"):format(big, name, small, small_name) or ("%d %s"):format(big, name)
  end
  if seconds < 99.5 then return ("%d s"):format(math.max(1, math.floor(seconds + 0.5))) end
  local minutes = math.floor(seconds / 60 + 0.5)
  if minutes < 60 then return ("%d min"):format(minutes) end
  if minutes < 60 * 24 then return two(minutes // 60, "h", minutes % 60, "min") end
  local hours = math.floor(seconds / 3600 + 0.5)
  return two(hours // 24, "d", hours % 24, "h")
end

return timing
