-- From a script, or from what the database keeps of a run, to experiments that are resolved and ready to be put together.
local core = require "semiluna.core"
local options = require "semiluna.options"
local script = require "semiluna.script"

local launch = {}

-- The database that a command line means.
function launch.database(arguments)
  local path = arguments.db or os.getenv "SEMILUNA_DB"
  return path and path ~= "" and path or "semiluna.db"
end

-- An argument that may be given several times is nil, a text or a list of texts.
function launch.list(value)
  return type(value) == "table" and value or { value }
end

-- The name of a script without its folder and ending: what its runs are called unless they say otherwise.
function launch.script_name()
  return script.path:match("([^/]+)%.lua$") or script.path:match("([^/]+)$")
end

-- The experiments of a script, as items {resolved, list, index}. `settings` are "name=value" texts; `name` overrides the runs' names.
function launch.resolve(experiments, settings, name)
  local items = {}
  for index, experiment in ipairs(experiments) do
    local resolved, list = options.resolve(experiment.raw, settings)
    resolved.name = resolved.name or launch.script_name()
    if name then resolved.name = #experiments > 1 and name .. " " .. resolved.name or name end
    for _, option in ipairs(list) do
      if option.name == "name" then option.text = resolved.name end
    end
    items[index] = { resolved = resolved, list = list, index = index }
  end
  return items
end

-- The folder of a run's checkpoints.
function launch.folder(resolved, database, uuid)
  return (resolved.checkpoint.folder or script.folder(database) .. "runs") .. "/" .. uuid
end

-- Chooses the backend and the number of threads.
function launch.use_machine(resolved)
  if resolved.backend then core.use_backend(resolved.backend) end
  if resolved.threads then core.threads(resolved.threads) end
end

-- A recorded run: its row, with how it was started (see record.lua) as row.origin.
function launch.stored_run(db, what)
  local id = db:run_find(what)
  local row = db:query("SELECT id, uuid, name, state, step, script_path, script_text FROM run WHERE id = ?", id)[1]
  local origin = db:query("SELECT value FROM param WHERE run = ? AND name = 'origin'", id)[1]
  if not (row.script_text and origin) then error(("run %d holds no script: it was not started by `semiluna run`"):format(id), 0) end
  row.origin = core.system.json_decode(origin.value)
  return row
end

-- The experiment of a recorded run as it was then, from the script that the database keeps; `settings` are laid over it.
function launch.stored_experiment(row, settings)
  local all = table.move(row.origin.set, 1, #row.origin.set, 1, {})
  table.move(settings, 1, #settings, #all + 1, all)
  local experiments = script.load(row.script_path, row.script_text)
  local item = launch.resolve(experiments, all, row.origin.name)[row.origin.index]
  if not item then
    error(("run %d was experiment %d of its script, which now has %d"):format(row.id, row.origin.index, #experiments), 0)
  end
  return item
end

return launch
