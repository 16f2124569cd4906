-- Lists of numbers over the steps: smoothed, joined over runs, and thinned out to what a picture can show.
local series = {}

local nan = 0 / 0

-- Each value becomes the mean of those at most width / 2 steps away; what is no number stays so and counts in no mean.
function series.smooth(steps, list, width)
  local half, result = width / 2, {}
  local first, last, sum, count = 1, 0, 0, 0
  for i = 1, #steps do
    while last < #steps and steps[last + 1] <= steps[i] + half do
      last = last + 1
      if list[last] - list[last] == 0 then sum, count = sum + list[last], count + 1 end
    end
    while steps[first] < steps[i] - half do
      if list[first] - list[first] == 0 then sum, count = sum - list[first], count - 1 end
      first = first + 1
    end
    result[i] = list[i] - list[i] == 0 and sum / count or nan
  end
  return result
end

-- Joins runs step by step. `read(i)` gives steps and values of run i of `count`. Returns parallel lists: steps (ascending), means, least and
-- greatest values (over the runs that have a finite number there; nan where none has), and how many runs had any value at all.
function series.join(count, read)
  if count == 1 then
    local steps, list = read(1)
    return { steps = steps, means = list, lows = list, highs = list, runs = #steps > 0 and 1 or 0 }
  end
  local order, sums, lows, highs, counts = {}, {}, {}, {}, {}
  local sorted, runs = true, 0
  for run = 1, count do
    local steps, list = read(run)
    if #steps > 0 then runs = runs + 1 end
    for i = 1, #steps do
      local step, value = steps[i], list[i]
      local n = counts[step]
      if not n then
        sorted = sorted and (#order == 0 or order[#order] < step)
        order[#order + 1] = step
        n, sums[step] = 0, 0
      end
      if value - value == 0 then
        sums[step] = sums[step] + value
        if n == 0 or value < lows[step] then lows[step] = value end
        if n == 0 or value > highs[step] then highs[step] = value end
        n = n + 1
      end
      counts[step] = n
    end
  end
  if not sorted then table.sort(order) end
  local joined = { steps = order, means = {}, lows = {}, highs = {}, runs = runs }
  for i = 1, #order do
    local step = order[i]
    local n = counts[step]
    joined.means[i] = n > 0 and sums[step] / n or nan
    joined.lows[i], joined.highs[i] = lows[step] or nan, highs[step] or nan
  end
  return joined
end

-- Points {step, mean} and a band {step, low, high} of what `join` gives, in at most two points for each of `buckets` equal parts of the
-- steps from `first` to `last`: the least and the greatest mean of each, in their order, so that no spike is lost.
function series.thin(joined, buckets, first, last)
  local points, band = {}, {}
  local steps, means, lows, highs = joined.steps, joined.means, joined.lows, joined.highs
  if #steps <= 2 * buckets then
    for i = 1, #steps do
      points[i], band[i] = { steps[i], means[i] }, { steps[i], lows[i], highs[i] }
    end
    return points, band
  end
  local width = (last - first) / buckets
  local i = 1
  while i <= #steps do
    local bucket = math.min(buckets - 1, (steps[i] - first) // width)
    local stop = bucket == buckets - 1 and math.huge or first + (bucket + 1) * width
    local least, greatest, low, high, begin = nil, nil, nan, nan, i
    while i <= #steps and steps[i] < stop do
      local mean = means[i]
      if mean - mean == 0 then
        if not least or mean < means[least] then least = i end
        if not greatest or mean > means[greatest] then greatest = i end
        if not (low <= lows[i]) then low = lows[i] end
        if not (high >= highs[i]) then high = highs[i] end
      end
      i = i + 1
    end
    if least then
      for _, at in ipairs { math.min(least, greatest), least ~= greatest and math.max(least, greatest) or nil } do
        points[#points + 1] = { steps[at], means[at] }
      end
      band[#band + 1] = { (steps[begin] + steps[i - 1]) / 2, low, high }
    else
      points[#points + 1], band[#band + 1] = { steps[begin], nan }, { steps[begin], nan, nan }
    end
  end
  return points, band
end

return series
