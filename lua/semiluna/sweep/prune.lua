-- Early stopping of hopeless cells: the option `prune` of an experiment, off unless it is given. It is a function that is called after
-- each evaluation but the last with what is known so far, and returns a text, the reason for which the run ends here ("stopped", with
-- the tag "pruned"), or nil.
local prune = {}

-- What the function is given, for the help and the reference.
prune.list = {
  { "history.step, history.steps", "how far the run is, and its length" },
  { "history.fraction", "step / steps" },
  { "history.metric, history.value", "the measure that decides, `checkpoint.best`, and its value now; more is better" },
  { "history.values", "its values at this run's evaluations so far, a list in order" },
  { "history.others", "the newest run of each other cell of the same script and length: a list of {run = id, step = , value = }, each " ..
    "the measure at the nearest evaluation at or before this step; runs that were not evaluated yet are not in it" },
  { "sl.median{ after = 0.3, least = 3 }", "such a function: ends a run whose best value so far is below the median of the others' at " ..
    "the same step; not before the share `after` of its steps, and not with fewer than `least` others" },
}

local Median = {}

function Median:__tostring()
  return ("median{ after = %.14g, least = %d }"):format(self.after, self.least)
end

local function median(values)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  local middle = (#sorted + 1) // 2
  return #sorted % 2 == 1 and sorted[middle] or (sorted[middle] + sorted[middle + 1]) / 2
end

function Median:__call(history)
  if history.fraction < self.after or #history.others < self.least then return nil end
  local best, values = math.max(table.unpack(history.values)), {}
  for i, other in ipairs(history.others) do values[i] = other.value end
  local middle = median(values)
  if not (best < middle) then return nil end
  return ("best %s %.4f is below %.4f, the median of %d other runs at step %d"):format(history.metric, best, middle, #values,
    history.step)
end

function prune.median(options)
  options = options or {}
  for name in pairs(options) do
    if name ~= "after" and name ~= "least" then error(('median: no such option "%s": there are after and least'):format(name), 2) end
  end
  local after, least = options.after or 0.3, options.least or 3
  if type(after) ~= "number" or not (after >= 0 and after <= 1) then error("median: after is a share of the steps, from 0 to 1", 2) end
  if math.type(least) ~= "integer" or least < 1 then error("median: least is a number of other runs, at least 1", 2) end
  return setmetatable({ after = after, least = least }, Median)
end

local own_query = "SELECT v.value FROM metric_name n JOIN metric_value v ON v.run = ?1 AND v.name_id = n.id" ..
  " WHERE n.name = ?2 AND v.step <= ?3 AND v.value IS NOT NULL ORDER BY v.step"

-- The newest run of each other cell of the same script and length.
local others_query = "WITH own AS (SELECT r.id, r.experiment, r.steps, c.hash FROM run r LEFT JOIN cell c ON c.run = r.id WHERE r.id = ?1)," ..
  " other AS (SELECT max(r.id) AS id FROM own JOIN run r ON r.experiment = own.experiment AND r.steps = own.steps" ..
  "  JOIN cell c ON c.run = r.id WHERE c.hash IS NOT own.hash AND r.state <> 'failed'" ..
  "  AND NOT EXISTS(SELECT 1 FROM tag t WHERE t.run = r.id AND t.tag = 'steered')" ..
  "  AND NOT EXISTS(SELECT 1 FROM removed d WHERE d.run = r.id) GROUP BY c.hash)" ..
  " SELECT o.id AS run, v.step, v.value FROM other o JOIN metric_name n ON n.name = ?2" ..
  " JOIN metric_value v ON v.run = o.id AND v.name_id = n.id AND v.step =" ..
  "  (SELECT max(w.step) FROM metric_value w WHERE w.run = o.id AND w.name_id = n.id AND w.step <= ?3 AND w.value IS NOT NULL)" ..
  " ORDER BY o.id"

-- Asks the experiment's `prune` after an evaluation that gave `values`. Returns the reason to end, or nil.
function prune.ask(training, values)
  local run, step = training.run, training.step
  local ask, metric = run.options.prune, run.options.checkpoint.best
  if metric == "none" then metric = "miou" end
  local value = values[metric]
  if not ask or step >= run.steps or not value or value ~= value then return nil end
  training.record:flush()
  local own = {}
  for i, row in ipairs(training.record:ask(own_query, metric, step)) do own[i] = row.value end
  local reason = ask {
    step = step, steps = run.steps, fraction = step / run.steps, metric = metric, value = value,
    values = own, others = training.record:ask(others_query, metric, step),
  }
  if reason ~= nil and type(reason) ~= "string" then
    error(("prune: the function returned a %s; a text, the reason, ends the run, and nil lets it go on"):format(type(reason)), 0)
  end
  return reason
end

return prune
