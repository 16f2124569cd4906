-- What an experiment may say: every option once, {name, type, default, ..., help = text}; `types.lua` describes the types.
--
-- The resolver, --set, the messages with their suggestions, `semiluna help SECTION` and the reference all read these tables. A default
-- that is a function is computed from the section so far and the whole experiment; `default_text` says in words what it gives.
-- Methods bring their own options: see methods/advsemiseg.lua.
--
-- `result = false` marks what decides no result, such as how a run is called: cells that differ only there are the same. `from`, a
-- function of the section and the run's steps, gives the step before which an option has no effect: cells that differ only there can
-- share what comes before. `hidden` options are the script's alone: no run records them.
local sections = {}

-- The experiment itself.
sections.experiment = {
  help = "What `sl.experiment { ... }` takes, beside the sections data, model, method, optimizer, evaluate and checkpoint.",
  options = {
    { "name", "text", nil, default_text = "the script's name", result = false, help = "what the run is called in the database" },
    { "variant", "text", nil, result = false,
      help = "what tells this cell of an ablation from the others, in words, such as \"without semi\"; a column of tables" },
    { "seed", "integer", 1, least = 0, help = "decides every random number of the run" },
    { "steps", "integer", nil, least = 1, required = true, help = "length of the run; schedules are stretched over it" },
    { "batch", "integer", 10, least = 1, help = "images in a batch, of each stream" },
    { "threads", "integer", nil, least = 1, default_text = "all processors", result = false, help = "threads for the kernels" },
    { "backend", "choice", nil, choices = { "cpu", "reference" }, default_text = "cpu where it is built", help = "what computes" },
    { "log_every", "integer", 1, least = 1, result = false, help = "losses and learning rates are recorded every so many steps" },
    { "smooth", "number", 0.98, least = 0, most = 0.9999,
      help = "share of the old value in the smoothed loss `seg_ema`, whose first value is the first loss" },
    { "preset", "choice", nil, choices = { "paper", "authors-code" }, result = false,
      help = "where the paper and its authors' code differ, what is not given is as in the one or the other (docs/fidelity.md)" },
    { "scale", "choice", "full", choices = { "full", "smoke" }, result = false,
      help = "the experiment as it stands, or with `smoke` laid over it" },
    { "smoke", "changes", nil, hidden = true, result = false,
      help = "changes that make the experiment small enough to be tried out in minutes: smoke = { steps = 20, ... }" },
    { "published", "changes", nil, hidden = true, result = false,
      help = "published results to hold the cells against: { { match = { option = value, ... }, miou = 0.66 }, ... }" },
    { "ablate", "plan", nil, hidden = true, result = false,
      help = "the cells of an ablation, each a run of its own: sl.grid{...} and its like (semiluna help ablate); false for none" },
    { "prune", "hook", nil, result = false, help = "ends hopeless cells of a sweep early, such as sl.median{ after = 0.3 }" },
  },
}

-- What any data set takes: which images are labelled, and how a batch is cut out of them.
local common_data = {
  { "labeled", "split", 1, help = "the training images whose labels are used: a fraction of them, or a file that lists ids" },
  { "unlabeled", "split", nil, default_text = "the other training images",
    help = "the images used without labels: a file that lists ids" },
  { "split_seed", "integer", 1, least = 0,
    help = "decides which images a fraction takes; apart from `seed`, so that runs share a split" },
  { "crop", "integers", { 321, 321 }, count = 2, spread = true, least = 1,
    help = "height and width of the crops; one number for both" },
  { "scale", "numbers", { 0.5, 1.5 }, count = 2, spread = true, ascending = true, least = 0.01, most = 100,
    help = "random scale before the crop, from and to" },
  { "mirror", "boolean", true, help = "half of the crops are mirrored" },
  { "mean", "numbers", { 104.008, 116.669, 122.675 }, count = 3, spread = true, help = "subtracted from blue, green and red" },
  { "divisor", "number", 1, least = 1e-6, help = "what is left is divided by it; 1 for the published weights" },
  { "loader_threads", "integer", 1, least = 0, most = 256, result = false, help = "threads that decode ahead, for each stream" },
  { "ahead", "integer", 2, least = 1, most = 1024, result = false, help = "batches that are decoded ahead at most, for each stream" },
}

local function with_common(options)
  local all = {}
  for _, descriptor in ipairs(options) do all[#all + 1] = descriptor end
  for _, descriptor in ipairs(common_data) do all[#all + 1] = descriptor end
  return all
end

sections.data = {
  key = "layout",
  what = "data layout",
  default = "voc",
  kinds = {
    voc = {
      help = "Images in the VOC layout: JPEGImages, SegmentationClass, ImageSets/Segmentation.",
      options = with_common {
        { "root", "path", nil, required = true, help = "the folder that holds JPEGImages and SegmentationClass" },
        { "train", "text", "train", help = "list of the training images: a name under ImageSets/Segmentation, or a file" },
        { "val", "text", "val", help = "list of the validation images" },
        { "classes", "path", nil, default_text = "classes.txt in root, else the classes of VOC",
          help = "file with the classes' names and colours, in `root` or anywhere" },
      },
    },
    synthetic = {
      help = "Scenes of textured shapes that are drawn on demand; no files are needed.",
      options = with_common {
        { "width", "integer", 64, least = 16, most = 4096, help = "width of a scene" },
        { "height", "integer", 64, least = 16, most = 4096, help = "height of a scene" },
        { "classes", "integer", 6, least = 2, most = 16, help = "the background and so many kinds of shape less one" },
        { "count", "integer", 96, least = 1, help = "training scenes" },
        { "val_count", "integer", 48, least = 1, help = "validation scenes" },
        { "scene_seed", "integer", 1, least = 0, help = "decides the scenes; apart from `seed`, so that runs share them" },
      },
    },
  },
}

local backbones = {
  resnet101 = { blocks = { 3, 4, 23, 3 }, base_width = 64 },
  resnet50 = { blocks = { 3, 4, 6, 3 }, base_width = 64 },
  tiny = { blocks = { 1, 1, 1, 1 }, base_width = 16 },
}

local function from_backbone(name)
  return function(section) return backbones[section.backbone][name] end
end

sections.model = {
  key = 1,
  what = "model",
  default = "deeplab_v2",
  kinds = {
    deeplab_v2 = {
      help = "DeepLabv2 on a bottleneck ResNet of output stride 8 (Chen et al., TPAMI 2018).",
      options = {
        { "backbone", "choice", "resnet101", choices = { "resnet101", "resnet50", "tiny" },
          help = "which ResNet; `tiny` has one block a stage and trains in minutes on a processor" },
        { "blocks", "integers", from_backbone "blocks", count = 4, least = 1, most = 200, default_text = "the backbone's",
          help = "bottleneck blocks of the four stages" },
        { "base_width", "integer", from_backbone "base_width", least = 1, most = 1024, default_text = "the backbone's",
          help = "channels of the first stage" },
        { "rates", "integer", 4, least = 1, most = 4,
          help = "how many of the branches with dilation 6, 12, 18, 24 are summed; the paper sums 4, its authors' code 2" },
        { "branches", "integer", 4, least = 1, most = 4, help = "how many of these branches have weights, at least `rates`" },
        { "stride_place", "choice", "1x1", choices = { "1x1", "3x3" },
          help = "where a block strides: in its first 1x1 convolution as in the published weights, or in its 3x3 as " ..
            "torchvision does" },
        { "train_affine", "boolean", false,
          help = "whether batch norm's scale and shift are trained; statistics are the batch's either way" },
        { "pretrained", "path", nil, default_text = "none: random weights",
          help = "a safetensors file whose tensors, found by name, replace the random weights" },
      },
    },
  },
}

local function optimizer_options(own)
  local all = {
    { "lr", "schedule", nil, least = 0, required = true, help = "learning rate" },
    { "weight_decay", "number", 5e-4, least = 0, help = "weight decay" },
    { "head_lr", "number", 10, least = 0, help = "learning rate of the segmentation head, as a multiple of `lr`" },
  }
  for _, descriptor in ipairs(own) do all[#all + 1] = descriptor end
  return all
end

local adam_options = {
  { "beta1", "number", 0.9, least = 0, most = 0.999999, help = "decay of the first moment" },
  { "beta2", "number", 0.999, least = 0, most = 0.99999999, help = "decay of the second moment" },
  { "eps", "number", 1e-8, least = 0, help = "added to the root of the second moment" },
}

sections.optimizer = {
  key = 1,
  what = "optimizer",
  default = "sgd",
  kinds = {
    sgd = {
      help = "Stochastic gradient descent with momentum, for the segmentation network.",
      options = optimizer_options {
        { "momentum", "number", 0.9, least = 0, most = 0.999999, help = "momentum" },
        { "nesterov", "boolean", false, help = "Nesterov's momentum; the paper uses it, its authors' code does not" },
      },
    },
    adam = { help = "Adam, for the segmentation network.", options = optimizer_options(adam_options) },
    adamw = { help = "Adam with decoupled weight decay, for the segmentation network.", options = optimizer_options(adam_options) },
  },
}

-- Methods are modules: the library's, or ones that stand next to a script.
sections.method = { key = 1, what = "method", default = "supervised", kinds = {}, library = { "supervised", "advsemiseg" } }

sections.evaluate = {
  help = "When the network is measured and how: `evaluate = { every = 200, function(e) e:miou(\"val\") end }`.",
  options = {
    { "every", "integer", nil, least = 1, default_text = "only at the end",
      help = "steps between evaluations; there is one at the end anyway" },
    { "measure", "function", function() return function(e) e:miou("val") end end, position = 1, default_text = "mean IoU on val",
      help = "what is measured; may be written without its name" },
    { "convention", "choice", "standard", choices = { "standard", "authors", "absent-zero" },
      help = "the mean IoU that e:miou returns and `checkpoint.best` follows: a class that does not occur is left out; so is, as in " ..
        "the authors' code, every class without a hit; or it counts as 0" },
    { "confidence", "boolean", true, result = false,
      help = "whether the confidence of a method that has one is measured and recorded with the mean IoU" },
    { "samples", "integer", 4, least = 0, most = 64, result = false,
      help = "so many validation images and so many unlabelled ones are stored as small pictures, with what the network makes of " ..
        "them before the first step and at each evaluation; the dashboard shows them. 0: none" },
    { "sample_size", "integer", 160, least = 8, most = 1024, result = false, help = "the longer side of these pictures, in pixels" },
    { "sample_bytes", "integer", 8388608, least = 0, result = false,
      help = "what the pictures of a run may take in the database; where that is used up, evaluations are dropped, so that those left " ..
        "are spread over the whole run" },
  },
}

local function best_measure(_, experiment)
  return require("semiluna.evaluate").measure_of(experiment.evaluate.convention)
end

sections.checkpoint = {
  help = "What is kept of a run on disk, so that it can be resumed and its network used.",
  options = {
    { "every", "integer", 500, least = 1, result = false,
      help = "steps between checkpoints; there is one at the end and when a run is stopped" },
    { "folder", "path", nil, default_text = "runs, beside the database", result = false, help = "where; each run has a folder of its own in it" },
    { "best", "text", best_measure, default_text = "the mean IoU of evaluate.convention",
      help = "the weights with the highest value of this measure are kept as best.safetensors; \"none\" for none" },
  },
}

-- The order in which options are printed and stored.
sections.order = { "data", "model", "method", "optimizer", "evaluate", "checkpoint" }

return sections
