-- Which of the differences between the paper and its authors' code matter? The code's way at every point, then the paper's at each.
--
--   semiluna sweep experiments/fidelity.lua --set scale=smoke       in minutes, on synthetic scenes; its numbers mean nothing
--   semiluna sweep experiments/fidelity.lua                         on CamVid, with an eighth of the labels
--   semiluna compare experiments/fidelity.lua --rows variant --against variant=all
--
-- docs/fidelity.md lists the points. How mean IoU is counted is one of them, but needs no training: add --convention authors. For the
-- other way round, the paper with each point as the code has it, write preset = "paper" and sl.fidelity("paper"). The images are found
-- as in camvid.lua.
local sl = require "semiluna"
local camvid = require "camvid"

return sl.experiment(camvid, {
  name = "fidelity",
  preset = "authors-code",
  method = { "advsemiseg",
    lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 0.2, semi_start = 400,
    discriminator_width = 32, discriminator_lr = sl.poly(1e-4, 0.9), discriminator_betas = { 0.9, 0.99 },
  },
  ablate = sl.leave_one_out(sl.fidelity()) * sl.grid { seed = { 1, 2, 3 } },
  smoke = {
    data = {
      layout = "synthetic", width = 64, height = 64, classes = 4, count = 32, val_count = 8, labeled = 1/8,
      crop = 64, scale = { 0.75, 1.25 }, mirror = true, divisor = 58,
    },
    method = { semi_start = 10, discriminator_width = 8 },
    batch = 2,
    steps = 30,
    evaluate = { every = 10 },
  },
})
