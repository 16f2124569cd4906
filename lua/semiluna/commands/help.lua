-- `semiluna help SECTION`: the options of a section of a script, or the functions that make schedules and ablations.
local cells = require "semiluna.plan.cells"
local core = require "semiluna.core"
local options = require "semiluna.options"
local prune = require "semiluna.sweep.prune"
local schedule = require "semiluna.schedule"
local usage = require "semiluna.usage"

-- A text in lines of the terminal's width, each after `indent` spaces.
local function wrap(text, indent)
  local width, lines, line = math.max(60, math.min(core.system.width(), 110)), {}, ""
  for word in text:gmatch("%S+") do
    if #line > 0 and indent + #line + 1 + #word > width then
      lines[#lines + 1] = line
      line = ""
    end
    line = #line > 0 and line .. " " .. word or word
  end
  lines[#lines + 1] = line
  return (" "):rep(indent) .. table.concat(lines, "\n" .. (" "):rep(indent))
end

local function print_section(topic, help, descriptors, section)
  print(topic .. ": " .. (help or "a method"))
  if #descriptors == 0 then print("\n  (no options)") end
  for _, descriptor in ipairs(descriptors) do
    print(("\n  %s = %s    %s"):format(descriptor[1], options.default_text(descriptor), options.type_text(descriptor)))
    print(wrap(descriptor.help .. ".", 6))
  end
  for _, what in ipairs { "terms", "measures" } do
    local list = section and section[what] or {}
    if #list > 0 then print(what == "terms" and "\n  Its losses, as they are logged:" or "\n  And what it measures:") end
    for _, row in ipairs(list) do print(wrap(("%s: %s."):format(row[1], row[2]), 6)) end
  end
end

local function print_schedules()
  print("Schedules: wherever an option takes \"a number or a function of the step\". Steps count from 0.")
  for _, row in ipairs(schedule.list) do
    print("\n  sl." .. row[1])
    print(wrap(row[2] .. ".", 6))
  end
end

local function print_prune()
  print(wrap("Early stopping: `prune = function(history) ... end` in an experiment is called after each evaluation but the last. It " ..
    "returns a text, the reason to end the run (it is then stopped, with the tag \"pruned\"), or nil.", 0))
  for _, row in ipairs(prune.list) do
    print("\n  " .. row[1])
    print(wrap(row[2] .. ".", 6))
  end
end

local function print_plans()
  print(wrap("Ablations: `ablate = plan` in an experiment describes its cells, each of which is a run. Options are named as in --set, " ..
    "and anything may vary: numbers, schedules, whole methods, lists of images, seeds.", 0))
  print [[

  ablate = sl.grid { ["method.threshold"] = {0, 0.2, 0.5}, seed = {1, 2, 3} },

  semiluna plan my.lua       all cells, before anything runs
  semiluna sweep my.lua      trains them
  semiluna compare my.lua    means over seeds in a table]]
  for _, row in ipairs(cells.list) do
    print("\n  " .. cells.shown(row[1]))
    print(wrap(row[2] .. ".", 6))
  end
  print("\n" .. wrap("What a cell is called in tables stands in its option `variant`. See docs/ablations.md for a question from script " ..
    "to table.", 0))
end

-- "grid", "sl.grid": whether a list explains a function of this name.
local function explains(list, topic)
  for _, row in ipairs(list) do
    if topic:gsub("^sl%.", "") == row[1]:gsub("^sl%.", ""):match "^[%w_]+" then return true end
  end
  return false
end

-- The sections that a topic means: itself, or all kinds of it ("optimizer" means optimizer.sgd, optimizer.adam, ...).
local function find(topic)
  local found, names = {}, { "schedule", "ablate", "prune" }
  for _, section in ipairs(options.topics()) do
    names[#names + 1] = section[1]
    if section[1] == topic or section[1]:match("^(%w+)%.") == topic then found[#found + 1] = section end
  end
  local own = topic:match("^method%.([%w_-]+)$")
  if #found == 0 and own then
    local ok, method = pcall(require, own)
    if ok and type(method) == "table" then found[1] = { topic, method.help, method.options or {}, method } end
  end
  return found, names
end

return function(arguments)
  local topic = arguments.topic
  if topic == "schedule" or topic == "schedules" or explains(schedule.list, topic) then
    print_schedules()
    return 0
  end
  if topic == "prune" or explains(prune.list, topic) then
    print_prune()
    return 0
  end
  if topic == "ablate" or topic == "ablation" or topic == "ablations" or explains(cells.list, topic) then
    print_plans()
    return 0
  end
  local found, names = find(topic)
  if #found == 0 then
    local nearest = core.system.nearest(topic, names)
    usage('there is no command or section "%s".%s  (sections: %s)', topic,
      nearest and (' Did you mean "%s"?'):format(nearest) or "", table.concat(names, ", "))
  end
  for i, section in ipairs(found) do
    if i > 1 then print() end
    print_section(table.unpack(section))
  end
  return 0
end
