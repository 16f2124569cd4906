-- Schedules: numbers that change with the step.
--
-- A schedule is called with (step, steps): the number of the step, from 0, and the length of the run. It knows how it is written, so
-- that a run's options can be printed and stored. Where an option takes a schedule, a number or any function of the step will do.
local place = require "semiluna.place"

local schedule = {}

local Schedule = {}

function Schedule:__call(step, steps)
  return self.at(step, steps)
end

function Schedule:__tostring()
  return self.text
end

local function is_callable(value)
  local meta = getmetatable(value)
  return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
end

-- The constructors below check their arguments where they are written: `level` 3 is the script's line.
local function check(condition, message, ...)
  if not condition then error(message:format(...), 3) end
end

local function is_number(value)
  return type(value) == "number" and value == value and value ~= math.huge and value ~= -math.huge
end

local function is_count(value)
  return math.type(value) == "integer" and value >= 0
end

local function make(at, name, ...)
  local parts = {}
  for i = 1, select("#", ...) do
    local part = select(i, ...)
    parts[#parts + 1] = type(part) == "number" and ("%.14g"):format(part) or schedule.text(part)
  end
  return setmetatable({ at = at, text = name .. "(" .. table.concat(parts, ", ") .. ")" }, Schedule)
end

-- How far `step` is between `first` and `last`, from 0 to 1.
local function progress(step, first, last)
  if step <= first then return 0 end
  if step >= last then return 1 end
  return (step - first) / (last - first)
end

local function check_ramp(name, from, to, first, last)
  if not (is_number(from) and is_number(to)) then error(name .. ": from and to must be numbers", 3) end
  if not (is_count(first) and (last == nil or is_count(last) and last > first)) then
    error(name .. ": first and last must be steps, first before last", 3)
  end
end

-- The arguments of a ramp as they are shown: without those that are the default.
local function ramp_arguments(from, to, first, last)
  if last then return from, to, first, last end
  if first ~= 0 then return from, to, first end
  return from, to
end

-- What there is, for the help and the reference.
schedule.list = {
  { "constant(value)", "always the value; a plain number does the same" },
  { "poly(base, power = 0.9)", "base x (1 - step / steps)^power, the decay of DeepLab and of the paper" },
  { "linear(from, to, first = 0, last = steps)", "a straight line from step `first` to step `last`, and level outside" },
  { "cosine(from, to, first = 0, last = steps)", "half a cosine wave between two values, level outside" },
  { "steps(base, factor, {step, ...})", "the base, multiplied by the factor at each of the steps listed" },
  { "warmup(count, after)", "grows evenly over the first `count` steps, then follows `after`: a number, schedule or function" },
  { "piecewise{ {0, a}, {step, b}, ... }", "each piece holds from its step on; a number, a schedule or a function" },
}

-- Always `value`.
function schedule.constant(value)
  check(is_number(value), "constant: the value must be a number")
  return make(function() return value end, "constant", value)
end

-- base x (1 - step / steps)^power, the decay of DeepLab and of the paper.
function schedule.poly(base, power)
  power = power or 0.9
  check(is_number(base) and is_number(power), "poly: base and power must be numbers")
  return make(function(step, steps) return base * math.max(0, 1 - step / steps) ^ power end, "poly", base, power)
end

-- A straight line between two values; from step `first` (0) to step `last` (the end of the run), and level outside.
function schedule.linear(from, to, first, last)
  first = first or 0
  check_ramp("linear", from, to, first, last)
  return make(function(step, steps)
    return from + (to - from) * progress(step, first, last or steps)
  end, "linear", ramp_arguments(from, to, first, last))
end

-- Half a cosine wave between two values; steps as in `linear`.
function schedule.cosine(from, to, first, last)
  first = first or 0
  check_ramp("cosine", from, to, first, last)
  return make(function(step, steps)
    return to + (from - to) * 0.5 * (1 + math.cos(math.pi * progress(step, first, last or steps)))
  end, "cosine", ramp_arguments(from, to, first, last))
end

-- `base`, multiplied by `factor` at each of `milestones`, a list of steps.
function schedule.steps(base, factor, milestones)
  check(is_number(base) and is_number(factor), "steps: base and factor must be numbers")
  check(type(milestones) == "table" and #milestones > 0, "steps: the milestones must be a list of steps, such as {1000, 2000}")
  for i, milestone in ipairs(milestones) do
    check(is_count(milestone), "steps: milestone %d is not a step", i)
  end
  return make(function(step)
    local value = base
    for _, milestone in ipairs(milestones) do
      if step >= milestone then value = value * factor end
    end
    return value
  end, "steps", base, factor, milestones)
end

-- Grows evenly to `after` over the first `count` steps, then follows it: a number, a schedule or a function of the step.
function schedule.warmup(count, after)
  check(is_count(count) and count > 0, "warmup: the first argument is a number of steps")
  check(is_number(after) or is_callable(after), "warmup: the second argument is a number, a schedule or a function of the step")
  return make(function(step, steps)
    return schedule.value(after, step, steps) * math.min(1, (step + 1) / count)
  end, "warmup", count, after)
end

-- Pieces { {0, a}, {400, b}, ... }: each holds from its step on; a number, a schedule or a function of the step.
function schedule.piecewise(pieces)
  check(type(pieces) == "table" and #pieces > 0, "piecewise: pieces are a list such as { {0, 0}, {400, 0.1} }")
  for i, piece in ipairs(pieces) do
    check(type(piece) == "table" and is_count(piece[1]), "piecewise: piece %d does not begin with a step", i)
    check(is_number(piece[2]) or is_callable(piece[2]), "piecewise: piece %d needs a number, a schedule or a function", i)
    local before = pieces[i - 1]
    check(piece[1] == 0 and not before or before and piece[1] > before[1],
      "piecewise: the first piece begins at step 0, and each later than the one before (piece %d)", i)
  end
  return make(function(step, steps)
    local current
    for _, piece in ipairs(pieces) do
      if step >= piece[1] then current = piece[2] end
    end
    return schedule.value(current, step, steps)
  end, "piecewise", pieces)
end

-- Whether `value` may stand for a schedule: a number, a schedule or a function of the step.
function schedule.is(value)
  return is_number(value) or is_callable(value)
end

-- The number that `value` is at `step` of a run of `steps` steps.
function schedule.value(value, step, steps)
  local number = value
  if type(value) ~= "number" then number = value(step, steps) end
  if not is_number(number) then
    error(("%s gave %s at step %d; a schedule must give a finite number"):format(schedule.text(value), tostring(number), step), 0)
  end
  return number
end

-- How it is written: "poly(0.01, 0.9)", "0.1"; for a function, the place where it stands (place.lua).
function schedule.text(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  if type(value) == "function" then return place(value) end
  if type(value) == "table" and getmetatable(value) == nil then
    local parts = {}
    for i, part in ipairs(value) do parts[i] = schedule.text(part) end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  return tostring(value)
end

-- A schedule from text as --set gives it: "0.01" or "poly(0.01, 0.9)". Returns nil where it is neither.
function schedule.parse(text)
  local number = tonumber(text)
  if number then return number end
  local names = {}
  for _, name in ipairs { "constant", "poly", "linear", "cosine", "steps", "warmup", "piecewise" } do
    names[name] = schedule[name]
  end
  local chunk = load("return " .. text:gsub("%f[%w_]sl%.", ""), "=" .. text, "t", names)
  local ok, value = pcall(chunk or error)
  if ok and schedule.is(value) then return value end
  return nil
end

return schedule
