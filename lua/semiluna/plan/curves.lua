-- The schedules of an experiment as declared: points to draw and to store.
local values = require "semiluna.plan.values"

local curves = {}

curves.most = 257

-- A schedule that changes seldom is told by its corners, two for each level; another by points at even distances.
local function points_of(schedule)
  local points, runs, steps = {}, schedule.runs, schedule.steps
  if 2 * #runs <= curves.most then
    for _, run in ipairs(runs) do
      points[#points + 1] = { run[1], run[3] }
      if run[2] > run[1] then points[#points + 1] = { run[2], run[3] } end
    end
    return points
  end
  local last = nil
  for i = 0, curves.most - 1 do
    local step = (steps - 1) * i // (curves.most - 1)
    if step ~= last then points[#points + 1] = { step, schedule:at(step) } end
    last = step
  end
  return points
end

-- Each schedule of a resolved experiment: a list of {name = "method.threshold", points = {{step, value}, ...}, constant = boolean}, at
-- most 257 points each. A schedule that cannot be computed is an error.
function curves.of(resolved)
  local sections, list = require "semiluna.sections", {}
  local function add(section, descriptors)
    for _, descriptor in ipairs(descriptors) do
      local value = resolved[section][descriptor[1]]
      if descriptor[2] == "schedule" and value ~= nil then
        local schedule = values.of(value, resolved.steps)
        list[#list + 1] = { name = section .. "." .. descriptor[1], points = points_of(schedule), constant = #schedule.runs == 1 }
      end
    end
  end
  add("method", resolved.method_table.options or {})
  add("optimizer", sections.optimizer.kinds[resolved.optimizer.kind].options)
  return list
end

-- As many values as a sparkline has characters.
function curves.values(resolved, name, count)
  local section, option = name:match "^([^.]+)%.(.+)$"
  local schedule, list = values.of(resolved[section][option], resolved.steps), {}
  for i = 0, count - 1 do
    list[i + 1] = schedule:at(count > 1 and (resolved.steps - 1) * i // (count - 1) or 0)
  end
  return list
end

return curves
