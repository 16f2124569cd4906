-- Plans of random cells: sl.random(n, seed, { option = sl.uniform(a, b), ... }).
local cells = require "semiluna.plan.cells"
local change = require "semiluna.plan.change"
local core = require "semiluna.core"
local mistake = require "semiluna.plan.mistake"
local combine, flat = change.combine, change.flat
local fail, what = mistake.fail, mistake.what

local random = {}

local Distribution = {}
Distribution.__index = Distribution

local function range(where, a, b, options)
  if type(a) ~= "number" or type(b) ~= "number" or not (a < b) or a == -math.huge or b == math.huge then
    fail("%s: expected two numbers, the smaller one first, not %s and %s", where, what(a), what(b))
  end
  if options ~= nil and type(options) ~= "table" then fail("%s: the third argument is { whole = true }", where) end
  for name in pairs(options or {}) do
    if name ~= "whole" then fail("%s: no such option: %s; there is whole", where, tostring(name)) end
  end
  local whole = options and options.whole or false
  if whole and (math.ceil(a) > math.floor(b)) then fail("%s: there is no whole number from %s to %s", where, a, b) end
  return whole
end

-- Six digits, so that a value can be read and typed.
local function short(value, a, b)
  return math.min(b, math.max(a, tonumber(("%.6g"):format(value))))
end

function random.uniform(a, b, options)
  local whole = range("sl.uniform", a, b, options)
  return setmetatable({ draw = function(source)
    if whole then return math.ceil(a) + source:below(math.floor(b) - math.ceil(a) + 1) end
    return short(a + (b - a) * source:uniform(), a, b)
  end }, Distribution)
end

function random.loguniform(a, b, options)
  local whole = range("sl.loguniform", a, b, options)
  if a <= 0 then fail("sl.loguniform: both numbers must be above 0, not %s", a) end
  return setmetatable({ draw = function(source)
    local value = math.exp(math.log(a) + (math.log(b) - math.log(a)) * source:uniform())
    if whole then return math.min(math.floor(b), math.max(math.ceil(a), math.floor(value + 0.5))) end
    return short(value, a, b)
  end }, Distribution)
end

function random.choice(values)
  cells.check_axis("sl.choice", "value", values)
  return setmetatable({ draw = function(source) return values[source:below(#values) + 1] end }, Distribution)
end

-- Each option has a stream of random numbers of its own, by its name: adding another leaves its values alone.
local function stream_of(name)
  return math.max(64, tonumber(core.system.sha256(name):sub(1, 8), 16))
end

function random.cells(count, seed, axes)
  if math.type(count) ~= "integer" or count < 1 then fail("sl.random: expected how many cells first, not %s", what(count)) end
  if count > cells.most then fail("sl.random: at most %d cells, not %d", cells.most, count) end
  if math.type(seed) ~= "integer" then fail("sl.random: expected a whole number as seed second, not %s", what(seed)) end
  if type(axes) ~= "table" or getmetatable(axes) or next(axes) == nil then
    fail("sl.random: expected options third, such as { [\"method.threshold\"] = sl.uniform(0, 0.5) }, not %s",
      type(axes) == "table" and "an empty table" or what(axes))
  end
  local names = cells.names("sl.random", axes)
  if axes[1] ~= nil then fail "sl.random: every distribution needs an option's name" end
  for _, name in ipairs(names) do
    if getmetatable(axes[name]) ~= Distribution then
      fail("sl.random: %s needs sl.uniform(a, b), sl.loguniform(a, b) or sl.choice{...}, not %s", name, what(axes[name]))
    end
  end
  local changes, seen, sample = {}, {}, 0
  while #changes < count do
    local cell = {}
    for _, name in ipairs(names) do
      cell = combine(cell, flat { [name] = axes[name].draw(core.random(seed, stream_of(name), sample)) })
    end
    sample = sample + 1
    local text = change.text(cell)
    if not seen[text] then changes[#changes + 1] = cell end
    seen[text] = true
    if sample > 1000 + 100 * count then fail("sl.random: %d different cells were wanted, but there are only %d", count, #changes) end
  end
  return cells.new("random", function(_, cell, emit)
    for _, change in ipairs(changes) do emit(combine(cell, change)) end
  end)
end

return random
