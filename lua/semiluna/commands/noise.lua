-- `semiluna noise`: trains the baseline of a script with several seeds, and says how far apart noise alone puts two results.
local core = require "semiluna.core"
local drawing = require "semiluna.draw.table"
local launch = require "semiluna.launch"
local measure = require "semiluna.analysis.measure"
local noise = require "semiluna.analysis.noise"
local plans = require "semiluna.plan.plan"
local script = require "semiluna.script"
local usage = require "semiluna.usage"
local system = core.system

local signal_status = { INT = 130, TERM = 143 }

-- The script's first experiment without its ablation, once for each seed from its own on; each cell has the settings that give it.
local function cells_of(arguments, settings, count)
  local cells, first = {}, nil
  for i = 0, count - 1 do
    local own = table.move(settings, 1, #settings, 1, {})
    own[#own + 1] = "ablate=false"
    if first then own[#own + 1] = "seed=" .. first + i end
    local cell = plans.cells_of(arguments.script, own).cells[1]
    first = first or cell.item.resolved.seed
    cell.number, cell.settings, cell.label = i + 1, own, ("seed %d"):format(first + i)
    cell.shown.seed = tostring(first + i)
    cells[i + 1] = cell
  end
  return cells
end

local function read_states(database, cells)
  if not system.exists(database) then
    for _, cell in ipairs(cells) do cell.state = "to do" end
    return
  end
  local db <close> = core.db(database, "read")
  require("semiluna.plan.state").read(db, cells)
end

-- Trains those that are not done. Returns an exit status where it did not get through.
local function train(cells, arguments, settings, database)
  local coordinator = require "semiluna.sweep.coordinator"
  local left = {}
  for _, cell in ipairs(cells) do
    if not coordinator.final[cell.state] then left[#left + 1] = cell end
  end
  if #left == 0 then return nil end
  local workers = math.min(tonumber(arguments.workers) or math.max(1, core.threads(0) // 4), #left)
  local quiet = arguments.quiet or arguments.format
  if not quiet then
    print(("%s: %d seeds of the baseline, %d to train, %d at a time"):format(script.path, #cells, #left, workers))
  end
  local made = coordinator.new {
    script = arguments.script, database = database, settings = settings, cells = cells, all = cells,
    files = require("semiluna.sweep.watch").new(), workers = workers, threads = tonumber(arguments.threads_per_worker),
    fair_share = math.max(1, core.threads(0) // workers), retry = 0,
    forks = false, logs = script.folder(database) .. "runs/sweep-logs",
    board = require("semiluna.sweep.board").new(cells, {
      title = launch.script_name(), columns = { { name = "seed", title = "seed" } }, quiet = quiet,
    }),
  }
  made:open()
  made:run()
  if made.stopping then return signal_status[made.stopping] end
  for _, cell in ipairs(cells) do
    if cell.state ~= "done" then
      io.stderr:write(("semiluna: %s: the run of %s is %s; the same command goes on\n"):format(script.path, cell.label,
        cell.reason or cell.state))
      return 1
    end
  end
end

local function tag_all(database, cells)
  local ids = {}
  for _, cell in ipairs(cells) do
    if cell.state == "done" and cell.run then ids[#ids + 1] = cell.run end
  end
  local tagged = {}
  do
    local db <close> = core.db(database, "read")
    for _, row in ipairs(db:query("SELECT run FROM tag WHERE tag = ?", noise.tag)) do tagged[row.run] = true end
  end
  local missing = {}
  for _, id in ipairs(ids) do
    if not tagged[id] then missing[#missing + 1] = id end
  end
  if #missing > 0 then
    local db <close> = core.db(database, "write")
    for _, id in ipairs(missing) do db:execute("INSERT OR IGNORE INTO tag(run, tag) VALUES(?, ?)", id, noise.tag) end
  end
  return ids
end

local columns = {
  { name = "seeds_each", title = "seeds each", align = "left" }, { name = "floor", title = "difference", align = "right" },
  { name = "metric", only = "programs" }, { name = "mean", only = "programs" }, { name = "sd", only = "programs" },
  { name = "n", only = "programs" }, { name = "values", only = "programs" }, { name = "runs", only = "programs" },
}

local function print_floor(found, about, arguments)
  local rows, ids, shown = {}, {}, {}
  for i, run in ipairs(found.runs) do
    ids[i] = run.id
    shown[i] = measure.text(about, found.values[i])
  end
  for _, n in ipairs { 1, 2, 3, 5, 10, 20 } do
    local floor = noise.floor(found, n)
    rows[#rows + 1] = {
      seeds_each = n, floor = { value = floor, text = measure.text(about, floor) }, metric = about.metric,
      mean = found.mean, sd = found.sd, n = found.n, values = { list = found.values }, runs = { list = ids },
    }
  end
  local caption = ("%s%s: %s ± %s over %d seeds of the baseline (%s)"):format(measure.title(about),
    about.metric == "miou" and ", " .. about.split or "", measure.text(about, found.mean), measure.text(about, found.sd), found.n,
    table.concat(shown, ", "))
  local note = ("The noise floor: noise alone puts two means of so many seeds further apart than this in 5 %% of cases " ..
    "(t with %d degrees of freedom)."):format(found.n - 1)
  local color = system.isatty(1) and not os.getenv "NO_COLOR"
  print(drawing.table_text(columns, rows, arguments.format, { caption = caption, color = color, notes = { note } }))
end

return function(arguments)
  local about, database = measure.of(arguments), launch.database(arguments)
  local count = tonumber(arguments.seeds) or 5
  local given = launch.list(arguments.set)
  local settings = table.move(given, 1, #given, 1, {})
  local cells = cells_of(arguments, settings, count)
  read_states(database, cells)
  local status = train(cells, arguments, settings, database)
  if status then return status end
  local ids = tag_all(database, cells)
  local db <close> = core.db(database, "read")
  local found = noise.of(db, ids, about)
  if not found then
    local what = about.metric == "miou" and "mean IoU on " .. about.split or about.metric
    usage("%s: fewer than two of the %d runs have %s", script.path, #ids, what)
  end
  print_floor(found, about, arguments)
  return 0
end
