-- Axes: from numbers to places and back, round numbers to write at the ticks, and how to write them.
local scale = {}

local floor, ceil, log = math.floor, math.ceil, math.log

local function log10(value) return log(value, 10) end

-- Whether a value has a place on an axis.
function scale.shown(value, is_log)
  return value == value and value > -math.huge and value < math.huge and (not is_log or value > 0)
end

-- The least and the greatest of the values that can be shown; nil where there is none.
function scale.range(values, is_log, low, high)
  for i = 1, #values do
    local value = values[i]
    if scale.shown(value, is_log) then
      if not low or value < low then low = value end
      if not high or value > high then high = value end
    end
  end
  return low, high
end

-- An axis from `low` to `high`; `is_log` for a logarithmic one. Equal ends are moved apart, so that a constant lies in the middle.
function scale.new(low, high, is_log)
  local constant = low == high
  if is_log then
    low, high = log10(low), log10(high)
    if constant then low, high = low - 0.5, high + 0.5 end
  elseif constant then
    local room = low == 0 and 1 or math.abs(low) * 0.1
    low, high = low - room, high + room
  end
  local self = { low = low, high = high, log = is_log, constant = constant }
  local span = high - low
  if is_log then
    self.place = function(value) return (log10(value) - low) / span end
  else
    self.place = function(value) return (value - low) / span end
  end
  return self
end

-- 1, 2 or 5 times a power of ten, the smallest that is not less than `least`.
function scale.round_up(least)
  local power = 10.0 ^ floor(log10(least))
  for _, factor in ipairs { 1, 2, 5, 10 } do
    if factor * power >= least * (1 - 1e-9) then return factor * power end
  end
end

-- Multiples of a round number, about `count` of them.
local function linear_ticks(low, high, count, whole)
  local step = scale.round_up((high - low) / math.max(1, count))
  if whole then step = math.max(1, step) end
  local ticks = {}
  for i = ceil(low / step - 1e-6), floor(high / step + 1e-6) do ticks[#ticks + 1] = i * step end
  return ticks, step
end

-- Powers of ten, with 2 and 5 times them where few lie on the axis; thinned out where there are too many.
local function log_ticks(low, high, count)
  local decades = high - low
  local factors = decades < 2 and count >= 4 and { 1, 2, 5 } or { 1 }
  local every, ticks = math.max(1, ceil(decades / math.max(1, count))), {}
  for power = floor(low), ceil(high) do
    for _, factor in ipairs(factors) do
      local value = factor * 10.0 ^ power
      local place = log10(value)
      if power % every == 0 and place >= low - 1e-9 and place <= high + 1e-9 then ticks[#ticks + 1] = value end
    end
  end
  return ticks
end

-- The values to write on an axis, about `count` (at least one), and the distance between them (nil on a logarithmic axis). `whole`:
-- only whole numbers, as for steps.
function scale.ticks(axis, count, whole)
  if axis.log then
    local ticks = log_ticks(axis.low, axis.high, count)
    if #ticks > 1 then return ticks end
    return axis.constant and { 10 ^ ((axis.low + axis.high) / 2) } or { 10 ^ axis.low, 10 ^ axis.high }
  end
  if axis.constant then
    local value = (axis.low + axis.high) / 2
    return { value }, nil
  end
  local ticks, step = linear_ticks(axis.low, axis.high, count, whole)
  while #ticks < 2 and count < 100 do -- no round number lies on a short axis: take less round ones
    count = 2 * count
    ticks, step = linear_ticks(axis.low, axis.high, count, whole)
  end
  return ticks, step
end

-- A number with as many digits as its neighbours at the distance `step` need.
function scale.text(value, step)
  if value == 0 then return "0" end
  local size = math.abs(value)
  if not step then return (("%.3g"):format(value):gsub("e([+-])0+", "e%1"):gsub("e%+", "e")) end
  if math.abs(value) < step * 1e-6 then return "0" end
  if size >= 1e6 or step < 1e-4 then
    local digits = math.max(0, floor(log10(size) + 1e-9) - floor(log10(step) + 1e-9))
    return ((("%." .. digits .. "e"):format(value)):gsub("(%.%d-)0*e", "%1e"):gsub("%.e", "e"):gsub("e([+-])0+", "e%1"):gsub("e%+", "e"))
  end
  local digits = math.max(0, -floor(log10(step) + 1e-9))
  return ("%." .. digits .. "f"):format(value)
end

-- The texts of ticks. Numbers of thousands are written short: 5k, 10k.
function scale.texts(ticks, step)
  local texts, short = {}, step and step >= 1000
  local most = 0
  for _, value in ipairs(ticks) do
    most = math.max(most, math.abs(value))
    short = short and value % 1000 == 0
  end
  for i, value in ipairs(ticks) do
    if short and most >= 1e4 and most < 1e6 then
      texts[i] = value == 0 and "0" or ("%dk"):format(value // 1000)
    elseif short and most >= 1e6 and most < 1e10 then
      texts[i] = value == 0 and "0" or ("%gM"):format(value / 1e6)
    else
      texts[i] = scale.text(value, step)
    end
  end
  return texts
end

return scale
