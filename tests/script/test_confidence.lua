-- The method's confidence in evaluations: what it is, that one pass fills matrix and histogram, that nothing of the training changes, and
-- what the options of the discriminator's form, of the masked loss's average and of the convention do.
package.path = os.getenv "SEMILUNA_SOURCE" .. "/tests/script/?.lua;" .. package.path
local check = require "bind_check"
local context = require "semiluna.context"
local core = require "semiluna.core"
local evaluate = require "semiluna.evaluate"
local options = require "semiluna.options"
local run = require "semiluna.run"
local sl = require "semiluna"

local base = sl.experiment {
  steps = 10, batch = 2, data = { layout = "synthetic", width = 80, height = 72, classes = 4, count = 8, val_count = 3, labeled = 0.5,
    crop = 65, divisor = 58 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 4, train_affine = true }, optimizer = { "sgd", lr = 0.01 },
  method = { "advsemiseg", semi_start = 0, discriminator_width = 4, all_masked = "keep_adversarial" },
}

local function resolved(changes)
  return options.resolve(sl.experiment(base, changes).raw)
end

local function weights(made)
  local values = {}
  for _, item in ipairs(made.models) do
    for _, parameter in ipairs(item.model:parameters()) do
      local stats = parameter.tensor:stats()
      values[#values + 1] = ("%s %.17g %.17g %.17g"):format(parameter.name, stats.mean, stats.min, stats.max)
      if parameter.tensor:grad() then values[#values + 1] = "gradient" end
    end
  end
  return table.concat(values, "\n")
end

-- what an evaluation measures, and that it leaves the networks alone
local made = run.new(resolved {})
for step = 0, 2 do
  core.scope(made.method.step, made.method, step)
  made.context:update(step)
end
local before, passes = weights(made), 0
local function new(fields)
  fields.model = function(...) passes = passes + 1 return made.model(...) end
  fields.data, fields.step = made.data, 3
  return evaluate.new(fields)
end
local evaluation = new { method = made.method }
local miou = evaluation:miou "val"
check.equal(passes, 3, "one pass of S over three images")
local counter = evaluation:confidence "val"
check.equal(passes, 3, "and no other")
check.equal(weights(made), before, "weights, running statistics and gradients")
check.equal(new({}):miou "val", miou, "the matrix does not depend on it")
check.equal(new({}):confidence "val", nil, "a method without confidence")
local truth, right = 0, 0
for k, row in ipairs(evaluation:confusion("val"):table()) do
  for j, pixels in ipairs(row) do truth, right = truth + pixels, right + (j == k and pixels or 0) end
end
local all = require("semiluna.analysis.reliability").from_counts(counter:counts())
local pixels, right_share = require("semiluna.analysis.reliability").total(all)
check.equal(pixels, truth, "the same pixels")
check.near(right_share, right / truth, 1e-12, "as often right")

-- the map itself: sigmoid of D's logits, enlarged; of a whole image the same everywhere
local function map_of(method, image)
  return core.no_grad(function()
    local probabilities = core.ops.softmax(sl.enlarge(made.model(image, false), image))
    return method:confidence(probabilities), method.D(probabilities, false)
  end)
end
local image = made.data:split("val"):read(1, made.data:normalization())
local map = map_of(made.method, image)
check.equal(map:shape(), { 1, 1, 72, 80 }, "at the size of the image")
check.yes(map:stats().min >= 0 and map:stats().max <= 1 and map:stats().max > map:stats().min, "confidences that differ")
local whole = run.new(resolved { method = { discriminator = "image" } })
local flat, logits = map_of(whole.method, image)
local mean = core.ops.mean(logits):item()
check.near(flat:stats().min, 1 / (1 + math.exp(-mean)), 1e-6, "of a whole image: the mean of its map")
check.near(flat:stats().max, flat:stats().min, 1e-6, "everywhere")
local losses = core.scope(whole.method.step, whole.method, 0)
check.yes(losses.D > 0 and losses.kept and (losses.kept * 2) % 1 == 0, "whole images are kept or not")
local gradients = 0
for _, parameter in ipairs(whole.method.D:parameters()) do gradients = gradients + (parameter.tensor:grad() and 1 or 0) end
check.yes(gradients > 0, "and it learns")
run.close(whole)

-- the average of the masked loss
local function semi_of(average, threshold)
  local one = run.new(resolved { method = { semi_average = average, threshold = threshold } })
  local found = core.scope(one.method.step, one.method, 0)
  run.close(one)
  return found
end
-- The threshold that keeps about half, by halving.
local low, high, threshold = 0, 1, 0.5
for _ = 1, 20 do
  threshold = (low + high) / 2
  local share = semi_of("kept", threshold).kept
  if share > 0.2 and share < 0.8 then break end
  if share > 0.5 then low = threshold else high = threshold end
end
local kept, over_all = semi_of("kept", threshold), semi_of("all", threshold)
check.yes(kept.kept > 0 and kept.kept < 1, "some pixels are kept: " .. kept.kept)
check.near(over_all.semi, kept.semi * kept.kept, 1e-5, "averaged over all pixels")

-- what a step measures of D: the mean of the sigmoid over the pixels that count, against a count by hand of the maps that D gave
local function by_hand(logits, labels)
  local sum, count, ignored = 0, 0, labels and labels:table()
  for i, logit in ipairs(logits:table()) do
    if not (ignored and ignored[i] == 255) then sum, count = sum + 1 / (1 + math.exp(-logit)), count + 1 end
  end
  return sum / count, count
end
for _, sees in ipairs { "labeled", "all" } do
  -- Scaled down, images are smaller than the crop: the rest of it is ignored.
  local one = run.new(resolved { method = { discriminator_sees = sees }, data = { scale = { 0.5, 0.7 } } })
  local maps, labels = {}, {}
  local judge, streams = one.method.judge, one.method.streams
  one.method.judge = function(...)
    local logits = judge(...)
    maps[#maps + 1] = logits:clone():keep()
    return logits
  end
  one.method.streams = setmetatable({}, { __index = function(_, name)
    return { next = function()
      local images, map = streams[name]:next()
      if map then labels[name] = map:clone():keep() end
      return images, map
    end }
  end })
  local step_losses, measures = core.scope(one.method.step, one.method, 0)
  check.equal(#maps, 4, "D is asked no more than before")
  check.near(measures.D_unlabeled, by_hand(maps[1]), 1e-6, "on unlabelled images")
  local mean, counted = by_hand(maps[3]:slice(1, 2), labels.labeled)
  check.near(measures.D_labeled, mean, 1e-6, "on labelled images, " .. sees)
  check.yes(counted > 0 and counted < 2 * 65 * 65, "some pixels are ignored: " .. counted)
  check.near(measures.D_labeled, by_hand(maps[2], labels.labeled), 1e-6, "as S's own loss saw them")
  check.near(measures.D_truth, by_hand(maps[4], labels.ground_truth), 1e-6, "of ground truth")
  for name in pairs(measures) do check.equal(step_losses[name], nil, name .. " is no loss") end
  run.close(one)
end

-- conventions
local standard = new { convention = "standard" }
check.equal(standard:miou(), standard:confusion():miou "standard", "standard")
check.equal(standard.values.miou_absent_zero, nil, "not logged unless asked for")
local authors = new { convention = "authors" }
check.equal(authors:miou(), authors:confusion():miou "authors", "authors")
check.equal(authors.values.miou, standard:miou(), "the names stay what they are")
local zero = new { convention = "absent-zero" }
check.equal(zero:miou(), zero:confusion():miou "absent_zero", "absent-zero")
check.equal(zero.values.miou_absent_zero, zero:miou(), "its name")
run.close(made)
check.done "confidence"
