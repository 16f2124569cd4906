-- Three methods on small scenes that need no files: supervised, + adversarial, + adversarial and semi-supervised.
--
--   semiluna run experiments/demo.lua
--
-- A script may return a list of experiments: they run one after the other, and a table compares them at the end. What it shows is how
-- the methods run, not which is best: after a minute of training they lie within the spread between seeds (about 2 points of mean IoU).
local sl = require "semiluna"

local base = sl.experiment {
  seed = 1,
  -- 96 scenes, of which every eighth is labelled, and 48 others to measure on.
  data = {
    layout = "synthetic", width = 64, height = 64, classes = 6, count = 96, val_count = 48, labeled = 12/96,
    crop = 64, scale = { 0.75, 1.25 }, mirror = true, divisor = 58,
  },
  model = { "deeplab_v2", backbone = "tiny", train_affine = true },
  method = { "supervised" },
  optimizer = { "sgd", lr = sl.poly(0.005, 0.9), momentum = 0.9, weight_decay = 5e-4, head_lr = 10 },
  batch = 4,
  steps = 500,
  evaluate = { function(e) e:miou("val") end },
}

local adversarial = sl.experiment(base, {
  method = { "advsemiseg",
    lambda_adv = 0.01, lambda_semi = 0, lambda_semi_adv = 0,
    discriminator_width = 16, discriminator_lr = sl.poly(6e-5, 0.9),
  },
})

local semi = sl.experiment(adversarial, {
  method = { lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 0.2, semi_start = 300 },
})

return {
  sl.experiment(base, { name = "supervised" }),
  sl.experiment(adversarial, { name = "+ adversarial" }),
  sl.experiment(semi, { name = "+ semi" }),
}
