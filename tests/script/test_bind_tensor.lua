-- Tensors from Lua: making, reading, views, arithmetic, wrong arguments.
local core = require "semiluna.core"
local check = require "bind_check"

local t = core.tensor { shape = { 2, 3, 1, 2 }, data = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 } }
check.equal(t:shape(), { 2, 3, 1, 2 })
check.equal(t:dtype(), "f32")
check.equal(#t, 12)
check.equal(t:count(), 12)
check.equal(t:get(2, 3, 1, 2), 12.0, "last element")
check.equal(t:get(1, 2, 1, 1), 3.0, "planar order")
check.equal(t:table(), { 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0, 12.0 })
check.equal(tostring(t), "tensor 2x3x1x2 f32")
check.equal(core.type(t), "tensor")
check.equal(core.type(1), nil)

for _, rank in ipairs { { {}, {} }, { { 3 }, { 2 } }, { { 2, 3 }, { 2, 1 } }, { { 2, 3, 4 }, { 2, 3, 1 } } } do
  local some = core.tensor { shape = rank[1], fill = 0, dtype = "i64" }
  check.equal(some:shape(), rank[1])
  check.equal(some:get(table.unpack(rank[2])), 0)
  check.equal(some:get(1, 1, 1, 1), 0)
end
local map = core.tensor { shape = { 1, 2, 3 }, dtype = "u8", data = { 0, 1, 2, 3, 4, 255 } }
check.equal(map:get(1, 2, 3), 255)
check.equal(map:get(1, 1, 2, 3), 255)
check.equal(map:table(), { 0, 1, 2, 3, 4, 255 })
check.equal(core.tensor { shape = { 1 }, dtype = "i64", data = { 1 << 60 } }:item(), 1 << 60)
check.equal(core.tensor({ shape = { 2 }, dtype = "bf16", data = { 1.5, -2 } }):table(), { 1.5, -2.0 })
check.equal(core.scalar(3):shape(), {})
check.equal(core.scalar(3):item(), 3.0)
check.equal(core.tensor({ shape = { 0, 3 } }):table(), {})

-- views share storage, copies do not
local view = t:slice(2)
check.equal(view:shape(), { 1, 3, 1, 2 })
view:fill(0)
check.equal(t:get(2, 1, 1, 1), 0.0, "a view writes through")
local copy = t:clone()
copy:fill(7)
check.equal(t:get(1, 1, 1, 1), 1.0, "a copy does not")
copy:copy(t)
check.equal(copy:table(), t:table())
check.equal(core.tensor({ shape = { 4 }, data = { 1, 2, 3, 4 } }):reshape({ 2, 2 }):get(2, 1), 3.0)
check.equal(t:to "bf16":dtype(), "bf16")
check.equal(t:to("u8"):dtype(), "u8")

-- statistics
local stats = core.tensor({ shape = { 4 }, data = { 1, -2, 0 / 0, 1 / 0 } }):stats()
check.equal({ stats.min, stats.max, stats.mean, stats.finite }, { -2.0, 1.0, -0.5, false })
check.equal(t:stats().finite, true)
check.equal(map:stats().max, 255.0)
local wide = core.tensor { shape = { 2, 2, 1, 2 }, data = { 1, 2, 10, 20, 3, 0 / 0, 30, 40 } }
local ignored = core.tensor { shape = { 2, 1, 2 }, dtype = "u8", data = { 0, 1, 0, 7 } }
stats = wide:stats(ignored)
check.equal({ stats.min, stats.max, stats.mean, stats.finite, stats.count }, { 1.0, 30.0, 11.0, true, 4 })
stats = wide:stats()
check.equal({ stats.max, stats.finite, stats.count }, { 40.0, false, 8 })
check.equal(wide:stats(core.tensor { shape = { 2, 1, 2 }, dtype = "u8", fill = 1 }).count, 0, "all ignored")
check.fails(function() wide:stats(wide) end, "ignored is 2x2x1x2 f32, must be u8 2x1x2")
check.fails(function() wide:stats(core.tensor { shape = { 2, 2, 2 }, dtype = "u8" }) end, "must be u8 2x1x2")

-- arithmetic
local a, b = core.tensor { shape = { 2 }, data = { 1, 2 } }, core.tensor { shape = { 2 }, data = { 10, 20 } }
check.equal((a + b):table(), { 11.0, 22.0 })
check.equal((a - b):table(), { -9.0, -18.0 })
check.equal((a * b):table(), { 10.0, 40.0 })
check.equal((a * 2):table(), { 2.0, 4.0 })
check.equal((2 * a):table(), { 2.0, 4.0 })
check.equal((a + 1):table(), { 2.0, 3.0 })
check.equal((1 + a):table(), { 2.0, 3.0 })
check.equal((1 - a):table(), { 0.0, -1.0 })
check.equal((a / 4):table(), { 0.25, 0.5 })
check.equal((-a):table(), { -1.0, -2.0 })

-- wrong arguments name function, argument and value
check.fails(function() core.tensor {} end, "core.tensor", '"shape" is required', "test_bind_tensor.lua:")
check.fails(function() core.tensor() end, '"shape" is required')
check.fails(function() core.tensor(3) end, "argument 1 (options): table expected, got number")
check.fails(function() core.tensor { shpe = { 1 } } end, 'no such option "shpe". Did you mean "shape"?')
check.fails(function() core.tensor { shape = { 1 }, dtype = "f23" } end, '"f23". Did you mean "f32"?')
check.fails(function() core.tensor { shape = { 1 }, dtype = 3 } end, 'option "dtype": a string expected, got 3')
check.fails(function() core.tensor { shape = { 1, 2, 3, 4, 5 } } end, "at most 4 extents")
check.fails(function() core.tensor { shape = { -1 } } end, "extent 1")
check.fails(function() core.tensor { shape = { 1.5 } } end, "extent 1")
check.fails(function() core.tensor { shape = { "2" } } end, "extent 1")
check.fails(function() core.tensor { shape = { 1 << 40, 1 << 40 } } end, "larger than any memory")
check.fails(function() core.tensor { shape = { 1 << 30, 1 << 14 } } end, "memory")
check.fails(function() core.tensor { shape = { 3 }, data = { 1, 2 } } end, "data has 2 elements, the shape 3 needs 3")
check.fails(function() core.tensor { shape = { 1 }, data = { "x" } } end, "element 1")
check.fails(function() core.tensor { shape = { 1 }, dtype = "u8", data = { 256 } } end, "element 1 is 256, which is no u8")
check.fails(function() core.tensor { shape = { 1 }, dtype = "i64", data = { 0.5 } } end, "0.5")
check.fails(function() core.tensor { shape = { 1 }, data = { 1 }, [1] = 2 } end, "an option has no name")
check.fails(function() core.tensor { shape = { 1 }, fill = 0 / 0 } end, 'option "fill"')
check.fails(function() t:get(1) end, "1 indices for a tensor of shape 2x3x1x2")
check.fails(function() t:get(1, 4, 1, 1) end, "argument 2 (c): 4 is not between 1 and 3")
check.fails(function() t:get(0, 1, 1, 1) end, "argument 1 (n): 0")
check.fails(function() t:get(1, 1, 1.5, 1) end, "1.5 is not a whole number")
check.fails(function() t:item() end, "2x3x1x2")
check.fails(function() t:slice(3) end, "3 is not between 1 and 2")
check.fails(function() t:slice(2, 2) end, "argument 2 (count): 2 is not between 1 and 1")
check.fails(function() t:slice() end, "whole number expected, got nothing")
check.fails(function() t.slice(1) end, "call it with a colon")
check.fails(function() t:copy(a) end, "2x3x1x2")
check.fails(function() t:to "f64" end, '"f64" is none of "f32", "bf16", "i64", "u8"')
check.fails(function() t:to() end, "string expected")
check.fails(function() t:reshape { 5 } end, "2x3x1x2")
check.fails(function() t:nothing() end, "nothing")
check.fails(function() return t + a end, "add")
check.fails(function() return t + "x" end, "tensor.__add: argument 2 (right): tensor expected, got string")
check.fails(function() return {} + t end, "argument 1 (left): tensor expected, got table")
check.fails(function() return t + core.confusion(2) end, "tensor expected, got confusion")
check.fails(function() return t / t end, "number expected")
check.fails(function() t:fill "x" end, "number expected, got string")
check.fails(function() core.scalar {} end, "number expected, got table")

check.done "tensors from Lua"
