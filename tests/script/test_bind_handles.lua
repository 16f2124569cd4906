-- Handles: closing, the collector in any order, scopes, and memory pressure.
local core = require "semiluna.core"
local check = require "bind_check"
local folder, remove = check.folder()

local function model() return core.deeplab_v2 { classes = 2, blocks = { 1, 1, 1, 1 }, base_width = 4 } end

-- every kind of object: close is idempotent, use after close an error, the metatable out of reach
local data = core.synthetic { width = 16, height = 16, count = 4 }
local network = model()
local saved = core.checkpoint_writer()
saved:tensor("x", core.scalar(1))
saved:save(folder .. "/x.safetensors")
local objects = {
  { core.scalar(1), function(o) o:item() end }, { model(), function(o) o:kind() end },
  { core.optimizer(network, {}), function(o) o:step(0) end }, { core.synthetic {}, function(o) o:count() end },
  { core.loader(data, { crop = 8, threads = 2 }), function(o) o:next() end }, { core.confusion(2), function(o) o:miou() end },
  { core.random(), function(o) o:uniform() end }, { core.checkpoint_writer(), function(o) o:meta("a", "b") end },
  { core.checkpoint_open(folder .. "/x.safetensors"), function(o) o:names() end },
  { core.db(folder .. "/a.db", "write"), function(o) o:query "select 1" end }, { core.writer(folder .. "/a.db"), function(o) o:flush() end },
}
for _, item in ipairs(objects) do
  local object, use = item[1], item[2]
  local kind = core.type(object)
  use(object)
  check.equal(getmetatable(object), "semiluna." .. kind)
  check.fails(function() setmetatable(object, {}) end, "table expected")
  check.fails(function() object.x = 1 end, "index")
  check.equal(object:close(), nil)
  object:close()
  check.equal(tostring(object), kind .. " (closed)")
  check.fails(function() use(object) end, "the " .. kind .. " is closed")
  check.fails(function() object.close(1) end, kind .. " expected, got number; call it with a colon")
  local meta = debug.getmetatable(object)
  meta.__gc(object)
  check.fails(function() meta.__gc(io.stdout) end, kind .. " expected")
end

-- <close> closes; views, gradients and optimizers keep what they need alive
local outside
do
  local t <close> = core.tensor { shape = { 4, 2 }, fill = 3 }
  outside = t:slice(2)
end
check.equal(outside:table(), { 3.0, 3.0 })
local weight = network:parameters()[1].tensor
local optimizer = core.optimizer(network, {})
network:close()
check.yes(#weight > 0, "a parameter outlives its model")
optimizer:step(0.1)
optimizer:close()

local loss
do
  local leaf = core.scalar(2):requires_grad(true)
  loss = core.ops.mean(leaf * leaf)
  leaf:close()
end
collectgarbage()
loss:backward()

local subset = data:subset { 2, 3 }
local loader = core.loader(subset, { crop = 8, threads = 1 })
data:close()
subset:close()
check.equal(loader:next():shape(), { 1, 3, 8, 8 })
loader:close()

-- the collector meets handles in any order
local random = core.random(7)
for _ = 1, 30 do
  local pool = {}
  local m = model()
  pool[1], pool[2] = m, core.optimizer(m, { kind = "adam" })
  local d = core.synthetic { width = 16, height = 16, count = 4 }
  pool[3], pool[4], pool[5] = d, d:subset { 1 }, core.loader(d, { crop = 8, threads = 1 })
  pool[6] = core.ops.mean(m(core.tensor { shape = { 1, 3, 17, 17 } }, true))
  pool[7] = m:parameters()
  pool[8] = core.checkpoint_writer()
  pool[8]:model("", m)
  pool[9] = { pool[2], pool[8] }
  pool[9][3] = pool[9] -- a cycle
  for _, place in ipairs(random:permutation(9)) do
    pool[place] = nil
    if random:below(3) == 0 then collectgarbage "step" end
    if random:below(9) == 0 then collectgarbage() end
  end
end
collectgarbage()

-- scopes
collectgarbage()
local base = core.memory().now
local inner, stored, result
local first, second = core.scope(function(extra)
  local a = core.tensor { shape = { 100 }, fill = 1 }
  inner = a
  stored = (a * 2):keep()
  result = core.scope(function() return a + 1 end) -- belongs to the outer scope
  return a * extra, "text"
end, 3)
check.equal({ first:get(1), second }, { 3.0, "text" })
check.equal(stored:get(1), 2.0, "a kept tensor stays open")
check.fails(function() inner:item() end, "closed")
check.fails(function() result:item() end, "closed")
check.equal(tostring(inner), "tensor (closed)")
first:close()
stored:close()
check.equal(core.memory().now, base, "bytes after the scope")
check.fails(function() core.scope(function() inner = core.scalar(1) error "thrown" end) end, "thrown")
check.fails(function() inner:item() end, "closed")
check.equal(core.memory().now, base, "bytes after a scope that failed")
core.scope(function()
  for _ = 1, 10 do core.scalar(1) end
  collectgarbage() -- handles leave their scope when the collector takes them
  core.scalar(2):close()
end)
check.equal(core.memory().now, base)
check.equal(core.scope(function() return core.scope(function() return core.scalar(4) end) end):item(), 4.0)

-- memory pressure: dropping tensors without collecting stays bounded, with the collector stopped even
collectgarbage "stop"
core.memory { reset_peak = true }
local kept, mib = core.tensor { shape = { 1 << 20 }, fill = 1 }, 1 << 20
for i = 1, 300 do
  local t = core.tensor { shape = { 1 << 20 }, fill = i } -- 4 MiB each, 1.2 GiB in all
  t = t + kept
end
local peak = core.memory().peak - base
print(("pressure: peak %.0f MiB of 2400 MiB made and dropped"):format(peak / mib))
check.yes(peak < 256 * mib, "the peak under pressure stays bounded")
check.equal(kept:get(1), 1.0)

-- from a coroutine, and with finalizers that do what they should not
local warned = 0
local worker = coroutine.wrap(function()
  for i = 1, 100 do
    local t = core.tensor { shape = { 1 << 20 }, fill = i }
    setmetatable({}, { __gc = function()
      t:close() -- left to the collector, or fine
      local ok, message = pcall(function() return core.scalar(1) + 1 end)
      if not ok then
        warned = warned + 1
        if not message:find("a finalizer may only close objects", 1, true) then error(message) end
      end
    end })
    if i % 10 == 0 then coroutine.yield(i) end
  end
  return "done"
end)
core.memory { reset_peak = true }
local last
repeat last = worker() until last == "done"
check.yes(core.memory().peak - base < 256 * mib, "the peak in a coroutine stays bounded")
check.yes(warned > 0, "finalizers that use the core during a collection fail")

-- one long call: the garbage of earlier steps goes while a backward pass runs
core.memory { reset_peak = true }
for i = 1, 100 do
  local leaf = core.tensor { shape = { 1 << 18 }, fill = i }:requires_grad(true)
  local y = leaf
  for _ = 1, 5 do y = y * 1.5 end
  core.ops.mean(y):backward()
  check.near(leaf:grad():get(1) * (1 << 18), 1.5 ^ 5, 1e-3, "gradient under pressure")
end
check.yes(core.memory().peak - base < 256 * mib, "the peak of steps stays bounded")
collectgarbage "restart"

kept, first, stored, last, worker = nil, nil, nil, nil, nil
collectgarbage()
collectgarbage()
remove()
check.done "handles"
