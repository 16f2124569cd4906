-- What `semiluna show` says of a run's schedules: how they were declared, and what they really were while it trained.
--
-- Declared values are the table `curve`, realised ones the metrics "option.NAME", a row wherever the value changed. A declared value of
-- step s is that of the update after s steps, which is logged as step s + 1: so both are drawn at s + 1.
local braille = require "semiluna.draw.braille"
local core = require "semiluna.core"
local launch = require "semiluna.launch"
local scale = require "semiluna.draw.scale"
local spark = require "semiluna.draw.spark"
local terminal = require "semiluna.draw.terminal"

local most_columns = 40

-- ---- reading ------------------------------------------------------------------------------------------------------------------------

local function has_curves(db)
  return db:query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'curve'")[1] ~= nil
end

-- {[name] = {{step, value}, ...}} of rows {name, step, value} in order.
local function by_name(rows)
  local lists, names = {}, {}
  for _, row in ipairs(rows) do
    if not lists[row.name] then
      lists[row.name] = {}
      names[#names + 1] = row.name
    end
    table.insert(lists[row.name], { row.step, row.value or 0 / 0 })
  end
  return lists, names
end

local function read(db, run)
  local declared, names = by_name(db:query("SELECT name, step + 1 AS step, value FROM curve WHERE run = ? ORDER BY name, step", run))
  local realised = by_name(db:query([[
    SELECT substr(n.name, 8) AS name, v.step, v.value FROM metric_name n CROSS JOIN metric_value v ON v.run = ? AND v.name_id = n.id
    WHERE n.name LIKE 'option.%' ORDER BY n.name, v.step]], run))
  return declared, realised, names
end

-- ---- comparing ----------------------------------------------------------------------------------------------------------------------

-- The value that holds at a step: that of the last point not after it; nil before the first. `at` is where to go on from.
local function held(points, step, at)
  at = at or 0
  while points[at + 1] and points[at + 1][1] <= step do at = at + 1 end
  return at > 0 and points[at][2] or nil, at
end

local function is_constant(points)
  for i = 2, #points do
    if points[i][2] ~= points[1][2] then return false end
  end
  return true
end

local function same(a, b)
  return math.abs(a - b) <= 1e-6 * math.abs(b) + 1e-12
end

-- A step by which what was realised is something else than what was declared; nil where it never is. Declared values are known at some
-- steps only, so it may have parted a little earlier; but a constant is known at every step.
local function parting(declared, realised)
  if is_constant(declared) then
    for _, point in ipairs(realised) do
      if not same(point[2], declared[1][2]) then return point[1] end
    end
    return nil
  end
  local at
  for _, point in ipairs(declared) do
    if point[1] > realised[#realised][1] then return nil end
    local value
    value, at = held(realised, point[1], at)
    if value and not same(value, point[2]) then return point[1] end
  end
end

-- The schedules to show: {name, declared, realised, parts = step or nil}, without those that always are one value.
local function schedules(db, run)
  local declared, realised, names = read(db, run)
  local list = {}
  for _, name in ipairs(names) do
    local one = { name = name, declared = declared[name], realised = realised[name] or {} }
    one.parts = #one.realised > 0 and parting(one.declared, one.realised) or nil
    if one.parts or not is_constant(one.declared) or not is_constant(one.realised) then list[#list + 1] = one end
  end
  return list
end

-- ---- showing ------------------------------------------------------------------------------------------------------------------------

-- The values that hold at `count` steps, evenly from the first to the last; nan before the first.
local function sample(points, first, last, count)
  local list, at = {}, nil
  for i = 1, count do
    local value
    value, at = held(points, first + (last - first) * (i - 0.5) / count, at)
    list[i] = value or 0 / 0
  end
  return list
end

local function ends(points)
  return ("%s -> %s"):format(scale.text(points[1][2]), scale.text(points[#points][2]))
end

local function comment(one)
  local first = one.realised[1]
  if not first then return "not used yet" end
  if one.parts then return ("realised: another by step %d"):format(one.parts) end
  return first[1] > one.declared[1][1] and ("in use from step %d on"):format(first[1]) or ""
end

local function lines_of(list, width)
  local longest = 0
  for _, one in ipairs(list) do longest = math.max(longest, #one.name) end
  local columns, lines = math.max(8, math.min(most_columns, width - longest - 40)), {}
  local layout = "%-" .. longest .. "s  %s  %s  %s"
  for _, one in ipairs(list) do
    local first, last = one.declared[1][1], one.declared[#one.declared][1]
    local count = math.min(columns, math.max(1, last - first + 1))
    local declared, realised = sample(one.declared, first, last, count), one.parts and sample(one.realised, first, last, count) or {}
    local low, high = scale.range(declared)
    low, high = scale.range(realised, false, low, high)
    local same_scale = { low = low, high = high }
    local said = one.parts and "declared" or comment(one)
    lines[#lines + 1] = layout:format(one.name, spark(declared, columns, same_scale), ends(one.declared), said)
    if one.parts then
      lines[#lines + 1] = layout:format("", spark(realised, columns, same_scale), ends(one.realised), comment(one))
    end
  end
  return (table.concat(lines, "\n"):gsub(" +\n", "\n"):gsub(" +$", "")) .. "\n"
end

local function chart(one)
  return braille.curves {
    title = one.name, width = math.min(100, terminal.width()), height = 8, x_label = "step",
    series = {
      { name = "declared", points = one.declared },
      { name = #one.realised > 0 and "realised" or "realised: not used yet", points = one.realised, style = "steps" },
    },
  }
end

return function(arguments)
  local db <close> = core.db(launch.database(arguments), "read")
  if not has_curves(db) then return 0 end
  local list = schedules(db, db:run_find(arguments.run))
  if #list == 0 then return 0 end
  local markdown = arguments.format == "markdown"
  io.stdout:write("\n", markdown and "### " or "", "schedules", markdown and "\n\n```\n" or "\n")
  if arguments.curves then
    for i, one in ipairs(list) do io.stdout:write(i > 1 and "\n" or "", chart(one)) end
  else
    io.stdout:write(lines_of(list, terminal.width()))
  end
  if markdown then io.stdout:write "```\n" end
  return 0
end
