-- CamVid with an eighth of the labels: the recipe of ../shared/peer/torch_camvid.py, whose results docs/results.md compares ours with.
--
--   semiluna run experiments/camvid.lua                         semi-supervised
--   METHOD=supervised semiluna run experiments/camvid.lua       the labelled images alone
--   METHOD=adv semiluna run experiments/camvid.lua              supervised + adversarial
--
-- CAMVID is the folder of the images in the VOC layout, SPLITS the beginning of the names of the two lists.
local sl = require "semiluna"

local splits = sl.env("SPLITS", "../shared/data/splits/camvid/1_8")

local discriminator = { discriminator_width = 32, discriminator_lr = sl.poly(1e-4, 0.9), discriminator_betas = { 0.9, 0.99 } }

local function advsemiseg(options)
  options[1] = "advsemiseg"
  for name, value in pairs(discriminator) do options[name] = value end
  return options
end

local methods = {
  supervised = { "supervised" },
  adv = advsemiseg { lambda_adv = 0.01, lambda_semi = 0, lambda_semi_adv = 0 },
  semi = advsemiseg {
    lambda_adv = 0.01, lambda_semi_adv = 0.001, lambda_semi = 0.1, threshold = 0.2,
    semi_start = 400,                         -- the unlabelled images are not used before
    all_masked = "keep_adversarial",
  },
}

local method = sl.env("METHOD", "semi")

return sl.experiment {
  name = "camvid-" .. method,
  data = {
    layout = "voc", root = sl.env("CAMVID", "../shared/data/camvid"), train = "train", val = "val", classes = "classes.txt",
    labeled = splits .. "_labeled.txt", unlabeled = splits .. "_unlabeled.txt",
    crop = 161, scale = { 0.5, 1.5 }, mirror = true,
    mean = { 104.008, 116.669, 122.675 }, divisor = 58,
  },
  -- From scratch: one block a stage, 16 channels wide, batch norm trained.
  model = { "deeplab_v2", backbone = "tiny", rates = 4, stride_place = "1x1", train_affine = true },
  method = methods[method] or error("METHOD is supervised, adv or semi"),
  optimizer = { "sgd", lr = sl.poly(0.01, 0.9), momentum = 0.9, weight_decay = 5e-4, head_lr = 10 },
  batch = 4,
  steps = 1200,
  smooth = 0.98,
  evaluate = { every = 200, function(e) e:miou("val") end },
  checkpoint = { every = 200 },
}
