-- The noise of an experiment: how far runs are apart that differ in nothing but their seed (those with the tag "noise").
local axis = require "semiluna.analysis.axis"
local measure = require "semiluna.analysis.measure"
local select_runs = require "semiluna.analysis.select"
local statistics = require "semiluna.analysis.statistics"

local noise = {}

noise.tag = "noise"

-- The ids of all tagged runs of an experiment, whatever their state.
function noise.runs(db, experiment)
  local rows = db:query([[
    SELECT r.id FROM run r JOIN tag t ON t.run = r.id
    WHERE t.tag = ?1 AND r.experiment = (SELECT id FROM experiment WHERE name = ?2)
    AND r.id NOT IN (SELECT run FROM removed) ORDER BY r.id]], noise.tag, experiment)
  local ids = {}
  for i, row in ipairs(rows) do ids[i] = row.id end
  return ids
end

-- The largest group of the runs that differ in their seeds alone, one run a seed.
local function alike(runs)
  local differing = axis.differing(runs)
  local names, groups, best = {}, {}, nil
  for _, name in ipairs(differing.results) do
    if name ~= "seed" then names[#names + 1] = name end
  end
  for _, run in ipairs(runs) do
    local key = axis.signature(run, names)
    groups[key] = groups[key] or { by_seed = {}, count = 0 }
    local group, seed = groups[key], axis.value(run, "seed") or ""
    if not group.by_seed[seed] then group.count = group.count + 1 end
    group.by_seed[seed], group.newest = run, run.id
    if not best or group.count > best.count or group.count == best.count and group.newest > best.newest then best = group end
  end
  local list = {}
  for _, run in pairs(best.by_seed) do list[#list + 1] = run end
  local function seed_of(run) return tonumber(axis.value(run, "seed")) or run.id end
  table.sort(list, function(a, b) return seed_of(a) < seed_of(b) end)
  return list
end

-- {n, mean, sd, values, runs, steps} of runs that are done, or nil where fewer than two of them have the number that `about` asks
-- for.
function noise.of(db, ids, about)
  if #ids < 2 then return nil end
  local rows = db:query([[
    SELECT id, experiment FROM run_summary WHERE state = 'done' AND id IN (SELECT value FROM json_each(?1)) ORDER BY id]],
    select_runs.json_list(ids))
  if #rows < 2 then return nil end
  select_runs.load_params(db, rows)
  local runs, list = alike(rows), {}
  for i, run in ipairs(runs) do list[i] = run.id end
  local found = measure.load(db, list, about)
  local result = { values = {}, runs = {}, steps = {} }
  for _, run in ipairs(runs) do
    local one = found[run.id]
    if one then
      result.values[#result.values + 1] = one.value
      result.runs[#result.runs + 1] = run
      result.steps[#result.steps + 1] = one.step
    end
  end
  result.n, result.mean, result.sd = #result.values, statistics.mean(result.values), statistics.sd(result.values)
  return result.n >= 2 and result or nil
end

-- The difference between means of n seeds each that noise alone exceeds in 5 % of cases.
function noise.floor(found, n)
  return statistics.noise_floor(found.sd, found.n, n, n)
end

return noise
