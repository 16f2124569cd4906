-- What `semiluna new` writes.
local templates = {}

-- A script to start from; NAME, PATH and METHOD are filled in.
templates.script = [[
-- What is this experiment to find out?
--
--   semiluna run PATH --dry-run      check it, and see what it would cost
--   semiluna run PATH                train, evaluate, record
--   semiluna run PATH --set seed=2   change any option for one run
local sl = require "semiluna"

return sl.experiment {
  name = "NAME",
  seed = 1,

  -- Scenes that are drawn on demand. For images of your own in the VOC layout:
  --   data = { layout = "voc", root = "data/camvid", train = "train", val = "val", labeled = 1/8, crop = {321, 321} },
  data = { layout = "synthetic", width = 64, height = 64, classes = 6, count = 96, labeled = 1/8, crop = {64, 64}, divisor = 58 },

  -- A network that trains in minutes; `backbone = "resnet101"` is the paper's.
  model = { "deeplab_v2", backbone = "tiny", train_affine = true },

  -- Wherever a number may stand, a function of the step may stand: sl.poly, sl.linear, sl.warmup ..., or your own.
  method = { "METHOD", semi_start = 100 },
  optimizer = { "sgd", lr = sl.poly(0.005, 0.9), momentum = 0.9, weight_decay = 5e-4 },
  batch = 4,
  steps = 300,

  -- What is measured, and how often. What the function returns is recorded by name.
  evaluate = { every = 100, function(e)
    e:miou("val")
    return { background = e:per_class("val").background }
  end },
}
]]

return templates
