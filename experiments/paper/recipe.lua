-- What the scripts of the paper's tables share: the recipe of Hung et al. (BMVC 2018) as `preset = "paper"` reads it, the three methods
-- that its tables compare, and how small a smoke run is. docs/fidelity.md says where the authors' code differs, and what of the paper
-- was not checked against its text.
local sl = require "semiluna"

local recipe = {}

recipe.base = sl.experiment {
  preset = "paper",
  -- Networks start from weights trained on ImageNet and COCO: give them as a safetensors file. Their batch norm stays as it came.
  model = { "deeplab_v2", backbone = "resnet101", pretrained = sl.env "PRETRAINED", train_affine = false },
  method = { "advsemiseg",
    lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 0.2, semi_start = 5000,
    discriminator_width = 64, discriminator_lr = sl.poly(1e-4, 0.9), discriminator_betas = { 0.9, 0.99 },
  },
  optimizer = { "sgd", lr = sl.poly(2.5e-4, 0.9), momentum = 0.9, head_lr = 10 },
  evaluate = { every = 1000, function(e) e:miou("val") end },
  checkpoint = { every = 500 },
  -- --set scale=smoke: the same cells on synthetic scenes, to see the whole table appear in minutes. Its numbers mean nothing.
  smoke = {
    data = {
      layout = "synthetic", width = 64, height = 64, classes = 4, count = 32, val_count = 8, labeled = 1/8,
      crop = 64, scale = { 0.75, 1.25 }, mirror = true, divisor = 58,
    },
    model = { "deeplab_v2", backbone = "tiny", train_affine = true },
    method = { semi_start = 10, discriminator_width = 8 },
    optimizer = { lr = sl.poly(0.005, 0.9) },
    batch = 2,
    steps = 30,
    evaluate = { every = 10 },
  },
}

recipe.baseline = { variant = "baseline", method = { "supervised" } }
recipe.adversarial = { variant = "+ adversarial", ["method.lambda_semi"] = 0, ["method.lambda_semi_adv"] = 0 }
recipe.semi = { variant = "+ semi" }

-- The table of a data set: each method with each share of labels, the semi-supervised one where images are left without.
function recipe.cells(shares)
  local partial = {}
  for _, share in ipairs(shares) do
    if share < 1 then partial[#partial + 1] = share end
  end
  return sl.list { recipe.baseline, recipe.adversarial } * sl.grid { ["data.labeled"] = shares }
    + sl.list { recipe.semi } * sl.grid { ["data.labeled"] = partial }
end

-- Published mean IoU as `semiluna compare --with published` reads it: a number for each share, false where there is none.
function recipe.published(shares, rows)
  local list = {}
  for _, row in ipairs(rows) do
    for i, share in ipairs(shares) do
      local miou = row[2][i]
      if miou then list[#list + 1] = { match = { variant = row[1], ["data.labeled"] = share }, miou = miou } end
    end
  end
  return list
end

return recipe
