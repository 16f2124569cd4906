-- Mean teacher (Tarvainen and Valpola, NeurIPS 2017) for segmentation: a method of one's own, beside the script that uses it.
--
-- The student learns from labels by cross-entropy, and on unlabelled images to agree with a teacher, whose weights are a moving
-- average of the student's. The teacher sees the images with noise, in eval mode: noise would spoil the statistics that batch norm
-- gathers for evaluations. Nothing in here is closed to any other script.
local sl = require "semiluna"
local core, ops = sl.core, sl.ops

local mean_teacher = {
  name = "mean_teacher",
  help = "An exponential moving average of the network teaches it on unlabelled images (Tarvainen and Valpola, NeurIPS 2017).",
  streams = { "labeled", "unlabeled" },
  terms = {
    { "seg", "cross-entropy on labelled images" },
    { "agree", "mean squared difference between the student's and the teacher's probabilities on unlabelled images" },
  },
  options = {
    { "lambda_agree", "schedule", sl.linear(0, 2), least = 0, help = "weight of the agreement on unlabelled images" },
    { "decay", "schedule", 0.99, least = 0, most = 1, help = "share of the old teacher in the new one" },
    { "noise", "number", 0.1, least = 0, help = "standard deviation of the noise added to the images" },
  },
}

local MeanTeacher = {}
MeanTeacher.__index = MeanTeacher

local banks, user_stream = 8, 64                       -- scripts' own streams of random numbers begin at 64

-- A few batches of Gaussian noise, made once; steps take them in turn.
local function make_noise(context)
  local bank = {}
  local shape = { context.batch, 3, context.crop[1], context.crop[2] }
  for i = 1, banks do
    local random, values = core.random(context.seed, user_stream, i), {}
    for k = 1, shape[1] * shape[2] * shape[3] * shape[4] do values[k] = random:normal() end
    bank[i] = core.tensor { shape = shape, data = values } * context.options.noise
  end
  return bank
end

function mean_teacher.new(context)
  local teacher = context:new_model()
  teacher:copy_from(context.model)
  context:keep("teacher", teacher)                     -- part of every checkpoint
  return setmetatable({
    context = context, student = context.model, teacher = teacher, streams = context.streams, noise = make_noise(context),
    evaluated = teacher,                               -- evaluations measure the teacher
  }, MeanTeacher)
end

function MeanTeacher:step(step)
  local now, losses = self.context:at(step), {}
  local images, labels = self.streams.labeled:next()
  local seg = ops.cross_entropy(sl.enlarge(self.student(images, true), images), labels)
  losses.seg = seg:item()
  seg:backward()

  if now.lambda_agree > 0 then
    images = self.streams.unlabeled:next()
    local mine = ops.softmax(self.student(images, true))
    local noisy = images + self.noise[step % banks + 1]
    local theirs = core.no_grad(function() return ops.softmax(self.teacher(noisy, false)) end)
    local difference = mine - theirs
    local agree = ops.mean(difference * difference)
    losses.agree = agree:item()
    agree:backward(now.lambda_agree)
  end
  return losses
end

-- After the optimizer's update: the teacher follows the student.
function MeanTeacher:updated(step)
  self.teacher:blend(self.student, self.context:at(step).decay)
end

return mean_teacher
