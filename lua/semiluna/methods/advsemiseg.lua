-- Adversarial learning for semi-supervised semantic segmentation (Hung et al., BMVC 2018).
--
-- A segmentation network S is trained against a fully convolutional discriminator D, which tells for each pixel whether a map of
-- class probabilities is ground truth or a prediction of S. On unlabelled images D's confidence decides at which pixels S's own
-- prediction is good enough to learn from. docs/method.md has the equations; their numbers stand below.
local core = require "semiluna.core"
local image = require "semiluna.image"
local schedule = require "semiluna.schedule"
local ops, scope = core.ops, core.scope

-- Whether a step looks at unlabelled images.
local function uses_unlabeled(options, step, steps)
  local function positive(weight) return schedule.value(weight, step, steps) > 0 end
  return step >= options.semi_adv_start and (positive(options.lambda_semi_adv) or positive(options.lambda_semi))
end

-- The first step from `start` to before `stop` at which whether `weight` is positive is `wanted`, or infinity.
local function first(weight, wanted, start, stop, steps)
  if type(weight) == "number" then return start < stop and (weight > 0) == wanted and start or math.huge end
  for step = start, stop - 1 do
    if (schedule.value(weight, step, steps) > 0) == wanted then return step end
  end
  return math.huge
end

-- Before which step options decide nothing at all, see sections.lua. The starts act through what they start; lambda_semi alone can be
-- why a step looks at unlabelled images, even before its own loss counts.
local function never() return math.huge end
local function from_unlabeled(options) return options.semi_adv_start end
local function from_masked(options, steps)
  return first(options.lambda_semi, true, math.max(options.semi_start, options.semi_adv_start), steps, steps)
end
local function from_semi(options, steps)
  local alone = first(options.lambda_semi_adv, false, options.semi_adv_start, math.min(options.semi_start, steps), steps)
  return alone < math.huge and options.semi_adv_start or math.max(options.semi_start, options.semi_adv_start)
end

local advsemiseg = {
  name = "advsemiseg",
  help = "Adversarial learning for semi-supervised semantic segmentation (Hung et al., BMVC 2018).",
  streams = function(options)
    local supervised = options.lambda_semi == 0 and options.lambda_semi_adv == 0
    return supervised and { "labeled", "ground_truth" } or { "labeled", "unlabeled", "ground_truth" }
  end,
  terms = {
    { "seg", "cross-entropy on labelled images" },
    { "adv", "adversarial loss on labelled images" },
    { "semi", "masked cross-entropy on unlabelled images" },
    { "semi_adv", "adversarial loss on unlabelled images" },
    { "kept", "share of the unlabelled pixels that D trusts" },
    { "D", "the discriminator's loss" },
  },
  measures = {
    { "D_labeled", "how sure D is of predictions on labelled images that they are ground truth, on average over pixels" },
    { "D_unlabeled", "the same of predictions on unlabelled images" },
    { "D_truth", "the same of ground truth itself" },
  },
  uses_unlabeled = uses_unlabeled,
  parts = {
    { "adversarial", off = { lambda_adv = 0 } },
    { "semi", off = { lambda_semi = 0 } },
    { "semi_adv", off = { lambda_semi_adv = 0 } },
  },
  options = {
    { "lambda_adv", "schedule", 0.01, least = 0, help = "weight of the adversarial loss on labelled images" },
    { "lambda_semi", "schedule", 0.1, least = 0, from = from_semi, help = "weight of the masked cross-entropy on unlabelled images" },
    { "lambda_semi_adv", "schedule", 0.001, least = 0, from = from_unlabeled,
      help = "weight of the adversarial loss on unlabelled images" },
    { "threshold", "schedule", 0.2, least = 0, most = 1, from = from_masked,
      help = "unlabelled pixels where D's confidence is below it are ignored" },
    { "semi_start", "integer", 5000, least = 0, from = never,
      help = "the step from which the masked cross-entropy counts, once D has learnt something" },
    { "semi_adv_start", "integer", function(options) return options.semi_start end, least = 0, from = never,
      default_text = "semi_start", default_word = "semi_start",
      help = "the step from which unlabelled images are used at all, at first by the adversarial loss alone; in the paper that " ..
        "is semi_start, in its authors' code 0" },
    { "all_masked", "choice", "skip", choices = { "skip", "keep_adversarial" }, from = from_masked,
      help = "what a step does in which D trusts no pixel: skip the unlabelled update whole as the authors' code does, or keep " ..
        "its adversarial loss" },
    { "semi_average", "choice", "kept", choices = { "kept", "all" }, from = from_masked,
      help = "over which pixels the masked cross-entropy is averaged: those that D trusts as the authors' code does, or all, so " ..
        "that it weighs less the fewer they are" },
    { "discriminator_sees", "choice", "labeled", choices = { "labeled", "all" }, from = from_unlabeled,
      help = "whose predictions D learns to tell from ground truth: those of labelled images as the paper says, or all, as the " ..
        "authors' code can" },
    { "discriminator", "choice", "fcn", choices = { "fcn", "image" },
      help = "what D tells: for each pixel whether it is ground truth, or for the image as a whole, from the mean of its map" },
    { "discriminator_width", "integer", 64, least = 1, most = 1024,
      help = "channels of D's first layer; each later one has twice as many" },
    { "discriminator_lr", "schedule", schedule.poly(1e-4, 0.9), least = 0, help = "learning rate of D, for Adam" },
    { "discriminator_betas", "numbers", { 0.9, 0.99 }, count = 2, least = 0, most = 0.999999,
      help = "decays of Adam's two moments for D" },
  },
}

local Method = {}
Method.__index = Method

local PREDICTION, GROUND_TRUTH = 0, 1
local IGNORE = 255

function advsemiseg.new(context)
  local options = context.options
  local D = core.discriminator { classes = context.classes, base_width = options.discriminator_width, seed = context.seed }
  local beta1, beta2 = table.unpack(options.discriminator_betas)
  context:train("discriminator", D, { kind = "adam", beta1 = beta1, beta2 = beta2 }, options.discriminator_lr)
  return setmetatable({ context = context, S = context.model, D = D, streams = context.streams }, Method)
end

-- One step: the gradients of S and D, which the trainer's optimizers then apply. Returns the losses and the measures by name.
function Method:step(step)
  local now, losses, measures = self.context:at(step), {}, {}
  local guess                                              -- S's probabilities of the unlabelled images, or nil
  if self:uses_unlabeled(step, now) then
    guess = scope(self.learn_from_unlabeled, self, step, now, losses, measures)
  end
  local prediction, ignored = scope(self.learn_from_labeled, self, now, losses)
  scope(self.train_discriminator, self, prediction, ignored, now.discriminator_sees == "all" and guess or nil, losses, measures)
  return losses, measures
end

function Method:uses_unlabeled(step, now)
  return step >= now.semi_adv_start and (now.lambda_semi_adv > 0 or now.lambda_semi > 0)
end

-- D's logits at the size of its input. A discriminator of whole images says the same everywhere.
function Method:verdict(probabilities, training)
  local logits = self.D(probabilities, training)
  if self.context.options.discriminator == "image" then logits = ops.global_avg_pool(logits) end
  return image.enlarge(logits, probabilities)
end

-- D's logits for maps of class probabilities, (N, 1, H, W). Frozen, D gets no gradient while S is trained against it.
function Method:judge(probabilities, frozen)
  local function judge()
    return self:verdict(probabilities, true)
  end
  return frozen and core.frozen(judge) or judge()
end

-- How sure D is that each pixel of S's prediction is right, from 0 to 1: what evaluations record.
function Method:confidence(probabilities)
  return ops.sigmoid(self:verdict(probabilities, false))
end

-- The confidence from which it is learnt from, as it was at the last of `done` steps: which pixels samples show as kept.
function Method:trusts_from(done)
  return schedule.value(self.context.options.threshold, math.max(done - 1, 0), self.context.steps)
end

-- The mean of D's confidence over the pixels that count, from its logits; nil where none does.
local function mean_confidence(logits, ignored)
  local stats = ops.sigmoid(logits:detach()):stats(ignored)
  return stats.count > 0 and stats.mean or nil
end

-- Equations 5 and 4 on unlabelled images: learn what D trusts, and look like ground truth.
function Method:learn_from_unlabeled(step, now, losses, measures)
  local images = self.streams.unlabeled:next()
  local logits = image.enlarge(self.S(images, true), images)
  local probabilities = ops.softmax(logits)
  local confidence = self:judge(probabilities, "frozen")   -- as logits
  local semi_adv = ops.bce_with_logits(confidence, nil, { target = GROUND_TRUTH })
  losses.semi_adv = semi_adv:item()
  measures.D_unlabeled = mean_confidence(confidence)

  local loss = semi_adv * now.lambda_semi_adv
  if step >= now.semi_start and now.lambda_semi > 0 then
    local semi, kept, pseudo_labels = ops.masked_cross_entropy(logits, confidence, { threshold = now.threshold })
    losses.kept = kept:item() / #pseudo_labels
    if losses.kept > 0 then
      if now.semi_average == "all" then semi = semi * losses.kept end
      losses.semi = semi:item()
      loss = loss + semi * now.lambda_semi
    elseif now.all_masked == "skip" then
      loss = nil
    end
  end
  if loss then loss:backward() end
  return probabilities:detach()
end

-- Equations 3 and 4 on labelled images.
function Method:learn_from_labeled(now, losses)
  local images, labels = self.streams.labeled:next()
  local logits = image.enlarge(self.S(images, true), images)
  local probabilities = ops.softmax(logits)
  local ignored = ops.equal(labels, { label = IGNORE })

  local seg = ops.cross_entropy(logits, labels)
  losses.seg = seg:item()
  local loss = seg
  if now.lambda_adv > 0 then
    local adv = ops.bce_with_logits(self:judge(probabilities, "frozen"), ignored, { target = GROUND_TRUTH })
    losses.adv = adv:item()
    loss = loss + adv * now.lambda_adv
  end
  loss:backward()
  return probabilities:detach(), ignored
end

-- Equation 1: D learns to tell predictions from one-hot ground truth. Ignored pixels are left out.
function Method:train_discriminator(prediction, ignored, guess, losses, measures)
  local labeled, labeled_ignored = prediction:shape()[1], ignored
  if guess then                                            -- nothing is ignored in unlabelled images
    prediction = ops.concat(prediction, guess, { dim = 0 })
    ignored = ops.concat(ignored, core.tensor { shape = ignored:shape(), dtype = "u8", fill = 0 }, { dim = 0 })
  end
  local verdict = self:judge(prediction)
  local told = ops.bce_with_logits(verdict, ignored, { target = PREDICTION })
  measures.D_labeled = mean_confidence(verdict:slice(1, labeled), labeled_ignored)
  told:backward(0.5)

  local _, labels = self.streams.ground_truth:next()
  local truth = ops.one_hot(labels, { classes = self.context.classes })
  local unknown = ops.equal(labels, { label = IGNORE })
  verdict = self:judge(truth)
  local missed = ops.bce_with_logits(verdict, unknown, { target = GROUND_TRUTH })
  measures.D_truth = mean_confidence(verdict, unknown)
  missed:backward(0.5)
  losses.D = (told:item() + missed:item()) / 2
end

return advsemiseg
