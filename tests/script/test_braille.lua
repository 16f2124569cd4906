-- Drawings in the terminal: dots, lines, sparklines and whole curves, character by character; the numbers behind pictures.
local braille = require "semiluna.draw.braille"
local gnuplot = require "semiluna.draw.gnuplot"
local palette = require "semiluna.draw.palette"
local scale = require "semiluna.draw.scale"
local series = require "semiluna.draw.series"
local spark = require "semiluna.draw.spark"
local terminal = require "semiluna.draw.terminal"

local checks, nan = 0, 0 / 0

local function same(got, expected, what)
  checks = checks + 1
  if got ~= expected then error(("%s:\ngot\n%s\nexpected\n%s"):format(what, got, expected), 2) end
end

local function texts(list) return table.concat(list, " ") end

-- ---- canvases -----------------------------------------------------------------------------------------------------------------------

local function canvas(width, height, more)
  local options = { width = width, height = height, utf8 = true, color = false }
  for key, value in pairs(more or {}) do options[key] = value end
  return braille.canvas(options)
end

local c = canvas(1, 1)
for y = 0, 3 do
  for x = 0, 1 do
    c:dot(x, y, 1)
    same(utf8.codepoint(c:rows()[1]) - 0x2800, ({ 0x01, 0x09, 0x0B, 0x1B, 0x1F, 0x3F, 0x7F, 0xFF })[2 * y + x + 1], "dot " .. x .. "," .. y)
  end
end

c = canvas(4, 2)
c:line(0, 0, 7, 7, 1)
same(texts(c:rows()), "⠑⢄     ⠑⢄", "a diagonal")
c = canvas(3, 1)
c:line(0, 3, 5, 3, 1)
c:dot(-1, 0, 1)
c:dot(6, 0, 1)
c:dot(0, 4, 1)
same(c:rows()[1], "⣀⣀⣀", "a level line, and dots outside")
c = canvas(4, 1)
c:line(0, 0, 7, 0, 2, { 2, 2 })
same(c:rows()[1], "⠉ ⠉ ", "a broken line")
c = canvas(4, 4, { utf8 = false })
c:line(0, 0, 3, 3, 1)
c:line(0, 3, 3, 0, 2)
same(table.concat(c:rows(), "|"), "*  +| *+ | +* |+  *", "two lines in ASCII")
c = canvas(2, 1, { color = true })
c:line(0, 0, 3, 0, 1)
same(c:rows()[1], terminal.paint(1) .. "⠉⠉" .. terminal.plain, "a line in colour")

-- ---- sparklines ---------------------------------------------------------------------------------------------------------------------

local blocks, plain = { utf8 = true }, { utf8 = false }
same(spark({ 1, 2, 3, 4, 5, 6, 7, 8 }, 8, blocks), "▁▂▃▄▅▆▇█", "eight steps")
same(spark({ 1, 2, 3, 4, 5, 6, 7, 8 }, 8, plain), "_.,-=+*#", "eight steps in ASCII")
same(spark({ 1, 1, 1 }, 8, blocks), "▄▄▄", "a constant")
same(spark({ 1, nan, 3, math.huge }, 8, blocks), "▁ █ ", "gaps")
same(spark({ nan, nan }, 8, blocks), "  ", "nothing but gaps")
same(spark({}, 8, blocks), "", "nothing")
same(spark({ 1, 1, 3, 3, 5, 5, 7, 7 }, 4, blocks), "▁▃▆█", "squeezed")
same(spark({ 5 }, 4, { utf8 = true, low = 0, high = 10 }), "▅", "a scale that is given")

-- ---- curves -------------------------------------------------------------------------------------------------------------------------

local function curves(options)
  options.utf8 = options.utf8 ~= false
  options.color = options.color or false
  return braille.curves(options)
end

same(curves { series = { { points = { { 0, 0 }, { 10, 10 } } } }, width = 16, height = 4, x_label = "t", title = "up" }, [[
up
10┤          ⡠⠔⠊
 5┤      ⢀⡠⠒⠉
  │   ⣀⠤⠊⠁
 0┤⡠⠔⠊
  └┬─────┬─────┬
   0     5 t  10
]], "a rising line")

same(curves { series = { { name = "a", points = { { 0, 1 }, { 4, 1 } } }, { name = "b", points = { { 0, 0 }, { 4, 0 } } } }, width = 20, height = 3,
  utf8 = false }, [[
1.0+***************A
0.5+
  0++++++++++++++++B
   ++-------+------+
    0       2      4
    A * a   B + b
]], "two series in ASCII")

same(curves { series = { { points = { { 0, 0.2 }, { 100, 0.2 } } } }, width = 18, height = 3 }, [[
   │
0.2┤⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒
   │
   └┬──────┬─────┬
    0     50   100
]], "a constant")

same(curves { series = { { points = { { 0, 1 }, { 1, nan }, { 2, 1 }, { 3, math.huge }, { 4, 1 } } } }, width = 12, height = 2 }, [[
 │
1┤⠁    ⠁   ⠈
 └┬────┬───┬
  0    2   4
]], "gaps at what is no number")

same(curves { series = { { style = "steps", points = { { 0, 0 }, { 2, 4 }, { 4, 4 } } } }, width = 12, height = 2 }, [[
4┤     ⡏⠉⠉⠉⠉
0┤⣀⣀⣀⣀⣀⡇
 └┬────┬───┬
  0    2   4
]], "steps")

same(curves { series = { { points = { { 0, nan } } } }, title = "none", width = 20, height = 4 }, "none\n(no values to draw)\n", "no values")
same(curves { series = {}, width = 20, height = 4 }, "(no values to draw)\n", "no series")

local log = curves { series = { { points = { { 0, 100 }, { 1, 0 }, { 2, 1 } } } }, width = 20, height = 5, log_y = true }
checks = checks + 1
assert(log:find "100┤" and log:find "\n  1┤" and log:find " 10┤", "a logarithmic axis leaves out 0 and has powers of ten:\n" .. log)

local banded = curves { series = { { points = { { 0, 1 }, { 9, 1 } }, band = { { 0, 0, 2 }, { 9, 0, 2 } } } }, width = 12, height = 3 }
checks = checks + 1
assert(banded:find "2┤" and banded:find "0┤" and banded:find "⠅", "a band widens the axis and is shaded:\n" .. banded)

local colored = curves { series = { { name = "a", points = { { 0, 1 } } }, { name = "b", points = { { 0, 2 } } } }, width = 30, height = 3, color = true }
checks = checks + 1
assert(colored:find(terminal.paint(1), 1, true) and colored:find(terminal.paint(2), 1, true) and not colored:find "A ", "colours instead of letters")

local hostile = curves { series = { { name = "a\27[2J\nb", points = { { 0, 1 } } } }, title = "\27]0;x\7", width = 40, height = 2 }
checks = checks + 1
assert(not hostile:find "[\27\7]", "names cannot steer the terminal")

local many = {}
for i = 0, 99999 do many[#many + 1] = { i, i == 70000 and 50 or math.sin(i / 500) } end
local spike = curves { series = { { points = many } }, width = 60, height = 5 }
checks = checks + 1
assert(spike:match "^50┤[^\n]*[⡀-⣿]" or spike:match "^%s*│[^\n]*[^%s│]", "a single spike of 100,000 points is drawn:\n" .. spike)

-- ---- axes ---------------------------------------------------------------------------------------------------------------------------

local function ticks(low, high, count, is_log, whole)
  local list, step = scale.ticks(scale.new(low, high, is_log), count, whole)
  return texts(scale.texts(list, step))
end

same(ticks(0, 1, 5), "0 0.2 0.4 0.6 0.8 1.0", "ticks of 0 to 1")
same(ticks(-0.3, 0.3, 3), "-0.2 0 0.2", "ticks around 0")
same(ticks(0, 20000, 4, false, true), "0 5k 10k 15k 20k", "thousands")
same(ticks(0, 3e6, 3, false, true), "0 1M 2M 3M", "millions")
same(ticks(0, 2, 8, false, true), "0 1 2", "whole numbers only")
same(ticks(1e-5, 1, 6, true), "1e-5 0.0001 0.001 0.01 0.1 1", "powers of ten")
same(ticks(5.5, 9.5, 2), "6 8", "an axis between two multiples of 5")
same(ticks(7, 7, 5), "7", "a constant")
same(ticks(0, 5e-6, 5), "0 1e-6 2e-6 3e-6 4e-6 5e-6", "small numbers")

-- ---- numbers over the steps ---------------------------------------------------------------------------------------------------------

local function numbers(list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = ("%g"):format(value) end
  return (texts(parts):gsub("%-nan", "nan"))
end

local runs = { { { 1, 2, 4 }, { 1, 2, 3 } }, { { 1, 3, 4 }, { 3, nan, 5 } } }
local joined = series.join(2, function(i) return runs[i][1], runs[i][2] end)
same(numbers(joined.steps), "1 2 3 4", "joined steps")
same(numbers(joined.means), "2 2 nan 4", "means over runs")
same(numbers(joined.lows) .. ", " .. numbers(joined.highs), "1 2 nan 3, 3 2 nan 5", "bands over runs")
same(joined.runs, 2, "runs that count")

same(numbers(series.smooth({ 1, 2, 3, 4 }, { 0, 3, 6, 9 }, 2)), "1.5 3 6 7.5", "means of three steps")
same(numbers(series.smooth({ 1, 2, 3 }, { 0, nan, 6 }, 2)), "0 nan 6", "means beside what is no number")

local long = { steps = {}, means = {}, lows = {}, highs = {} }
for i = 1, 10000 do long.steps[i], long.means[i], long.lows[i], long.highs[i] = i, i == 5003 and 9 or 0, i == 77 and -4 or 0, 0 end
local points, band = series.thin(long, 100, 1, 10000)
local greatest, least, ascending = 0, 0, true
for i, point in ipairs(points) do
  greatest = math.max(greatest, point[2])
  ascending = ascending and (i == 1 or points[i - 1][1] < point[1])
end
for _, part in ipairs(band) do least = math.min(least, part[2]) end
same(#points <= 200 and #band <= 100, true, "thinned out to 100 parts")
same(greatest, 9, "thinning keeps the spike")
same(least, -4, "thinning keeps the band's depth")
same(ascending, true, "thinned points ascend")

-- ---- gnuplot's language -------------------------------------------------------------------------------------------------------------

same(gnuplot.quote "it's `date` \\ \"x\" $(y) @z", "'it''s `date` \\ \"x\" $(y) @z'", "a text")
same(gnuplot.quote "a\nset output '|sh'\n", "'a?set output ''|sh''?'", "a text with line ends")
same(gnuplot.tick "100% %s", "'100%% %%s'", "a text at a tick")
same(gnuplot.file "|sh -c x", "'./|sh -c x'", "a file that looks like a command")
same(gnuplot.file "/a/b'c.png", "'/a/b''c.png'", "a file with a quote")
same(gnuplot.kind "a.b.PNG", "png", "the kind of a file")
same(gnuplot.kind "png", nil, "no ending")
same(gnuplot.number(nan) .. gnuplot.number(math.huge), "NaNNaN", "numbers that are none")
same(gnuplot.block("d", { { 1, 2 }, false, { 3, "x" } }), "$d << EOD\n1 2\n\n3 \"x\"\nEOD", "a block with a gap")

same(palette.is_dark(palette.shares, 0), false, "black letters on white")
same(palette.is_dark(palette.shares, 1), true, "white letters on dark blue")

print(checks .. " checks of drawings")
