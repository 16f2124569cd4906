-- Semiluna for scripts: `local sl = require "semiluna"`.
--
--   sl.experiment { ... }      describes an experiment; a script returns it
--   sl.env(name, default)      a variable of the environment, for paths that differ between machines
--   sl.poly, sl.linear, ...    schedules: numbers that change with the step
--   sl.core                    tensors, ops, models, optimizers, data sets, the database
--   sl.enlarge                 maps enlarged to the size of an image
--
-- docs/scripting.md is the introduction, docs/lua-reference.md the list of everything.
local core = require "semiluna.core"
local schedule = require "semiluna.schedule"

local sl = {
  core = core,
  ops = core.ops,
  version = core.version(),
  experiment = require "semiluna.experiment",
  enlarge = require("semiluna.image").enlarge,
  schedule = schedule,
}

for _, name in ipairs { "constant", "poly", "linear", "cosine", "steps", "warmup", "piecewise" } do
  sl[name] = schedule[name]
end

-- The environment variable `name`, or `default` where it is not set or empty.
function sl.env(name, default)
  local value = os.getenv(name)
  if value == nil or value == "" then return default end
  return value
end

return sl
