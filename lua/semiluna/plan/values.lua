-- The values that a schedule takes over a run, step by step, as runs of equal numbers: {first, last, value}, steps counted from 0.
--
-- Cells of a plan share their schedules, so what was computed is kept: by how it is written for the library's own, by the function
-- itself for others.
local core = require "semiluna.core"
local schedule = require "semiluna.schedule"

local values = {}

local by_text, by_value, texts = {}, setmetatable({}, { __mode = "k" }), {}

-- How a schedule is written, where that says all of it; nil for a function, or what holds one.
function values.text(value)
  local text = type(value) == "number" and ("%.17g"):format(value) or schedule.text(value)
  if type(value) == "number" then return text end
  if texts[text] == nil then texts[text] = schedule.parse(text) ~= nil end
  return texts[text] and text or nil
end

local function runs_of(value, steps)
  local runs, last = {}, nil
  if type(value) == "number" then return { { 0, steps - 1, value } } end
  for step = 0, steps - 1 do
    local number = schedule.value(value, step, steps)
    if last and last[3] == number then
      last[2] = step
    else
      last = { step, step, number }
      runs[#runs + 1] = last
    end
  end
  return runs
end

-- Text of the runs from step `from` to before step `stop`, steps counted as they are.
local function text_of(runs, from, stop)
  local parts = {}
  for _, run in ipairs(runs) do
    local first, last = math.max(run[1], from), math.min(run[2], stop - 1)
    if first <= last then parts[#parts + 1] = ("%d:%.17g"):format(first, run[3]) end
  end
  return table.concat(parts, " ")
end

-- A text that cells share when all their options of the section `method` are the same, and their length: what depends on these alone
-- need not be computed again.
function values.method_key(item)
  local parts = { item.resolved.steps, tostring(item.resolved.method_table) }
  for _, option in ipairs(item.list) do
    if option.section == "method" then
      parts[#parts + 1] = option.text .. (type(option.value) == "function" and tostring(option.value) or "")
    end
  end
  return table.concat(parts, "\n")
end

local Values = {}
Values.__index = function(self, name)
  if name == "digest" then
    self.digest = core.system.sha256(text_of(self.runs, 0, self.steps))
    return self.digest
  end
  return Values[name]
end

-- {runs, steps, digest} of a number or schedule over a run of `steps` steps.
function values.of(value, steps)
  local text = values.text(value)
  local cache, key = by_text, text and text .. "\n" .. steps
  if not text then
    by_value[value] = by_value[value] or {}
    cache, key = by_value[value], steps
  end
  if not cache[key] then cache[key] = setmetatable({ runs = runs_of(value, steps), steps = steps, digests = {} }, Values) end
  return cache[key]
end

-- A hash of the values from step `from` to before `stop`.
function Values:between(from, stop)
  local key = from .. ":" .. stop
  if not self.digests[key] then
    local text = text_of(self.runs, from, stop)
    self.digests[key] = #text > 64 and core.system.sha256(text) or text
  end
  return self.digests[key]
end

-- The value at a step.
function Values:at(step)
  local runs, low, high = self.runs, 1, #self.runs
  while low < high do
    local middle = (low + high) // 2
    if runs[middle][2] < step then low = middle + 1 else high = middle end
  end
  return runs[low][3]
end

-- The first step from `from` on at which two differ, or nil.
function Values:parts(other, from)
  if self == other then return nil end
  local i, j = 1, 1
  local a, b = self.runs, other.runs
  while a[i] and b[j] do
    local last = math.min(a[i][2], b[j][2])
    if last >= from and a[i][3] ~= b[j][3] then return math.max(a[i][1], b[j][1], from) end
    if a[i][2] == last then i = i + 1 end
    if b[j] and b[j][2] == last then j = j + 1 end
  end
  return nil
end

return values
