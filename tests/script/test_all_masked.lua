-- What the unlabelled part of a step does to the networks' gradients: when D trusts no pixel (skip, keep_adversarial), before semi_start
-- and semi_adv_start, and that D itself, frozen, never gets any. The golden trajectories show these too, but within their rounding.
local context = require "semiluna.context"
local core = require "semiluna.core"
local method = require "semiluna.methods.advsemiseg"

local function images()
  local random, values = core.random(7, 64, 0), {}
  for i = 1, 2 * 3 * 33 * 33 do values[i] = random:normal() end
  return core.tensor { shape = { 2, 3, 33, 33 }, data = values }
end

-- Runs the unlabelled part of `step` alone; returns the largest gradient of S, whether D has one, and the losses.
local function gradients(step, changes)
  local options = {
    lambda_adv = 0.01, lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 1, semi_start = 0, semi_adv_start = 0,
    all_masked = "skip", discriminator_sees = "labeled", discriminator_width = 4, discriminator_lr = 1e-4, discriminator_betas = { 0.9, 0.99 },
  }
  for name, value in pairs(changes) do options[name] = value end
  local model = core.deeplab_v2 { classes = 3, blocks = { 1, 1, 1, 1 }, base_width = 4, train_affine = true, seed = 1 }
  local setting = context.new {
    method = method, options = options, model = model, classes = 3, seed = 1, steps = 10, batch = 2, crop = { 33, 33 },
    streams = { unlabeled = { next = function() return images() end } },
  }
  local object, losses = method.new(setting), {}
  local now = setting:at(step)
  if object:uses_unlabeled(step, now) then object:learn_from_unlabeled(step, now, losses, {}) end
  local largest = 0
  for _, parameter in ipairs(model:parameters()) do
    local gradient = parameter.tensor:grad()
    if gradient then
      local range = gradient:stats()
      largest = math.max(largest, -range.min, range.max)
    end
  end
  local of_d = false
  for _, parameter in ipairs(object.D:parameters()) do of_d = of_d or parameter.tensor:grad() ~= nil end
  return largest, of_d, losses
end

local checks = 0
local function check(what, fine)
  checks = checks + 1
  if not fine then error("failed: " .. what, 0) end
end

-- No confidence reaches 1: every pixel is masked.
local skipped, of_d, losses = gradients(0, {})
check("skip leaves S without a gradient", skipped == 0)
check("the losses are reported all the same", losses.kept == 0 and losses.semi_adv > 0 and losses.semi == nil)
check("D gets no gradient from S's losses", not of_d)
local adversarial = gradients(0, { all_masked = "keep_adversarial" })
check("keep_adversarial gives S the adversarial gradient", adversarial > 0)
check("which is proportional to lambda_semi_adv",
  math.abs(gradients(0, { all_masked = "keep_adversarial", lambda_semi_adv = 0.002 }) / adversarial - 2) < 1e-4)

-- Every pixel is kept with threshold 0.
local both, of_d_too, kept = gradients(0, { threshold = 0 })
check("threshold 0 keeps every pixel", kept.kept == 1 and kept.semi > 0)
check("the masked cross-entropy adds to S's gradient", both > 2 * adversarial)
check("D stays frozen", not of_d_too)

-- Before semi_start the adversarial loss alone; before semi_adv_start nothing at all.
local early, _, early_losses = gradients(3, { threshold = 0, semi_start = 4 })
check("before semi_start only the adversarial loss counts", early_losses.kept == nil and math.abs(early / adversarial - 1) < 1e-4)
local none, _, none_losses = gradients(3, { threshold = 0, semi_start = 4, semi_adv_start = 4 })
check("before semi_adv_start unlabelled images are not used", none == 0 and next(none_losses) == nil)

print(checks .. " checks passed")
