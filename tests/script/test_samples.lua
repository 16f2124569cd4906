-- Which images samples are of, which evaluations stay, and core.png.
local core = require "semiluna.core"
local samples = require "semiluna.samples"

local function steps(list)
  local texts = {}
  for i, evaluation in ipairs(list) do texts[i] = evaluation.step end
  return table.concat(texts, " ")
end

local function same(what, found, expected)
  if found ~= expected then error(("%s: %s, not %s"):format(what, tostring(found), tostring(expected)), 0) end
end

-- Evenly spread, each once, whatever the number.
same("4 of 101", table.concat(samples.spread(101, 4), " "), "13 38 64 89")
same("all of 3", table.concat(samples.spread(3, 9), " "), "1 2 3")
same("none", #samples.spread(10, 0), 0)

-- By their ids: of another selection of the same images mostly the same.
local function scenes(first, count) return core.synthetic { width = 16, height = 16, count = count, first = first } end
local function ids(set, numbers)
  local list = {}
  for i, number in ipairs(numbers) do list[i] = set:id(number) end
  return list
end
local all, some = scenes(0, 400), scenes(0, 300)
local chosen, others = ids(all, samples.by_id(all, 8)), ids(some, samples.by_id(some, 8))
local common = 0
for _, id in ipairs(chosen) do
  for _, other in ipairs(others) do common = common + (id == other and 1 or 0) end
end
same("as many as wanted", #chosen, 8)
if common < 4 then error("only " .. common .. " of 8 images are in both selections") end

-- Half of the evaluations stay, the first among them, and gaps grow evenly.
local function evaluations(text)
  local list = {}
  for step in text:gmatch "%d+" do list[#list + 1] = { step = tonumber(step) } end
  return list
end
local function crowded(text, step)
  local left, dropped = samples.crowded(evaluations(text), step)
  return steps(left), #dropped
end
same("every second", crowded("0 10 20 30 40 50", 60), "0 20 40")
same("those that stand closest", crowded("0 40 80 90 100 110", 120), "0 40 80")
same("two", crowded("0 10", 20), "0")
local left, dropped = crowded("0", 20)
same("one", left .. " " .. dropped, "0 0")
same("none", (crowded("", 20)), "")
local list = {}
for step = 0, 20000 do                                     -- a run of many evaluations with room for 40 of them
  if #list == 40 then list = samples.crowded(list, step) end
  list[#list + 1] = { step = step }
end
local widest = 0
for i = 2, #list do widest = math.max(widest, list[i].step - list[i - 1].step) end
same("the first", list[1].step, 0)
same("the newest", list[#list].step, 20000)
if widest > 20000 / #list * 4 then error(("a gap of %d steps in %d evaluations of 20000"):format(widest, #list)) end

-- Pictures.
local function size_of(png) return (">I4I4"):unpack(png, 17) end
local map = core.tensor { shape = { 1, 2, 3 }, dtype = "u8", data = { 0, 1, 255, 1, 0, 255 } }
local png = core.png(map, { width = 3, height = 2, colors = { { 1, 2, 3 }, { 4, 5, 6 }, { 7, 8, 9 } } })
same("a label map", png:sub(1, 4), "\x89PNG")
local width, height = size_of(png)
same("its size", width .. "x" .. height, "3x2")
if not png:find("PLTE\1\2\3\4\5\6\7\8\9", 1, true) then error "the colours are not in it" end
local share = core.tensor { shape = { 1, 1, 2, 2 }, data = { 0, 0.5, 0.25, 1 } }
same("a map of shares", (size_of(core.png(share, { width = 1, height = 2 }))), 1)
local kept = core.png(share, { width = 2, height = 2, threshold = 0.5 })
same("kept: a bit for each pixel", kept:byte(25), 1)
local picture = core.tensor { shape = { 1, 3, 2, 2 }, data = { -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 } }
same("an image", core.png(picture, { width = 2, height = 2, mean = 10, divisor = 10 }):byte(26), 2)

for what, try in pairs {
  ["at least 3x2"] = function() core.png(share, { width = 3, height = 2 }) end,
  ["width"] = function() core.png(share, { height = 2 }) end,
  ["1 to 256 colours"] = function() core.png(map, { width = 1, height = 1, colors = {} }) end,
  ["number 1 is no list"] = function() core.png(map, { width = 1, height = 1, colors = { 3 } }) end,
  ["for maps, not for images"] = function() core.png(picture, { width = 1, height = 1, threshold = 0.5 }) end,
} do
  local ok, message = pcall(try)
  if ok or not tostring(message):find(what, 1, true) then error(("expected an error with \"%s\", got %s"):format(what, tostring(message)), 0) end
end
print("samples: choices, gaps and pictures are right")
