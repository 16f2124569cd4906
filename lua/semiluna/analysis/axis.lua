-- The rows and columns of a table of runs: which options they are, what their values are called, and in which order they stand.
local expression = require "semiluna.analysis.expression"
local usage = require "semiluna.usage"

local axis = {}

-- What makes runs repetitions of each other: their differences are paired by these.
local repeats = { "seed", "data.split_seed" }
local is_repeat = { seed = true, ["data.split_seed"] = true }

-- Options that decide no result, such as how a run is called or how many threads it used.
local function cosmetic_names()
  local names = { origin = true, ["evaluate.measure"] = true }
  for _, topic in ipairs(require("semiluna.options").topics()) do
    local section = topic[1]:match "^[^.]+"
    for _, descriptor in ipairs(topic[3]) do
      if descriptor.result == false then names[(section == "experiment" and "" or section .. ".") .. descriptor[1]] = true end
    end
  end
  return names
end

local of_run = { experiment = true, name = true, method = true }

-- The value of an option of a run, as text; nil where it has none. What its row says itself, the experiment's name first, is one
-- too.
function axis.value(run, name)
  local value = run.params[name]
  if value == nil and of_run[name] then value = run[name] end
  return value ~= "" and value or nil
end

local lists = { "data.labeled", "data.unlabeled" }

-- What is to be the same between two runs that are paired: the seeds, and the labelled images where lists name them. Where such a
-- list is one of the table's `axes`, it is what is compared.
function axis.repetition(run, axes)
  local parts, compared = {}, {}
  for i, name in ipairs(repeats) do parts[i] = axis.value(run, name) or "" end
  for _, name in ipairs(axes) do compared[name] = true end
  if not (compared["data.labeled"] or compared["data.unlabeled"]) then
    for _, name in ipairs(lists) do
      local value = axis.value(run, name)
      if value and not expression.number(value) then parts[#parts + 1] = value end
    end
  end
  return table.concat(parts, "\1")
end

-- ---- what varies ----------------------------------------------------------------------------------------------------------------

local function differs(runs, name)
  local first = axis.value(runs[1], name)
  for i = 2, #runs do
    if axis.value(runs[i], name) ~= first then return true end
  end
  return false
end

-- The options in which runs differ, sorted: `results` those that decide results, `all` all of them; `known` has all names as keys.
function axis.differing(runs)
  local known, results, all = { experiment = true, name = true, method = true }, {}, {}
  for _, run in ipairs(runs) do
    for name in pairs(run.params) do known[name] = true end
  end
  local cosmetic = cosmetic_names()
  for name in pairs(known) do
    if differs(runs, name) then
      all[#all + 1] = name
      if not cosmetic[name] and not name:find "^checkpoint%." then results[#results + 1] = name end
    end
  end
  table.sort(all)
  table.sort(results)
  return { results = results, all = all, known = known }
end

-- ---- choosing -------------------------------------------------------------------------------------------------------------------

local function signature(run, names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = axis.value(run, name) or "\2" end
  return table.concat(parts, "\1")
end
axis.signature = signature

local function count_groups(runs, names)
  local seen, count = {}, 0
  for _, run in ipairs(runs) do
    local key = signature(run, names)
    if not seen[key] then
      seen[key] = true
      count = count + 1
    end
  end
  return count
end

local function contains(list, item)
  for _, other in ipairs(list) do
    if other == item then return true end
  end
  return false
end

-- The options that tell the runs apart, seeds aside: those that are asked for, then the variant, or the name where it says no more
-- than the options do; each further one only where it splits what the ones before leave together.
local function telling(runs, differing, asked)
  local candidates = {}
  for _, name in ipairs(differing.results) do
    if not is_repeat[name] then candidates[#candidates + 1] = name end
  end
  local order = {}
  if contains(differing.all, "variant") then
    order[1] = "variant"
  elseif contains(differing.all, "name") then
    local with_name = table.move(candidates, 1, #candidates, 1, {})
    with_name[#with_name + 1] = "name"
    if count_groups(runs, with_name) == count_groups(runs, candidates) then order[1] = "name" end
  end
  if contains(candidates, "method") then order[#order + 1] = "method" end
  table.move(candidates, 1, #candidates, #order + 1, order)
  local chosen = table.move(asked, 1, #asked, 1, {})
  local groups = count_groups(runs, chosen)
  for _, name in ipairs(order) do
    chosen[#chosen + 1] = name
    local count = count_groups(runs, chosen)
    if count > groups then groups = count else chosen[#chosen] = nil end
  end
  return chosen
end

-- The rows and columns that suit the runs; the options `asked` are among them.
function axis.choose(runs, differing, asked)
  local rows = telling(runs, differing, asked)
  if #rows == 0 then return { contains(differing.all, "name") and "experiment" or "name" }, {} end
  if #rows < 2 then return rows, {} end
  for i = #rows, 2, -1 do
    if count_groups(runs, { rows[i] }) <= 6 then return rows, { table.remove(rows, i) } end
  end
  return rows, {}
end

-- The full name of an option that may be written without its section.
function axis.find(name, known, what)
  if known[name] then return name end
  local list, matches = {}, {}
  for full in pairs(known) do
    list[#list + 1] = full
    if full:match "([^.]+)$" == name then matches[#matches + 1] = full end
  end
  table.sort(matches)
  if #matches == 1 then return matches[1] end
  if #matches > 1 then usage('%s: "%s" may be %s', what, name, table.concat(matches, " or ")) end
  local short = {}
  for _, full in ipairs(list) do short[#short + 1] = full:match "([^.]+)$" end
  table.move(short, 1, #short, #list + 1, list)
  table.sort(list)
  usage('%s: no run has an option "%s".%s', what, expression.visible(name), expression.suggestion(name, list))
end

-- Whether a name, with its section or without, is that of an option.
function axis.knows(name, known)
  if known[name] then return true end
  for full in pairs(known) do
    if full:match "([^.]+)$" == name then return true end
  end
  return false
end

-- "a,b" as a list of full names.
function axis.names(text, known, what)
  local names = {}
  for part in text:gmatch "[^,]+" do
    part = part:match "^%s*(.-)%s*$"
    if part ~= "" then
      local name = axis.find(part, known, what)
      if contains(names, name) then usage("%s: %s is there twice", what, name) end
      names[#names + 1] = name
    end
  end
  return names
end

-- ---- values ---------------------------------------------------------------------------------------------------------------------

local is_share = { ["data.labeled"] = true, ["data.unlabeled"] = true }

-- 1/8 for 0.125, 1_8 and "1/8".
local function share_text(text)
  local number = expression.number(text)
  if number and number > 0 and number < 1 then
    local parts = math.floor(1 / number + 0.5)
    return axis.same(text, "1/" .. parts) and "1/" .. parts or text
  end
  local a, b = text:match "^(%d+)_(%d+)$"
  return a and tonumber(a) < tonumber(b) and a .. "/" .. b or text
end

-- How a value of an option is written where it stands alone: "-" for none, shares of the images as fractions, and lists without
-- their folder and ending.
function axis.label(text, name)
  if text == nil then return "-" end
  if not is_share[name] then return text end
  if expression.number(text) then return share_text(text) end
  local file = text:match "([^/]+)$" or text
  return share_text(file:match "^(.+)%.txt$" or file)
end

-- What all paths have in common: their folders, and their ends from one of the marks / _ - . on.
local function common(paths)
  local folders, tail = paths[1]:match "^.*/" or "", paths[1]
  for _, path in ipairs(paths) do
    while path:sub(1, #folders) ~= folders do folders = folders:sub(1, -2):match "^.*/" or "" end
    while path:sub(-#tail) ~= tail do tail = tail:sub(2) end
  end
  tail = tail:match "[/_%-.].*$" or ""
  for _, path in ipairs(paths) do
    if #path <= #folders + #tail then return folders, "" end
  end
  return folders, tail
end

-- How the values of an option are written beside each other, {[value] = label}. Lists of images are called by what tells their
-- paths apart: a/1_8/labeled.txt and a/1_4/labeled.txt are 1/8 and 1/4.
function axis.labels(values, name)
  local labels, lists = {}, {}
  for _, value in ipairs(values) do
    labels[value] = axis.label(value, name)
    if is_share[name] and not expression.number(value) then lists[#lists + 1] = value end
  end
  if #lists < 2 then return labels end
  local folders, tail = common(lists)
  for _, list in ipairs(lists) do labels[list] = share_text(list:sub(#folders + 1, -#tail - 1)) end
  local taken = {}
  for _, value in ipairs(values) do
    if taken[labels[value]] then
      for _, list in ipairs(lists) do labels[list] = list:sub(#folders + 1) end
      break
    end
    taken[labels[value]] = true
  end
  return labels
end

-- Whether a value, nil for none, is the one that a person wrote: as it is, as a number, as a list without its folder, or as tables
-- show it, which is its `label`.
function axis.is(value, wanted, name, label)
  if value == nil then return wanted == "-" end
  return axis.same(value, wanted) or label == wanted or axis.label(value, name) == wanted
    or is_share[name] and value:match "([^/]+)$" == wanted
end

-- Names as titles, without their section where that is clear.
function axis.titles(names)
  return require("semiluna.plan.plan").titles(names)
end

-- Whether two texts are the same value: "1/8" and "0.125" are.
function axis.same(a, b)
  if a == b then return true end
  local x, y = expression.number(a), expression.number(b)
  if not x or not y then return false end
  local low, high = expression.bounds(y)
  return x >= low and x <= high
end

-- An order of values: numbers by size, then texts as they come first, then none. `rank` gives the place of a text.
function axis.before(a, b, rank)
  if a == b then return false end
  if a == nil or b == nil then return b == nil end
  local x, y = expression.number(a), expression.number(b)
  if x and y then return x < y end
  if x or y then return x ~= nil end
  return (rank[a] or 0) < (rank[b] or 0)
end

return axis
