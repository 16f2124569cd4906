-- What an experiment may say: every option once, with its name, type, default and help; `types.lua` describes the types.
--
-- The resolver, --set, the messages with their suggestions, `semiluna help SECTION` and the reference all read these tables. A default
-- that is a function is computed from the section so far and the whole experiment; `default_text` says in words what it gives.
-- Methods bring their own options: see methods/advsemiseg.lua.
local sections = {}

-- The experiment itself.
sections.experiment = {
  help = "The experiment: what `sl.experiment { ... }` takes, beside the sections data, model, method, optimizer, evaluate and checkpoint.",
  options = {
    { "name", "text", nil, "what the run is called in the database", default_text = "the script's name" },
    { "seed", "integer", 1, "decides every random number of the run", least = 0 },
    { "steps", "integer", nil, "length of the run; schedules are stretched over it", least = 1, required = true },
    { "batch", "integer", 10, "images in a batch, of each stream", least = 1 },
    { "threads", "integer", nil, "threads for the kernels", least = 1, default_text = "all processors" },
    { "backend", "choice", nil, "what computes", choices = { "cpu", "reference" }, default_text = "cpu where it is built" },
    { "log_every", "integer", 1, "losses and learning rates are recorded every so many steps", least = 1 },
    { "smooth", "number", 0.98, "share of the old value in the smoothed loss `seg_ema`, whose first value is the first loss", least = 0, most = 0.9999 },
  },
}

-- What any data set takes: which images are labelled, and how a batch is cut out of them.
local common_data = {
  { "labeled", "split", 1, "the training images whose labels are used: a fraction of them, or a file that lists ids" },
  { "unlabeled", "split", nil, "the images used without labels: a file that lists ids", default_text = "the other training images" },
  { "split_seed", "integer", 1, "decides which images a fraction takes; apart from `seed`, so that runs share a split", least = 0 },
  { "crop", "integers", { 321, 321 }, "height and width of the crops; one number for both", count = 2, spread = true, least = 1 },
  { "scale", "numbers", { 0.5, 1.5 }, "random scale before the crop, from and to", count = 2, spread = true, ascending = true, least = 0.01, most = 100 },
  { "mirror", "boolean", true, "half of the crops are mirrored" },
  { "mean", "numbers", { 104.008, 116.669, 122.675 }, "subtracted from blue, green and red", count = 3, spread = true },
  { "divisor", "number", 1, "what is left is divided by it; 1 for the published weights", least = 1e-6 },
  { "loader_threads", "integer", 1, "threads that decode ahead, for each stream", least = 0, most = 256 },
  { "ahead", "integer", 2, "batches that are decoded ahead at most, for each stream", least = 1, most = 1024 },
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
        { "root", "path", nil, "the folder that holds JPEGImages and SegmentationClass", required = true },
        { "train", "text", "train", "list of the training images: a name under ImageSets/Segmentation, or a file" },
        { "val", "text", "val", "list of the validation images" },
        { "classes", "path", nil, "file with the classes' names and colours, in `root` or anywhere", default_text = "classes.txt in root, else the classes of VOC" },
      },
    },
    synthetic = {
      help = "Scenes of textured shapes that are drawn on demand; no files are needed.",
      options = with_common {
        { "width", "integer", 64, "width of a scene", least = 16, most = 4096 },
        { "height", "integer", 64, "height of a scene", least = 16, most = 4096 },
        { "classes", "integer", 6, "the background and so many kinds of shape less one", least = 2, most = 16 },
        { "count", "integer", 96, "training scenes", least = 1 },
        { "val_count", "integer", 48, "validation scenes", least = 1 },
        { "scene_seed", "integer", 1, "decides the scenes; apart from `seed`, so that runs share them", least = 0 },
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
        { "backbone", "choice", "resnet101", "which ResNet; `tiny` has one block a stage and trains in minutes on a processor", choices = { "resnet101", "resnet50", "tiny" } },
        { "blocks", "integers", from_backbone "blocks", "bottleneck blocks of the four stages", count = 4, least = 1, most = 200, default_text = "the backbone's" },
        { "base_width", "integer", from_backbone "base_width", "channels of the first stage", least = 1, most = 1024, default_text = "the backbone's" },
        { "rates", "integer", 4, "how many of the branches with dilation 6, 12, 18, 24 are summed; the paper sums 4, its authors' code 2", least = 1, most = 4 },
        { "branches", "integer", 4, "how many of these branches have weights, at least `rates`", least = 1, most = 4 },
        { "stride_place", "choice", "1x1", "where a block strides: in its first 1x1 convolution as in the published weights, or in its 3x3 as torchvision does", choices = { "1x1", "3x3" } },
        { "train_affine", "boolean", false, "whether batch norm's scale and shift are trained; statistics are the batch's either way" },
        { "pretrained", "path", nil, "a safetensors file whose tensors, found by name, replace the random weights", default_text = "none: random weights" },
      },
    },
  },
}

local function optimizer_options(own)
  local all = {
    { "lr", "schedule", nil, "learning rate", least = 0, required = true },
    { "weight_decay", "number", 5e-4, "weight decay", least = 0 },
    { "head_lr", "number", 10, "learning rate of the segmentation head, as a multiple of `lr`", least = 0 },
  }
  for _, descriptor in ipairs(own) do all[#all + 1] = descriptor end
  return all
end

local adam_options = {
  { "beta1", "number", 0.9, "decay of the first moment", least = 0, most = 0.999999 },
  { "beta2", "number", 0.999, "decay of the second moment", least = 0, most = 0.99999999 },
  { "eps", "number", 1e-8, "added to the root of the second moment", least = 0 },
}

sections.optimizer = {
  key = 1,
  what = "optimizer",
  default = "sgd",
  kinds = {
    sgd = {
      help = "Stochastic gradient descent with momentum, for the segmentation network.",
      options = optimizer_options {
        { "momentum", "number", 0.9, "momentum", least = 0, most = 0.999999 },
        { "nesterov", "boolean", false, "Nesterov's momentum; the paper uses it, its authors' code does not" },
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
    { "every", "integer", nil, "steps between evaluations; there is one at the end anyway", least = 1, default_text = "only at the end" },
    { "measure", "function", function() return function(e) e:miou("val") end end, "what is measured; may be written without its name", position = 1, default_text = "mean IoU on val" },
  },
}

sections.checkpoint = {
  help = "What is kept of a run on disk, so that it can be resumed and its network used.",
  options = {
    { "every", "integer", 500, "steps between checkpoints; there is one at the end and when a run is stopped", least = 1 },
    { "folder", "path", nil, "where; each run has a folder of its own in it", default_text = "runs, beside the database" },
    { "best", "text", "miou", "the weights with the highest value of this measure are kept as best.safetensors; \"none\" for none" },
  },
}

-- The order in which options are printed and stored.
sections.order = { "data", "model", "method", "optimizer", "evaluate", "checkpoint" }

return sections
