-- Semiluna for scripts: `local sl = require "semiluna"`.
--
--   sl.experiment { ... }      describes an experiment; a script returns it
--   sl.env(name, default)      a variable of the environment, for paths that differ between machines
--   sl.poly, sl.linear, ...    schedules: numbers that change with the step
--   sl.grid, sl.list, ...      plans: which cells an ablation has
--   sl.fidelity(preset)        the parts of an ablation of where the paper and its authors' code differ
--   sl.core                    tensors, ops, models, optimizers, data sets, the database
--   sl.enlarge                 maps enlarged to the size of an image
--
-- docs/scripting.md is the introduction, docs/lua-reference.md the list of everything.
local core = require "semiluna.core"
local cells = require "semiluna.plan.cells"
local parts = require "semiluna.plan.parts"
local random = require "semiluna.plan.random"
local schedule = require "semiluna.schedule"

local sl = {
  core = core,
  ops = core.ops,
  version = core.version(),
  env = require("semiluna.environment").get,
  experiment = require "semiluna.experiment",
  enlarge = require("semiluna.image").enlarge,
  median = require("semiluna.sweep.prune").median,
  fidelity = require("semiluna.fidelity").parts,
  schedule = schedule,
}

for _, name in ipairs { "constant", "poly", "linear", "cosine", "steps", "warmup", "piecewise" } do
  sl[name] = schedule[name]
end

for _, name in ipairs { "grid", "zip", "when" } do sl[name] = cells[name] end
for _, name in ipairs { "leave_one_out", "add_one_in", "pairwise" } do sl[name] = parts[name] end
for _, name in ipairs { "uniform", "loguniform", "choice" } do sl[name] = random[name] end
sl.list, sl.random = cells.list_of, random.cells
sl.controls = require "semiluna.plan.controls"

return sl
