-- What follows from a histogram of confidence, against counting pixel by pixel; and core.reliability's way into one.
package.path = os.getenv "SEMILUNA_SOURCE" .. "/tests/script/?.lua;" .. package.path
local check = require "bind_check"
local core = require "semiluna.core"
local reliability = require "semiluna.analysis.reliability"

-- Pixels with ties: {class, right, bin of 100}.
local function pixels_of(seed, count)
  local random, list = core.random(seed, 64, 0), {}
  for i = 1, count do
    local right = random:uniform() < 0.6
    list[i] = { class = random:below(3), right = right, bin = math.min(99, random:below(right and 101 or 60)) }
  end
  return list
end

local function rows_of(pixels)
  local rows = {}
  for i, p in ipairs(pixels) do rows[i] = { class_index = p.class, correct = p.right and 1 or 0, bin = p.bin, pixels = 1 } end
  return rows
end

local function brute_auroc(pixels)
  local ordered, pairs_of = 0, 0
  for _, a in ipairs(pixels) do
    for _, b in ipairs(pixels) do
      if a.right and not b.right then
        pairs_of = pairs_of + 1
        ordered = ordered + (a.bin > b.bin and 1 or a.bin == b.bin and 0.5 or 0)
      end
    end
  end
  return ordered / pairs_of
end

local function brute_kept(pixels, place)
  local kept, right = 0, 0
  for _, p in ipairs(pixels) do
    if p.bin >= place then kept, right = kept + 1, right + (p.right and 1 or 0) end
  end
  return kept / #pixels, right / kept, kept
end

local function brute_error(pixels)
  local error = 0
  for bin = 0, 99 do
    local count, right = 0, 0
    for _, p in ipairs(pixels) do
      if p.bin == bin then count, right = count + 1, right + (p.right and 1 or 0) end
    end
    if count > 0 then error = error + count / #pixels * math.abs(right / count - (bin + 0.5) / 100) end
  end
  return error
end

for seed = 1, 5 do
  local pixels = pixels_of(seed, 200 + seed)
  local all, classes = reliability.from_rows(rows_of(pixels))
  check.equal((reliability.total(all)), #pixels, "pixels")
  check.near(reliability.auroc(all), brute_auroc(pixels), 1e-12, "AUROC")
  check.near(reliability.calibration_error(all), brute_error(pixels), 1e-12, "calibration error")
  for place = 0, 95, 5 do
    local kept, right, count = reliability.kept(all, place)
    local expected_kept, expected_right, expected_count = brute_kept(pixels, place)
    check.near(kept, expected_kept, 1e-12, "kept")
    check.equal(count, expected_count, "kept pixels")
    if count > 0 then check.near(right, expected_right, 1e-12, "right of the kept") end
  end
  local sum = 0
  for class = 0, 2 do
    local own = {}
    for _, p in ipairs(pixels) do
      if p.class == class then own[#own + 1] = p end
    end
    sum = sum + reliability.total(classes[class])
    check.near(reliability.auroc(classes[class]), brute_auroc(own), 1e-12, "AUROC of a class")
  end
  check.equal(sum, #pixels, "the classes' pixels")
  local shares, weighted = 0, 0
  for _, part in ipairs(reliability.curve(all, 10)) do
    shares = shares + part.pixels
    if part.right == part.right then weighted = weighted + part.pixels * part.right end
  end
  check.near(shares, 1, 1e-12, "the curve's shares")
  check.near(weighted, select(2, reliability.total(all)), 1e-12, "the curve's right ones")
end

-- at the ends: all right, nothing at all, a perfect and a useless confidence
local function histogram(list) return (reliability.from_rows(list)) end
local function row(correct, bin, pixels) return { class_index = 0, correct = correct, bin = bin, pixels = pixels } end
local function is_nan(value) return value ~= value end
check.yes(is_nan(reliability.auroc(histogram { row(1, 50, 9) })), "no wrong pixel: no AUROC")
check.yes(is_nan(reliability.auroc(histogram {})) and is_nan(reliability.calibration_error(histogram {})), "no pixel: nothing")
check.equal(reliability.auroc(histogram { row(1, 60, 4), row(0, 59, 6) }), 1.0, "perfect")
check.equal(reliability.auroc(histogram { row(1, 3, 4), row(0, 3, 6) }), 0.5, "ties")
check.equal(reliability.auroc(histogram { row(1, 2, 4), row(0, 3, 6) }), 0.0, "upside down")
check.near(reliability.calibration_error(histogram { row(1, 99, 10) }), 0.005, 1e-12, "sure and right")
check.equal(reliability.auroc(histogram { row(1, 60, 1 << 40), row(0, 59, 1 << 40) }), 1.0, "many pixels")
check.equal(select(3, reliability.kept(histogram { row(1, 99, 7) }, 100)), 0, "a threshold of 1")

-- the way from tensors
local counter = core.reliability(3)
local label = core.tensor { shape = { 1, 1, 4 }, dtype = "u8", data = { 0, 1, 2, 255 } }
local prediction = core.tensor { shape = { 1, 1, 4 }, dtype = "u8", data = { 0, 2, 2, 1 } }
local confidence = core.tensor { shape = { 1, 1, 1, 4 }, data = { 0.15, 0.999, 1, 0.5 } }
counter:add(label, prediction, confidence)
local all, classes = reliability.from_counts(counter:counts())
check.equal(counter:pixels(), 3, "void is left out")
check.equal({ counter:classes(), counter:bins() }, { 3, 100 }, "what it is")
check.equal({ all.right[16], all.right[100], all.wrong[100] }, { 1, 1, 1 }, "places")
check.equal({ (reliability.total(classes[0])), (reliability.total(classes[2])) }, { 1, 2 }, "by predicted class")
check.fails(function() core.reliability(0) end, "classes")
check.fails(function() counter:add(label, prediction, label) end, "f32, not u8")
check.fails(function() core.reliability(2):add(label, prediction, confidence) end, "not of 2 classes")
check.done "reliability"
