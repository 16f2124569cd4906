-- What do the adversarial loss, the masked loss and its threshold bring on CamVid, with an eighth and with a quarter of the labels?
--
--   semiluna plan experiments/camvid_ablation.lua
--   semiluna sweep experiments/camvid_ablation.lua --workers 2 --threads-per-worker 1
--   semiluna compare experiments/camvid_ablation.lua --rows variant --columns data.labeled --against variant=supervised
--
-- The recipe is that of camvid.lua, which also says where the images are (CAMVID); CAMVID_SPLITS is the folder of the lists. 30 cells,
-- under an hour on two processors: within each seed and share of labels, "+ adversarial" and the three "+ semi" are the same up to
-- semi_start, so that part is trained once.
local sl = require "semiluna"
local camvid = require "camvid"

local splits = sl.env("CAMVID_SPLITS", "../shared/data/splits/camvid")

return sl.experiment(camvid, {
  name = "camvid-ablation",
  method = { "advsemiseg",
    lambda_adv = 0.01, lambda_semi = 0.1, lambda_semi_adv = 0.001,
    semi_start = 400,
    all_masked = "keep_adversarial",
    discriminator_width = 32, discriminator_lr = sl.poly(1e-4, 0.9), discriminator_betas = { 0.9, 0.99 },
  },
  steps = 800,
  evaluate = { every = 200 },
  ablate = sl.grid {
    sl.list {
      { variant = "supervised", method = { "supervised" } },
      { variant = "+ adversarial", method = { lambda_semi = 0, lambda_semi_adv = 0 } },
      { variant = "+ semi, T = 0", method = { threshold = 0 } },
      { variant = "+ semi, T = 0.2", method = { threshold = 0.2 } },
      { variant = "+ semi, T = 0.5", method = { threshold = 0.5 } },
    },
    sl.zip {
      ["data.labeled"] = { splits .. "/1_8_labeled.txt", splits .. "/1_4_labeled.txt" },
      ["data.unlabeled"] = { splits .. "/1_8_unlabeled.txt", splits .. "/1_4_unlabeled.txt" },
    },
    seed = { 1, 2, 3 },
  },
})
