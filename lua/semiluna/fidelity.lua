-- Where the paper (Hung et al., BMVC 2018) and its authors' released code differ: one option for each point.
--
-- The presets `preset = "paper"` and `preset = "authors-code"`, the parts that sl.fidelity() gives to sl.leave_one_out and the table of
-- docs/fidelity.md are all made from the list below.
local usage = require "semiluna.usage"

local fidelity = {}

-- Each point: what it is called, its option, the option's value in the paper and in the code, and what each says. `unchecked`: said of
-- the paper, not checked against its text. `silent`: the paper is not known to say; its value here is the plain reading of its
-- equations, or what is usual. `paper_part` and `code_part` name the two sides in the rows of an ablation; a point without them changes
-- how results are counted, not how a network is trained: `semiluna compare --convention` recounts. `of`: the kind of its section that
-- the point is about.
fidelity.points = {
  { name = "aspp", option = "model.rates", paper = 4, code = 2, paper_part = "four ASPP rates", code_part = "two ASPP rates",
    paper_says = "the head sums four dilated convolutions, with rates 6, 12, 18 and 24",
    code_says = "the loop over them returns in its first round, so the first two are summed (said of model/deeplab.py at revision " ..
      "841d546; revision 9e8660f, as read, sums all four)" },
  { name = "lambda_adv", option = "method.lambda_adv", paper = 0.01, code = 0.1, paper_part = "lambda_adv 0.01",
    code_part = "lambda_adv 0.1",
    paper_says = "the labelled adversarial term is weighted 0.01",
    code_says = "the default of `--lambda-adv-pred` is 0.1; the command in its README gives 0.01" },
  { name = "discriminator_sees", option = "method.discriminator_sees", paper = "labeled", code = "all",
    paper_part = "D on labelled predictions", code_part = "D on all predictions",
    paper_says = "D learns from predictions on labelled images only",
    code_says = "D learns from unlabelled predictions too, in one batch with the labelled ones (`--D-remain`, on by default)" },
  { name = "semi_adv_start", option = "method.semi_adv_start", paper = "semi_start", code = 0,
    paper_part = "unlabelled adversarial term from semi_start", code_part = "unlabelled adversarial term from step 0",
    paper_says = "unlabelled images are used from step 5,000 on, by both of their terms",
    code_says = "the unlabelled adversarial term counts from step 0 (`--semi-start-adv`), the masked term from step 5,000" },
  { name = "all_masked", option = "method.all_masked", paper = "keep_adversarial", code = "skip", silent = true,
    paper_part = "adversarial term where all is masked", code_part = "skipping when all is masked",
    paper_says = "the adversarial term does not depend on the mask",
    code_says = "a step whose mask keeps no pixel sends no gradient at all from its unlabelled images" },
  { name = "semi_average", option = "method.semi_average", paper = "all", code = "kept", silent = true,
    paper_part = "masked loss over all pixels", code_part = "masked loss over kept pixels",
    paper_says = "the masked loss is written as a sum over all pixels, masked ones being 0; here its mean over all pixels",
    code_says = "the masked loss is averaged over the kept pixels only" },
  { name = "convention", option = "evaluate.convention", paper = "standard", code = "authors", silent = true,
    paper_says = "mean IoU; the usual one counts a class that is never hit as 0",
    code_says = "classes that are never hit are left out of the mean (utils/metric.py)" },
  { name = "nesterov", option = "optimizer.nesterov", of = "sgd", paper = true, code = false, unchecked = true,
    paper_part = "Nesterov momentum", code_part = "plain momentum",
    paper_says = "SGD with Nesterov momentum",
    code_says = "plain momentum" },
  { name = "weight_decay", option = "optimizer.weight_decay", of = "sgd", paper = 1e-4, code = 5e-4, unchecked = true,
    paper_part = "weight decay 1e-4", code_part = "weight decay 5e-4",
    paper_says = "weight decay 1e-4",
    code_says = "the default of `--weight-decay` is 5e-4" },
  { name = "batch_norm", option = "model.train_affine", paper = true, code = false, silent = true,
    paper_part = "trained batch norm affine", code_part = "frozen batch norm affine",
    paper_says = "batch norm's scale and shift are trained, as is usual",
    code_says = "batch norm's scale and shift stay as they came with the weights, its statistics are the batch's" },
}

local sides = { paper = "paper", ["authors-code"] = "code" }
fidelity.presets = { "paper", "authors-code" }

-- What a preset says: {option = value}. An option with `of` counts in that kind of its section alone: see applies.
function fidelity.preset(name)
  local values, side = {}, sides[name]
  for _, point in ipairs(fidelity.points) do values[point.option] = point[side] end
  return values
end

-- Whether the preset's value of an option holds in this kind of its section ("sgd").
function fidelity.applies(option, kind)
  for _, point in ipairs(fidelity.points) do
    if point.option == option then return point.of == nil or point.of == kind end
  end
  return false
end

-- The parts of an ablation around a preset, for sl.leave_one_out and its like: each part is what the preset does at one point, and off
-- it is what the other one does. `preset` is "authors-code" unless given: then "without X" is the paper's way at X.
function fidelity.parts(preset)
  preset = preset or "authors-code"
  local here = sides[preset]
  if not here then usage('sl.fidelity: expected "paper" or "authors-code", not %s', tostring(preset)) end
  local there, parts = here == "code" and "paper" or "code", {}
  for _, point in ipairs(fidelity.points) do
    local name = point[here .. "_part"]
    if name then parts[#parts + 1] = { name, on = { [point.option] = point[here] }, off = { [point.option] = point[there] } } end
  end
  return parts
end

-- ---- the table of docs/fidelity.md ----------------------------------------------------------------------------------------------

local function value_text(value)
  return type(value) == "string" and '"' .. value .. '"' or ("%.14g"):format(value)
end

local function cell(point, side)
  local value = point[side]
  local text = type(value) == "boolean" and tostring(value) or value_text(value)
  local mark = side == "paper" and (point.unchecked and " (said of the paper, not checked against its text)"
    or point.silent and " (not known to be said there)") or ""
  return ("%s%s: `%s`"):format(point[side .. "_says"], mark, text)
end

function fidelity.markdown()
  local lines = { "| point | option | the paper | its authors' code |", "|---|---|---|---|" }
  for _, point in ipairs(fidelity.points) do
    lines[#lines + 1] = ("| %s | `%s` | %s | %s |"):format(point.name, point.option, cell(point, "paper"), cell(point, "code"))
  end
  return table.concat(lines, "\n")
end

return fidelity
