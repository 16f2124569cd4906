-- One training step of the method, timed: what ../shared/peer/torch_step.py times in PyTorch. Run by `semiluna lua bench/step.lua`.
--
--   --batch 2  --crop 321  --classes 21  --threads 2  --steps 5  --backbone resnet101|resnet50|tiny  --part step|supervised
--
-- Prints one JSON line: seconds a step (minimum, median), peak resident memory, the rate of the convolutions. Data and weights are random.
local context = require "semiluna.context"
local core = require "semiluna.core"
local methods = { step = require "semiluna.methods.advsemiseg", supervised = require "semiluna.methods.supervised" }

local given = { batch = 2, crop = 321, classes = 21, threads = 2, steps = 5, backbone = "resnet101", part = "step" }
for i = 1, #arg, 2 do
  local name = arg[i]:match "^%-%-(%w+)$"
  if not (name and given[name] and arg[i + 1]) then error("unknown option " .. arg[i], 0) end
  given[name] = tonumber(arg[i + 1]) or arg[i + 1]
end
core.threads(given.threads)

local backbones = { resnet101 = { { 3, 4, 23, 3 }, 64 }, resnet50 = { { 3, 4, 6, 3 }, 64 }, tiny = { { 1, 2, 1, 1 }, 16 } }
local blocks, base_width = table.unpack(backbones[given.backbone] or error("no such backbone", 0))
local method = methods[given.part] or error("--part is step or supervised", 0)

-- The same batches at every step, as in the peer.
local function stream(number)
  local random, values, labels = core.random(1, 64 + number, 0), {}, {}
  local area = given.crop * given.crop
  for i = 1, given.batch * 3 * area do values[i] = random:normal() end
  for i = 1, given.batch * area do labels[i] = random:uniform() < 0.1 and 255 or random:below(given.classes) end
  local images = core.tensor { shape = { given.batch, 3, given.crop, given.crop }, data = values }
  local map = core.tensor { shape = { given.batch, given.crop, given.crop }, dtype = "u8", data = labels }
  return { next = function() return images:detach(), map:detach() end }
end

local model = core.deeplab_v2 { classes = given.classes, blocks = blocks, base_width = base_width, train_affine = false, seed = 1 }
local setting = context.new {
  method = method, model = model, classes = given.classes, seed = 1, steps = 1000, batch = given.batch, crop = { given.crop, given.crop },
  options = {
    lambda_adv = 0.01, lambda_semi = 0.1, lambda_semi_adv = 0.001, threshold = 0.2, semi_start = 0, semi_adv_start = 0,
    all_masked = "keep_adversarial", discriminator_sees = "labeled", discriminator_width = 64, discriminator_lr = 1e-4,
    discriminator_betas = { 0.9, 0.99 },
  },
  streams = { labeled = stream(1), unlabeled = stream(2), ground_truth = stream(3) },
}
setting:train("model", model, { kind = "sgd", momentum = 0.9, weight_decay = 5e-4, head_lr = 10 }, 2.5e-4)
local object = method.new(setting)
collectgarbage()

local losses
local function step(number)
  losses = core.scope(object.step, object, number)
  setting:update(number)
  collectgarbage "step"
end

for number = 0, 1 do step(number) end
local times = {}
for number = 1, given.steps do
  local start = core.system.clock()
  step(number + 1)
  times[number] = core.system.clock() - start
end
table.sort(times)

local peak = 0
for line in io.lines "/proc/self/status" do peak = tonumber(line:match "^VmHWM:%s*(%d+)") or peak end
print(core.system.json_encode {
  part = given.part, backbone = given.backbone, batch = given.batch, crop = given.crop, threads = given.threads, backend = core.backend(),
  seconds_min = times[1], seconds_median = times[(#times + 1) // 2], peak_rss_mib = peak // 1024, tensors_peak_mib = core.memory().peak // 0x100000,
  seg = losses.seg, D = losses.D,
})
