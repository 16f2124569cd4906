-- What follows from a histogram of confidence (core.reliability, and the database's table `confidence`).
--
-- A histogram is { bins =, right = {pixels by bin}, wrong = {...} }, bins from the least confident; bin b of n holds confidences from
-- (b - 1) / n to b / n, the last 1 as well. All figures come from it alone, so confidence counts as known to a bin.
local reliability = {}

-- The table of the database has always so many.
reliability.bins = 100

local function new(bins)
  local histogram = { bins = bins, right = {}, wrong = {} }
  for b = 1, bins do histogram.right[b], histogram.wrong[b] = 0, 0 end
  return histogram
end

-- From rows {class_index, correct, bin, pixels} (bins from 0): the histogram of all pixels, and those of the predicted classes by
-- their index.
function reliability.from_rows(rows, bins)
  bins = bins or reliability.bins
  local all, classes = new(bins), {}
  for _, row in ipairs(rows) do
    classes[row.class_index] = classes[row.class_index] or new(bins)
    local side, b = row.correct == 1 and "right" or "wrong", row.bin + 1
    all[side][b] = all[side][b] + row.pixels
    classes[row.class_index][side][b] = classes[row.class_index][side][b] + row.pixels
  end
  return all, classes
end

-- From the counts of a core.reliability, one list.
function reliability.from_counts(counts, bins)
  bins = bins or reliability.bins
  local rows = {}
  for i, pixels in ipairs(counts) do
    local place = i - 1
    rows[i] = { class_index = place // (2 * bins), correct = place // bins % 2, bin = place % bins, pixels = pixels }
  end
  return reliability.from_rows(rows, bins)
end

local function sum(list, first)
  local total = 0
  for b = first or 1, #list do total = total + list[b] end
  return total
end

local function share(part, whole)
  return whole > 0 and part / whole or 0 / 0
end

-- Pixels, and the share of them that are right.
function reliability.total(histogram)
  local right, wrong = sum(histogram.right), sum(histogram.wrong)
  return right + wrong, share(right, right + wrong)
end

-- What a threshold keeps, being `step` / bins: the share of all pixels, the share of the kept that are right, and how many are kept.
function reliability.kept(histogram, step)
  local right, wrong = sum(histogram.right, step + 1), sum(histogram.wrong, step + 1)
  return share(right + wrong, (reliability.total(histogram))), share(right, right + wrong), right + wrong
end

-- The area under the ROC curve of confidence for being right: how often a right pixel is more confident than a wrong one, where those
-- of the same bin count a half. nan unless there are both.
function reliability.auroc(histogram)
  local below, ordered = 0, 0.0
  for b = 1, histogram.bins do
    local wrong = histogram.wrong[b]
    ordered = ordered + histogram.right[b] * (below + 0.5 * wrong)
    below = below + wrong
  end
  return share(ordered, 1.0 * sum(histogram.right) * below)
end

-- The expected calibration error: how far, on average over the pixels, the share of right ones in a bin is from the bin's confidence,
-- which counts as that of its middle.
function reliability.calibration_error(histogram)
  local error, pixels = 0.0, 0
  for b = 1, histogram.bins do
    local count = histogram.right[b] + histogram.wrong[b]
    error = error + math.abs(histogram.right[b] - count * (b - 0.5) / histogram.bins)
    pixels = pixels + count
  end
  return share(error, pixels)
end

-- The reliability curve in `count` equal parts of confidence: {from, to, pixels (their share), right (of them), confidence (mean)}.
function reliability.curve(histogram, count)
  local parts, total = {}, (reliability.total(histogram))
  for i = 1, count do
    local first, last = (i - 1) * histogram.bins // count + 1, i * histogram.bins // count
    local pixels, right, confidence = 0, 0, 0.0
    for b = first, last do
      local inside = histogram.right[b] + histogram.wrong[b]
      pixels, right = pixels + inside, right + histogram.right[b]
      confidence = confidence + inside * (b - 0.5) / histogram.bins
    end
    parts[i] = {
      from = (first - 1) / histogram.bins, to = last / histogram.bins, pixels = share(pixels, total), right = share(right, pixels),
      confidence = share(confidence, pixels),
    }
  end
  return parts
end

return reliability
