-- What is known of a run before its first step, for its record: what it is as a cell of a plan, its schedules as declared, what its data
-- are down to the bytes, and the environment it runs in.
local core = require "semiluna.core"
local dataprint = require "semiluna.dataprint"
local environment = require "semiluna.environment"

-- Until plans exist.
local _, fingerprint = pcall(require, "semiluna.plan.fingerprint")
local _, curves = pcall(require, "semiluna.plan.curves")

local facts = {}

-- Of an item whose data could not be opened.
function facts.without_data(item)
  return { cell = type(fingerprint) == "table" and fingerprint.of(item) or nil,
    curves = type(curves) == "table" and curves.of(item.resolved) or nil, environment = environment.rows() }
end

-- Of an item and its opened data. Files that are not known yet are hashed, which may take a while: `beat`, if given, is called between
-- them. The database is made if it does not exist.
function facts.of(item, data, database, beat)
  local all = facts.without_data(item)
  local db <close> = core.db(database, "write")
  all.splits = dataprint.of(data, db, beat)
  return all
end

return facts
