-- Mean IoU under every convention: matrices made by hand, the core's own sums, and the database's views agree.
local convention = require "semiluna.analysis.convention"
local core = require "semiluna.core"
local measure = require "semiluna.analysis.measure"

local checks = 0

local function near(got, expected, what)
  checks = checks + 1
  if not (math.abs(got - expected) <= 1e-12) then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)),
    2) end
end

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

local function isnan(value, what)
  checks = checks + 1
  if value == value then error(("%s: got %s, expected nan"):format(what, tostring(value)), 2) end
end

-- ---- one list of IoUs -----------------------------------------------------------------------------------------------------------
local nan = 0 / 0
local list = { 0.5, 0.0, nan, 0.25 } -- hit, never hit, absent, hit
near(convention.mean(list, "standard"), 0.25, "standard: the absent one is left out")
near(convention.mean(list, "authors"), 0.375, "authors: the one never hit too")
near(convention.mean(list, "absent-zero"), 0.1875, "absent-zero: all count")
isnan(convention.mean({ nan, nan }, "standard"), "no class at all")
isnan(convention.mean({ 0.0, nan }, "authors"), "no class hit")
near(convention.mean({ nan, nan }, "absent-zero"), 0, "absent classes as 0")
near(convention.iou(10, 6, 4), 4 / 12, "an IoU")
isnan(convention.iou(0, 0, 0), "an absent class")

-- ---- recorded runs --------------------------------------------------------------------------------------------------------------

local path = os.tmpname()
os.remove(path)
local guard <close> = setmetatable({}, { __close = function()
  for _, ending in ipairs { "", "-wal", "-shm" } do os.remove(path .. ending) end
end })

local names = { "background", "cat", "dog", "bus" }
local writing, writer = core.db(path, "write"), core.writer(path)

-- Records a matrix as a run does: as label maps, through the core.
local function record(run, split, step, rows)
  local truth, prediction = {}, {}
  for t, row in ipairs(rows) do
    for p, count in ipairs(row) do
      for _ = 1, count do
        truth[#truth + 1], prediction[#prediction + 1] = t - 1, p - 1
      end
    end
  end
  local matrix = core.confusion(#names)
  local function map(data) return core.tensor { shape = { 1, 1, #data }, dtype = "u8", data = data } end
  matrix:add(map(truth), map(prediction))
  for i, iou in ipairs(matrix:class_iou()) do writer:class_iou(run, step, split, i - 1, names[i], iou) end
  writer:confusion(run, step, split, matrix)
  return matrix
end

local first = writing:run_new { experiment = "e", name = "first" }
local second = writing:run_new { experiment = "e", name = "second" }
local bare = writing:run_new { experiment = "e", name = "never evaluated" }

local matrices = {
  [first] = {
    [10] = record(first, "val", 10, { { 4, 3, 0, 0 }, { 2, 2, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 0 } }),
    [20] = record(first, "val", 20, { { 6, 1, 0, 0 }, { 1, 2, 1, 0 }, { 0, 1, 0, 0 }, { 0, 0, 0, 0 } }),
  },
  [second] = {
    [10] = record(second, "val", 10, { { 1, 0, 0, 0 }, { 0, 0, 5, 0 }, { 0, 0, 5, 0 }, { 0, 0, 0, 3 } }),
    [30] = record(second, "val", 30, { { 9, 9, 0, 1 }, { 1, 1, 1, 1 }, { 0, 7, 3, 0 }, { 2, 2, 2, 2 } }),
  },
}
record(first, "train", 20, { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 0, 1 } })
writer:metric(first, 10, "kept", 0.1)
writer:metric(first, 20, "kept", 0.2)
writer:metric(first, 25, "kept", 0.3)
writer:metric(second, 10, "kept", 0.4)
writer:close()
writing:close()

local db <close> = core.db(path, "read")
local ids = { first, second, bare }

local function about(changes)
  local made = { metric = "miou", split = "val", at = "last", convention = "standard", ignore = {} }
  for key, value in pairs(changes) do made[key] = value end
  return made
end

-- by hand, at the last step of the first run: background 6/8, cat 2/6, dog 0/2, bus absent
local hand = convention.load(db, ids, about {})[first]
same(hand.step, 20, "the last step")
for i, iou in ipairs { 6 / 8, 2 / 6, 0 } do near(hand.classes[i].iou, iou, "by hand: " .. names[i]) end
isnan(hand.classes[4].iou, "by hand: bus")
near(hand.miou, (6 / 8 + 2 / 6) / 3, "by hand: standard")
near(convention.load(db, ids, about { convention = "authors" })[first].miou, (6 / 8 + 2 / 6) / 2, "by hand: authors")
near(convention.load(db, ids, about { convention = "absent-zero" })[first].miou, (6 / 8 + 2 / 6) / 4, "by hand: absent-zero")
-- what is ignored leaves the mean; its pixels stay: the cat's false positives on the background count on
near(convention.load(db, ids, about { ignore = { "background" } })[first].miou, (2 / 6) / 2, "without background")
near(convention.load(db, ids, about { ignore = { "background", "dog" } })[first].miou, 2 / 6, "without two")
near(convention.load(db, ids, about { ignore = { "background" }, convention = "absent-zero" })[first].miou, (2 / 6) / 3,
  "without background, absent-zero")

-- all matrices: the core, the views and the table say the same
local core_names = { standard = "standard", authors = "authors", ["absent-zero"] = "absent_zero" }
for run, steps in pairs(matrices) do
  for step, matrix in pairs(steps) do
    local views = db:query("SELECT standard, authors, absent_zero FROM convention WHERE run = ? AND split = 'val' AND step = ?",
      run, step)[1]
    for _, name in ipairs(convention.names) do
      local found = convention.load(db, ids, about { at = step, convention = name })[run]
      near(found.miou, matrix:miou(core_names[name]), name .. " as the core")
      near(found.miou, views[core_names[name]], name .. " as the view")
    end
    local counts = db:query(
      "SELECT class_name, truth, predicted, hit FROM class_counts WHERE run = ? AND split = 'val' AND step = ? ORDER BY class_index",
      run, step)
    local classes = convention.load(db, ids, about { at = step })[run].classes
    same(#counts, #classes, "as many classes as the view")
    for i, class in ipairs(classes) do
      for _, key in ipairs { "truth", "predicted", "hit" } do same(class[key], counts[i][key], key .. " of " .. class.name) end
      same(class.name, counts[i].class_name, "a class's name")
    end
  end
end

-- which step
local function steps(changes)
  local found = convention.steps(db, ids, about(changes))
  return ("%s %s %s"):format(found[first], found[second], found[bare])
end
same(steps {}, "20 30 nil", "last")
same(steps { at = 10 }, "10 10 nil", "a step")
same(steps { at = 20 }, "20 nil nil", "a step that one run lacks")
same(steps { split = "train" }, "20 nil nil", "another split")
same(steps { split = "test" }, "nil nil nil", "a split that none has")
-- the best depends on the convention: with dog hit at step 10 (4/9, 2/7, 1), against (6/8, 2/6, 0) at step 20
same(steps { at = "best" }, "10 10 nil", "best, standard")
same(steps { at = "best", ignore = { "dog" } }, "20 10 nil", "best without dog")
for _, name in ipairs(convention.names) do
  for _, ignore in ipairs { {}, { "dog" }, { "background", "cat" } } do
    local best = convention.load(db, ids, about { at = "best", convention = name, ignore = ignore })
    for run, all in pairs(matrices) do
      local highest = -1
      for step in pairs(all) do
        local one = convention.load(db, ids, about { at = step, convention = name, ignore = ignore })[run].miou
        if one == one then highest = math.max(highest, one) end
      end
      near(best[run].miou, highest, "the best step is the best, " .. name .. " without " .. table.concat(ignore, ", "))
    end
  end
end

-- a class that no run knows
local ok, problem = pcall(convention.load, db, ids, about { ignore = { "backgruond" } })
same(ok, false, "an unknown class")
same(problem.usage and problem.message:find('Did you mean "background"', 1, true) ~= nil, true, "its message: " ..
  tostring(problem.message))

-- ---- metrics --------------------------------------------------------------------------------------------------------------------
local function kept(changes)
  changes.metric = "kept"
  local found = measure.load(db, ids, about(changes))
  return ("%s %s"):format(found[first] and found[first].value, found[second] and found[second].value)
end
same(kept {}, "0.3 0.4", "a metric's last value")
same(kept { at = 20 }, "0.2 nil", "a metric at a step")
same(kept { at = "best" }, "0.1 0.4", "a metric at the step of the best mean IoU")
same(pcall(measure.load, db, ids, about { metric = "kep" }), false, "no such metric")

-- ---- without matrices -----------------------------------------------------------------------------------------------------------
local function all_means()
  local texts = {}
  for _, name in ipairs(convention.names) do
    for _, at in ipairs { "last", "best", 10 } do
      for _, ignore in ipairs { {}, { "dog" } } do
        local found = convention.load(db, ids, about { at = at, convention = name, ignore = ignore })
        for i, run in ipairs(ids) do texts[#texts + 1] = ("%d %.12f"):format(i, found[run] and found[run].miou or -1) end
      end
    end
  end
  return table.concat(texts, "\n")
end
local with_matrices = all_means()
same(with_matrices:find "0%.%d+" ~= nil, true, "there are means")
do
  local changing <close> = core.db(path, "write")
  changing:execute "DELETE FROM confusion"
end
same(all_means(), with_matrices, "the recorded IoU of classes stands in for matrices that are not there")

print(checks .. " checks: hand-made matrices, the core and the views under " .. table.concat(convention.names, ", "))
