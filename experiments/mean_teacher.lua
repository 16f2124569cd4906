-- An EMA teacher against the plain network, on the demo's scenes: a method that is no part of the library but stands beside this
-- script, in mean_teacher_method.lua.
--
--   semiluna run experiments/mean_teacher.lua
local sl = require "semiluna"
local mean_teacher = require "mean_teacher_method"

local base = sl.experiment {
  seed = 1,
  data = {
    layout = "synthetic", width = 64, height = 64, classes = 6, count = 96, val_count = 48, labeled = 12/96,
    crop = 64, scale = { 0.75, 1.25 }, mirror = true, divisor = 58,
  },
  model = { "deeplab_v2", backbone = "tiny", train_affine = true },
  optimizer = { "sgd", lr = sl.poly(0.005, 0.9), momentum = 0.9, weight_decay = 5e-4, head_lr = 10 },
  batch = 4,
  steps = 500,
  evaluate = { function(e) e:miou("val") end },
}

return {
  sl.experiment(base, { name = "supervised", method = { "supervised" } }),
  sl.experiment(base, { name = "mean teacher", method = { mean_teacher, lambda_agree = sl.linear(0, 2), decay = 0.99 } }),
}
