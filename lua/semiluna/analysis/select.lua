-- Which runs a person means: a script (the cells of its plan), the name of an experiment or of runs, one run, or a filter expression.
--
-- select.runs(db, what, options) gives {rows, notes}: rows {id, uuid, name, experiment, method, state, seed, step, steps, params} ordered by
-- id, where params holds the text of every option by its name, and notes, texts that say what was left out or taken instead. For a
-- script a row has `cell` too, its cell of the plan. Options:
--   state        only runs in this state, such as "done"; nil: any
--   settings     "name=value" texts that are laid over a script
--   any_version  a script's cells take runs of the same options by another version of script, library or data lists too
--   removed      runs in the bin count too
local core = require "semiluna.core"
local expression = require "semiluna.analysis.expression"
local filter = require "semiluna.analysis.filter"
local usage = require "semiluna.usage"
local system = core.system

local select_runs = {}

local function has_table(db, name)
  return db:query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name)[1] ~= nil
end

-- A condition that leaves out what lies in the bin; files of the first schema have none.
local function kept(db, options)
  if options.removed or not has_table(db, "removed") then return "" end
  return " AND NOT EXISTS(SELECT 1 FROM removed x WHERE x.run = r.id)"
end

-- A list of numbers or texts as one SQL parameter, for `IN (SELECT value FROM json_each(?))`.
local function json_list(list)
  return #list == 0 and "[]" or system.json_encode(list)
end
select_runs.json_list = json_list

-- ---- options of many runs ----------------------------------------------------------------------------------------------------------------

-- Gives each row its params. What is the same for all is read once, the rest run by run: two queries, however many runs there are.
function select_runs.load_params(db, rows)
  local ids, by_id = {}, {}
  for i, row in ipairs(rows) do
    ids[i] = row.id
    by_id[row.id] = row
    row.params = {}
  end
  local list = json_list(ids)
  local varied = {}
  for _, row in ipairs(db:query([[
    SELECT name, min(value) AS value, count(value) = ?2 AND min(value) = max(value) AS same FROM param
    WHERE run IN (SELECT value FROM json_each(?1)) GROUP BY name]], list, #ids)) do
    if row.same == 1 then
      for _, run in ipairs(rows) do run.params[row.name] = row.value end
    else
      varied[#varied + 1] = row.name
    end
  end
  if #varied == 0 then return end
  for _, row in ipairs(db:query([[
    SELECT p.run, p.name, p.value FROM json_each(?1) i CROSS JOIN json_each(?2) n CROSS JOIN param p
    ON p.run = i.value AND p.name = n.value]], list, json_list(varied))) do
    by_id[row.run].params[row.name] = row.value
  end
end

local function rows_of(db, condition, ...)
  local rows = db:query([[
    SELECT r.id, r.uuid, r.name, r.experiment, r.method, r.state, r.seed, r.step, r.steps FROM run_summary r WHERE ]] .. condition ..
    " ORDER BY r.id", ...)
  return rows
end

-- ---- what is meant --------------------------------------------------------------------------------------------------------------------------

-- The newest of the rows that have the same key; `wanted` is the state that counts most.
local function newest(rows, key)
  local chosen = {}
  for _, row in ipairs(rows) do chosen[row[key]] = row end -- rows are in the order of their ids
  return chosen
end

local function rows_by_hash(db, cells, key, options)
  local list = {}
  for i, cell in ipairs(cells) do list[i] = cell[key] end
  local sql = ("SELECT c.run, c.%s AS key FROM cell c JOIN run r ON r.id = c.run WHERE c.%s IN (SELECT value FROM json_each(?1))"):format(
    key, key) .. " AND (?2 IS NULL OR r.state = ?2)" .. kept(db, options) .. " ORDER BY c.run"
  return newest(db:query(sql, json_list(list), options.state), "key")
end

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

-- Runs of a script's cells. Those of another version are told, and not mixed with the others unless that is asked for.
local function of_script(db, path, options, notes)
  local plan = require("semiluna.plan.plan").cells_of(path, options.settings or {})
  local cells = plan.cells or plan
  if not has_table(db, "cell") then return {} end
  local current, any = rows_by_hash(db, cells, "hash", options), rows_by_hash(db, cells, "options_hash", options)
  local found, other = 0, 0
  for _, cell in ipairs(cells) do
    if current[cell.hash] then
      found = found + 1
    elseif any[cell.options_hash] then
      other = other + 1
    end
  end
  local mixed = options.any_version or found == 0
  if other > 0 and not mixed then
    notes[#notes + 1] = ("%s left out: made by another version of the script, the library or the data's lists (--any-version takes %s)"):format(
      plural(other, "run"), other == 1 and "it" or "them")
  elseif other > 0 then
    notes[#notes + 1] = ("%s of another version of the script, the library or the data's lists"):format(plural(other, "run"))
  end
  local ids, cell_of = {}, {}
  for _, cell in ipairs(cells) do
    local row = current[cell.hash] or mixed and any[cell.options_hash]
    if row and not cell_of[row.run] then
      ids[#ids + 1] = row.run
      cell_of[row.run] = cell
    end
  end
  if #ids < #cells and #ids > 0 then
    notes[#notes + 1] = ("%d of %s %s no %srun yet"):format(#cells - #ids - (mixed and 0 or other), plural(#cells, "cell"),
      "have", options.state and options.state .. " " or "")
    if #cells - #ids - (mixed and 0 or other) == 0 then notes[#notes] = nil end
  end
  local rows = rows_of(db, "r.id IN (SELECT value FROM json_each(?1))", json_list(ids))
  for _, row in ipairs(rows) do row.cell = cell_of[row.id] end
  return rows
end

-- A name rather than an expression: nothing in it that an expression needs.
local function is_word(what)
  return not what:find "[=<>~(`]" and not what:lower():find "%f[%w]in%f[%W]"
end

local function of_words(db, what, options)
  local both = { "r.experiment = ?1", "r.name = ?1" }
  for _, condition in ipairs(both) do
    local id = "r.id IN (SELECT id FROM run WHERE " ..
      (condition:find "experiment" and "experiment = (SELECT id FROM experiment WHERE name = ?1))" or "name = ?1)")
    local rows = rows_of(db, id .. kept(db, options), what)
    if #rows > 0 then return rows end
  end
  if not is_word(what) then
    local condition = filter.compile(what, db)
    local inner = "r.id IN (SELECT r.id FROM run r WHERE " .. condition.sql .. kept(db, options) .. ")"
    return rows_of(db, inner, table.unpack(condition.parameters)), true
  end
  return rows_of(db, "r.id = ?1", db:run_find(what))
end

local function with_state(rows, state, what)
  if not state then return rows end
  local left, counts, order = {}, {}, {}
  for _, row in ipairs(rows) do
    if row.state == state then left[#left + 1] = row end
    if not counts[row.state] then order[#order + 1] = row.state end
    counts[row.state] = (counts[row.state] or 0) + 1
  end
  if #left > 0 or #rows == 0 then return left end
  for i, name in ipairs(order) do order[i] = counts[name] .. " " .. name end
  usage("%s: none of %s is %s (%s)", expression.visible(what), plural(#rows, "run"), state, table.concat(order, ", "))
end

-- The runs that `what` names. No run at all is a usage error.
function select_runs.runs(db, what, options)
  options = options or {}
  local notes, rows = {}, nil
  if what:match "%.lua$" then
    rows = of_script(db, what, options, notes)
    if #rows == 0 then
      usage("%s: no cell of this script has a %srun in %s: `semiluna sweep %s` trains them", expression.visible(what),
        options.state and options.state .. " " or "", db:path(), expression.visible(what))
    end
  else
    local by_expression
    rows, by_expression = of_words(db, what, options)
    if #rows == 0 and by_expression then usage("%s: no run in %s is so", expression.visible(what), db:path()) end
    rows = with_state(rows, options.state, what)
  end
  select_runs.load_params(db, rows)
  return rows, notes
end

return select_runs
