-- Statistics against closed forms, enumeration by brute force, and published tables.
local statistics = require "semiluna.analysis.statistics"

local checks = 0

local function near(got, expected, tolerance, what)
  checks = checks + 1
  if not (math.abs(got - expected) <= tolerance) then error(("%s: got %.12g, expected %.12g"):format(what, got, expected), 2) end
end

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s: got %s, expected %s"):format(what, tostring(got), tostring(expected)), 2) end
end

-- ---- mean and spread ------------------------------------------------------------------------------------------------------------
near(statistics.mean { 2, 4, 4, 4, 5, 5, 7, 9 }, 5, 0, "mean")
near(statistics.sd { 2, 4, 4, 4, 5, 5, 7, 9 }, math.sqrt(32 / 7), 1e-15, "sample standard deviation")
same(statistics.sd { 3 }, nil, "no spread of one number")
same(statistics.mean {}, nil, "no mean of no number")

-- ---- sign flips -----------------------------------------------------------------------------------------------------------------

local function brute_force(values)
  local n, sum, scale, count = #values, 0, 0, 0
  for _, value in ipairs(values) do sum, scale = sum + value, scale + math.abs(value) end
  for mask = 0, (1 << n) - 1 do
    local flipped = 0
    for i = 1, n do flipped = flipped + (mask >> (i - 1) & 1 == 1 and values[i] or -values[i]) end
    if math.abs(flipped) >= math.abs(sum) - 1e-12 * scale then count = count + 1 end
  end
  return count / 2 ^ n
end

for n = 1, 30 do
  local all = {}
  for i = 1, n do all[i] = i end
  near(statistics.sign_flip(all), n == 1 and 1 or 2 / 2 ^ n, 0, "all differences positive, n = " .. n)
end
-- All of the same size: the binomial distribution. 5 of 6 positive: P(>= 5 or <= 1 of 6) = 14/64.
near(statistics.sign_flip { 1, 1, 1, 1, 1, -1 }, 14 / 64, 1e-15, "the sign test")
near(statistics.sign_flip { 0.1, 0.2, -0.3 }, 1, 0, "a sum of 0 up to rounding")
near(statistics.sign_flip { 0, 0, 0 }, 1, 0, "no difference")
near(statistics.sign_flip { 0.3, 0.3, 0.1, 0.2, 0.1, 0.2 }, 2 / 64, 0, "ties up to rounding")
same(statistics.sign_flip {}, nil, "no pairs")
-- Darwin's maize, in eighths of an inch: Fisher (1935) counts 835 + 28 of 32768 arrangements in one tail, 1726 in both.
local maize = { 49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48 }
near(statistics.sign_flip(maize), 1726 / 32768, 1e-15, "Fisher's test of Darwin's maize")

math.randomseed(11)
for _ = 1, 200 do
  local values = {}
  for i = 1, math.random(12) do values[i] = math.random(3) == 1 and math.random(-3, 3) / 10 or math.random() - 0.3 end
  local p = brute_force(values)
  near(statistics.sign_flip(values), p, 1e-15, "against all flips one by one")
  local quick, whole = statistics.paired(values), statistics.paired(values, true)
  same(quick.significant, whole.significant, "a look decides as the test does")
  same(quick.p == nil or quick.p == whole.p, true, "a p is the test's")
  same(quick.p ~= nil or whole.p > 0.1, true, "a p that is left out is above 0.1")
end
-- Beyond 30 the flips are random: near to the exact answer, and the same each time.
local function two_thirds(n)
  local list = {}
  for i = 1, n do list[i] = ({ 1, -1, 1 })[i % 3 + 1] end
  return list
end
local function binomial_tails(n, k) -- P(X >= k or X <= n - k) for X ~ B(n, 1/2)
  local sum, chance = 0, 0.5 ^ n
  for i = 0, n do
    if i >= k or i <= n - k then sum = sum + chance end
    chance = chance * (n - i) / (i + 1)
  end
  return sum
end
near(statistics.sign_flip(two_thirds(24)), binomial_tails(24, 16), 1e-12, "16 of 24")
near(statistics.sign_flip(two_thirds(30)), binomial_tails(30, 20), 1e-12, "20 of 30")
local many = two_thirds(42)
near(statistics.sign_flip(many), binomial_tails(42, 28), 0.006, "random flips: 28 of 42")
same(statistics.sign_flip(many), statistics.sign_flip(many), "random flips are the same each time")

-- ---- the bootstrap --------------------------------------------------------------------------------------------------------------

local function brute_interval(values)
  local n, sums = #values, {}
  for code = 0, n ^ n - 1 do
    local sum, left = 0, math.tointeger(code)
    for _ = 1, n do
      sum = sum + values[left % n + 1]
      left = left // n
    end
    sums[#sums + 1] = sum / n
  end
  table.sort(sums)
  return sums[math.ceil(0.025 * #sums - 1e-9)], sums[math.ceil(0.975 * #sums - 1e-9)]
end

for _, values in ipairs { { 1, 2 }, { 0.5, 1.5, 4 }, { 1, 2, 3, 10 }, { -0.4, 0.1, 0.7, 0.2, 0.5 }, { 0.1, 0.3, -0.1, 0.2, 0.4,
  0.05 } } do
  local low, high = statistics.bootstrap(values)
  local expected_low, expected_high = brute_interval(values)
  near(low, expected_low, 1e-12, "all resamples: low, n = " .. #values)
  near(high, expected_high, 1e-12, "all resamples: high, n = " .. #values)
end
-- For many numbers the interval of the mean is that of the normal distribution.
local wide = {}
for i = 1, 100 do wide[i] = math.sin(i * 12.9898) * 5 + 1 end
local low, high = statistics.bootstrap(wide)
local mean, half = statistics.mean(wide), 1.96 * statistics.sd(wide) / 10
near(low, mean - half, 0.06, "the normal interval: low")
near(high, mean + half, 0.06, "the normal interval: high")
local again_low, again_high = statistics.bootstrap(wide)
same(again_low .. " " .. again_high, low .. " " .. high, "the same interval each time")
same(statistics.bootstrap { 1 }, nil, "no interval of one number")

-- ---- paired differences ---------------------------------------------------------------------------------------------------------
local six = statistics.paired { 0.01, 0.02, 0.015, 0.01, 0.02, 0.03 }
same(six.significant, true, "six differences of one sign")
near(six.p, 1 / 32, 0, "their p")
checks = checks + 1
if not (six.low > 0 and six.high >= six.mean) then error "the interval of six differences" end
local five = statistics.paired { 1, 1, 1, 1, 1 }
same(five.significant, false, "five seeds are too few")
same(five.low, nil, "no interval where the test has decided")
same(statistics.paired({ 1, 1, 1, 1, 1 }, true).low, 1.0, "but where it is asked for")
same(statistics.paired({}).n, 0, "no pairs")
same(statistics.paired({}).significant, false, "no pairs differ")

-- ---- how many seeds -------------------------------------------------------------------------------------------------------------
same(statistics.fewest_seeds(), 6, "the fewest seeds")
near(statistics.smallest_p(3), 0.25, 0, "the smallest p of three")
-- Cohen's tables and G*Power for the paired t test, two-sided 5 %, power 80 %.
for _, case in ipairs { { 0.2, 199 }, { 0.3, 90 }, { 0.5, 34 }, { 0.8, 15 }, { 1.0, 10 }, { 5.0, 6 } } do
  same(statistics.seeds_needed(case[1], 1), case[2], "seeds for an effect of " .. case[1])
end
same(statistics.seeds_needed(-0.5, 1), 34, "the sign does not matter")
same(statistics.seeds_needed(0, 1), nil, "no difference to find")
same(statistics.seeds_needed(0.1, 0), 6, "no spread")

-- ---- Student's t ----------------------------------------------------------------------------------------------------------------
for _, case in ipairs { { 1, 12.7062 }, { 2, 4.30265 }, { 4, 2.77645 }, { 9, 2.26216 }, { 30, 2.04227 }, { 120, 1.97993 }, { 1000,
  1.96234 } } do
  near(statistics.t_quantile(0.05, case[1]), case[2], 6e-5, "t of " .. case[1] .. " degrees of freedom")
end
near(statistics.t_tail(1, 1), 0.5, 1e-9, "Cauchy: half lies beyond 1")
near(statistics.t_tail(math.sqrt(2), 2), 1 - 1 / math.sqrt(2), 1e-9, "two degrees of freedom: 1 - t / sqrt(2 + t^2)")
near(statistics.noise_floor(2, 5, 1, 1), 2.77645 * 2 * math.sqrt(2), 2e-4, "the noise floor of two runs")
near(statistics.noise_floor(2, 5, 3, 3), 2.77645 * 2 * math.sqrt(2 / 3), 2e-4, "the noise floor of means of three")
-- Two runs of pure noise differ by more than the floor in 5 % of cases.
local function gauss() return math.sqrt(-2 * math.log(1 - math.random())) * math.cos(2 * math.pi * math.random()) end
local beyond, trials = 0, 40000
local factor = statistics.noise_floor(1, 5, 1, 1)
for _ = 1, trials do
  local seeds = {}
  for i = 1, 5 do seeds[i] = gauss() end
  if math.abs(gauss() - gauss()) > factor * statistics.sd(seeds) then beyond = beyond + 1 end
end
near(beyond / trials, 0.05, 0.005, "how often noise exceeds the floor")

-- ---- fast enough for a large table ----------------------------------------------------------------------------------------------
local start = os.clock()
for i = 1, 200 do
  local values = {}
  for k = 1, 20 do values[k] = math.sin(i * k) end
  statistics.sign_flip(values)
end
local seconds = os.clock() - start
checks = checks + 1
if not (seconds < 2) then error(("200 exact tests of 20 differences took %.2f s"):format(seconds)) end

print(("%d checks; 200 exact tests of 20 differences took %.0f ms"):format(checks, 1000 * seconds))
