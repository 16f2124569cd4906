-- `semiluna whatif`: what any threshold on the method's confidence would keep, and how much of it is right, from the histograms that
-- evaluations stored.
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local reliability = require "semiluna.analysis.reliability"
local tables = require "semiluna.draw.table"
local usage = require "semiluna.usage"

local least_step = 5 -- thresholds are so many bins apart

-- ---- what is asked for ------------------------------------------------------------------------------------------------------------

local steps_query = "SELECT DISTINCT step FROM confidence WHERE run = ? AND split = ? ORDER BY step"
local best_query = [[SELECT step FROM convention WHERE run = ?1 AND split = ?2
  AND step IN (SELECT step FROM confidence WHERE run = ?1 AND split = ?2) ORDER BY standard DESC, step LIMIT 1]]

-- The evaluation's step.
local function step_of(db, run, split, at)
  local steps = db:query(steps_query, run.id, split)
  if #steps == 0 then
    error(("run %d (%s) has no confidence on %s: its method has none, evaluate.confidence is off, or it has not been evaluated yet")
      :format(run.id, run.name, split), 0)
  end
  if at == "last" then return steps[#steps].step end
  if at == "best" then return db:query(best_query, run.id, split)[1].step end
  local wanted, known = math.tointeger(tonumber(at)), {}
  if not wanted then usage('--at takes "last", "best" or a step, not "%s"', at) end
  for i, row in ipairs(steps) do
    if row.step == wanted then return wanted end
    known[i] = tostring(row.step)
  end
  error(("run %d (%s) was not evaluated on %s at step %d, but at %s"):format(run.id, run.name, split, wanted, table.concat(known, ", ")), 0)
end

local function class_names(db, run, split, step)
  local names = {}
  local sql = "SELECT class_index, class_name FROM class_iou WHERE run = ? AND split = ? AND step = ?"
  for _, row in ipairs(db:query(sql, run.id, split, step)) do names[row.class_index] = row.class_name end
  return names
end

-- The threshold that the run was trained with, where it is one number.
local function own_threshold(db, run)
  local row = db:query("SELECT value FROM param WHERE run = ? AND name = 'method.threshold'", run.id)[1]
  return row and tonumber(row.value)
end

-- The classes that were predicted anywhere, in order: {name, histogram}.
local function by_class(classes, names)
  local list = {}
  for index, histogram in pairs(classes) do
    list[#list + 1] = { index = index, name = names[index] or tostring(index), histogram = histogram }
  end
  table.sort(list, function(a, b) return a.index < b.index end)
  return list
end

-- ---- for programs -------------------------------------------------------------------------------------------------------------------

local function long_rows(list)
  local rows = {}
  for _, item in ipairs(list) do
    for place = 0, reliability.bins, least_step do
      local kept, right, pixels = reliability.kept(item.histogram, place)
      rows[#rows + 1] = {
        class = item.name, threshold = place / reliability.bins, pixels = pixels, kept = kept, right = right,
        auroc = reliability.auroc(item.histogram), calibration_error = reliability.calibration_error(item.histogram),
      }
    end
  end
  return rows
end

local long_columns = {
  { name = "class" }, { name = "threshold" }, { name = "pixels" }, { name = "kept" }, { name = "right" }, { name = "auroc" },
  { name = "calibration_error" },
}

-- ---- for people ---------------------------------------------------------------------------------------------------------------------

local function thresholds_table(all, own, format, caption)
  local rows, marked = {}, false
  for place = 0, reliability.bins, least_step do
    local kept, right = reliability.kept(all, place)
    local threshold = place / reliability.bins
    local is_own = own and math.abs(own - threshold) < 1e-9
    marked = marked or is_own
    rows[#rows + 1] = {
      threshold = { value = threshold, text = ("%.2f"):format(threshold), bold = is_own }, kept = kept, right = right,
    }
  end
  local notes = {
    ("AUROC of confidence for being right %.3f, expected calibration error %.3f"):format(reliability.auroc(all),
      reliability.calibration_error(all)),
  }
  if marked then table.insert(notes, 1, "the threshold that the run was trained with stands out") end
  return tables.table_text({
    { name = "threshold", align = "left" }, { name = "kept", title = "kept %", kind = "percent" },
    { name = "right", title = "right of kept %", kind = "percent" },
  }, rows, format, { caption = caption, notes = notes })
end

local function curve_table(all, format)
  local rows = {}
  for i, part in ipairs(reliability.curve(all, 10)) do
    local bar = part.right == part.right and ("#"):rep(math.floor(part.right * 20 + 0.5)) or ""
    rows[i] = { confidence = ("%.1f to %.1f"):format(part.from, part.to), pixels = part.pixels, right = part.right, bar = bar }
  end
  return tables.table_text({
    { name = "confidence" }, { name = "pixels", title = "pixels %", kind = "percent" },
    { name = "right", title = "right %", kind = "percent" }, { name = "bar", title = "", align = "left" },
  }, rows, format, { caption = "how often is it right where it is so confident?" })
end

local class_places = { 0, 20, 40, 60, 80 }

-- One row a class; the columns are thresholds.
local function classes_table(list, format)
  local columns = {
    { name = "class" }, { name = "pixels", title = "predicted %", kind = "percent" }, { name = "auroc", title = "AUROC" },
    { name = "error", title = "cal. error" },
  }
  for _, what in ipairs { "kept", "right" } do
    for _, place in ipairs(class_places) do
      if not (what == "kept" and place == 0) then
        columns[#columns + 1] = { name = what .. place, kind = "percent", title = ("%s %.1f"):format(what, place / reliability.bins) }
      end
    end
  end
  local all, rows = 0, {}
  for _, item in ipairs(list) do all = all + reliability.total(item.histogram) end
  local function short(value) return { value = value, text = value == value and ("%.3f"):format(value) or "-" } end
  for i, item in ipairs(list) do
    local row = {
      class = item.name, pixels = (reliability.total(item.histogram)) / all, auroc = short(reliability.auroc(item.histogram)),
      error = short(reliability.calibration_error(item.histogram)),
    }
    for _, place in ipairs(class_places) do row["kept" .. place], row["right" .. place] = reliability.kept(item.histogram, place) end
    rows[i] = row
  end
  return tables.table_text(columns, rows, format, {
    caption = "by predicted class: share kept at each threshold, and share of the kept that are right, in %",
  })
end

return function(arguments)
  local db <close> = core.db(launch.database(arguments), "read")
  local run = db:query("SELECT id, name FROM run WHERE id = ?", db:run_find(arguments.what))[1]
  local split, at, format = arguments.split or "val", arguments.at or "last", arguments.format or "table"
  local step = step_of(db, run, split, at)
  local all, classes = reliability.from_rows(db:query(
    "SELECT class_index, correct, bin, pixels FROM confidence WHERE run = ? AND split = ? AND step = ?", run.id, split, step))
  local list = by_class(classes, class_names(db, run, split, step))

  if format == "csv" or format == "json" then
    local rows = arguments.per_class and list or {}
    table.insert(rows, 1, { name = "all", histogram = all })
    print(tables.table_text(long_columns, long_rows(rows), format))
    return 0
  end
  local pixels, right = reliability.total(all)
  local caption = ("run %d (%s), %s, step %d: %d pixels, %.1f %% right"):format(run.id, run.name, split, step, pixels, 100 * right)
  print(thresholds_table(all, own_threshold(db, run), format, caption))
  print("\n" .. curve_table(all, format))
  if arguments.per_class then print("\n" .. classes_table(list, format)) end
  return 0
end
