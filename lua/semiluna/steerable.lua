-- Which options of a running training can be changed, and to what.
local core = require "semiluna.core"
local options = require "semiluna.options"
local schedule = require "semiluna.schedule"
local sections = require "semiluna.sections"
local types = require "semiluna.types"

local steerable = {}

local most_looks = 100000                                  -- steps at which a schedule is tried out
local most_seconds = 2                                     -- for that: training waits meanwhile

-- All options of a run by their full names: descriptors.
local function all_options(run)
  local all = {}
  local function add(prefix, descriptors)
    for _, descriptor in ipairs(descriptors) do all[prefix .. descriptor[1]] = descriptor end
  end
  add("", sections.experiment.options)
  for _, name in ipairs(sections.order) do
    local section = sections[name]
    if name == "method" then
      add("method.", run.options.method_table.options or {})
    else
      add(name .. ".", section.kinds and section.kinds[run.options[name].kind].options or section.options)
    end
  end
  return all
end

-- The full name of an option that may be written without its section; nil and why there is none.
local function find(all, name)
  if all[name] then return name end
  local matches, list = {}, {}
  for full in pairs(all) do
    if full:match "([^.]+)$" == name then matches[#matches + 1] = full end
    list[#list + 1] = full
  end
  table.sort(matches)
  table.sort(list)
  if #matches == 1 then return matches[1] end
  if #matches > 1 then return nil, ('"%s" may be %s'):format(name, table.concat(matches, " or ")) end
  for i = 1, #list do list[#list + 1] = list[i]:match "([^.]+)$" end
  local nearest = core.system.nearest(name, list)
  return nil, ('no such option "%s".%s'):format(name, nearest and (' Did you mean "%s"?'):format(nearest) or "")
end

function steerable.find(run, name)
  return find(all_options(run), name)
end

-- Calls visit(step) for the steps from `first` on, or so many of them that it does not take long; the last is among them.
local function look(first, steps, visit)
  for step = first, steps - 1, math.max(1, (steps - first) // most_looks) do visit(step) end
  if steps > first then visit(steps - 1) end
end

-- Fails where a value of a schedule is none.
local function try(name, value, descriptor, first, steps)
  look(first, steps, function(step)
    local number = schedule.value(value, step, steps)
    local fine, expected = types.number.check(number, descriptor)
    if fine == nil then
      error(("%s: %s gives %s at step %d; expected %s"):format(name, schedule.text(value), types.number.text(number), step, expected), 0)
    end
  end)
end

-- A text from outside is a program of a kind: it may take only so long. Returns the work's results, or nil and what was wrong.
local function within_limits(work)
  local results = table.pack(pcall(core.system.guard, work, { seconds = most_seconds, mib = 256 }))
  if results[1] then return table.unpack(results, 2, results.n) end
  local problem = results[2]
  local message = type(problem) == "table" and problem.message or tostring(problem)
  return nil, (message:gsub("the script", "the schedule"))
end

-- The streams that the method would want with another value of an option, and that are not open.
local function missing_stream(run, name, value)
  local own, wanted = name:match "^method%.(.+)$", run.options.method_table.streams
  if not own or type(wanted) ~= "function" then return nil end
  local changed = setmetatable({ [own] = value }, { __index = run.options.method })
  for _, stream in ipairs(wanted(changed)) do
    if not run.streams[stream] then return stream end
  end
end

-- What a text that was checked means.
function steerable.value(run, name, text)
  return assert(options.parse(all_options(run)[name], text))
end

-- Checks that an option can be `text` from step `first` on. Returns its full name and the text in its usual form, or nil and why not.
function steerable.check(run, name, text, first)
  local all = all_options(run)
  local full, problem = find(all, name)
  if not full then return nil, problem end
  local descriptor = all[full]
  if full == "steps" then return nil, "the number of steps is changed by `extend`" end
  if descriptor[2] ~= "schedule" then
    return nil, ("%s is fixed when a run begins: only schedules can be set (`fork %s=...` begins a run with another value)"):format(full, full)
  end
  local usual, wrong = within_limits(function()
    local value, expected = options.parse(descriptor, text)
    if value == nil then error(("%s: %s"):format(full, expected), 0) end
    local written = types.schedule.text(value)
    value = options.parse(descriptor, written)             -- as a run that is resumed reads it
    if value == nil then error(("%s: write it with fewer digits"):format(full), 0) end
    try(full, value, descriptor, first, run.steps)
    local stream = missing_stream(run, full, value)
    if stream then
      error(("with %s = %s the method needs the stream %s, which this run has not opened: `fork %s=%s` begins one that has"):format(full,
        written, stream, full, written), 0)
    end
    return written
  end)
  if not usual then return nil, wrong end
  return full, usual
end

-- What is wrong with another length of the run, or nil: schedules must give numbers all the way.
function steerable.check_length(run, first, steps)
  local fine, wrong = within_limits(function()
    for name, descriptor in pairs(all_options(run)) do
      local section, short = name:match "^(.-)%.(.+)$"
      local value = section and run.options[section][short]
      if descriptor[2] == "schedule" and value ~= nil then
        look(first, steps, function(step) schedule.value(value, step, steps) end)
      end
    end
    return true
  end)
  return not fine and wrong or nil
end

return steerable
