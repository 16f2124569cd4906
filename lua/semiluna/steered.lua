-- What is recorded of a run that was steered: changes that its options do not tell, each with the step from which it holds.
--
-- They stand in the run's parameters as "steered": "812: method.threshold = 0.3; 900: steps = 30000", in order. Such a run is not the cell
-- any more that its options describe: with each change its hashes become others, which depend on the ones before and on the change, so
-- that runs that were steered the same way have the same. It has the tag "steered".
local core = require "semiluna.core"
local sha256 = core.system.sha256

local steered = {}

local function text_of(db, run)
  local row = db:query("SELECT value FROM param WHERE run = ? AND name = 'steered'", run)[1]
  return row and row.value
end

-- The changes of a run, in order: {step, name, text}; one that has no name says in words where the run came from.
function steered.read(db, run)
  local list = {}
  for part in ((text_of(db, run) or "") .. "; "):gmatch "(.-); " do
    local step, what = part:match "^(%d+): (.*)$"
    local name, text = (what or ""):match "^([%w_.]+) = (.*)$"
    if step then list[#list + 1] = { step = math.tointeger(step), name = name, text = text or what } end
  end
  return list
end

-- How many steps a run of `steps` has at `step`.
function steered.length(list, steps, step)
  for _, change in ipairs(list) do
    if change.name == "steps" and change.step <= step then steps = math.tointeger(change.text) end
  end
  return steps
end

local function change_hash(db, run, what)
  local cell = db:query("SELECT hash, options_hash FROM cell WHERE run = ?", run)[1]
  if not cell then return end
  db:execute("UPDATE cell SET hash = ?2, options_hash = ?3 WHERE run = ?1", run, sha256(cell.hash .. "\nsteered\n" .. what),
    sha256(cell.options_hash .. "\nsteered\n" .. what))
end

-- Records a change: `text` is "method.threshold = 0.3", or words. Several statements: to be called in a transaction.
function steered.add(db, run, step, text)
  local before, what = text_of(db, run), ("%d: %s"):format(step, text)
  db:run_param(run, "steered", "text", before and before .. "; " .. what or what)
  change_hash(db, run, what)
  db:execute("INSERT OR IGNORE INTO tag(run, tag) VALUES(?, 'steered')", run)
end

return steered
