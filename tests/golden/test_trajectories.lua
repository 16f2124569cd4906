-- Every training trajectory of the golden set, through the real methods/advsemiseg.lua, on both backends.
--
-- The stream objects hand out the fixture's batches; losses are compared at every step and every final weight and statistic by name.
--
-- Rounding grows along a trajectory: Adam divides small gradients by their own size, and a pixel may cross the threshold. Between
-- PyTorch's own float32 and float64 a loss differs by up to 1e-3 and a weight by up to 4.5e-3 of the largest one in its tensor. So
--   losses      |a - b| <= 3e-3 (1e-3 + |b|)
--   weights     max |a - b| <= 1e-2 max(1e-3, max |b|)
--   movement    |a - b| <= 0.05 |b - start|, as Euclidean norms of a tensor that training moved: a tensor near its start is not enough
local core = require "semiluna.core"
local context = require "semiluna.context"
local method = require "semiluna.methods.advsemiseg"
local schedule = require "semiluna.schedule"

local loss_tolerance, weight_tolerance, movement_tolerance = 3e-3, 1e-2, 0.05

local folder = os.getenv "SEMILUNA_GOLDEN" or (os.getenv "SEMILUNA_SOURCE" or ".") .. "/../shared/golden"
if not core.system.exists(folder .. "/index.json") then
  print("skipped: there is no golden set at " .. folder .. " (SEMILUNA_GOLDEN)")
  os.exit(77)
end

local function entries()
  local file = assert(io.open(folder .. "/index.json"))
  local list = {}
  for _, entry in ipairs(core.system.json_decode(file:read("a"))) do
    if entry.method == "advsemiseg" then list[#list + 1] = entry end
  end
  file:close()
  return list
end

-- Options of the method as a script would resolve them.
local function options_of(entry)
  return {
    lambda_adv = entry.lambda_adv, lambda_semi = entry.lambda_semi, lambda_semi_adv = entry.lambda_semi_adv,
    threshold = entry.threshold, semi_start = entry.semi_start, semi_adv_start = entry.semi_adv_start,
    all_masked = entry.skip_unlabeled_step_when_no_pixel_kept and "skip" or "keep_adversarial",
    discriminator_sees = entry.d_trained_on_unlabeled and "all" or "labeled",
    discriminator_width = entry.disc_width, discriminator_lr = schedule.poly(entry.lr_d, 0.9), discriminator_betas = entry.adam.betas,
  }
end

-- A stream whose batch i is tensors `images`.i and `labels`.i of the file.
local function stream(file, state, images, labels)
  return { next = function()
    local function get(name) return name and file:tensor(name .. "." .. state.step) end
    return get(images), get(labels)
  end }
end

local function setup(entry, file, state)
  local sgd = entry.sgd
  local model = core.deeplab_v2 {
    classes = entry.classes, blocks = entry.blocks, base_width = entry.base_width, rates = #entry.aspp_rates_used, branches = 4,
    train_affine = not sgd.bn_affine:find("frozen"),
  }
  local given = context.new {
    method = method, options = options_of(entry), model = model, classes = entry.classes, seed = 1, steps = entry.num_steps,
    batch = entry.batch, crop = { entry.crop, entry.crop },
    streams = {
      labeled = stream(file, state, "x_labeled", "y_labeled"), unlabeled = stream(file, state, "x_unlabeled"),
      ground_truth = stream(file, state, nil, "y_gt"),
    },
  }
  given:train("model", model, {
    kind = "sgd", momentum = sgd.momentum, nesterov = sgd.nesterov, weight_decay = sgd.weight_decay, head_lr = sgd.head_lr_multiplier,
  }, schedule.poly(entry.lr, 0.9))
  local object = method.new(given)
  file:model("seg0.", model, true)
  file:model("disc0.", object.D, true)
  return given, object, model
end

local function check_losses(entry, step, losses, expected, rates)
  local ours = {
    loss_seg = losses.seg, loss_adv = losses.adv or 0, loss_semi = losses.semi or 0, loss_semi_adv = losses.semi_adv or 0,
    semi_ratio = losses.kept or 0, loss_d = losses.D, lr = rates.model, lr_d = rates.discriminator,
  }
  local worst = 0
  for name, value in pairs(expected) do
    if name ~= "step" then
      local ours_value = assert(ours[name], "the log has an entry that is not compared: " .. name)
      local error_of = math.abs(ours_value - value) / (1e-3 + math.abs(value))
      if not (error_of <= loss_tolerance) then
        error(("%s: step %d: %s is %.9g, expected %.9g (relative error %.3g, tolerance %.1g)"):format(entry.file, step, name,
          ours_value, value, error_of, loss_tolerance), 0)
      end
      worst = math.max(worst, error_of)
    end
  end
  return worst
end

-- The Euclidean norm of a - b; infinite where a number is not finite.
local function distance(a, b)
  local difference = a:detach() - b
  local squares = (difference * difference):stats()
  return difference:stats().finite and math.sqrt(squares.mean * #difference) or math.huge
end

local function check_weights(entry, file, now, before, model)
  local worst, count = 0, 0
  local function check(what, name, error_of, tolerance)
    if not (error_of <= tolerance) then
      error(("%s: %s%s is the first tensor that differs: by %.3g of its %s (tolerance %.1g)"):format(entry.file, now, name, error_of, what,
        tolerance), 0)
    end
  end
  for _, parameter in ipairs(model:parameters()) do
    local name, ours, expected = parameter.name, parameter.tensor:detach(), file:tensor(now .. parameter.name)
    local range, difference = expected:stats(), (ours - expected):stats()
    local size = math.max(1e-3, math.abs(range.min), math.abs(range.max))
    local error_of = difference.finite and math.max(math.abs(difference.min), math.abs(difference.max)) / size or math.huge
    check("largest value", name, error_of, weight_tolerance)
    local moved = distance(expected, file:tensor(before .. name))
    if moved > 0 then check("movement", name, distance(ours, expected) / moved, movement_tolerance) end
    worst, count = math.max(worst, error_of), count + 1
  end
  return worst, count
end

local function run(entry)
  local state = { step = 0 }
  local file <close> = core.checkpoint_open(folder .. "/" .. entry.file)
  local given, object, model = setup(entry, file, state)
  local worst_loss = 0
  for step, expected in ipairs(entry.log) do
    state.step = step - 1
    assert(expected.step == state.step)
    local losses = core.scope(object.step, object, state.step)
    local rates = given:update(state.step)
    worst_loss = math.max(worst_loss, check_losses(entry, state.step, losses, expected, rates))
  end
  local worst_seg, seg_count = check_weights(entry, file, "seg_end.", "seg0.", model)
  local worst_disc, disc_count = check_weights(entry, file, "disc_end.", "disc0.", object.D)
  return worst_loss, math.max(worst_seg, worst_disc), seg_count + disc_count
end

local failures, compared = 0, 0
for _, backend in ipairs(core.backends()) do
  if backend == "reference" or backend == "cpu" then
    core.use_backend(backend)
    for _, entry in ipairs(entries()) do
      local ok, loss, weight, count = pcall(run, entry)
      compared = compared + 1
      if ok then
        print(("ok    %-9s %-48s %d steps, losses within %.1e; %d tensors within %.1e"):format(backend, entry.file, #entry.log, loss,
          count, weight))
      else
        failures = failures + 1
        print(("FAIL  %-9s %s"):format(backend, tostring(loss)))
      end
    end
  end
end
assert(compared > 0, "the golden set has no trajectories")
print(("%d trajectories compared, %d failed"):format(compared, failures))
os.exit(failures == 0 and 0 or 1)
