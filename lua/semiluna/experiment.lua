-- Experiments as scripts write them: `sl.experiment { ... }`, or a base and what is different, `sl.experiment(base, { ... })`.
local options = require "semiluna.options"

local Experiment = {}
Experiment.__index = Experiment

function Experiment:__tostring()
  return "experiment " .. tostring(self.raw.name or "(unnamed)")
end

-- An experiment holds its options as they were written (`raw`); they are resolved when it is run, with --set laid over them.
local function experiment(base, changes)
  if type(base) ~= "table" then error("experiment: expected a table of options, not " .. type(base), 2) end
  if getmetatable(base) ~= Experiment then
    if changes ~= nil then error("experiment: the first of two arguments is an experiment", 2) end
    return setmetatable({ raw = options.merge({}, base) }, Experiment)
  end
  if changes ~= nil and type(changes) ~= "table" then error("experiment: expected a table of changes, not " .. type(changes), 2) end
  return setmetatable({ raw = options.merge(base.raw, changes or {}) }, Experiment)
end

return experiment
