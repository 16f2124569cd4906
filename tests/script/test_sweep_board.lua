-- The live table of a sweep: how long it will still take, and what it shows where there is little room.
local check = dofile(os.getenv "SEMILUNA_SOURCE" .. "/tests/script/bind_check.lua")
local board = require "semiluna.sweep.board"
local eta = require "semiluna.sweep.eta"

local function cell_of(number, state, step, changes)
  local cell = {
    number = number, state = state, step = step, run = number, label = "x", forks = {},
    item = { resolved = { steps = 100, method = { kind = "supervised" } } },
    shown = { variant = number > 4 and "+ semi, T = 0.2" or "supervised", ["data.labeled"] = "1/8", seed = tostring(number) },
  }
  for name, value in pairs(changes or {}) do cell[name] = value end
  return cell
end

-- ---- the time that is left ----------------------------------------------------------------------------------------------------------

local function semi(number, state, step, changes)
  local cell = cell_of(number, state, step, changes)
  cell.item = { resolved = { steps = 100, method = { kind = "advsemiseg" } } }
  return cell
end

local function near(a, b) return math.abs(a - b) <= 1e-9 * math.abs(b) end

do
  local first, second, third = cell_of(1, "running", 0), cell_of(2, "to do"), cell_of(3, "to do")
  local cells, watch = { first, second, third }, eta.new()
  check.equal(watch:left(cells, 0, {}, 2), nil, "nothing is known yet")
  first.step = 20
  check.yes(near(watch:speed(first, 10), 2), "20 steps in 10 seconds")
  check.yes(near(watch:left(cells, 10, {}, 1), 40 + 50 + 50), "one after the other")
  check.yes(near(watch:left(cells, 10, {}, 2), 140 / 2), "two at a time, though the second has not begun")
  second.state, second.step = "running", 0
  check.yes(near(watch:left(cells, 10, {}, 2), 140 / 2), "a cell that has just begun takes as long as the others")
  check.yes(near(watch:left_of(second, 10, watch:paces(cells, 10)), 50), "and says so itself")
  check.yes(near(watch:left(cells, 10, {}, 64), 50), "no less than the longest of them")
  third.state = "done"
  check.yes(near(watch:left({ first, third }, 10, {}, 2), 40), "what is done takes no time")
  first.given_up = "failed"
  check.equal(watch:left({ first, third }, 10, {}, 2), nil, "nothing is left")
end

do
  local done, other, fresh = cell_of(1, "done", 100), semi(2, "running", 0), semi(3, "to do")
  local watch = eta.new()
  watch:ended(done, 0, 30)
  check.yes(near(watch:left({ done, other, fresh }, 0, {}, 1), 60), "at first, as long as a cell of another method")
  watch:left({ done, other, fresh }, 0, {}, 1)
  other.step = 10
  check.yes(near(watch:left({ done, other, fresh }, 10, {}, 1), 90 + 100), "then as long as one of its own method")
  check.yes(near(watch:left({ done, other, fresh, cell_of(4, "to do") }, 10, {}, 1), 90 + 100 + 30), "each method has its own pace")
end

do
  local shared = { { step = 40, prefix = "p" } }
  local first, second, third = semi(1, "to do", nil, { forks = shared }), semi(2, "to do", nil, { forks = shared }), semi(3, "stopped", 90)
  local watch = eta.new()
  watch:ended(semi(9, "done", 100), 50, 50)
  check.yes(near(watch:left({ first, second }, 0, {}, 1), 100 + 60), "a shared warm-up counts once")
  check.yes(near(watch:left({ first, second }, 0, { p = true }, 1), 60 + 60), "and not at all once it is there")
  check.yes(near(watch:left({ third }, 0, {}, 1), 10), "what was stopped goes on")
end

-- ---- the lines ------------------------------------------------------------------------------------------------------------------------

local columns = { { name = "variant", title = "variant" }, { name = "data.labeled", title = "labeled" }, { name = "seed", title = "seed" } }
local cells = {}
for i = 1, 12 do cells[i] = cell_of(i, i < 3 and "done" or i < 5 and "running" or "to do", i < 5 and 25 * (i % 4)) end
cells[5].state, cells[5].given_up, cells[5].reason, cells[5].shown["data.labeled"] = "failed", "failed", "my.lua:9: boom\n\27[2J", nil

local function lines(width, height) return board.new(cells, { title = "my", columns = columns }):lines(width, height, 0) end

local wide = table.concat(lines(110, 30), "\n")
check.yes(wide:find "^my   2/12 done  2 running  7 to do  1 failed\n", wide)
check.yes(wide:find("\n #  variant          labeled  seed ", 1, true), "the columns have titles: " .. wide)
check.yes(wide:find("\n 3  supervised           1/8     3  running  75/100  ", 1, true), "values stand below them: " .. wide)
check.yes(wide:find("\n 5  + semi, T = 0.2        -     5  failed    0/100", 1, true), "an option that a cell does not have: " .. wide)
check.yes(wide:find("my.lua:9: boom??[2J", 1, true) and not wide:find("\27", 1, true), "nothing moves the cursor")
check.yes(not wide:find("\n%S+ %s*[^\n]*\n.*labeled 1/8"), "the titles are not said again")

for width = 110, 20, -1 do
  for i, line in ipairs(lines(width, 30)) do
    local length = utf8.len(line)
    check.yes(length < width, ("%d columns: line %d has %d"):format(width, i, length))
  end
end
local narrow = table.concat(lines(62, 30), "\n")
check.yes(narrow:find("\n12  + semi, T = 0.2  1/8   12  to do", 1, true), "what tells cells apart stays longest: " .. narrow)
check.yes(not narrow:find "it/s" and not narrow:find "####", "the bar and the speed give way")

local low = lines(110, 9)
check.equal(#low, 8)
check.yes(low[#low] == "... and 7 more", low[#low])
check.yes(table.concat(low, "\n"):find "failed", "what failed is not hidden")

local one = board.new({ cell_of(1, "to do") }, { title = "my" }):lines(80, 30, 0)
check.yes(one[3]:find "^1  to do  0/100", "a single cell needs no name: " .. one[3])
check.done "the live table"
