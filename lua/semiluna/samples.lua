-- Pictures of a few images at each evaluation, for the dashboard: the image and its ground truth once, and each time the prediction, how
-- sure the method is of it, and which pixels it would learn from. They are small PNGs in the database's table `sample`.
--
-- Nothing in here changes what is trained: no random number is drawn, no stream of batches touched. What goes wrong here ends no run; it
-- becomes an event. Their number is bounded by `evaluate.samples`, their bytes by `evaluate.sample_bytes`: where those are used up,
-- evaluations that stand closest to others are dropped, so that what is left is spread over the whole run.
local core = require "semiluna.core"
local image = require "semiluna.image"

local Samples = {}
Samples.__index = Samples

local no_class = { 224, 224, 192 }                         -- the colour of void in the label maps of VOC

-- ---- which images -------------------------------------------------------------------------------------------------------------

-- So many numbers from 1 to `count`, evenly spread.
local function spread(count, wanted)
  local list = {}
  for i = 1, math.min(count, wanted) do list[i] = math.floor((i - 0.5) * count / math.min(count, wanted)) + 1 end
  return list
end

-- So many images of a set, by their ids alone: sets that have most images in common mostly give the same ones.
local function by_id(set, wanted)
  local order, list = {}, {}
  for i = 1, set:count() do order[i] = { key = core.system.sha256(set:id(i)), number = i } end
  table.sort(order, function(a, b) return a.key < b.key end)
  for i = 1, math.min(#order, wanted) do list[i] = order[i].number end
  return list
end

-- The images of a run, whatever its seed: {split, set, number, id}.
local function choose(data, wanted)
  local chosen = {}
  local function add(split, set, numbers)
    for _, number in ipairs(numbers) do
      chosen[#chosen + 1] = { split = split, set = set, number = number, id = set:id(number) }
    end
  end
  local val, unlabeled = data:split "val", data.unlabeled
  add("val", val, spread(val:count(), wanted))
  if unlabeled then add("unlabeled", unlabeled, by_id(unlabeled, wanted)) end
  return chosen
end

local function colors_of(set)
  local colors = {}
  for class = 0, set:classes() - 1 do colors[class + 1] = set:class_color(class) end
  if #colors < 256 then colors[#colors + 1] = no_class end
  return colors
end

-- ---- what is stored already ---------------------------------------------------------------------------------------------------

local stored_query = "SELECT kind, step, sum(length(png)) AS bytes FROM sample WHERE run = ? GROUP BY kind, step ORDER BY step"

-- Fills `fixed` (by split, id and kind), `evaluations` ({step, bytes}, ascending) and `bytes`; all of them or none.
function Samples:look()
  local record, fixed, evaluations, total = self.training.record, {}, {}, 0
  record:flush()
  for _, row in ipairs(record:ask(stored_query)) do
    local last = evaluations[#evaluations]
    total = total + row.bytes
    if row.kind ~= "image" and row.kind ~= "truth" then
      if not (last and last.step == row.step) then
        last = { step = row.step, bytes = 0 }
        evaluations[#evaluations + 1] = last
      end
      last.bytes = last.bytes + row.bytes
    end
  end
  for _, row in ipairs(record:ask "SELECT split, image, kind FROM sample WHERE run = ? AND kind IN ('image', 'truth')") do
    fixed[row.split .. "\0" .. row.image .. "\0" .. row.kind] = true
  end
  self.fixed, self.evaluations, self.bytes, self.lost = fixed, evaluations, total, record:samples_lost()
end

-- ---- pictures -----------------------------------------------------------------------------------------------------------------

-- The size of a picture of maps (..., height, width).
function Samples:size(like)
  local extents = like:shape()
  local height, width = extents[#extents - 1], extents[#extents]
  local factor = math.min(1, self.options.sample_size / math.max(height, width))
  local function scaled(extent) return math.max(1, math.floor(extent * factor + 0.5)) end
  return scaled(width), scaled(height)
end

-- Adds a picture to those of this evaluation.
function Samples:add(entry, kind, tensor, about)
  local width, height = self:size(tensor)
  about.width, about.height = width, height
  self.taken[#self.taken + 1] = {
    split = entry.split, image = entry.id, kind = kind, width = width, height = height, png = core.png(tensor, about),
  }
end

function Samples:take(entry, pixels, logits, prediction, label)
  local run, method = self.training.run, self.training.run.method
  local colors, normalization = self.colors, run.data:normalization()
  local function wanted(kind) return not self.fixed[entry.split .. "\0" .. entry.id .. "\0" .. kind] end
  if wanted "image" then self:add(entry, "image", pixels, { mean = normalization.mean, divisor = normalization.divisor }) end
  if label and wanted "truth" then self:add(entry, "truth", label, { colors = colors }) end
  self:add(entry, "prediction", prediction, { colors = colors })
  if not method.confidence or not self.options.confidence then return end
  local sure = core.no_grad(function() return method:confidence(core.ops.softmax(logits)) end)
  self:add(entry, "confidence", sure, {})
  local threshold = method.trusts_from and method:trusts_from(self.training.step)
  if threshold then self:add(entry, "kept", sure, { threshold = threshold }) end
end

-- An evaluation that measures a split passes its images anyway: see evaluate.lua.
function Samples:see(split, number, pixels, logits, prediction, label)
  self:guard(function()
    for _, entry in ipairs(self.chosen or {}) do
      if entry.split == split and entry.number == number and not entry.seen then
        entry.seen = true
        core.scope(self.take, self, entry, pixels, logits, prediction, label)
      end
    end
  end)
end

-- The images that the evaluation did not pass.
function Samples:rest()
  local run = self.training.run
  for _, entry in ipairs(self.chosen) do
    if not entry.seen then
      core.scope(function()
        local pixels, label = entry.set:read(entry.number, run.data:normalization())
        local logits = core.no_grad(function() return image.enlarge(run.evaluated(pixels, false), pixels) end)
        self:take(entry, pixels, logits, core.ops.argmax(logits), label)
      end)
    end
  end
end

-- ---- room ---------------------------------------------------------------------------------------------------------------------

-- Of evaluations {step, ...} before `step`, in order, those to drop so that half are left: again and again the one whose neighbours
-- stand closest. The first stays.
local function crowded(evaluations, step)
  local left, dropped = table.move(evaluations, 1, #evaluations, 1, {}), {}
  while #left > 1 and #dropped < #evaluations // 2 do
    local at, least = nil, math.huge
    for i = 2, #left do
      local gap = (left[i + 1] and left[i + 1].step or step) - left[i - 1].step
      if gap < least then at, least = i, gap end
    end
    dropped[#dropped + 1] = table.remove(left, at)
  end
  return left, dropped
end

function Samples:drop(list)
  self.training.record:together(function(db, run)
    for _, evaluation in ipairs(list) do
      db:execute("DELETE FROM sample WHERE run = ? AND step = ? AND kind NOT IN ('image', 'truth')", run, evaluation.step)
    end
  end)
  for _, evaluation in ipairs(list) do self.bytes = self.bytes - evaluation.bytes end
end

-- Makes room for pictures of so many bytes. False: there is none even without all others.
function Samples:make_room(step, bytes)
  local fixed = self.bytes
  for _, evaluation in ipairs(self.evaluations) do fixed = fixed - evaluation.bytes end
  if fixed + bytes > self.options.sample_bytes then return false end
  for i, evaluation in ipairs(self.evaluations) do
    if evaluation.step == step then
      self:drop { table.remove(self.evaluations, i) }
      break
    end
  end
  while self.bytes + bytes > self.options.sample_bytes do
    local left, dropped = crowded(self.evaluations, step)
    if #dropped == 0 then left, dropped = {}, left end
    self:drop(dropped)
    self.evaluations = left
  end
  return true
end

function Samples:write(step)
  local bytes, changing = 0, 0
  for _, picture in ipairs(self.taken) do
    bytes = bytes + #picture.png
    if picture.kind ~= "image" and picture.kind ~= "truth" then changing = changing + #picture.png end
  end
  if not self:make_room(step, bytes) then
    self.off = true
    error(("the pictures of one evaluation take %d bytes, and evaluate.sample_bytes is %d: no more are stored"):format(bytes,
      self.options.sample_bytes), 0)
  end
  for _, picture in ipairs(self.taken) do
    self.training.record:sample(step, picture)
    if picture.kind == "image" or picture.kind == "truth" then
      self.fixed[picture.split .. "\0" .. picture.image .. "\0" .. picture.kind] = true
    end
  end
  self.bytes = self.bytes + bytes
  self.evaluations[#self.evaluations + 1] = { step = step, bytes = changing }
end

-- ---- what the trainer calls ---------------------------------------------------------------------------------------------------

-- Does `work`; an error becomes an event, once for each text.
function Samples:guard(work)
  if self.off then return end
  local ok, problem = pcall(work)
  if ok then return end
  local message = "samples: " .. (type(problem) == "table" and problem.message or tostring(problem))
  if self.told[message] then return end
  self.told[message] = true
  pcall(self.training.record.event, self.training.record, self.training.step, "warning", message)
end

-- Before an evaluation passes its images.
function Samples:begin()
  self:guard(function()
    self.taken = {}
    if not self.chosen then
      self.chosen = choose(self.training.run.data, self.options.samples)
      self.colors = colors_of(self.training.run.data.labeled)
    end
    if not self.fixed then self:look() end
    for _, entry in ipairs(self.chosen) do entry.seen = false end
  end)
end

-- After it: takes the pictures of the other images, and stores all.
function Samples:finish()
  self:guard(function()
    local record, step = self.training.record, self.training.step
    self:rest()
    self:write(step)
    self.taken = {}
    local lost = record:samples_lost()
    if lost > self.lost then
      self.fixed = nil                                     -- what there is must be looked up
      error("pictures could not be stored: there is no room on the disk", 0)
    end
  end)
end

-- For a training (see trainer.lua) that is about to begin; nil where no samples are wanted.
local function new(training)
  local options = training.run.options.evaluate
  if (options.samples or 0) == 0 then return nil end
  return setmetatable({ training = training, options = options, told = {} }, Samples)
end

return { new = new, crowded = crowded, spread = spread, by_id = by_id }
