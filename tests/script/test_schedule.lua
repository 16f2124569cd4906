-- Schedules: their values at the corners, how they are written, what they refuse.
local sl = require "semiluna"
local schedule = require "semiluna.schedule"

local checks = 0

local function near(got, expected, what)
  checks = checks + 1
  if not (math.abs(got - expected) <= 1e-12 * math.max(1, math.abs(expected))) then
    error(("%s: got %.17g, expected %.17g"):format(what, got, expected), 2)
  end
end

local function at(value, step, steps) return schedule.value(value, step, steps or 100) end

near(at(3, 7), 3, "a number")
near(at(sl.constant(3), 7), 3, "constant")
near(at(sl.poly(0.01, 0.9), 0), 0.01, "poly at 0")
near(at(sl.poly(0.01, 0.9), 50), 0.01 * 0.5 ^ 0.9, "poly in the middle")
near(at(sl.poly(0.01), 50), 0.01 * 0.5 ^ 0.9, "poly's power")
near(at(sl.poly(0.01), 100), 0, "poly at the end")
near(at(sl.poly(0.01), 120), 0, "poly after the end")
near(at(sl.linear(1, 3), 0), 1, "linear at 0")
near(at(sl.linear(1, 3), 25), 1.5, "linear at a quarter")
near(at(sl.linear(1, 3, 10, 20), 5), 1, "linear before")
near(at(sl.linear(1, 3, 10, 20), 15), 2, "linear between")
near(at(sl.linear(1, 3, 10, 20), 99), 3, "linear after")
near(at(sl.cosine(2, 0), 0), 2, "cosine at 0")
near(at(sl.cosine(2, 0), 50), 1, "cosine in the middle")
near(at(sl.cosine(2, 0), 100), 0, "cosine at the end")
near(at(sl.steps(1, 0.1, { 10, 20 }), 9), 1, "steps before")
near(at(sl.steps(1, 0.1, { 10, 20 }), 10), 0.1, "steps at a milestone")
near(at(sl.steps(1, 0.1, { 10, 20 }), 20), 0.01, "steps at the second")
near(at(sl.warmup(10, 1), 0), 0.1, "warmup at 0")
near(at(sl.warmup(10, 1), 9), 1, "warmup at its last step")
near(at(sl.warmup(10, sl.poly(1, 1)), 50), 0.5, "warmup, then a schedule")
near(at(sl.piecewise { { 0, 0 }, { 40, 0.5 }, { 60, sl.linear(0, 1) } }, 39), 0, "piecewise, first")
near(at(sl.piecewise { { 0, 0 }, { 40, 0.5 }, { 60, sl.linear(0, 1) } }, 40), 0.5, "piecewise, second")
near(at(sl.piecewise { { 0, 0 }, { 40, 0.5 }, { 60, sl.linear(0, 1) } }, 75), 0.75, "piecewise, third")
near(at(function(step, steps) return step / steps end, 30), 0.3, "a function")
near(at(schedule.parse "poly(0.1, 2)", 50), 0.025, "from text")
near(at(schedule.parse "sl.warmup(4, sl.poly(1, 1))", 50), 0.5, "from text with sl")
near(at(schedule.parse "0.25", 50), 0.25, "a number from text")

local function same(got, expected)
  checks = checks + 1
  if got ~= expected then error(("got %s, expected %s"):format(tostring(got), tostring(expected)), 2) end
end

same(tostring(sl.poly(0.01, 0.9)), "poly(0.01, 0.9)")
same(tostring(sl.cosine(0.01, 0)), "cosine(0.01, 0)")
same(tostring(sl.linear(0, 2, 10)), "linear(0, 2, 10)")
same(tostring(sl.linear(0, 2, 0, 20)), "linear(0, 2, 0, 20)")
local function rated(rate)
  return function(step) return rate * step end
end
same(schedule.text(rated(0.5)):match ":(%d+ .*)$", "55 (rate = 0.5)")
same(schedule.text(rated(0.5)) == schedule.text(rated(0.25)), false)
local one, other = function() return 1 end, function() return 2 end
same(schedule.text(one):match " #%x%x%x%x$" ~= nil, true)
same(schedule.text(one) == schedule.text(other), false)
near(at(schedule.parse(tostring(sl.linear(0, 2, 10))), 55), 1, "the text of a ramp is read back")
same(tostring(sl.piecewise { { 0, 0 }, { 40, sl.poly(1) } }), "piecewise({{0, 0}, {40, poly(1, 0.9)}})")
same(tostring(sl.steps(1, 0.1, { 10, 20 })), "steps(1, 0.1, {10, 20})")
same(schedule.parse "os.exit(1)", nil)
same(schedule.parse "poly(", nil)
same(schedule.is "x", false)
same(schedule.is(0 / 0), false)

local function refuses(pattern, f, ...)
  checks = checks + 1
  local ok, message = pcall(f, ...)
  if ok or not tostring(message):find(pattern) then error(("expected an error that matches %q, got %s"):format(pattern, tostring(message)), 2) end
end

refuses("base and power must be numbers", sl.poly, "x")
refuses("first before last", sl.linear, 0, 1, 20, 10)
refuses("list of steps", sl.steps, 1, 0.1, {})
refuses("number of steps", sl.warmup, 0, 1)
refuses("begins at step 0", sl.piecewise, { { 5, 1 } })
refuses("each later", sl.piecewise, { { 0, 1 }, { 0, 2 } })
refuses("gave nil at step 3", at, function() end, 3)
refuses("gave .*nan at step 3", at, function() return 0 / 0 end, 3)

print(checks .. " checks of schedules")
