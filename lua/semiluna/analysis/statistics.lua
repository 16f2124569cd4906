-- What can be said of a few numbers: means, spread, whether paired differences are more than chance, and how many seeds that would
-- take.
--
-- With few seeds the tests are exact: every flip of signs, every resample. Beyond that they draw from a generator with a fixed
-- seed, so that the same runs give the same table.
local statistics = {}

local most_exact = 30      -- numbers up to which all sign flips are counted
local most_enumerated = 8  -- numbers up to which all resamples are enumerated
local resamples = 10000
local level = 0.05

statistics.level = level

function statistics.mean(values)
  local sum = 0
  for _, value in ipairs(values) do sum = sum + value end
  return #values > 0 and sum / #values or nil
end

-- The sample standard deviation; nil for fewer than two numbers.
function statistics.sd(values)
  if #values < 2 then return nil end
  local mean, sum = statistics.mean(values), 0
  for _, value in ipairs(values) do sum = sum + (value - mean) ^ 2 end
  return math.sqrt(sum / (#values - 1))
end

-- ---- random numbers -------------------------------------------------------------------------------------------------------------

-- A generator (xorshift64*) that gives whole numbers in 0 .. n - 1.
local function generator(seed)
  local state = seed
  return function(n)
    state = state ~ (state >> 12)
    state = state ~ (state << 25)
    state = state ~ (state >> 27)
    return ((state * 0x2545F4914F6CDD1D) >> 33) % n
  end
end

local seed = 0x5EED5EED1

-- ---- the permutation test -------------------------------------------------------------------------------------------------------

-- The sums of all choices of signs, sorted: the sums so far plus and minus the next value are sorted lists that are merged.
local function signed_sums(values, from, to)
  local sums = { 0 }
  for i = from, to do
    local value, merged, low, high = math.abs(values[i]), {}, 1, 1
    local count = #sums
    for k = 1, 2 * count do
      if high > count or low <= count and sums[low] - value <= sums[high] + value then
        merged[k] = sums[low] - value
        low = low + 1
      else
        merged[k] = sums[high] + value
        high = high + 1
      end
    end
    sums = merged
  end
  return sums
end

-- How many pairs of one of `a` and one of `b` (sorted) add up to at least `least`.
local function pairs_reaching(a, b, least)
  local count, j = 0, #b + 1
  for i = 1, #a do
    while j > 1 and a[i] + b[j - 1] >= least do j = j - 1 end
    count = count + #b - j + 1
  end
  return count
end

-- The two-sided sign-flip test of paired differences: the share of sign choices whose mean is at least as far from 0 as the one
-- seen. Exact up to 30 differences (the two halves meet in the middle); beyond that from random flips. nil for no difference at
-- all.
function statistics.sign_flip(differences)
  local n = #differences
  if n == 0 then return nil end
  local sum, scale = 0, 0
  for _, value in ipairs(differences) do
    sum = sum + value
    scale = scale + math.abs(value)
  end
  if scale == 0 then return 1.0 end
  local least = math.abs(sum) - 1e-12 * scale -- sums that differ by rounding alone are equal
  if least <= 0 then return 1.0 end
  if n <= most_exact then
    local half = n // 2
    local count = pairs_reaching(signed_sums(differences, 1, half), signed_sums(differences, half + 1, n), least)
    return 2 * count / 2 ^ n -- the other side is the mirror image
  end
  local random, count = generator(seed), 1
  for _ = 1, resamples do
    local flipped = 0
    for i = 1, n do flipped = random(2) == 0 and flipped + differences[i] or flipped - differences[i] end
    if math.abs(flipped) >= least then count = count + 1 end
  end
  return count / (resamples + 1)
end

-- The smallest p that the exact test can give with n differences.
function statistics.smallest_p(n)
  return 2 / 2 ^ n
end

-- ---- the bootstrap --------------------------------------------------------------------------------------------------------------

-- Calls visit(sum, weight) for each multiset of `values`, weighted by how many of the n^n resamples it stands for.
local function each_multiset(values, visit)
  local n = #values
  local function place(i, left, sum, weight)
    if i == n then
      local last = weight
      for k = 2, left do last = last / k end
      return visit(sum + left * values[n], last)
    end
    local share = weight
    for k = 0, left do
      if k > 1 then share = share / k end
      place(i + 1, left - k, sum + k * values[i], share)
    end
  end
  local factorial = 1
  for k = 2, n do factorial = factorial * k end
  place(1, n, 0, factorial / n ^ n)
end

-- The places that 10,000 resamples of n numbers take, one after another; drawn once for each n.
local kept = {}
local function indices(n)
  if not kept[n] then
    local random, list = generator(seed), {}
    for i = 1, resamples * n do list[i] = random(n) + 1 end
    kept = { [n] = list } -- the last one alone: tables have mostly one n
  end
  return kept[n]
end

-- The sums below and above which 2.5 % of all resamples lie.
local function enumerated(values)
  local list, total, low = {}, 0, nil
  each_multiset(values, function(sum, weight) list[#list + 1] = { sum, weight } end)
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for _, pair in ipairs(list) do
    total = total + pair[2]
    if not low and total >= level / 2 - 1e-12 then low = pair[1] end
    if total >= 1 - level / 2 - 1e-12 then return low, pair[1] end
  end
  return low, list[#list][1]
end

local function drawn_at_random(values)
  local n = #values
  local drawn, sums = indices(n), {}
  for i = 1, resamples do
    local sum = 0
    for k = (i - 1) * n + 1, i * n do sum = sum + values[drawn[k]] end
    sums[i] = sum
  end
  table.sort(sums)
  return sums[math.ceil(level / 2 * resamples)], sums[math.ceil((1 - level / 2) * resamples)]
end

-- The percentile interval of the mean at 95 %: from all resamples up to 8 numbers, else from 10,000 random ones. nil for fewer than
-- two.
function statistics.bootstrap(values)
  local n = #values
  if n < 2 then return nil end
  local low, high = (n <= most_enumerated and enumerated or drawn_at_random)(values)
  return low / n, high / n
end

-- ---- paired differences ---------------------------------------------------------------------------------------------------------

-- Whether the sum of the differences is within one standard deviation of all its flips: then more than a tenth of them reach it
-- (Oleszkiewicz 1996), and there is no need to count.
local function within_one_deviation(differences)
  local sum, squares = 0, 0
  for _, value in ipairs(differences) do
    sum = sum + value
    squares = squares + value * value
  end
  return sum * sum < squares * (1 - 1e-9)
end

-- All that a table says of paired differences: {n, mean, sd, p, low, high, significant}. What a look has decided already is left
-- out, p where it is above 0.1 and the interval where p is not below 0.05, unless `whole`.
function statistics.paired(differences, whole)
  local result = { n = #differences, mean = statistics.mean(differences), sd = statistics.sd(differences), significant = false }
  if whole or not within_one_deviation(differences) then result.p = statistics.sign_flip(differences) end
  local small = result.p ~= nil and result.p < level
  if small or whole then result.low, result.high = statistics.bootstrap(differences) end
  result.significant = small and result.low ~= nil and (result.low > 0 or result.high < 0)
  return result
end

-- The fewest seeds with which the exact test can give p < 0.05 at all: 6.
function statistics.fewest_seeds()
  local n = 1
  while statistics.smallest_p(n) >= level do n = n + 1 end
  return n
end

-- About how many pairs a test at 5 % needs to find a difference of this mean and spread in 80 % of cases: the normal approximation
-- to the paired t test with Guenther's correction, and never fewer than the exact test needs. nil where there is no difference to
-- find.
function statistics.seeds_needed(mean, sd)
  if not mean or not sd or mean == 0 then return nil end
  local alpha, power = 1.959963984540054, 0.8416212335729143
  local effect = math.abs(mean) / sd
  local n = ((alpha + power) / effect) ^ 2 + alpha ^ 2 / 2
  if sd == 0 then n = 0 end
  if n > 1e6 then return nil end
  return math.max(statistics.fewest_seeds(), math.ceil(n - 1e-9))
end

-- ---- Student's t ----------------------------------------------------------------------------------------------------------------

local function log_gamma(x) -- Lanczos
  local c = { 76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
    -0.5395239384953e-5 }
  local sum, y = 1.000000000190015, x
  for i = 1, 6 do
    y = y + 1
    sum = sum + c[i] / y
  end
  return math.log(2.5066282746310005 * sum / x) - (x + 5.5) + (x + 0.5) * math.log(x + 5.5)
end

-- The continued fraction of the incomplete beta function (Lentz).
local function beta_fraction(a, b, x)
  local tiny = 1e-300
  local function away(value) return math.abs(value) < tiny and tiny or value end
  local c, d = 1.0, 1 / away(1 - (a + b) * x / (a + 1))
  local result = d
  for m = 1, 300 do
    local even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d, c = 1 / away(1 + even * d), away(1 + even / c)
    result = result * d * c
    local odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d, c = 1 / away(1 + odd * d), away(1 + odd / c)
    result = result * d * c
    if math.abs(d * c - 1) < 1e-15 then break end
  end
  return result
end

local function incomplete_beta(a, b, x)
  if x <= 0 then return 0.0 end
  if x >= 1 then return 1.0 end
  local front = math.exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * math.log(x) + b * math.log(1 - x))
  if x < (a + 1) / (a + b + 2) then return front * beta_fraction(a, b, x) / a end
  return 1 - front * beta_fraction(b, a, 1 - x) / b
end

-- How likely |t| is at least so large with `freedom` degrees of freedom.
function statistics.t_tail(t, freedom)
  return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t))
end

-- The t that |t| exceeds in a share `alpha` of cases.
function statistics.t_quantile(alpha, freedom)
  local low, high = 0.0, 1.0
  while statistics.t_tail(high, freedom) > alpha do high = high * 2 end
  for _ = 1, 200 do
    local middle = (low + high) / 2
    if statistics.t_tail(middle, freedom) > alpha then low = middle else high = middle end
  end
  return (low + high) / 2
end

-- The difference between the means of n and m seeds (1 and 1: two single runs) that noise alone exceeds in 5 % of cases, where `sd`
-- was seen among `count` seeds.
function statistics.noise_floor(sd, count, n, m)
  return statistics.t_quantile(level, count - 1) * sd * math.sqrt(1 / n + 1 / m)
end

return statistics
