-- Shared warm-ups: random plans, whose tree of forks is held against what each step of the method would do, computed step by step.
local sl = require "semiluna"
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local plan = require "semiluna.plan.plan"
local script = require "semiluna.script"

local checks = 0

local function check(condition, what, ...)
  checks = checks + 1
  if not condition then error(what:format(...), 2) end
end

script.path, script.text = "test.lua", "return nothing"
local steps = 60
local base = sl.experiment {
  name = "base", steps = steps, threads = 1, data = { layout = "synthetic", count = 8, val_count = 2, labeled = 0.5, crop = 32 },
  model = { "deeplab_v2", backbone = "tiny" }, method = { "advsemiseg", semi_start = 20 }, optimizer = { "sgd", lr = sl.poly(0.01) },
}

local function cells_of(rows)
  local made = plan.new(launch.resolve { sl.experiment(base, { ablate = sl.list(rows) }) }, { "seed-is-free=" })
  return made
end

-- ---- what a step does, told independently of the library's marks ----------------------------------------------------------------

local function at(value, step)
  return type(value) == "number" and value or value(step, steps)
end

-- Everything that step `step` of a cell depends on, beside the state before it, and what it logs of the schedules that it asks for:
-- `logged` holds their last values.
local function action(cell, step, logged)
  local resolved = cell.item.resolved
  local m = resolved.method
  local words = { resolved.seed, resolved.batch, resolved.method.kind, ("%.17g"):format(at(resolved.optimizer.lr, step)) }
  local function ask(name)
    local value = at(m[name], step)
    if logged[name] ~= value then words[#words + 1] = ("%s %.17g"):format(name, value) end
    logged[name] = value
    return value
  end
  if m.kind ~= "advsemiseg" then return table.concat(words, " ") end
  ask "lambda_adv"
  ask "discriminator_lr"
  if step >= m.semi_adv_start and (ask "lambda_semi_adv" > 0 or ask "lambda_semi" > 0) then
    words[#words + 1] = "unlabeled " .. m.discriminator_sees
    if step >= m.semi_start and ask "lambda_semi" > 0 then
      ask "threshold"
      words[#words + 1] = ("masked %s %s"):format(m.all_masked, m.semi_average)
    end
  end
  return table.concat(words, " ")
end

-- The first step at which two cells do something else; `steps` where they never do.
local function parting(a, b)
  for step = 0, steps - 1 do
    if a.actions[step] ~= b.actions[step] then return step end
  end
  return steps
end

-- ---- random plans ---------------------------------------------------------------------------------------------------------------

local function pick(random, list)
  return list[random:below(#list) + 1]
end

local weights = { 0, 0.1, 0.2, sl.piecewise { { 0, 0 }, { 30, 0.1 } }, sl.piecewise { { 0, 0 }, { 30, 0.1 }, { 45, 0.2 } }, sl.linear(0, 0.1, 10, 40) }
local thresholds = { 0, 0.2, sl.piecewise { { 0, 0.2 }, { 35, 0.4 } }, sl.steps(0.2, 2, { 50 }) }
local rates = { sl.poly(0.01), 0.01, sl.steps(0.01, 0.1, { 25 }), function(step) return step < 40 and 0.01 or 0.02 end }

local function random_row(random, plain)
  local numbers = plain and 3 or #weights
  local row = {
    ["method.lambda_semi"] = weights[random:below(numbers) + 1], ["method.lambda_semi_adv"] = weights[random:below(numbers) + 1],
    ["method.threshold"] = pick(random, thresholds), ["method.semi_start"] = pick(random, { 0, 20, 30, 70 }),
    ["method.semi_adv_start"] = pick(random, { 0, 10, 20, 40 }), ["method.discriminator_sees"] = pick(random, { "labeled", "all" }),
    ["method.all_masked"] = pick(random, { "skip", "keep_adversarial" }), ["optimizer.lr"] = pick(random, rates),
    ["method.lambda_adv"] = pick(random, { 0.01, 0.01, sl.piecewise { { 0, 0.01 }, { 15, 0 } } }), seed = pick(random, { 1, 1, 1, 2 }),
  }
  if random:below(12) == 0 then row = { method = "supervised", ["optimizer.lr"] = row["optimizer.lr"], seed = row.seed } end
  return row
end

-- The longest step at which both cells may take or leave the same state.
local function shared_step(a, b)
  local best, prefixes = 0, {}
  for _, fork in ipairs(a.forks) do prefixes[fork.prefix] = fork.step end
  for _, fork in ipairs(b.forks) do
    if prefixes[fork.prefix] then
      check(prefixes[fork.prefix] == fork.step, "one prefix at two steps")
      best = math.max(best, fork.step)
    end
  end
  return best
end

local pairs_shared, pairs_exact, pairs_all = 0, 0, 0

local function check_plan(seed, plain)
  local random, rows = core.random(seed, 64, plain and 1 or 0), {}
  for i = 1, 14 do rows[i] = random_row(random, plain) end
  local made = cells_of(rows)
  local cells = made.cells
  for _, cell in ipairs(cells) do
    cell.actions = {}
    local logged = {}
    for step = 0, steps - 1 do cell.actions[step] = action(cell, step, logged) end
    local last = 0
    for _, fork in ipairs(cell.forks) do
      check(fork.step >= last + 3 and fork.step < steps, "plan %d: forks %d and %d of one cell", seed, last, fork.step)
      last = fork.step
    end
  end
  for i = 1, #cells do
    for j = i + 1, #cells do
      local found, true_step = shared_step(cells[i], cells[j]), parting(cells[i], cells[j])
      check(found <= true_step, "plan %d: cells %d and %d share %d steps, but part at %d", seed, i, j, found, true_step)
      pairs_all = pairs_all + 1
      if true_step >= 6 then
        pairs_shared = pairs_shared + 1
        if found >= math.min(true_step, steps - 1) - 3 then pairs_exact = pairs_exact + 1 end
      end
    end
  end

  -- Steps trained by walking down the tree: each state once.
  local trained, seen = 0, {}
  for _, cell in ipairs(cells) do
    local last = 0
    for _, fork in ipairs(cell.forks) do
      if not seen[fork.prefix] then trained = trained + fork.step - last end
      seen[fork.prefix] = true
      last = fork.step
    end
    trained = trained + steps - last
  end
  check(made.forks.total == steps * #cells, "plan %d: %d steps in all", seed, made.forks.total)
  check(made.forks.saved == made.forks.total - trained, "plan %d: says %d steps are saved, but %d are", seed, made.forks.saved,
    made.forks.total - trained)
end

for seed = 1, 120 do check_plan(seed, seed % 2 == 0) end
check(pairs_shared > 300, "only %d of %d pairs of cells could share anything", pairs_shared, pairs_all)
check(pairs_exact > 0.8 * pairs_shared, "only %d of %d pairs share all that they could", pairs_exact, pairs_shared)

-- ---- what is expected ------------------------------------------------------------------------------------------------------------

local function forks_of(rows)
  local made, lines = cells_of(rows), {}
  for i, cell in ipairs(made.cells) do
    local list = {}
    for f, fork in ipairs(cell.forks) do list[f] = fork.step end
    lines[i] = #list > 0 and table.concat(list, ",") or "-"
  end
  return table.concat(lines, " "), made
end

local function shares(expected, what, rows)
  local got = forks_of(rows)
  check(got == expected, "%s: forks at %s, expected %s", what, got, expected)
end

shares("20 20", "thresholds", { { ["method.threshold"] = 0 }, { ["method.threshold"] = 0.5 } })
shares("20 20 -", "and another seed", { { ["method.threshold"] = 0 }, { ["method.threshold"] = 0.5 }, { seed = 2 } })
shares("20,40 20,40 20", "a tree", {
  { ["method.threshold"] = sl.piecewise { { 0, 0.2 }, { 40, 0.4 } } }, { ["method.threshold"] = 0.2 }, { ["method.threshold"] = 0.5 } })
shares("10 10", "unlabelled images are used earlier", {
  { ["method.semi_adv_start"] = 10 }, { ["method.semi_adv_start"] = 10, ["method.discriminator_sees"] = "all" } })
shares("10 10", "the supervised + adversarial baseline shares its beginning", {
  { ["method.lambda_semi"] = 0, ["method.lambda_semi_adv"] = 0, ["method.semi_adv_start"] = 10 }, { ["method.semi_adv_start"] = 10 } })
shares("20 20", "lambda_semi counts from semi_start on, where unlabelled images are used before", {
  { ["method.semi_adv_start"] = 10 }, { ["method.semi_adv_start"] = 10, ["method.lambda_semi"] = 0.3 } })
shares("10 10", "but decides alone whether they are, where lambda_semi_adv is 0", {
  { ["method.semi_adv_start"] = 10, ["method.lambda_semi_adv"] = 0 },
  { ["method.semi_adv_start"] = 10, ["method.lambda_semi_adv"] = 0, ["method.lambda_semi"] = 0 } })
shares("40 40", "warm-up lengths", { { ["method.semi_start"] = 40 }, { ["method.semi_start"] = 50 } })
shares("30 30", "learning rates by value", { { ["optimizer.lr"] = 0.01 }, { ["optimizer.lr"] = sl.steps(0.01, 0.5, { 30 }) } })
shares("40 40", "functions by value", {
  { ["optimizer.lr"] = 0.01 }, { ["optimizer.lr"] = function(step) return step < 40 and 0.01 or 0.1 end } })
shares("- -", "lengths", { { steps = 60 }, { steps = 61 } })
shares("- -", "methods", { { method = "supervised" }, {} })
shares("- -", "evaluations", { { ["evaluate.every"] = 10, ["method.threshold"] = 0 }, { ["evaluate.every"] = 20 } })
shares("- -", "smoothing", { { smooth = 0.5 }, {} })
shares("- -", "logging, for the rows must be the same", { { log_every = 2, ["method.threshold"] = 0 }, {} })
shares("20 20", "names and threads decide nothing", { { name = "a", ["method.threshold"] = 0 }, { threads = 2 } })
shares("- -", "too short to be worth it", { { ["method.semi_start"] = 2 }, { ["method.semi_start"] = 2, ["method.threshold"] = 0 } })
shares("59 59", "cells that never part share all but the last step", { { ["method.semi_start"] = 60 }, { ["method.semi_start"] = 70 } })

-- A method that marks nothing may read its schedules ahead: they must be equal.
local own = { name = "own", options = { { "weight", "schedule", 1, help = "a weight" } }, new = function() end }
shares("- -", "a method without marks", { { method = { own, weight = 1 } }, { method = { own, weight = sl.piecewise { { 0, 1 }, { 30, 2 } } } } })
shares("30 30", "but its learning rate", { { method = { own }, ["optimizer.lr"] = 1 },
  { method = { own }, ["optimizer.lr"] = sl.piecewise { { 0, 1 }, { 30, 2 } } } })

-- A prefix stays what it is when the plan grows, and is another when the text is.
local function first_prefix(rows)
  local _, made = forks_of(rows)
  return made.cells[1].forks[1].prefix
end
local two = { { ["method.threshold"] = 0 }, { ["method.threshold"] = 0.5 } }
local three = { two[1], two[2], { ["method.threshold"] = 0.7 } }
check(first_prefix(two) == first_prefix(three), "the prefix changed with the plan")
local before = first_prefix(two)
script.text = "return something"
check(first_prefix(two) ~= before, "the prefix does not know the script's text")

print(("%d checks of forks; of %d pairs of cells %d could share a warm-up, %d share all of it"):format(checks, pairs_all, pairs_shared,
  pairs_exact))
