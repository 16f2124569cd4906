-- Plans: which cells the constructors make, how they combine, and what is said of wrong ones.
local sl = require "semiluna"
local launch = require "semiluna.launch"
local options = require "semiluna.options"
local plan = require "semiluna.plan.plan"
local script = require "semiluna.script"

local checks = 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local base = sl.experiment {
  name = "base", steps = 100, threads = 1, data = { layout = "synthetic", count = 8, val_count = 2, labeled = 0.5, crop = 32 },
  model = { "deeplab_v2", backbone = "tiny" }, method = { "advsemiseg", semi_start = 20 }, optimizer = { "sgd", lr = sl.poly(0.01) },
}
script.path, script.text = "test.lua", "return nothing"

local function expand(ablate, settings)
  local items = launch.resolve({ sl.experiment(base, { ablate = ablate }) }, settings)
  return items
end

-- "threshold seed" of each cell, for the options named
local function table_of(ablate, names, settings)
  local rows = {}
  for i, item in ipairs(expand(ablate, settings)) do
    local by_name, words = {}, {}
    for _, option in ipairs(item.list) do by_name[option.name] = option.text end
    for w, name in ipairs(names) do words[w] = by_name[name] or "-" end
    rows[i] = table.concat(words, " ")
  end
  return table.concat(rows, "; ")
end

-- ---- constructors ---------------------------------------------------------------------------------------------------------------

same(table_of(sl.grid { seed = { 1, 2 }, ["method.threshold"] = { 0, 0.5 } }, { "method.threshold", "seed" }),
  "0 1; 0 2; 0.5 1; 0.5 2", "a grid, the last name fastest")
same(table_of(sl.grid { sl.list { { steps = 10 }, { steps = 20 } }, seed = { 1, 2 } }, { "steps", "seed" }),
  "10 1; 10 2; 20 1; 20 2", "a plan in a grid comes first")
same(table_of(sl.zip { seed = { 1, 2, 3 }, batch = { 4, 5, 6 } }, { "seed", "batch" }), "1 4; 2 5; 3 6", "zip")
same(table_of(sl.list { {}, { method = { threshold = 0.4 } }, { ["data.crop"] = { 16, 24 } } }, { "method.threshold", "data.crop" }),
  "0.2 32,32; 0.4 32,32; 0.2 16,24", "a list, with sections and lists as values")
same(table_of(sl.list { { seed = 1 } } + sl.list { { seed = 7 } }, { "seed" }), "1; 7", "a sum")
same(table_of(sl.grid { seed = { 1, 2 } } * sl.list { { batch = 2 }, { batch = 3 } }, { "seed", "batch" }), "1 2; 1 3; 2 2; 2 3", "a product")
same(table_of(sl.grid { seed = { 1, 2, 3 } }:filter(function(cell) return cell.seed ~= 2 and cell["method.threshold"] == 0.2 end), { "seed" }),
  "1; 3", "a filter, which sees defaults")

-- whole methods, schedules and splits vary; a cell that names the method forgets what the experiment said of it
local whole = sl.grid { method = { { "supervised" }, { "advsemiseg", lambda_semi = 0, threshold = 0.3 } } }
same(table_of(whole, { "method", "method.threshold", "method.semi_start" }), "supervised - -; advsemiseg 0.3 5000", "whole methods")
same(table_of(sl.grid { ["optimizer.lr"] = { 0.1, sl.poly(0.1, 1), function(step) return 1 / (step + 1) end } }, { "optimizer.lr" })
  :gsub("function at [^;]*", "f"), "0.1; poly(0.1, 1); f", "schedules")
same(table_of(sl.grid { sl.grid { method = { "supervised", "advsemiseg" } }, sl.when({ method = "advsemiseg" },
  sl.grid { ["method.threshold"] = { 0, 0.5 } }) }, { "method", "method.threshold" }), "supervised -; advsemiseg 0; advsemiseg 0.5",
  "a method and, where it has them, its options")
same(table_of(sl.list { { method = { "advsemiseg", threshold = 0.4 } } } * sl.list { { ["method.semi_start"] = 3 } },
  { "method.threshold", "method.semi_start" }), "0.4 3", "an option of a whole method")

-- conditions: the plan of a condition comes last in a grid, whatever the order
same(table_of(sl.grid { sl.when({ seed = { 1, 3 } }, sl.list { { batch = 2 }, { batch = 4 } }, sl.list { { batch = 9 } }),
  seed = { 1, 2, 3 } }, { "seed", "batch" }), "1 2; 1 4; 2 9; 3 2; 3 4", "when, one of several values, and otherwise")
same(table_of(sl.grid { sl.when(function(cell) return cell["method.lambda_semi"] == 0 end, sl.list { { name = "no semi" } }),
  ["method.lambda_semi"] = { 0, 0.1 } }, { "method.lambda_semi", "name" }), "0 no semi; 0.1 base", "when by a function")
same(table_of(sl.grid { sl.when({ ["method.discriminator_sees"] = "labeled" }, sl.list { { seed = 5 } }) }, { "seed" }), "5",
  "a condition on a default")
same(table_of(sl.grid { sl.when({ ["method.threshold"] = 0.7 }, sl.list { { seed = 5 } }) }, { "seed" }, { "method.threshold=0.7" }), "5",
  "a condition on what --set says")

-- parts
local parts = { { "adv", off = { ["method.lambda_adv"] = 0 } }, { "semi", on = { ["method.lambda_semi"] = 0.3 },
  off = { method = { lambda_semi = 0 } } } }
local shown = { "variant", "method.lambda_adv", "method.lambda_semi" }
same(table_of(sl.leave_one_out(parts), shown), "all 0.01 0.3; without adv 0 0.3; without semi 0.01 0", "leave one out")
same(table_of(sl.add_one_in(parts), shown), "none 0 0; only adv 0.01 0; only semi 0 0.3", "add one in")
same(table_of(sl.pairwise(parts), shown), "none 0 0; adv + semi 0.01 0.3", "pairwise")
same(table_of(sl.add_one_in(parts) + sl.pairwise(parts), { "variant" }), "none; only adv; only semi; adv + semi", "none counts once")
same(table_of(sl.grid { sl.leave_one_out(parts), seed = { 1, 2 } }, { "variant", "seed" }),
  "all 1; all 2; without adv 1; without adv 2; without semi 1; without semi 2", "parts and seeds")
same(table_of(sl.list { { variant = "wide", batch = 3 } } * sl.leave_one_out(parts), { "variant" }),
  "wide, all; wide, without adv; wide, without semi", "variants are said one after the other")
local own = table_of(sl.leave_one_out(), { "variant", "method.lambda_adv" })
same(own:match "^all 0.01; without adversarial 0; ", "all 0.01; without adversarial 0; ", "the method's own parts")

-- random cells
local axes = { ["method.threshold"] = sl.uniform(0, 0.5), ["method.lambda_semi"] = sl.loguniform(0.001, 1),
  batch = sl.uniform(2, 5, { whole = true }), seed = sl.choice { 7, 8 } }
local names = { "method.threshold", "method.lambda_semi", "batch", "seed" }
local ten, thirty = table_of(sl.random(10, 1, axes), names), table_of(sl.random(30, 1, axes), names)
same(thirty:sub(1, #ten), ten, "more cells keep the first ones")
same(table_of(sl.random(10, 1, axes), names), ten, "the same seed, the same cells")
same(table_of(sl.random(10, 2, axes), names) ~= ten, true, "another seed, other cells")
local fewer = { ["method.threshold"] = axes["method.threshold"] }
same(table_of(sl.random(3, 1, fewer), { "method.threshold" }), table_of(sl.random(3, 1, axes), { "method.threshold" }),
  "an option's values do not depend on the other options")
local least, most, whole_seen, seeds, below = 1, 0, {}, {}, 0
for _, item in ipairs(expand(sl.random(300, 3, axes))) do
  local threshold, lambda = item.resolved.method.threshold, item.resolved.method.lambda_semi
  least, most = math.min(least, threshold), math.max(most, threshold)
  whole_seen[item.resolved.batch], seeds[item.resolved.seed] = true, true
  below = below + (lambda < 0.0316 and 1 or 0)
  if lambda < 0.001 or lambda > 1 then error "loguniform left its range" end
end
same(least >= 0 and most <= 0.5 and least < 0.05 and most > 0.45, true, "uniform fills its range")
same(whole_seen[2] and whole_seen[3] and whole_seen[4] and whole_seen[5] and not whole_seen[6], true, "whole numbers, both ends")
same(seeds[7] and seeds[8], true, "choices")
same(below > 110 and below < 190, true, "loguniform is even in the logarithm: " .. below)

-- controls
local control = table_of(sl.controls {}, { "variant", "method", "steps", "method.lambda_adv" })
same(control, "advsemiseg advsemiseg 100 0.01; supervised, as many updates supervised 100 -; " ..
  "supervised, as many images supervised 180 -", "controls: unlabelled images are seen from step 20 on")
same(table_of(sl.controls { base = false, updates = false }, { "variant", "steps" }, { "steps=50" }),
  "supervised, as many images 80", "--set lays over what controls are computed from, not over what was computed")
same(table_of(sl.controls {}, { "method", "method.threshold" }, { "method.threshold=0.4" }),
  "advsemiseg 0.4; supervised -; supervised -", "a setting of one method's option leaves the others alone")
same(table_of(sl.grid { sl.controls { base = false }, ["data.labeled"] = { 0.25, 0.5 } }, { "steps", "data.labeled", "data.crop" }),
  "100 0.25 32,32; 100 0.5 32,32; 180 0.25 32,32; 180 0.5 32,32", "controls keep the data as it is")

-- ---- experiments ----------------------------------------------------------------------------------------------------------------

local ablated = sl.experiment(base, { ablate = sl.grid { seed = { 1, 2 } } })
same(#launch.resolve { ablated }, 2, "an ablation")
same(#launch.resolve { sl.experiment(ablated, { ablate = sl.grid { seed = { 1, 2, 3 } } }) }, 3, "another one in its place")
same(#launch.resolve { sl.experiment(ablated, { ablate = false }) }, 1, "none in its place")
same(#launch.resolve({ ablated }, { "ablate=false" }), 1, "none by --set")
local items = launch.resolve { base, ablated }
same(#items, 3, "a list of experiments, one of them ablated")
same(items[3].index .. items[3].experiment .. tostring(items[1].ablated) .. tostring(items[3].ablated), "32falsetrue", "numbers of cells")
same(items[2].resolved.name, "base", "the name of a cell's run")
same(items[2].resolved.ablate, nil, "a cell has no ablation")
same(launch.resolve({ ablated }, { "seed=1" })[2].resolved.seed, 1, "--set lays over every cell")
same(#plan.new(launch.resolve({ ablated }, { "seed=1" }), { "seed=1" }).cells, 1, "--set makes two cells one")
same(plan.dropped_text(plan.new(launch.resolve({ ablated }, { "seed=1" }), { "seed=1" })),
  "1 cell left out, the same as another (cell 2 is cell 1)", "which is told")

-- columns and labels
local made = plan.new(expand(sl.grid { seed = { 1, 2 }, ["method.threshold"] = { 0, 0.2 }, ["data.labeled"] = { 1 / 8, 1 / 4 }, batch = { 4 } }))
same(table.concat(made.columns, " "), "data.labeled method.threshold seed", "columns: what varies, the seed last")
same(table.concat(made.titles, " "), "labeled threshold seed", "titles")
same(made.cells[4].label, "labeled 1/8, threshold 0.2, seed 2", "a label")
same(made.cells[4].values["data.labeled"], "0.125", "a value as it is stored")
same(plan.find(made, "4"), made.cells[4], "a cell by its number")
same(plan.find(made, made.cells[4].hash:sub(1, 12)), made.cells[4], "a cell by its hash")
same(table.concat(plan.new(expand(sl.grid { ["method.semi_start"] = { 5, 6 } })).columns, " "), "method.semi_start",
  "an option that follows another is no column")

local function label_of(paths)
  return plan.new(expand(sl.grid { ["model.pretrained"] = paths, seed = { 1, 2 } })).cells[1].label
end
same(label_of { "one/a.safetensors", "two/b.safetensors" }, "pretrained a.safetensors, seed 1", "a file is shown without its folder")
same(label_of { "one/a.safetensors", "two/a.safetensors" }, "pretrained one/a.safetensors, seed 1", "unless two have the same name")

-- ---- mistakes -------------------------------------------------------------------------------------------------------------------

local function fails(pattern, action, ...)
  checks = checks + 1
  local ok, problem = pcall(action, ...)
  local message = type(problem) == "table" and problem.usage and problem.message or "no usage error: " .. tostring(problem)
  if ok then error(("expected an error that matches %q"):format(pattern), 2) end
  if not message:find(pattern) then error(("expected an error that matches %q, got: %s"):format(pattern, message), 2) end
end

local here = "test_plan_cells%.lua:%d+: "
fails(here .. "sl%.grid: it is empty", sl.grid, {})
fails(here .. "sl%.grid: expected a table of lists", sl.grid, 3)
fails(here .. "sl%.grid: seed needs a list of values such as seed = {1}, not 1", function() sl.grid { seed = 1 } end)
fails("%['?\"method%.threshold\"?'?%] = {0.5}", function() sl.grid { ["method.threshold"] = 0.5 } end)
fails("sl%.grid: seed has no values", function() sl.grid { seed = {} } end)
fails("sl%.grid: method needs a list of values; for one value that is a table", function() sl.grid { method = { threshold = 1 } } end)
fails("sl%.grid: item 1 is a table, not a plan", function() sl.grid { { seed = 1 } } end)
fails("sl%.grid: seed is a plan: list it without a name", function() sl.grid { seed = sl.list { {} } } end)
fails("seed has a gap", function() sl.grid { seed = { 1, nil, 3 } } end)
fails("value 2 of seed is a plan", function() sl.grid { seed = { 1, sl.list { {} } } } end)
fails("sl%.grid: ablate cannot vary", function() sl.grid { ablate = { 1, 2 } } end)
fails("sl%.zip: lists of one length are needed: batch has 1 values, seed has 2", function() sl.zip { seed = { 1, 2 }, batch = { 1 } } end)
fails("sl%.zip: every list needs an option's name", function() sl.zip { { 1, 2 } } end)
fails("sl%.zip: it is empty", sl.zip, {})
fails("sl%.list: it is empty", sl.list, {})
fails("sl%.list: expected a list of cells; seed = %.%.%. stands outside", function() sl.list { seed = 1 } end)
fails("sl%.list: item 2: expected a table of changes .*, not 3", function() sl.list { {}, 3 } end)
fails("sl%.list: item 1: an option's name was expected before 0.2", function() sl.list { { 0.2 } } end)
fails("sl%.list: item 1: seed is a plan", function() sl.list { { seed = sl.list { {} } } } end)
fails("sl%.list: item 1 is a plan: join plans by %+", function() sl.list { sl.list { {} } } end)
fails("a cell cannot hold an ablation", function() sl.list { { ablate = false } } end)
fails("part 1 has no name", function() sl.leave_one_out { { off = {} } } end)
fails("says neither `on` nor `off`", function() sl.leave_one_out { { "a" } } end)
fails('two parts are called "a"', function() sl.pairwise { { "a", off = {} }, { "a", off = {} } } end)
fails("sl%.random: expected how many cells first", sl.random)
fails("seed needs sl%.uniform", function() sl.random(3, 1, { seed = { 1, 2 } }) end)
fails("5 different cells were wanted, but there are only 2", function() sl.random(5, 1, { seed = sl.choice { 1, 2 } }) end)
fails("the smaller one first", sl.uniform, 2, 1)
fails("above 0", sl.loguniform, 0, 1)
fails("no whole number", sl.uniform, 0.2, 0.8, { whole = true })
fails("sl%.when: expected a condition first", sl.when, "x", sl.list { {} })
fails("sl%.when: expected a plan second", sl.when, { seed = 1 }, {})
fails("sl%.controls: no such option: update", sl.controls, { update = true })
fails("expected a plan on both sides, not 3", function() return sl.list { {} } + 3 end)
fails('a condition or a filter asks for "bacth", but no cell has such an option%. Did you mean "batch"', expand,
  sl.grid { batch = { 1, 2 } }:filter(function(cell) return cell.bacth == 1 end))
fails('a condition or a filter asks for "bacth"', expand,
  sl.grid { batch = { 1, 2 } }:filter(function(cell) return cell.bacth * 2 < 4 end))
fails("attempt to compare", expand, sl.grid { batch = { 1, 2 } }:filter(function(cell) return cell.variant < 4 end))
fails('asks for "mehtod"', expand, sl.when({ mehtod = "advsemiseg" }, sl.grid { batch = { 1, 2 } }))
same(table_of(sl.grid { method = { "supervised", "advsemiseg" }, sl.when({ ["method.threshold"] = 0.2 }, sl.list { { seed = 5 } }) },
  { "method", "seed" }), "supervised 1; advsemiseg 5", "an option that some cells do not have")
fails("sl%.choice: the list is empty", sl.choice, {})
fails("filter: expected a function", function() sl.list { {} }:filter "x" end)

fails("the plan has no cells", expand, sl.grid { seed = { 1 } }:filter(function() return false end))
fails("ablate: expected a plan such as sl.grid", expand, { 1, 2 })
fails("ablate: the plan has more than 10000 cells", function()
  local many = {}
  for i = 1, 400 do many[i] = i end
  expand(sl.grid { seed = many, batch = many })
end)
fails("the filter looked at 1000000 cells", function()
  local many = {}
  for i = 1, 400 do many[i] = i end
  expand(sl.grid { seed = many, batch = many, steps = many }:filter(function() return false end))
end)
fails('method%.treshold: no such option%. Did you mean "threshold".*%(cell 1: method%.treshold = 0%)', expand,
  sl.grid { ["method.treshold"] = { 0, 1 } })
fails("method%.threshold: expected a number from 0 to 1 .*%(cell 3: method%.threshold = 2, seed = 1%)", expand,
  sl.grid { ["method.threshold"] = { 0.5, 2 }, seed = { 1, 2 } })
fails("no such option", expand, sl.grid { seed = { 1, 2 } }, { "method.treshold=1" })
fails('the method "supervised" declares no parts', expand, sl.list { { method = "supervised" } } * sl.leave_one_out())
fails("learns from labelled images alone", expand, sl.list { { method = "supervised" } } * sl.controls {})
fails("cells 1 and 3 would train the same: seed = 1$", function() plan.new(expand(sl.grid { seed = { 1, 2, 1 } })) end)
fails("cells 1 and 2 would train the same", function() plan.new(expand(sl.list { {}, { name = "again" } })) end)
fails('there is no cell "9": give a number from 1 to 8', plan.find, made, "9")

-- a mistake in the experiment itself is no cell's
checks = checks + 1
local ok, problem = pcall(launch.resolve, { sl.experiment(base, { batch = 0, ablate = sl.grid { seed = { 1, 2 } } }) })
if ok or problem.message:find "cell" then error("expected an error without a cell, got " .. tostring(problem.message)) end

-- 1,000 cells are planned in well under a second
local began = os.clock() -- of the processor: other tests may run beside this one
local seeds = {}
for i = 1, 100 do seeds[i] = i end
local large = plan.new(expand(sl.grid { seed = seeds, ["method.threshold"] = { 0, 0.1, 0.2, 0.3, 0.4 }, ["method.lambda_semi"] = { 0, 0.1 } }))
same(#large.cells, 1000, "a large plan")
local took = os.clock() - began
same(took < (os.getenv "SEMILUNA_SANITIZED" and 20 or 3), true, ("1,000 cells took %.2f s"):format(took))

assert(options)
print(("%d checks of plans; 1,000 cells took %.2f s"):format(checks, took))
