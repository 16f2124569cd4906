-- Our CamVid runs beside PyTorch's: a Markdown table, and the exact permutation test of six against six on mIoU and on the smoothed
-- training loss at the end.  semiluna lua bench/camvid_table.lua DATABASE [REFERENCE.json]
local core = require "semiluna.core"

local db <close> = core.db(arg[1] or "build/camvid.db", "read")
local file <close> = assert(io.open(arg[2] or "../shared/peer/camvid_reference.json"))
local peer = core.system.json_decode(file:read "a").methods

-- Share of all ways to split the twelve numbers into six and six whose means differ at least as much as ours do (two-sided).
local function permutation_test(a, b)
  local all, n = table.move(b, 1, #b, #a + 1, table.move(a, 1, #a, 1, {})), #a
  local total, sum_a = 0, 0
  for _, value in ipairs(all) do total = total + value end
  for _, value in ipairs(a) do sum_a = sum_a + value end
  local function difference(sum) return math.abs(sum / n - (total - sum) / #b) end
  local observed, extreme, count = difference(sum_a), 0, 0
  local function choose(first, left, sum)
    if left == 0 then
      count = count + 1
      if difference(sum) >= observed - 1e-12 then extreme = extreme + 1 end
      return
    end
    for i = first, #all - left + 1 do choose(i + 1, left - 1, sum + all[i]) end
  end
  choose(1, n, 0)
  return extreme / count, count
end

local function mean_sd(values)
  local sum, squares = 0, 0
  for _, value in ipairs(values) do sum = sum + value end
  local mean = sum / #values
  for _, value in ipairs(values) do squares = squares + (value - mean) ^ 2 end
  return mean, math.sqrt(squares / (#values - 1))
end

local function column(rows, name)
  local values = {}
  for i, row in ipairs(rows) do values[i] = row[name] end
  return values
end

local function text(values)
  local parts = {}
  for i, value in ipairs(values) do parts[i] = ("%.4f"):format(value) end
  return table.concat(parts, " ")
end

print "| method | figure | seeds 1 to 6, semiluna | mean ± sd | seeds 1 to 6, PyTorch | mean ± sd | p |"
print "|---|---|---|---|---|---|---|"
for _, method in ipairs { "supervised", "semi" } do
  local ours = db:query([[
    SELECT r.seed, s.miou, f.value AS seg_loss_ema, s.duration AS seconds FROM run r JOIN run_summary s ON s.id = r.id
    JOIN final_metric f ON f.run = r.id AND f.name = 'seg_ema' WHERE r.name = ? AND r.state = 'done' AND r.step = 1200 ORDER BY r.seed]], "camvid-" .. method)
  for _, figure in ipairs { { "miou", "mIoU" }, { "seg_loss_ema", "training loss, smoothed" } } do
    local a, b = column(ours, figure[1]), column(peer[method].runs, figure[1])
    if #a ~= 6 then error(("%s: %d runs are done, 6 are wanted"):format(method, #a), 0) end
    local mean_a, sd_a = mean_sd(a)
    local mean_b, sd_b = mean_sd(b)
    local p, ways = permutation_test(a, b)
    print(("| %s | %s | %s | %.4f ± %.4f | %s | %.4f ± %.4f | %.3f (%d ways) |"):format(method, figure[2], text(a), mean_a, sd_a, text(b), mean_b, sd_b, p, ways))
  end
  print(("| %s | seconds a run | | %.0f | | %.0f | |"):format(method, mean_sd(column(ours, "seconds")), mean_sd(column(peer[method].runs, "seconds"))))
end
