-- Which runs a person means: a script (the cells of its plan), the name of an experiment or of runs, one run, or a filter
-- expression.
--
-- select.runs(db, what, options) gives rows, notes, plan. Rows: {id, uuid, name, experiment, method, state, seed, step, steps,
-- params} ordered by id, where params holds the text of every option by its name. Notes: texts that say what was left out or taken
-- instead. For a script there is its plan, and each row has `cell`, its cell of the plan. What lies in the bin is left out.
-- Options:
--   state        only runs in this state, such as "done"; nil: any
--   settings     "name=value" texts that are laid over a script
--   any_version  a script's cells take runs of the same options by another version of script, library or data lists too
--   all_cells    a run stands as often as the script has cells of its hash (of other variants, say), each with its cell's options
local core = require "semiluna.core"
local expression = require "semiluna.analysis.expression"
local filter = require "semiluna.analysis.filter"
local usage = require "semiluna.usage"
local system = core.system

local select_runs = {}

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

-- A list of numbers or texts as one SQL parameter, for `IN (SELECT value FROM json_each(?))`.
local function json_list(list)
  return #list == 0 and "[]" or system.json_encode(list)
end
select_runs.json_list = json_list

-- ---- options of many runs -------------------------------------------------------------------------------------------------------

-- Gives each row its params. What is the same for all is read once, the rest run by run: two queries, however many runs there are.
function select_runs.load_params(db, rows)
  local ids, by_id = {}, {}
  for i, row in ipairs(rows) do
    ids[i] = row.id
    by_id[row.id] = row
    row.params = {}
  end
  local list, varied, odd = json_list(ids), {}, {}
  for _, row in ipairs(db:query([[
    SELECT name, min(value) AS value, count(value) = ?2 AND min(value) = max(value) AS same FROM param
    WHERE run IN (SELECT value FROM json_each(?1)) GROUP BY name]], list, #ids)) do
    if row.same == 1 then
      for _, run in ipairs(rows) do run.params[row.name] = row.value end
    else
      local names = utf8.len(row.name) and not row.name:find("\0", 1, true) and varied or odd -- JSON has no way to name the others
      names[#names + 1] = row.name
    end
  end
  local function read(found)
    for _, row in ipairs(found) do by_id[row.run].params[row.name] = row.value end
  end
  if #varied > 0 then
    read(db:query([[
      SELECT p.run, p.name, p.value FROM json_each(?1) i CROSS JOIN json_each(?2) n CROSS JOIN param p
      ON p.run = i.value AND p.name = n.value]], list, json_list(varied)))
  end
  for _, name in ipairs(odd) do
    read(db:query("SELECT p.run, p.name, p.value FROM json_each(?1) i CROSS JOIN param p ON p.run = i.value AND p.name = ?2", list,
      name))
  end
end

local function rows_of(db, condition, ...)
  return db:query("SELECT r.id, r.uuid, r.name, r.experiment, r.method, r.state, r.seed, r.step, r.steps FROM run_summary r" ..
    " WHERE " .. condition .. " ORDER BY r.id", ...)
end

-- ---- a script -------------------------------------------------------------------------------------------------------------------

-- The newest run of each hash.
local function runs_by_hash(db, cells, key, options)
  local list, chosen = {}, {}
  for i, cell in ipairs(cells) do list[i] = cell[key] end
  local sql = [[
    SELECT c.run, c.KEY AS key FROM cell c JOIN run r ON r.id = c.run WHERE c.KEY IN (SELECT value FROM json_each(?1))
    AND (?2 IS NULL OR r.state = ?2) AND c.run NOT IN (SELECT run FROM removed) ORDER BY c.run]]
  for _, row in ipairs(db:query(sql:gsub("KEY", key), json_list(list), options.state)) do chosen[row.key] = row.run end
  return chosen
end

-- What is to be said of cells that have no run, or only one of another version.
local function cell_notes(notes, cells, missing, other, mixed, options)
  if other > 0 and not mixed then
    local format = "%s left out: made by another version of the script, the library or the data's lists " ..
      "(--any-version takes %s)"
    notes[#notes + 1] = format:format(plural(other, "run"), other == 1 and "it" or "them")
  elseif other > 0 then
    notes[#notes + 1] = ("%s made by another version of the script, the library or the data's lists"):format(plural(other, "run"))
  end
  if missing > 0 then
    notes[#notes + 1] = ("%d of %s %s no %srun yet"):format(missing, plural(cells, "cell"), missing == 1 and "has" or "have",
      options.state and options.state .. " " or "")
  end
end

-- The run of each cell, {[cell] = run}. Runs of another version are told, and not mixed with the others unless that is asked for.
local function runs_of_cells(db, cells, options, notes)
  local current, any = runs_by_hash(db, cells, "hash", options), runs_by_hash(db, cells, "options_hash", options)
  local chosen, others, missing = {}, {}, 0
  for _, cell in ipairs(cells) do
    chosen[cell] = current[cell.hash]
    if not chosen[cell] and any[cell.options_hash] then
      others[#others + 1] = cell
    elseif not chosen[cell] then
      missing = missing + 1
    end
  end
  local mixed = options.any_version or next(chosen) == nil
  for _, cell in ipairs(mixed and others or {}) do chosen[cell] = any[cell.options_hash] end
  if next(chosen) ~= nil then cell_notes(notes, #cells, missing, #others, mixed, options) end
  return chosen
end

-- Options as the cell has them today: what decides no result, such as the variant, may be called otherwise than when the run was
-- made.
local function with_options_of(row, cell)
  local copy, params = {}, {}
  for key, value in pairs(row) do copy[key] = value end
  for name, value in pairs(row.params) do params[name] = value end
  for _, option in ipairs(cell.item.list) do params[option.name] = option.text end
  copy.params, copy.cell = params, cell
  return copy
end

-- The plan of a script. Where it cannot be made because its data is not here, its runs may be in the database all the same.
local function plan_of(db, path, options)
  local ok, plan = pcall(require("semiluna.plan.plan").cells_of, path, options.settings or {})
  if ok then return plan end
  local name = path:match "([^/]+)%.lua$"
  if type(plan) == "string" and db:query("SELECT 1 FROM experiment WHERE name = ?", name)[1] then
    plan = ("%s  (without the script's data its runs can be named: %s)"):format(plan, expression.visible(name))
  end
  error(plan, 0)
end

local function of_script(db, path, options, notes)
  local plan = plan_of(db, path, options)
  local chosen, ids = runs_of_cells(db, plan.cells, options, notes), {}
  for _, cell in ipairs(plan.cells) do ids[#ids + 1] = chosen[cell] end
  local by_id, rows = {}, {}
  local found = rows_of(db, "r.id IN (SELECT value FROM json_each(?1))", json_list(ids))
  if #found > 0 then select_runs.load_params(db, found) end
  for _, row in ipairs(found) do by_id[row.id] = row end
  local function add(cell, run)
    if by_id[run] then rows[#rows + 1] = with_options_of(by_id[run], cell) end
  end
  for _, cell in ipairs(plan.cells) do add(cell, chosen[cell]) end
  for _, drop in ipairs(options.all_cells and plan.dropped or {}) do add(drop.cell, chosen[drop.same]) end
  table.sort(rows, function(a, b) return a.id < b.id or a.id == b.id and a.cell.number < b.cell.number end)
  return rows, plan
end

-- ---- names and expressions ------------------------------------------------------------------------------------------------------

-- A name rather than an expression: nothing in it that an expression needs.
local function is_word(what)
  return not what:find "[=<>~(`]" and not what:lower():find "%f[%w]in%f[%W]"
end

local by_experiment = "r.id IN (SELECT id FROM run WHERE experiment = (SELECT id FROM experiment WHERE name = ?1))"
local by_name = "r.id IN (SELECT id FROM run WHERE name = ?1)"

-- '. Did you mean "threshold"?' where an expression asks for an experiment that is not there, else nothing.
local function experiment_hint(db, what)
  local name = what:match "experiment%s*==?%s*'([^']*)'" or what:match 'experiment%s*==?%s*"([^"]*)"'
  local names = {}
  for i, row in ipairs(name and db:query "SELECT name FROM experiment ORDER BY name" or {}) do
    if row.name == name then return "" end
    names[i] = row.name
  end
  local hint = name and expression.suggestion(name, names) or ""
  return hint ~= "" and "." .. hint or ""
end

local function of_words(db, what)
  for _, condition in ipairs { by_experiment, by_name } do
    local rows = rows_of(db, condition, what)
    if #rows > 0 then return rows end
  end
  if is_word(what) then return rows_of(db, "r.id = ?1", db:run_find(what)) end
  local condition = filter.compile(what, db)
  local rows = rows_of(db, "r.id IN (SELECT r.id FROM run r WHERE " .. condition.sql .. ")", table.unpack(condition.parameters))
  if #rows == 0 then usage("%s: no run in %s is so%s", expression.visible(what), db:path(), experiment_hint(db, what)) end
  return rows
end

-- Those in a state; the others are told.
local function with_state(rows, state, what, notes)
  if not state then return rows end
  local left, counts, order = {}, {}, {}
  for _, row in ipairs(rows) do
    if row.state == state then
      left[#left + 1] = row
    else
      if not counts[row.state] then order[#order + 1] = row.state end
      counts[row.state] = (counts[row.state] or 0) + 1
    end
  end
  for i, name in ipairs(order) do order[i] = counts[name] .. " " .. name end
  if #left == 0 then
    usage("%s: none of %s is %s (%s)", expression.visible(what), plural(#rows, "run"), state, table.concat(order, ", "))
  end
  if #order > 0 then
    local others = #rows - #left
    notes[#notes + 1] = ("%s %s not %s and left out (%s)"):format(plural(others, "run"), others == 1 and "is" or "are", state,
      table.concat(order, ", "))
  end
  return left
end

-- The runs that `what` names. No run at all is an error.
function select_runs.runs(db, what, options)
  options = options or {}
  local notes = {}
  if what:match "%.lua$" then
    local rows, plan = of_script(db, what, options, notes)
    if #rows == 0 then
      local shown, state = expression.visible(what), options.state and options.state .. " " or ""
      usage("%s: no cell of this script has a %srun in %s: `semiluna sweep %s` trains them", shown, state, db:path(), shown)
    end
    return rows, notes, plan
  end
  local rows = of_words(db, what)
  if #rows == 0 then error(("run %s lies in the bin"):format(expression.visible(what)), 0) end
  rows = with_state(rows, options.state, what, notes)
  select_runs.load_params(db, rows)
  return rows, notes
end

return select_runs
