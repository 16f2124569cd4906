-- Forking off a running training: a new run, trained by a process of its own, that goes on from this step with options changed.
--
-- The new run has the rows of the old one up to this step, the state of this step as its checkpoint, and the script that the old one
-- began with; the changes are laid over it as by --set. Then `semiluna run --resume` does the rest.
local checkpoint = require "semiluna.checkpoint"
local copy_file = require "semiluna.copy"
local core = require "semiluna.core"
local data = require "semiluna.data"
local facts = require "semiluna.facts"
local launch = require "semiluna.launch"
local record = require "semiluna.record"
local script = require "semiluna.script"
local steerable = require "semiluna.steerable"
local steered = require "semiluna.steered"
local usage = require "semiluna.usage"
local system = core.system

local branch = {}

-- Texts "name=value" of one text; a value ends where the next name begins.
local function settings_of(run, text)
  local list, starts = {}, {}
  for at in (" " .. text):gmatch "()%s+[%w_.]+%s*=" do starts[#starts + 1] = at end
  if #starts == 0 or text:sub(1, starts[1] - 1):find "%S" then usage('"%s" is not NAME=VALUE ...', text) end
  for i, at in ipairs(starts) do
    local part = text:sub(at, (starts[i + 1] or #text + 2) - 2)
    local name, value = part:match "^%s*([%w_.]+)%s*=%s*(.-)%s*$"
    local full, problem = steerable.find(run, name)
    if not full then usage("%s", problem) end
    list[i] = { name = full, value = value, text = full .. "=" .. value }
  end
  return list
end

-- "threshold=0.3": what to call a run by its changes.
local function title(settings)
  local parts = {}
  for i, setting in ipairs(settings) do parts[i] = setting.name:match "([^.]+)$" .. "=" .. setting.value end
  local text = table.concat(parts, " ")
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

local function text_by_name(list)
  local texts = {}
  for _, option in ipairs(list) do texts[option.name] = option.text end
  return texts
end

-- What the checkpoint holds must fit.
local function check_changes(before, after, settings, training)
  local old, new = text_by_name(before.list), text_by_name(after.list)
  for name, text in pairs(new) do
    if old[name] ~= text and (name:find "^model%.?" or name == "method" or name == "optimizer" or name == "data.layout") then
      usage("%s decides what a checkpoint holds: a fork cannot change it", name)
    end
  end
  for _, setting in ipairs(settings) do
    if new[setting.name] == nil then usage('no such option "%s" in this run', setting.name) end
  end
  if after.resolved.steps <= training.step then
    usage("it has done %d steps already: a fork cannot have %d", training.step, after.resolved.steps)
  end
end

-- The data of the fork, which may choose other images; they must have the same classes.
local function data_of(after, training)
  local images = data.open(after.resolved.data)
  local here, there = table.concat(training.run.data.class_names, ","), table.concat(images.class_names, ",")
  if here ~= there then usage("its data has other classes: %s in place of %s", there, here) end
  return images
end

-- The experiment as it is, and as the fork's; and how the fork is started, for its record.
local function items(db, training, settings)
  local row = launch.stored_run(db, tostring(training.record.id))
  local before = launch.stored_experiment(row, {})
  launch.check_options(db, row.id, before.list)
  local origin = { index = row.origin.index, set = table.move(row.origin.set, 1, #row.origin.set, 1, {}) }
  local named = false
  for _, setting in ipairs(settings) do
    origin.set[#origin.set + 1] = setting.text
    named = named or setting.name == "name"
  end
  if not named then origin.set[#origin.set + 1] = ("name=%s %s"):format(training.run.name, title(settings)) end
  row.origin = origin
  return before, launch.stored_experiment(row, {}), origin
end

-- The changes of the old run that hold in the new one too, and where it came from.
local function carry_over(child, parent, settings)
  local changed, parts = {}, {}
  for i, setting in ipairs(settings) do
    changed[setting.name] = true
    parts[i] = ("%s = %s"):format(setting.name, setting.value)
  end
  child:together(function(db, id)
    for _, change in ipairs(steered.read(db, parent.record.id)) do
      if not changed[change.name] then
        steered.add(db, id, change.step, change.name and ("%s = %s"):format(change.name, change.text) or change.text)
      end
    end
    steered.add(db, id, parent.step, ("fork of %s with %s"):format(parent.record.uuid:sub(1, 8), table.concat(parts, ", "):gsub(";", ",")))
  end)
end

-- The files that the fork goes on from, in a folder of its own. Where another measure decides which weights are best, none are yet.
local function write_files(child, training, folder, same_best)
  local state = {}
  for key, value in pairs(training.state) do state[key] = value end
  local best = training.folder .. "/best.safetensors"
  system.mkdir(folder)
  if same_best and state.best_step and system.exists(best) then
    local copy = folder .. "/best.safetensors"
    copy_file(best, copy)
    child:artifact(state.best_step, "best", copy, system.sha256_file(copy))
  elseif not same_best then
    state.best, state.best_step = nil, nil
  end
  local path = folder .. "/last.safetensors"
  local saved = { run = training.run, record = child, step = training.step, state = state }
  child:artifact(training.step, "last", path, checkpoint.save(saved, path, false))
end

local function start(child, database, folder)
  local log = folder .. "/log.txt"
  local command = { "semiluna", "run", "--resume", tostring(child.id), "--db", database, "--quiet", "--threads", tostring(core.threads()) }
  -- The program that runs now, even where its file has been replaced since; a key pressed in this terminal is not meant for it.
  local pid = system.spawn(command, {
    program = "/proc/self/exe", output = log, append = true, session = true, env = { SEMILUNA_COORDINATOR = false },
  })
  return pid, log
end

-- Begins a fork of `training` by `text`, "method.threshold=0.3 seed=2". Returns the process, what to say of it, and {id, log} for
-- branch.failed. An error says why there is none.
function branch.begin(training, text)
  local parent, step = training.record, training.step
  local settings = settings_of(training.run, text)
  local before, after, origin = items(parent.db, training, settings)
  check_changes(before, after, settings, training)
  local known = facts.of(after, data_of(after, training), parent.path)
  parent:flush()
  local child = record.new(parent.path, after, script, launch.script_name(), origin, known,
    { run = parent.id, uuid = parent.uuid, step = step })
  local folder = launch.folder(after.resolved, parent.path, child.uuid)
  local made, problem = pcall(function()
    carry_over(child, training, settings)
    write_files(child, training, folder, before.resolved.checkpoint.best == after.resolved.checkpoint.best)
  end)
  child:finish(made and "stopped" or "failed", step, not made and tostring(problem) or nil)
  if not made then error(problem, 0) end
  parent:event(step, "fork", ("run %d (%s) goes on from here"):format(child.id, after.resolved.name))
  local pid, log = start(child, parent.path, folder)
  return pid, ("run %d (%s) goes on from here"):format(child.id, after.resolved.name), { id = child.id, log = log }
end

local function last_line(path)
  local last
  local file <close> = io.open(path, "rb")
  for line in file and file:lines() or function() end do
    if line:find "%S" then last = line end
  end
  return last
end

-- The process of a fork has ended badly. Where it did not get as far as training, nobody else has said why.
function branch.failed(parent, step, row)
  local found = parent.db:query("SELECT state, resumes FROM run WHERE id = ?", row.id)[1]
  if not found or found.state ~= "stopped" or found.resumes > 0 then return end
  local why = (last_line(row.log) or "its process ended without a word"):gsub("^semiluna: ", "")
  parent.db:run_finish(row.id, "failed", step, why)
  parent:event(step, "warning", ("the fork, run %d, failed: %s"):format(row.id, why))
end

return branch
