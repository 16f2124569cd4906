-- The paper's set-up on PASCAL VOC 2012 (Hung et al., BMVC 2018): ResNet-101, crops of 321, batches of 10, 20,000 steps.
--
--   VOC=/data/VOC2012 semiluna run experiments/advsemiseg_voc.lua --set data.labeled=1/8
--
-- The options below follow the paper; what its authors' code does otherwise is noted beside each. The networks start from weights that
-- were trained on ImageNet and COCO: give them as a safetensors file with model.pretrained.
local sl = require "semiluna"

return sl.experiment {
  name = "advsemiseg-voc",
  data = {
    layout = "voc", root = sl.env("VOC", "data/VOC2012"), train = sl.env("VOC_TRAIN", "train_aug"), val = "val", labeled = 1/8,
    crop = { 321, 321 }, scale = { 0.5, 1.5 }, mirror = true, mean = { 104.008, 116.669, 122.675 }, divisor = 1,
  },
  model = {
    "deeplab_v2", backbone = "resnet101", pretrained = sl.env "PRETRAINED",
    rates = 4,                                -- the code sums the first two of its four branches: rates = 2, branches = 4
    train_affine = false,                     -- batch norm: the batch's statistics, scale and shift as they came
  },
  method = { "advsemiseg",
    lambda_adv = 0.01, lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 0.2,
    semi_start = 5000,
    semi_adv_start = 5000,                    -- the code: 0, unlabelled images at once, by their adversarial loss
    discriminator_sees = "labeled",           -- the code: "all" with --D-remain, its default
    all_masked = "skip",
    discriminator_width = 64, discriminator_lr = sl.poly(1e-4, 0.9), discriminator_betas = { 0.9, 0.99 },
  },
  optimizer = { "sgd", lr = sl.poly(2.5e-4, 0.9), momentum = 0.9, head_lr = 10,
    nesterov = true, weight_decay = 1e-4,     -- the code: no Nesterov, weight_decay = 5e-4
  },
  batch = 10,
  steps = 20000,
  evaluate = { every = 1000, function(e) e:miou("val") end },
  checkpoint = { every = 500 },
}
