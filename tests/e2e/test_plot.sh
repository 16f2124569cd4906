#!/bin/bash
# Plots: every kind in the terminal and, where gnuplot is installed, into every kind of file; names that would do harm if gnuplot or a
# shell read them; the numbers shown, held against the database; what is refused; and the schedules that `show` draws.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$(dirname "$0")/training.sh"
export LC_ALL=C.UTF-8 COLUMNS=80

# ---- a database ------------------------------------------------------------------------------------------------------------------------

# 18 runs, three seeds of three thresholds and two shares of labels, with losses, mean IoU and confusion matrices at three steps. The names
# of the experiment, a class, a metric and an option would start a program if anything read them as code.
cat >make.lua <<'END_LUA'
local core = require "semiluna.core"
local path, runs, points = arg[1], tonumber(arg[2]), tonumber(arg[3])
local db <close> = core.db(path, "write")
local evil = "it's `touch hacked` $(touch hacked) @GPVAL_VERSION \"x\" \\ %g {/Bold x}^2"
local classes = { "sky", "road", "`touch hacked`'s class" }
db:execute("BEGIN IMMEDIATE")
for _, name in ipairs { "seg", "miou", evil } do db:execute("INSERT OR IGNORE INTO metric_name(name) VALUES(?)", name) end
local ids = {}
for _, row in ipairs(db:query("SELECT id, name FROM metric_name")) do ids[row.name] = row.id end
local function noise(a, b) return math.sin(12.9898 * a + 78.233 * b) * 43758.5453 % 1 end
for r = 0, runs - 1 do
  local threshold, share, seed = ({ 0, 0.2, 0.5 })[r % 3 + 1], ({ 0.125, 0.25 })[r // 3 % 2 + 1], r // 6 + 1
  local run = db:run_new { experiment = "grid", name = evil, seed = seed, steps = points, method = "advsemiseg" }
  db:run_param(run, "seed", "integer", tostring(seed))
  db:run_param(run, "method.threshold", "number", tostring(threshold))
  db:run_param(run, "data.labeled", "split", tostring(share))
  db:run_param(run, "name", "text", evil)
  db:run_param(run, "method.evil", "text", evil)
  for step = 1, points do
    db:execute("INSERT INTO metric_value VALUES(?, ?, ?, ?, 0)", run, ids.seg, step, 2 * math.exp(-3 * step / points) + 0.1 * noise(r, step))
    if step % (points // 10) == 0 then db:execute("INSERT INTO metric_value VALUES(?, ?, ?, ?, 0)", run, ids[evil], step, step) end
  end
  for k = 1, 3 do
    local step, matrix = points * k // 3, {}
    for truth = 0, 2 do
      matrix[truth] = {}
      for prediction = 0, 2 do
        local hit = 40 + 10 * k + 60 * threshold + 40 * share - 10 * truth + 5 * noise(r, truth)
        matrix[truth][prediction] = math.floor(truth == prediction and hit or (110 - hit) / 2)
        db:execute("INSERT INTO confusion VALUES(?, 'val', ?, ?, ?, ?)", run, step, truth, prediction, matrix[truth][prediction])
      end
    end
    for c = 0, 2 do
      local united = -matrix[c][c]
      for other = 0, 2 do united = united + matrix[c][other] + matrix[other][c] end
      db:execute("INSERT INTO class_iou VALUES(?, 'val', ?, ?, ?, ?)", run, step, c, classes[c + 1], matrix[c][c] / united)
    end
  end
  db:run_finish(run, "done", points)
end
db:execute("COMMIT")
print(evil)
END_LUA
evil=$(semiluna lua make.lua grid.db 18 60) || wrong 'the database could not be made'
export SEMILUNA_DB=grid.db

# shows TEXT ARGUMENTS...: a plot in the terminal that prints the text
shows() {
    local text=$1
    shift
    checks=$((checks + 1))
    if ! semiluna plot "$@" >.out 2>.err || ! grep -qF -- "$text" .out; then wrong "plot $* does not show: $text"; fi
}

# ---- in the terminal ---------------------------------------------------------------------------------------------------------------------

shows 'mIoU on val (%)' grid
shows 'labeled 1/8' grid
shows 'lines: mean over runs; 3 runs each' grid
shows 'bands: from the least to the greatest; 6 runs each' grid --by threshold
shows 'seg' grid --metric seg --smooth 5 --log-y
shows 'mIoU: authors convention, without sky' grid --convention authors --ignore-class sky
shows 'at the best step of each run' grid --kind bars --at best
shows 'step 40' grid --kind bars --at 40
shows 'mean ± sample standard deviation (runs)' grid --kind bars --by labeled,threshold
shows 'threshold down, labeled across' grid --kind heatmap --by labeled,threshold
shows 'confusion matrix on val, rows add up to 100%' grid --kind confusion
shows 'sky' grid --kind classes --by threshold
shows "\`touch hacked\`'s class" grid --kind classes --by threshold
expect 0 '^mIoU: standard convention; 1 run$' semiluna plot 1
expect 0 '⠒|⠉|⣀' semiluna plot grid
checks=$((checks + 1))
if LC_ALL=C semiluna plot grid | grep -q '[^ -~]'; then wrong 'without UTF-8 something else than ASCII is drawn'; fi
LC_ALL=C semiluna plot grid --kind heatmap --by labeled,threshold | grep -q '[^ -~]' && wrong 'so it is in a heat map'

# the numbers of bars are those of the database: the mean over a cell's seeds of the mean over classes
expected=$(sql "SELECT printf('%.1f', 100 * avg(m)) AS value FROM (SELECT avg(c.iou) AS m FROM class_iou c
    JOIN param t ON t.run = c.run AND t.name = 'method.threshold' AND t.value = '0.5'
    JOIN param l ON l.run = c.run AND l.name = 'data.labeled' AND l.value = '0.25' WHERE c.step = 60 GROUP BY c.run)")
shows "$expected ± " grid --kind bars --by labeled,threshold
holds 'which is a number' test "${expected%.*}" -gt 10
expected=$(sql "SELECT printf('%.0f', 100.0 * sum(pixels) FILTER (WHERE truth = prediction) / sum(pixels)) AS value FROM confusion
    WHERE step = 60 AND truth = 1")
checks=$((checks + 1))
semiluna plot grid --kind confusion | grep -E "^road .* $expected " >/dev/null || wrong "the confusion matrix does not show $expected % of road as road"

# A metric that the runs of one threshold lack: its lines keep their looks and names in all panels of the picture.
cp grid.db kept.db
cat >kept.lua <<'END_LUA'
local core = require "semiluna.core"
local db <close> = core.db("kept.db", "write")
db:execute "INSERT INTO metric_name(name) VALUES('kept')"
db:execute [[INSERT INTO metric_value SELECT p.run, n.id, 30, 0.5, 0 FROM param p, metric_name n
  WHERE p.name = 'method.threshold' AND p.value != '0' AND n.name = 'kept']]
END_LUA
holds 'runs that kept pixels' semiluna lua kept.lua
holds 'a script of two panels' semiluna plot grid --db kept.db --metric kept,seg --by threshold --script kept.gp
lines_of() { sed -n "s/.*panel$1_line\([0-9]\) using 1:2 .*rgb '\([^']*\)'.*title '\([^']*\)'.*/\1 \2 \3/p" kept.gp; }
holds 'three lines of losses' [ "$(lines_of 2 | wc -l)" = 3 ]
holds 'two lines of kept pixels, as they look among the losses' [ "$(lines_of 1)" = "$(lines_of 2 | tail -n 2)" ]
holds 'the legend names the line that is missing' grep -q "NaN with .* title 'threshold 0'" kept.gp
holds 'both panels have the same steps' [ "$(grep -c '^set xrange \[0:60\]$' kept.gp)" = 2 ]

# Bars of variants are called as they are, and stand in the order of the cells of the script rather than of the runs.
cat >variants.lua <<'END_LUA'
local core = require "semiluna.core"
local db <close> = core.db("variants.db", "write")
for k, variant in ipairs { "+ semi, T = 0", "baseline" } do
  for seed = 1, 2 do
    local run = db:run_new { experiment = "variants", name = "variants", seed = seed }
    for name, value in pairs { variant = variant, seed = tostring(seed), origin = ('{"index":%d,"set":{}}'):format(3 - k), batch = tostring(seed) } do
      db:run_param(run, name, "text", value)
    end
    db:execute("INSERT OR IGNORE INTO metric_name(name) VALUES('seg')")
    db:execute("INSERT INTO metric_value SELECT ?, id, 10, ?, 0 FROM metric_name WHERE name = 'seg'", run, k)
    db:run_finish(run, "done", 10)
  end
end
END_LUA
holds 'runs of variants' semiluna lua variants.lua
checks=$((checks + 1))
semiluna plot variants --db variants.db --kind bars --metric seg --by batch,variant | sed -n '2,3s/ *█.*//p' >.out
printf '1  baseline\n   + semi, T = 0\n' | cmp - .out || wrong 'bars are not called and ordered as the variants of the script'

# ---- what is refused ---------------------------------------------------------------------------------------------------------------------

expect 2 'Did you mean "seg"' semiluna plot grid --metric sge
expect 2 'logged nothing of that name' semiluna plot grid --metric zzzzzz
expect 2 'Did you mean "threshold"' semiluna plot grid --by treshold
expect 2 'no run in grid.db is so' semiluna plot 'seed > 99'
expect 1 'there is no run "nothing"' semiluna plot nothing
expect 1 'no database' semiluna plot grid --db absent.db
expect 2 'ends? in .png, .svg or .pdf' semiluna plot grid -o grid.gif
expect 2 'measured at 20, 40, 60' semiluna plot grid --kind bars --at 33
expect 2 'neither last nor best nor a step' semiluna plot grid --kind bars --at never
expect 2 'miou on train: none of 18 runs has any' semiluna plot grid --split train
expect 2 'shows two options, not 1' semiluna plot grid --kind heatmap --by threshold
expect 2 'adds up all the runs' semiluna plot grid --kind confusion --by threshold
expect 2 'no class of that name' semiluna plot grid --ignore-class skie
expect 2 'WIDTHxHEIGHT' semiluna plot grid -o grid.png --size 1x1
expect 2 'not one of curve' semiluna plot grid --kind pie
expect 2 'a number of steps' semiluna plot grid --smooth zero

# without gnuplot
mkdir empty
checks=$((checks + 1))
PATH=$PWD/empty "$SEMILUNA" plot grid -o grid.png >.out 2>.err && wrong 'a file is plotted without gnuplot'
grep -q 'gnuplot-nox' .err || wrong 'the package of gnuplot is not named'
[ -z "$(ls grid.png* 2>/dev/null)" ] || wrong 'something is left of a picture that could not be drawn'

# ---- files -------------------------------------------------------------------------------------------------------------------------------

# Whether a PNG shows something: decoded by the program's own reader; paper, and ink in several colours.
cat >ink.lua <<'END_LUA'
local core = require "semiluna.core"
local folder, id, width, height = arg[1], arg[2], tonumber(arg[3]), tonumber(arg[4])
local list <close> = assert(io.open(folder .. "/list.txt", "w"))
list:write(id, "\n")
list:close()
local set = core.voc { root = folder, list = folder .. "/list.txt", labels = false, classes = 2 }
local pixels = set:read(1, { mean = { 0, 0, 0 }, divisor = 1, label = false })
local shape = pixels:shape()
assert(shape[4] == width and shape[3] == height, ("%d x %d pixels instead of %d x %d"):format(shape[4], shape[3], width, height))
local values, colors, count, white = pixels:table(), {}, 0, 0
local plane = shape[3] * shape[4]
for i = 1, plane do
  local color = (values[i] * 256 + values[i + plane]) * 256 + values[i + 2 * plane]
  if not colors[color] then colors[color], count = true, count + 1 end
  if color == 0xFFFFFF then white = white + 1 end
end
assert(count >= 8, "only " .. count .. " colours: the picture is blank")
assert(white > 0.1 * plane and white < 0.999 * plane, "no paper or no ink: " .. white .. " of " .. plane .. " pixels are white")
print(count .. " colours, " .. 100 * white // plane .. " % white")
END_LUA

files() {
    mkdir -p JPEGImages
    local kind extension name
    local -A rest=([curve]='--by threshold' [bars]='--by labeled,threshold' [heatmap]='--by labeled,threshold' [classes]='--by threshold'
        [confusion]='')
    local -A magic=([png]='^\x89PNG' [svg]='^<\?xml' [pdf]='^%PDF-')
    for kind in curve bars heatmap classes confusion; do
        for extension in png svg pdf; do
            name=JPEGImages/$kind.$extension
            # shellcheck disable=SC2086
            expect 0 "^wrote $name" semiluna plot grid --kind $kind ${rest[$kind]} -o "$name" --size 600x400
            checks=$((checks + 1))
            head -c 8 "$name" | LC_ALL=C grep -qaP "${magic[$extension]}" || wrong "$name is no $extension"
        done
        checks=$((checks + 1))
        if semiluna lua ink.lua . $kind 600 400 >.out 2>.err; then
            echo "$kind.png: $(cat .out)"
        else
            wrong "$kind.png: nothing to see"
        fi
    done
    expect 0 '^wrote several.pdf' semiluna plot grid --metric miou,seg --log-y -o several.pdf
    expect 0 '^wrote big.PNG' semiluna plot grid -o big.PNG
    expect 0 '^wrote kept.svg' semiluna plot grid --db kept.db --metric kept,seg --by threshold -o kept.svg
    holds 'the legend of a picture names all lines' grep -q 'threshold 0<' kept.svg
    # many long names stand above the plot, short ones beside it
    expect 0 '^wrote' semiluna plot grid --by threshold,labeled,seed -o long.svg --script long.gp
    holds 'short names stand beside the plot' grep -q '^set key outside right' long.gp
    expect 0 '^wrote' semiluna plot grid --by threshold,labeled,evil -o long.svg --script long.gp
    holds 'long names do not take its place' grep -q '^set key outside top' long.gp

    # bars lie where the names of their groups are too long to stand below them
    expect 0 '^wrote JPEGImages/lying.png' semiluna plot grid --kind bars --by name,threshold -o JPEGImages/lying.png --size 600x400 \
        --script lying.gp
    holds 'something is to be seen of them' semiluna lua ink.lua . lying 600 400
    holds 'bars lie beside long names' grep -q 'using 2:1:5:6:3:4 with boxxyerror' lying.gp
    holds 'which are cut where they would take the place of the bars' grep -q "^set ytics .*…' 1)" lying.gp
    expect 0 '^wrote' semiluna plot grid --kind bars --by threshold,name --script standing.gp
    holds 'bars stand over short names' grep -q 'using 1:2:3:4:5:6 with boxxyerror' standing.gp

    # names that are code, in all places where they stand, and a file name that looks like a command
    expect 0 '^wrote' semiluna plot grid --by name,evil --metric "$evil" --title "$evil" -o evil.svg --script evil.gp
    expect 0 '^wrote' semiluna plot grid --kind bars --by name -o evil-bars.svg
    expect 0 '^wrote' semiluna plot grid --kind heatmap --by name,evil -o evil-map.svg
    expect 0 '^wrote' semiluna plot grid --kind bars --by threshold -o '|touch hacked;.png'
    holds 'the file with that name' test -s '|touch hacked;.png'
    expect 0 '^wrote' semiluna plot grid -o "it's \`touch hacked\`.svg"
    holds 'the file with a quote' test -s "it's \`touch hacked\`.svg"
    holds 'hostile names were never run' test ! -e hacked
    for text in "it's" '`touch hacked`' '@GPVAL_VERSION' '{/Bold x}^2' '%g'; do
        checks=$((checks + 1))
        sed 's/&#39;/'"'"'/g; s/&apos;/'"'"'/g; s/&quot;/"/g' evil.svg | grep -qF -- "$text" || wrong "the picture does not show $text as it is"
    done

    # the script makes the same picture again
    holds 'the script is kept' test -s evil.gp
    mv evil.svg first.svg
    holds 'gnuplot runs the script' gnuplot evil.gp
    holds 'the picture is the same' cmp evil.svg first.svg
    holds 'hostile names were never run from the script' test ! -e hacked
    expect 0 '^wrote only.gp$' semiluna plot grid --script only.gp
    holds 'no picture is made' test ! -e only.png
    holds 'gnuplot makes it' gnuplot only.gp
    holds 'the picture of the script' test -s only.png

    # a picture that cannot be made leaves the old one
    cp only.png kept.png
    mkdir fake
    printf '#!/bin/sh\necho "line 7: something is wrong" >&2\nexit 3\n' >fake/gnuplot
    chmod +x fake/gnuplot
    expect 1 '7: something is wrong' env PATH="$PWD/fake:$PATH" "$SEMILUNA" plot grid -o kept.png
    holds 'the old picture stays' cmp kept.png only.png
    holds 'nothing is left beside it' test ! -e kept.png.part
    expect 1 'absent/grid.png: No such file' semiluna plot grid -o absent/grid.png
    mkdir folder.png
    expect 1 'folder.png: ' semiluna plot grid -o folder.png

    # many points: spikes stay, and it does not take long
    semiluna lua make.lua large.db 12 5000 >/dev/null
    local began=${EPOCHREALTIME/./} took
    expect 0 '^wrote large.png' semiluna plot grid --db large.db --metric seg -o large.png
    took=$((${EPOCHREALTIME/./} - began))
    echo "60,000 points in $((took / 1000)) ms"
}

if command -v gnuplot >/dev/null; then
    files
else
    echo "SKIPPED: plots into files, because gnuplot is not installed (package gnuplot-nox)"
fi

# ---- schedules in show -------------------------------------------------------------------------------------------------------------------

unset SEMILUNA_DB
write_tiny tiny.lua 'return sl.experiment(tiny, { method = { lambda_semi = sl.piecewise { { 0, 0.1 }, { 15, 0.2 } } } })'
holds 'a run with schedules' semiluna run tiny.lua --quiet
expect 0 '^optimizer.lr +█.*▁  0.01 -> ' semiluna show latest
expect 0 '^method.lambda_semi +▁+█+  0.1 -> 0.2  in use from step 9 on$' semiluna show latest
expect 0 'declared   B .* realised' semiluna show latest --curves
expect 0 '^### schedules' semiluna show latest --format markdown
expect 0 '^declared,method.lambda_semi,16,0.2$' semiluna show latest --format csv
expect 0 '^realised,method.lambda_semi,16,0.2$' semiluna show latest --format csv
expect 0 '"name": "method.lambda_semi", "step": 16, "declared": 0.2, "realised": 0.2' semiluna show latest --format json
checks=$((checks + 1))
semiluna show latest | grep -q 'lambda_adv .*[▁▄]' && wrong 'a schedule that is constant is drawn'
# a value that somebody set while it trained
sqlite() { semiluna lua <(echo 'local db <close> = require("semiluna.core").db("semiluna.db", "write") db:execute(arg[1])') "$1"; }
sqlite "UPDATE metric_value SET value = 0.7 WHERE step >= 20 AND name_id = (SELECT id FROM metric_name WHERE name = 'option.method.lambda_adv')"
expect 0 '^method.lambda_adv .* 0.01 -> 0.01  declared$' semiluna show latest
expect 0 '0.01 -> 0.7  realised: another by step' semiluna show latest
# a database of an older program has no schedules
sqlite "DROP TABLE curve"
expect 0 '^options, as resolved$' semiluna show latest
expect 0 '^metric,seg,30,' semiluna show latest --format csv
expect 0 '"artifacts": ' semiluna show latest --format json

finish
