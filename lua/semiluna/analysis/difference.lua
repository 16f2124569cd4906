-- What differs between two runs of what decides their results, from the database alone.
--
-- A difference is {group, name, a, b, level, note, from}. `group` is option, script, code, data, seed or environment; `level` tells what it
-- can explain: "result", "digits" (the last digits, which training may enlarge), or "nothing".
local datadiff = require "semiluna.analysis.datadiff"
local descriptors = require "semiluna.analysis.descriptors"
local select_runs = require "semiluna.analysis.select"

local difference = {}

local run_query = [[SELECT r.id, r.uuid, r.name, e.name AS experiment, r.seed, r.host, r.device, r.threads, r.versions, r.git_commit,
  r.git_dirty, r.script_path, r.script_hash AS text_hash, r.script_text, r.resumes, c.options_hash, c.script_hash, c.library_hash, c.parent, c.fork_step
  FROM run r JOIN experiment e ON e.id = r.experiment LEFT JOIN cell c ON c.run = r.id WHERE r.id = ?]]

-- All that is compared of a run: its row with `params`, options by name, and `variables` of the environment.
function difference.load(db, id)
  local run = db:query(run_query, id)[1]
  select_runs.load_params(db, { run })
  run.variables = {}
  for _, row in ipairs(db:query("SELECT name, value FROM environment WHERE run = ?", id)) do run.variables[row.name] = row.value or "" end
  return run
end

-- Names of either table, sorted.
local function names_of(a, b)
  local names, seen = {}, {}
  for _, list in ipairs { a, b } do
    for name in pairs(list) do
      if not seen[name] then names[#names + 1] = name end
      seen[name] = true
    end
  end
  table.sort(names)
  return names
end

-- ---- options ----------------------------------------------------------------------------------------------------------------------------

-- `origin` says how the run was started; seed, threads and backend are told in groups of their own.
local no_option = { origin = true, seed = true, name = true }

local function least(x, y)
  return x and y and math.min(x, y)
end

-- A function is recorded by where it stands and what it holds; what it does with that is told by the script.
local function held_by(text)
  return text and text:match "^function at .-:%d+(.*)$"
end

local function level_of(name, a, b)
  if name == "backend" or name == "threads" then return "digits" end
  local held = held_by(a.params[name])
  if held and held == held_by(b.params[name]) then return "nothing", "where a function stands: what it does is in the script" end
  if a.options_hash and a.options_hash == b.options_hash then return "nothing" end
  return (descriptors.decides(name, a.params) or descriptors.decides(name, b.params)) and "result" or "nothing"
end

local function options(a, b, add)
  for _, name in ipairs(names_of(a.params, b.params)) do
    local x, y = a.params[name], b.params[name]
    if x ~= y and not no_option[name] then
      local level, note = level_of(name, a, b)
      if not (name == "threads" and a.threads == b.threads) then
        add { group = "option", name = name, a = x, b = y, level = level, note = note,
          from = least(descriptors.from(name, a.params), descriptors.from(name, b.params)) }
      end
    end
  end
end

-- ---- script and code ----------------------------------------------------------------------------------------------------------------------

local function short(hash)
  return hash and hash:sub(1, 12)
end

local function script(a, b, add)
  local texts, known = a.script_text ~= b.script_text, a.script_hash and b.script_hash
  local meaning = known and a.script_hash ~= b.script_hash
  if texts then
    add { group = "script", name = "script", a = short(a.text_hash), b = short(b.text_hash),
      level = known and not meaning and "nothing" or "result",
      note = known and not meaning and "comments, layout or the values of an ablation alone" or nil }
  elseif meaning then
    add { group = "script", name = "modules of the script", a = short(a.script_hash), b = short(b.script_hash), level = "result",
      note = "the script is the same, a module that it requires is not" }
  end
end

-- "semiluna 0.1.0, oneDNN 3.2.0" by name.
local function versions_of(text)
  local versions = {}
  for part in ((text or "") .. ","):gmatch "%s*(.-)%s*," do
    local name, version = part:match "^(.-)%s+(%S+)$"
    if name then versions[name] = version end
  end
  return versions
end

local version_level = { semiluna = "result", SQLite = "nothing" }

local function code(a, b, add)
  local same_library = a.library_hash and a.library_hash == b.library_hash
  if a.library_hash and b.library_hash and not same_library then
    add { group = "code", name = "library", a = short(a.library_hash), b = short(b.library_hash), level = "result",
      note = "the modules that train and measure" }
  end
  local versions_a, versions_b = versions_of(a.versions), versions_of(b.versions)
  for _, name in ipairs(names_of(versions_a, versions_b)) do
    if versions_a[name] ~= versions_b[name] then
      add { group = "code", name = name .. " version", a = versions_a[name], b = versions_b[name], level = version_level[name] or "digits" }
    end
  end
  local same_script = a.script_hash and a.script_hash == b.script_hash
  local level = same_library and same_script and "nothing" or "result"
  local note = level == "nothing" and "script and library are the same as far as they count" or "of the folder of the script"
  if a.git_commit ~= b.git_commit then
    add { group = "code", name = "git commit", a = short(a.git_commit), b = short(b.git_commit), level = level, note = note }
  end
  if a.git_dirty ~= b.git_dirty then
    local words = { [0] = "no", [1] = "yes" }
    add { group = "code", name = "changes not committed", a = words[a.git_dirty], b = words[b.git_dirty], level = level, note = note }
  end
end

-- ---- data ---------------------------------------------------------------------------------------------------------------------------------

local function counted(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

-- "2 images only in the first, 1 label of other bytes"
local function data_note(found)
  local parts = {}
  if #found.only_a > 0 then parts[#parts + 1] = counted(#found.only_a, "image") .. " only in the first" end
  if #found.only_b > 0 then parts[#parts + 1] = counted(#found.only_b, "image") .. " only in the second" end
  if #found.images > 0 then parts[#parts + 1] = counted(#found.images, "image") .. " of other bytes" end
  if #found.labels > 0 then parts[#parts + 1] = counted(#found.labels, "label") .. " of other bytes" end
  if found.order then parts[#parts + 1] = "the same images in another order" end
  return table.concat(parts, ", ")
end

local function data(db, a, b, add)
  for _, split in ipairs(datadiff.runs(db, a.id, b.id)) do
    local words = {}
    for side in pairs { a = true, b = true } do words[side] = split[side] and counted(split[side].images, "image") end
    add { group = "data", name = split.name, a = words.a, b = words.b, level = "result", found = split.found,
      note = split.found and data_note(split.found) or "not recorded of the other run" }
  end
end

-- ---- environment --------------------------------------------------------------------------------------------------------------------------

-- "cpu (avx2 avx512)" of "cpu (2 threads, avx2 avx512)": threads are told apart.
local function device_of(run)
  return run.device and run.device:gsub("%d+ threads, ", "")
end

-- What nothing is computed by: where folders lie, and the settings of the memory allocator.
local harmless = { SEMILUNA_LUA = true, LUA_PATH = true, MALLOC_ARENA_MAX = true }

local function environment(a, b, add)
  local function differs(name, x, y, level, note)
    if x ~= y then add { group = "environment", name = name, a = x, b = y, level = level, note = note } end
  end
  differs("device", device_of(a), device_of(b), "digits")
  if a.params.threads == b.params.threads then differs("threads", a.threads, b.threads, "digits") end
  differs("host", a.host, b.host, device_of(a) == device_of(b) and "nothing" or "digits")
  for _, name in ipairs(names_of(a.variables, b.variables)) do
    differs("$" .. name, a.variables[name], b.variables[name], harmless[name] and "nothing" or "digits")
  end
  differs("resumes", a.resumes, b.resumes, "nothing", "a resumed run goes on as if it had never stopped")
end

-- ---- all ----------------------------------------------------------------------------------------------------------------------------------

local level_order = { result = 1, digits = 2, nothing = 3 }
local group_order = { option = 1, script = 2, code = 3, data = 4, seed = 5, environment = 6 }

-- An option that has no effect yet where the runs part cannot be why they part there.
local function rank(item, part)
  local late = part and item.from and item.from >= part and 0.5 or 0
  return level_order[item.level], group_order[item.group] + late
end

-- All differences of two runs (see load), those that explain most in front. `part` is the step at which they part, or nil.
function difference.list(db, a, b, part)
  local list = {}
  local function add(item)
    list[#list + 1] = item
    item.place = #list
  end
  options(a, b, add)
  script(a, b, add)
  code(a, b, add)
  data(db, a, b, add)
  if a.seed ~= b.seed then add { group = "seed", name = "seed", a = a.seed, b = b.seed, level = "result" } end
  environment(a, b, add)
  if a.name ~= b.name then add { group = "environment", name = "name", a = a.name, b = b.name, level = "nothing" } end
  if a.experiment ~= b.experiment then
    add { group = "environment", name = "experiment", a = a.experiment, b = b.experiment, level = "nothing" }
  end
  table.sort(list, function(x, y)
    local level_x, group_x = rank(x, part)
    local level_y, group_y = rank(y, part)
    if level_x ~= level_y then return level_x < level_y end
    if group_x ~= group_y then return group_x < group_y end
    return x.place < y.place
  end)
  return list
end

return difference
