-- What is known of a run before its first step, for its record: what it is as a cell of a plan, its schedules as declared, what its data
-- are down to the bytes, and the environment it runs in.
local core = require "semiluna.core"
local curves = require "semiluna.plan.curves"
local dataprint = require "semiluna.dataprint"
local environment = require "semiluna.environment"
local fingerprint = require "semiluna.plan.fingerprint"

local facts = {}

-- Of an item and its opened data; `cell` holds its hashes where they are known already, see plan/plan.lua. Files that are not known yet
-- are hashed, which may take a while: `beat`, if given, is called between them. The database is made if it does not exist.
function facts.of(item, data, database, cell, beat)
  local known = { cell = cell or fingerprint.of(item), curves = curves.of(item.resolved), environment = environment.rows() }
  local db <close> = core.db(database, "write")
  known.splits = dataprint.of(data, db, beat)
  return known
end

-- Of a cell that could not be put together: nothing is computed that may be what is wrong with it.
function facts.of_failed(cell)
  return { cell = cell, environment = environment.rows() }
end

return facts
