-- Ops, gradients, models and optimizers from Lua.
local core = require "semiluna.core"
local check = require "bind_check"
local ops = core.ops

-- every op of the list is there, described, and refuses nonsense
local list = core.op_list()
check.yes(#list >= 20, "the list of ops")
for _, op in ipairs(list) do
  check.equal(type(ops[op.name]), "function", op.name)
  check.yes(#op.help > 3 and #op.inputs >= 1 and #op.outputs >= 1, op.name .. "'s description")
  for _, attribute in ipairs(op.attributes) do check.yes(#attribute.help > 3 and attribute.default ~= nil, op.name .. "." .. attribute.name) end
  check.fails(ops[op.name], "core.ops." .. op.name, "argument 1 (" .. op.inputs[1] .. ")", "got nothing")
  check.fails(function() ops[op.name](core.scalar(1), core.scalar(1), core.scalar(1), core.scalar(1), core.scalar(1), core.scalar(1), core.scalar(1)) end,
    op.name, "at most")
end

-- a convolution by hand: 2x2 box over 3x3
local x = core.tensor { shape = { 1, 1, 3, 3 }, data = { 1, 2, 3, 4, 5, 6, 7, 8, 9 } }
local w = core.tensor { shape = { 1, 1, 2, 2 }, fill = 1 }
local bias = core.tensor { shape = { 1 }, fill = 0.5 }
check.equal(ops.conv2d(x, w):table(), { 12.0, 16.0, 24.0, 28.0 })
check.equal(ops.conv2d(x, w, bias):table(), { 12.5, 16.5, 24.5, 28.5 })
check.equal(ops.conv2d(x, w, nil, { padding = 1, stride = 2 }):table(), { 1.0, 5.0, 11.0, 28.0 })
local y, index = ops.max_pool(x, { kernel = 2, stride = 1, padding = 0 })
check.equal(y:table(), { 5.0, 6.0, 8.0, 9.0 })
check.equal(index:table(), { 4, 5, 7, 8 })
check.equal(ops.argmax(core.tensor { shape = { 1, 3, 1, 1 }, data = { 1, 5, 2 } }):item(), 1)

check.fails(function() ops.conv2d(x, w, { strid = 2 }) end, 'core.ops.conv2d: no such attribute "strid". Did you mean "stride"?')
check.fails(function() ops.conv2d(x, w, { stride = 0 }) end, 'attribute "stride": 0.0 is not between 1.0')
check.fails(function() ops.conv2d(x, w, { stride = 1.5 }) end, "whole number expected, got 1.5")
check.fails(function() ops.conv2d(x, w, { stride = "2" }) end, "whole number expected, got 2")
check.fails(function() ops.conv2d(x, w, { 2 }) end, "an attribute has no name")
check.fails(function() ops.conv2d(x) end, "argument 2 (weight): tensor expected, got nothing")
check.fails(function() ops.conv2d(x, nil, bias) end, "argument 2 (weight): tensor expected, got nil")
check.fails(function() ops.conv2d(x, w, bias, true, {}) end, "at most 3 tensors")
check.fails(function() ops.conv2d(x, core.tensor { shape = { 1, 2, 2, 2 } }) end, "conv2d")
check.fails(function() ops.relu(x, { slope = 1 }) end, 'no such attribute "slope"; there are none')
check.fails(function() ops.add(x, x, { relu = 1 }) end, "boolean expected")
check.fails(function() ops.scale(x, { factor = 0 / 0 }) end, "factor")

-- gradients: d/da mean((a b + a)^2) by hand
local a = core.tensor { shape = { 2 }, data = { 1, 2 } }:requires_grad(true)
local b = core.tensor { shape = { 2 }, data = { 3, -1 } }
check.equal(a:requires_grad(), true)
check.equal(a:grad(), nil)
local sum = a * b + a
ops.mean(sum * sum):backward()
check.equal(a:grad():table(), { 16.0, 0.0 }, "gradient")
ops.mean(a):backward(2)
check.equal(a:grad():table(), { 17.0, 1.0 }, "gradients add up")
a:clear_grad()
check.equal(a:grad(), nil)
local tripled = a * 3
tripled:backward(core.tensor { shape = { 2 }, data = { 1, 10 } })
check.equal(a:grad():table(), { 3.0, 30.0 }, "from a given gradient")
a:clear_grad()
check.fails(function() (a * 2):backward() end, "one number")
check.fails(function() (a * 2):backward "x" end, "number expected")
check.fails(function() ops.mean(a * 2):requires_grad(true) end, "only a leaf")
local once = ops.mean(a * a)
once:backward()
check.fails(function() once:backward() end, "")

-- no_grad and frozen: results pass, errors restore
local n1, n2, kept = core.no_grad(function(p, q) return p, q, a * 2 end, 1, nil)
check.equal({ n1, n2 }, { 1, nil })
check.equal(kept:requires_grad(), false)
check.fails(function() core.no_grad(function() core.no_grad(error, "thrown") end) end, "thrown")
check.equal((a * 2):requires_grad(), true, "gradients are on again after an error")
local frozen = core.frozen(function() return a * 2 end)
check.equal(frozen:requires_grad(), false, "frozen leaves are constants")
check.fails(function() core.frozen(error, "thrown") end, "thrown")
check.equal((a * 2):requires_grad(), true)
check.fails(core.no_grad, "function expected, got nothing")

-- models
local options = { classes = 3, blocks = { 1, 1, 1, 1 }, base_width = 4, rates = 2, branches = 2, train_affine = true, seed = 5 }
local model = core.deeplab_v2(options)
check.equal(model:kind(), "deeplab_v2")
local parameters, trainable = model:parameters(), 0
for _, p in ipairs(parameters) do
  check.yes(p.group == "trunk" or p.group == "head", "group of " .. p.name)
  if p.trainable then trainable = trainable + #p.tensor end
end
check.equal(parameters[1].name, "conv1.weight")
check.equal(model:trainable_count(), trainable)
local image = core.tensor { shape = { 1, 3, 33, 33 }, fill = 0.5 }
local logits = model(image, true)
check.equal(logits:shape()[2], 3)
check.equal(core.no_grad(model, image):table(), core.no_grad(model.forward, model, image, false):table())
ops.mean(logits):backward()
check.yes(parameters[1].tensor:grad() ~= nil, "a gradient of the first weight")
local before = parameters[1].tensor:clone():table()
local optimizer = core.optimizer(model, { kind = "sgd", momentum = 0.9, head_lr = 10 })
optimizer:step(0.1)
check.yes(parameters[1].tensor:table()[1] ~= before[1] or parameters[1].tensor:table()[2] ~= before[2], "a step changes the weights")
model:clear_grad()
check.equal(parameters[1].tensor:grad(), nil)

local teacher = core.deeplab_v2(options)
check.equal(teacher:parameters()[1].tensor:table(), before, "the same seed gives the same weights")
teacher:blend(model, 0.5)
check.near(teacher:parameters()[1].tensor:table()[1], (before[1] + parameters[1].tensor:table()[1]) / 2, 1e-6, "blend")
teacher:copy_from(model)
check.equal(teacher:parameters()[1].tensor:table(), parameters[1].tensor:table())

local judge = core.discriminator { classes = 3, base_width = 4 }
check.equal(judge:forward(core.tensor { shape = { 1, 3, 64, 64 } }):shape()[2], 1)
check.fails(function() teacher:blend(judge, 0.5) end, "")
check.fails(function() core.deeplab_v2 { classes = 3, blok = { 1 } } end, 'no such option "blok". Did you mean "blocks"?')
check.fails(function() core.deeplab_v2 { classes = 3, blocks = { 1, 1 } } end, 'option "blocks": a list of 4 whole numbers expected')
check.fails(function() core.deeplab_v2 { classes = 0 } end, 'option "classes"')
check.fails(function() core.deeplab_v2 { classes = 3, stride_place = "2x2" } end, "stride_place", "1x1")
check.fails(function() core.deeplab_v2 { classes = 3, rates = 4, branches = 2 } end, "")
check.fails(function() model(image, 1) end, "argument 2 (training): boolean expected, got number")
check.fails(function() model(1) end, "model:__call: argument 1 (x): tensor expected, got number")
check.fails(function() model(core.tensor { shape = { 1, 4, 33, 33 } }) end, "4")
check.fails(function() core.optimizer(model, { kind = "sdg" }) end, 'Did you mean "sgd"?')
check.fails(function() core.optimizer(image) end, "model expected, got tensor")
check.fails(function() core.optimizer {} end, "empty table")
check.fails(function() optimizer:step() end, "argument 1 (lr): number expected, got nothing")

-- optimizers over a script's own tensors, all three kinds, descend a parabola
for _, kind in ipairs { "sgd", "adam", "adamw" } do
  local p = core.tensor { shape = { 3 }, data = { 1, -2, 3 } }:requires_grad(true)
  local q = core.scalar(5):requires_grad(true)
  local own = core.optimizer({ p, { name = "q", tensor = q } }, { kind = kind })
  for _ = 1, 200 do
    p:clear_grad()
    q:clear_grad()
    ops.mean(p * p):backward()
    ops.mean(q * q):backward()
    own:step(0.1)
  end
  check.near(p:stats().max, 0, 0.05, kind)
  check.near(q:item(), 0, 0.5, kind)
end

check.done "ops, gradients, models and optimizers from Lua"
