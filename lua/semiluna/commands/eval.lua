-- `semiluna eval`: measures a stored network on a split.
local checkpoint = require "semiluna.checkpoint"
local core = require "semiluna.core"
local data = require "semiluna.data"
local evaluate = require "semiluna.evaluate"
local launch = require "semiluna.launch"
local options = require "semiluna.options"
local report = require "semiluna.report"
local run = require "semiluna.run"
local script = require "semiluna.script"
local usage = require "semiluna.usage"
local system = core.system

-- The recorded run that `what` names, and its experiment.
local function find_run(arguments, what, settings)
  local db <close> = core.db(launch.database(arguments), "read")
  local row = launch.stored_run(db, what)
  return row, launch.stored_experiment(row, settings).resolved
end

-- The file with the weights, and the resolved experiment they belong to; nil where only the file is known.
local function find(arguments, settings)
  local what, path, resolved = arguments.what, nil, nil
  if arguments.script then resolved = launch.resolve(script.load(arguments.script), settings)[1].resolved end
  if what:match("%.safetensors$") or system.exists(what) then
    if not system.exists(what) then error(what .. ": there is no such file", 0) end
    return what, resolved
  end
  local row, own = find_run(arguments, what, settings)
  path = launch.folder(own, launch.database(arguments), row.uuid) .. "/last.safetensors"
  if not system.exists(path) then error(("run %d (%s) has no checkpoint: %s does not exist"):format(row.id, row.name, path), 0) end
  return path, resolved or own
end

-- A checkpoint knows its run: where the database has it, the run's own data can be measured.
local function find_by_checkpoint(arguments, meta, settings)
  if not (meta and meta.uuid and system.exists(launch.database(arguments))) then return nil end
  local found, _, resolved = pcall(find_run, arguments, meta.uuid, settings)
  return found and resolved or nil
end

-- The section `data` that is measured: the experiment's own, or the folder of --data with the pixels treated as in training.
local function data_options(arguments, resolved, meta)
  local options_of = resolved and resolved.data
  if arguments.data then
    local treated = options_of or meta and { mean = meta.model.mean, divisor = meta.model.divisor }
    if not treated then usage("%s does not say how its images were normalized: give --script FILE", arguments.what) end
    local list = arguments.list or arguments.split or "val"
    local raw = { name = "eval", steps = 1, optimizer = { "sgd", lr = 0 }, data = {
      layout = "voc", root = arguments.data, train = list, val = list, mean = treated.mean, divisor = treated.divisor,
    } }
    return options.resolve(raw).data, "val"
  end
  if not options_of then usage("which images? give --data ROOT, or --script FILE for the data of a script") end
  return options_of, arguments.list or arguments.split or "val"
end

-- The network with the weights of `path`.
local function load_model(path, meta, file, resolved, classes)
  local model
  if resolved then
    if meta then checkpoint.check_model(path, meta, checkpoint.describe_model(resolved, meta.model)) end
    resolved.model.pretrained = nil
    model = run.model(resolved, meta and meta.model.classes or classes)
  elseif meta then
    local about = meta.model
    model = core[about.kind] {
      classes = about.classes, blocks = about.blocks, base_width = about.base_width, rates = about.rates, branches = about.branches,
      stride_place = about.stride_place,
    }
  else
    usage("%s does not say what network it holds: give --script FILE", path)
  end
  local prefix = meta and meta.evaluated .. "." or file:has("model.conv1.weight") and "model." or ""
  file:model(prefix, model, true)
  return model
end

local function rows_of(evaluation, split)
  local rows, matrix = {}, evaluation:confusion(split)
  for i, iou in ipairs(matrix:class_iou()) do rows[i] = { evaluation.class_names[i], iou } end
  rows[#rows + 1] = { "miou", matrix:miou("standard") }
  rows[#rows + 1] = { "miou_authors", matrix:miou("authors") }
  rows[#rows + 1] = { "pixel_accuracy", matrix:pixel_accuracy() }
  return rows
end

return function(arguments)
  local settings = launch.list(arguments.set)
  local path, resolved = find(arguments, settings)
  local meta, file <close> = checkpoint.open(path)
  if not (resolved or arguments.data) then resolved = find_by_checkpoint(arguments, meta, settings) end
  local measured, split = data_options(arguments, resolved, meta)
  local images = data.open(measured)
  if meta and meta.model.classes ~= images.classes then
    error(("%s knows %d classes, but the data has %d"):format(path, meta.model.classes, images.classes), 0)
  end
  if resolved then launch.use_machine(resolved) end
  local model <close> = load_model(path, meta, file, resolved, images.classes)
  local evaluation = evaluate.new { model = model, data = images, step = 0 }
  print(report.values(rows_of(evaluation, split), arguments.format))
  return 0
end
