-- Datasets, splits, loaders, the confusion matrix and random numbers from Lua.
local core = require "semiluna.core"
local check = require "bind_check"

local data = core.synthetic { width = 40, height = 24, classes = 4, count = 10, seed = 3 }
check.equal({ data:count(), #data, data:classes(), data:labels() }, { 10, 10, 4, true })
check.equal(#data:class_names(), 4)
check.equal(data:class_name(0), data:class_names()[1])
check.equal(#data:class_color(3), 3)
check.equal(data:find(data:id(7)), 7)
check.equal(data:find "no such id", nil)
check.equal({ data:size(1) }, { 40, 24 })
check.equal(data:check(10), nil)
check.fails(function() data:id(0) end, "dataset:id: argument 1 (image): 0 is not between 1 and 10")
check.fails(function() data:id(11) end, "11 is not between 1 and 10")
check.fails(function() data:class_name(4) end, "4 is not between 0 and 3")

local image, label = data:read(2)
check.equal(image:shape(), { 1, 3, 24, 40 })
check.equal(label:shape(), { 1, 24, 40 })
check.equal(label:dtype(), "u8")
local shifted = data:read(2, { mean = { 10, 20, 30 }, divisor = 2 })
for c, mean in ipairs { 10, 20, 30 } do
  check.near(shifted:get(1, c, 5, 7), (image:get(1, c, 5, 7) - mean) / 2, 1e-4, "mean and divisor")
end
check.equal(select("#", data:read(2, { label = false })), 2)
check.equal((select(2, data:read(2, { label = false }))), nil)
check.fails(function() data:read(2, { meen = 1 }) end, 'Did you mean "mean"?')
check.fails(function() data:read(2, { mean = { 1, 2 } }) end, "a list of 3 numbers expected")

local some = data:subset { 7, 2 }
check.equal({ some:count(), some:id(1), some:id(2) }, { 2, data:id(7), data:id(2) })
check.equal(some:read(2):table(), image:table())
check.fails(function() data:subset { 11 } end, "element 1 of the list is no image number from 1 to 10")
check.fails(function() data:subset { "1" } end, "element 1")
check.fails(function() data:subset {} end, "")

local labeled, unlabeled = core.split_fraction(10, 0.3, 1)
check.equal({ #labeled, #unlabeled }, { 3, 7 })
local seen = {}
for _, list in ipairs { labeled, unlabeled } do
  for _, i in ipairs(list) do
    check.yes(not seen[i] and i >= 1 and i <= 10, "image " .. i)
    seen[i] = true
  end
end
check.equal({ core.split_fraction(10, 0.3, 1) }, { labeled, unlabeled }, "the same seed splits alike")
check.fails(function() core.split_fraction(10, 0, 1) end, "above 0 and at most 1")
check.fails(function() core.split_fraction(0, 0.5, 1) end, "0")

local folder, remove = check.folder()
local list = assert(io.open(folder .. "/list.txt", "w"))
list:write(data:id(4), "\n# comment\n\n", data:id(9), "\n")
list:close()
check.equal(core.split_read(folder .. "/list.txt", data), { 4, 9 })
check.fails(function() core.split_read(folder .. "/none.txt", data) end, "none.txt")
check.fails(function() core.split_read(folder .. "/list.txt", some) end, "list.txt", data:id(4))
check.fails(function() core.voc { root = folder, list = "none" } end, "none")
check.fails(function() core.voc { root = folder } end, '"list" is required')
remove()

-- the same batches whatever the threads; seeking; streams
local function batches(threads, options)
  local loader = core.loader(data, { batch = 3, crop = { 16, 20 }, seed = 9, threads = threads, stream = options and options.stream })
  if options and options.seek then loader:seek(options.seek) end
  local all = {}
  for i = 1, 4 do
    local images, labels = loader:next()
    check.equal(images:shape(), { 3, 3, 16, 20 })
    check.equal(labels:shape(), { 3, 16, 20 })
    all[i] = { images:table()[100], labels:table()[50], images:stats().mean }
  end
  check.equal(loader:position(), (options and options.seek or 0) + 12)
  loader:close()
  return all
end
local reference = batches(0)
check.equal(batches(1), reference)
check.equal(batches(3), reference)
check.yes(batches(0, { stream = "unlabeled" })[1][3] ~= reference[1][3], "streams differ")
check.equal(batches(0, { stream = 16 }), reference)
check.equal(batches(2, { seek = 3 })[1], reference[2])
check.fails(function() core.loader(data, { stream = "labelled" }) end, 'no such stream "labelled". Did you mean "labeled"?')
check.fails(function() core.loader(data, { crop = 0 }) end, "crop")
check.fails(function() core.loader(data, { crop = "8" }) end, "a list of 2 whole numbers expected, got 8")
check.fails(function() core.loader(data, { batch = 1e9 }) end, "batch")
check.fails(function() core.loader({}, {}) end, "dataset expected, got table")

-- confusion: 2 right of class 0, one 0 taken for 1, one ignored
local confusion = core.confusion(3)
local truth = core.tensor { shape = { 1, 2, 2 }, dtype = "u8", data = { 0, 0, 0, 255 } }
local guess = core.tensor { shape = { 1, 2, 2 }, dtype = "u8", data = { 0, 0, 1, 2 } }
confusion:add(truth, guess)
check.equal(confusion:table(), { { 2, 1, 0 }, { 0, 0, 0 }, { 0, 0, 0 } })
local iou = confusion:class_iou()
check.near(iou[1], 2 / 3, 1e-12)
check.equal(iou[2], 0.0)
check.yes(iou[3] ~= iou[3], "an absent class has no IoU")
check.near(confusion:miou(), 1 / 3, 1e-12)
check.near(confusion:miou "authors", 2 / 3, 1e-12)
check.near(confusion:miou "absent_zero", 2 / 9, 1e-12)
check.near(confusion:pixel_accuracy(), 2 / 3, 1e-12)
check.equal(confusion:classes(), 3)
check.fails(function() confusion:miou "mean" end, '"mean" is none of "standard"')
check.fails(function() confusion:add(guess, truth) end, "255")
check.fails(function() confusion:add(truth) end, "argument 2 (prediction): tensor expected, got nothing")

-- random numbers
local r, again = core.random(1, 64, 2), core.random(1, 64, 2)
for _ = 1, 5 do check.equal(r:uniform(), again:uniform()) end
check.equal(r:draw(), again:draw())
local place, value = r:draw(), r:integer()
check.yes(r:integer() ~= value)
r:draw(place)
check.equal(r:integer(), value, "going back to a draw")
for _ = 1, 50 do check.yes(r:below(3) >= 0 and again:below(3) < 3) end
local order = r:permutation(6)
table.sort(order)
check.equal(order, { 1, 2, 3, 4, 5, 6 })
check.yes(r:normal() == r:normal() or true)
check.fails(function() r:below(0) end, "0")

check.done "data from Lua"
