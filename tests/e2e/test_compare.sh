#!/bin/bash
# compare and noise: tables of known numbers in every format, from names, expressions and scripts; hostile names; wrong use.
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

# prints WHAT COMMAND...: the command prints exactly what stands on standard input.
prints() {
    local what=$1
    shift
    checks=$((checks + 1))
    cat >"$scratch/expected"
    "$@" >"$scratch/printed" 2>"$scratch/.err" </dev/null
    diff "$scratch/expected" "$scratch/printed" >"$scratch/.out" && [ ! -s "$scratch/.err" ] && return
    wrong "$what"
}

# says PATTERN COMMAND...: the command is refused (status 2), and its first line of error matches
says() {
    local pattern=$1
    shift
    checks=$((checks + 1))
    "$@" >"$scratch/.out" 2>"$scratch/.err" </dev/null
    [ $? = 2 ] && head -n 1 "$scratch/.err" | grep -qE -- "$pattern" && [ ! -s "$scratch/.out" ] && return
    wrong "\"$*\" was not refused with: $pattern"
}

# rows_of QUERY FILE: the one number that a query gives
number_of() { "$SEMILUNA" sql "$1" --db "$2" --format csv | tail -n 1; }

# ---- a database of known numbers --------------------------------------------------------------------------------------------------
cat >fill.lua <<'END'
-- Runs whose mean IoU is known: two classes with an IoU of hit / 1000 each.
local core = require "semiluna.core"
local fill = {}

function fill.evaluation(db, run, step, hit)
  for k, name in ipairs { "road", "sky" } do
    db:execute("INSERT INTO class_iou(run, split, step, class_index, class_name, iou) VALUES(?, 'val', ?, ?, ?, ?)", run, step, k - 1, name,
      hit / 1000)
  end
  for _, cell in ipairs { { 0, 0, hit }, { 1, 1, hit }, { 0, 1, (1000 - hit) // 2 }, { 1, 0, (1000 - hit) // 2 } } do
    db:execute("INSERT INTO confusion(run, split, step, truth, prediction, pixels) VALUES(?, 'val', ?, ?, ?, ?)", run, step, cell[1], cell[2],
      cell[3])
  end
end

-- options: texts by name; hits: {[step] = hit}
function fill.run(db, experiment, options, hits, state)
  local run = db:run_new { experiment = experiment, name = options.name or experiment, method = options.method, seed = tonumber(options.seed) }
  for name, value in pairs(options) do db:run_param(run, name, "text", value) end
  for step, hit in pairs(hits) do fill.evaluation(db, run, step, hit) end
  db:run_finish(run, state or "done", 100)
  return run
end

return fill
END

cat >known.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("semiluna.db", "write")
db:execute "BEGIN IMMEDIATE"
-- Six seeds. With 1/8 of the labels 0.5 is better by 2.0 each time, and 0.2 by as much as it is worse; with 1/4 nothing differs.
local noise = { -6, -2, 0, 2, 4, 14 }
for seed = 1, 6 do
  for _, labeled in ipairs { "0.125", "0.25" } do
    for _, threshold in ipairs { "10", "0", "0.2", "0.5" } do -- not in their order
      local hit = (labeled == "0.125" and 270 or 330) + noise[seed]
      if threshold == "0.5" and labeled == "0.125" then hit = hit + 20 end
      if threshold == "0.2" and labeled == "0.125" then hit = hit + (seed % 2 == 0 and 10 or -10) end
      local options = {
        ["method.threshold"] = threshold, ["data.labeled"] = labeled, seed = tostring(seed), ["data.split_seed"] = "1", threads = tostring(seed),
      }
      if threshold ~= "10" then fill.run(db, "known", options, { [50] = hit + 100, [100] = hit }) end
      if threshold == "10" and seed <= 2 and labeled == "0.25" then fill.run(db, "known", options, { [50] = 600, [100] = 500 }) end
    end
  end
end
fill.run(db, "known", { ["method.threshold"] = "0", ["data.labeled"] = "0.125", seed = "9" }, { [100] = 900 }, "failed")
db:execute "COMMIT"
END
holds 'the database is made' semiluna lua known.lua

compare() { semiluna compare known "$@"; }
against() { semiluna compare known --rows method.threshold --columns data.labeled --against method.threshold=0 "$@"; }

prints 'a table' compare --rows method.threshold --columns data.labeled <<'END'
mIoU % (standard), val, step 100, mean ± sd (n), n = 2 to 6, columns: labeled
threshold  1/8             1/4
0          27.2 ± 0.7 (6)  33.2 ± 0.7 (6)
0.2        27.2 ± 1.5 (6)  33.2 ± 0.7 (6)
0.5        29.2 ± 0.7 (6)  33.2 ± 0.7 (6)
10         -               50.0 ± 0.0 (2)†
† fewer than 3 seeds
1 run is not done and left out (1 failed)
END
prints 'short names, and a step' compare -r threshold -c labeled --at 50 <<'END'
mIoU % (standard), val, step 50, mean ± sd (n), n = 2 to 6, columns: labeled
threshold  1/8             1/4
0          37.2 ± 0.7 (6)  43.2 ± 0.7 (6)
0.2        37.2 ± 1.5 (6)  43.2 ± 0.7 (6)
0.5        39.2 ± 0.7 (6)  43.2 ± 0.7 (6)
10         -               60.0 ± 0.0 (2)†
† fewer than 3 seeds
1 run is not done and left out (1 failed)
END
expect 0 '^mIoU % \(standard\), val, best step \(50\), ' compare --at best
expect 0 '^0\.2 +27\.2 ± 1\.5 \(6\) \+0\.0 +33\.2 ± 0\.7 \(6\) \+0\.0$' against
expect 0 '^0\.5 +29\.2 ± 0\.7 \(6\) \+2\.0\* +33\.2 ± 0\.7 \(6\) \+0\.0$' against
expect 0 '^differs from threshold=0: 0\.5, 1/8 \(\+2\.0, p = 0\.031\); 1 of 5 comparisons at p < 0\.05' against
expect 0 '^threshold +1/8 +1/4$' compare --against threshold=0
expect 0 '^1/8 +27\.2 ± 0\.7 \(6\) -6\.0\*' compare --columns threshold --against labeled=0.25
expect 0 '^nothing differs from threshold=0 at p < 0\.05 \(exact sign-flip test; with n = 3 the smallest p is 0\.25: 6 seeds would be needed\)$' \
    semiluna compare "experiment = 'known' and seed <= 3 and method.threshold < 5" --against method.threshold=0
# seeds 1 to 3 of 0.2, 1/8: -1, +1, -1: d = -1/3, s = 1.155: ((1.96 + 0.8416) s / d)^2 + 1.96^2 / 2 = 96.1
expect 0 '^0\.2, 1/8: -0\.3 ± 1\.2 would take about 97 seeds to tell from 0 \(80 % power\), 94 more$' \
    semiluna compare "experiment = 'known' and seed <= 3 and method.threshold in (0, 0.2)" --rows threshold --columns labeled --against method.threshold=0
expect 0 '^mean +27\.2 ± 0\.7 \(6\) +33\.2 ± 0\.7 \(6\) +27\.2' compare --per-class --rows threshold --columns labeled
expect 0 '^sky +27\.2 ± 0\.7 \(6\)' compare --per-class --rows threshold --columns labeled
expect 0 'differs from threshold=0: road in 0\.5, 1/8 .* sky in 0\.5, 1/8 .* mean in 0\.5, 1/8 .*; 3 of 15 comparisons' against --per-class
expect 0 '^mIoU % \(authors, without sky\)' compare --convention authors --ignore-class sky

# ---- formats ----------------------------------------------------------------------------------------------------------------------
prints 'markdown' against --format markdown <<'END'
mIoU % (standard), val, step 100, mean ± sd (n), difference from threshold=0, n = 2 to 6, columns: labeled

| threshold | 1/8 | 1/4 |
| --- | --- | --- |
| 0 | 27.2 ± 0.7 (6) | 33.2 ± 0.7 (6) |
| 0.2 | 27.2 ± 1.5 (6) +0.0 | 33.2 ± 0.7 (6) +0.0 |
| 0.5 | **29.2 ± 0.7 (6) +2.0** | 33.2 ± 0.7 (6) +0.0 |
| 10 | - | 50.0 ± 0.0 (2)† +17.4 |

differs from threshold=0: 0.5, 1/8 (+2.0, p = 0.031); 1 of 5 comparisons at p \< 0.05 each, not corrected for their number (exact sign-flip test, and the bootstrap interval leaves out 0)

10, 1/4: +17.4 ± 0.3 would take about 6 seeds to tell from 0 (80 % power), 4 more

† fewer than 3 seeds

1 run is not done and left out (1 failed)
END
prints 'latex' against --format latex <<'END'
% needs \usepackage{booktabs}
\begin{table}
  \centering
  \caption{mIoU \% (standard), val, step 100, mean $\pm$ sd (n), difference from threshold=0, n = 2 to 6, columns: labeled; bold: p \textless{} 0.05 (sign-flip test); $^{\dagger}$ fewer than 3 seeds}
  \begin{tabular}{lll}
    \toprule
    threshold & 1/8 & 1/4 \\
    \midrule
    0 & 27.2 $\pm$ 0.7 (6) & 33.2 $\pm$ 0.7 (6) \\
    0.2 & 27.2 $\pm$ 1.5 (6) $+$0.0 & 33.2 $\pm$ 0.7 (6) $+$0.0 \\
    0.5 & \textbf{29.2 $\pm$ 0.7 (6) $+$2.0} & 33.2 $\pm$ 0.7 (6) $+$0.0 \\
    10 & -- & 50.0 $\pm$ 0.0 (2)$^{\dagger}$ $+$17.4 \\
    \bottomrule
  \end{tabular}
\end{table}
% differs from threshold=0: 0.5, 1/8 (+2.0, p = 0.031); 1 of 5 comparisons at p < 0.05 each, not corrected for their number (exact sign-flip test, and the bootstrap interval leaves out 0)
% 10, 1/4: +17.4 ± 0.3 would take about 6 seeds to tell from 0 (80 % power), 4 more
% † fewer than 3 seeds
% 1 run is not done and left out (1 failed)
END
cat >check.lua <<'END'
-- The JSON on standard input, against numbers that are worked out here.
local rows = require("semiluna.core").system.json_decode(io.read "a")
local function near(got, expected, what)
  if not (math.abs(got - expected) < 1e-12) then error(("%s: got %s, expected %s"):format(what, tostring(got), expected)) end
end
assert(#rows == 7, "7 cells with runs")
local found = 0
for _, row in ipairs(rows) do
  assert(row.metric == "miou" and row.convention == "standard" and row.split == "val" and row.at == "last")
  assert(#row.values == row.n and #row.seeds == row.n and #row.runs == row.n and #row.uuids == row.n and #row.at_steps == row.n)
  if row["method.threshold"] == 0.5 and row["data.labeled"] == 0.125 then
    found = found + 1
    near(row.mean, 0.292, "mean")
    near(row.sd, math.sqrt((8 ^ 2 + 4 ^ 2 + 2 ^ 2 + 0 + 2 ^ 2 + 12 ^ 2) / 5) / 1000, "sd")
    near(row.difference, 0.02, "difference")
    near(row.p, 2 / 64, "p")
    near(row.low, 0.02, "low")
    near(row.high, 0.02, "high")
    assert(row.significant and row.pairs == 6 and row.baseline == "0, 1/8" and row.seeds_needed == 6)
  elseif row["method.threshold"] == 0.2 and row["data.labeled"] == 0.125 then
    found = found + 1
    near(row.difference, 0, "difference")
    near(row.difference_sd, math.sqrt(6 * 0.01 ^ 2 / 5), "sd of differences")
    near(row.p, 1, "p")
    near(row.low, -0.04 / 6, "low") -- of 64 resamples 1 has none of the better seeds, 6 have one: 1/64 < 0.025 <= 7/64
    assert(not row.significant)
  elseif row["method.threshold"] == 0 then
    found = found + 1
    assert(row.is_baseline and row.p == nil)
  elseif row["method.threshold"] == 10 then
    found = found + 1
    assert(row.n == 2 and row.pairs == 2 and row.p == 0.5)
  end
end
assert(found == 5, "all kinds of cells")
END
against --format json >out.json
holds 'json' bash -c '"$SEMILUNA" lua check.lua <out.json'
expect 0 '^method\.threshold,data\.labeled,metric,convention,ignored,split,at,n,mean,sd,values,' against --format csv
expect 0 '^0\.5,0\.125,miou,standard,,val,last,6,0\.292,0\.006[0-9]+,' against --format csv
holds 'csv has a line for each cell' [ "$(against --format csv | wc -l)" = 8 ]

# ---- what is averaged is told -----------------------------------------------------------------------------------------------------
expect 0 '^runs that differ in data\.labeled \(1/8, 1/4\) are averaged together in 3 cells: add it to --rows' compare --rows method.threshold
holds 'nothing is said of threads' bash -c '! "$SEMILUNA" compare known --rows threshold --columns labeled | grep -q threads'
cat >again.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("semiluna.db", "write")
fill.run(db, "again", { ["method.threshold"] = "0", seed = "1" }, { [100] = 200 })
fill.run(db, "again", { ["method.threshold"] = "0", seed = "1" }, { [100] = 300 })
fill.run(db, "again", { ["method.threshold"] = "0.2", seed = "2" }, { [100] = 400 })
fill.run(db, "again", { ["method.threshold"] = "0.2", seed = "3" }, {})
END
holds 'more runs' semiluna lua again.lua
prints 'a run made again' semiluna compare again --rows threshold <<'END'
mIoU % (standard), val, step 100, mean ± sd (n), n = 1
threshold  mIoU %
0          30.0 (1)†
0.2        40.0 (1)†
† fewer than 3 seeds
1 of 4 runs has no mean IoU on val at all
1 run was made again with the same options and seed: the newest of each counts
END
expect 0 '^1 cell has no seed in common with the baseline$' semiluna compare again --against threshold=0
expect 0 '^runs that differ in experiment \(again, known\) are averaged together in ' semiluna compare "seed > 0" --rows threshold

cat >numbers.lua <<'END'
-- Metrics that are not finite, and one run that stands in no table.
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close>, writer = core.db("semiluna.db", "write"), core.writer "semiluna.db"
for seed, value in ipairs { 1, 1 / 0, -1 / 0, 0 / 0, 3, 2 } do
  local run = fill.run(db, "numbers", { seed = tostring(seed) }, {})
  writer:metric(run, 10, "loss", seed)
  if value ~= 3 then writer:metric(run, 20, "loss", value) end
end
writer:close()
END
holds 'runs with metrics' semiluna lua numbers.lua
prints 'a metric, and what is no number' semiluna compare numbers --metric loss <<'END'
loss, steps 10 to 20, mean ± sd (n), n = 3
name     loss
numbers  2.667 ± 2.082 (3)
3 of 6 runs have no loss at all
END
expect 0 '^numbers +1 \(1\)†$' semiluna compare "experiment = 'numbers' and loss = 1" --metric loss --at 20

# ---- lists of labelled images -----------------------------------------------------------------------------------------------------
cat >lists.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("semiluna.db", "write")
for fold = 1, 2 do
  for seed = 1, 3 do
    for k, variant in ipairs { "off", "on" } do
      local options = { variant = variant, seed = tostring(seed), ["data.labeled"] = ("some/where/fold_%d.txt"):format(fold) }
      fill.run(db, "lists", options, { [10] = 200 + 20 * fold * k + 2 * seed })
    end
  end
end
END
holds 'runs of lists' semiluna lua lists.lua
prints 'lists as columns' semiluna compare lists --rows variant --columns labeled --against labeled=fold_1.txt <<'END'
mIoU % (standard), val, step 10, mean ± sd (n), difference from labeled=fold_1, n = 3, columns: labeled
variant  fold_1          fold_2
off      22.4 ± 0.2 (3)  24.4 ± 0.2 (3) +2.0
on       24.4 ± 0.2 (3)  28.4 ± 0.2 (3) +4.0
nothing differs from labeled=fold_1 at p < 0.05 (exact sign-flip test; with n = 3 the smallest p is 0.25: 6 seeds would be needed)
on, fold_2: +4.0 ± 0.0 would take about 6 seeds to tell from 0 (80 % power), 3 more
END
# As repetitions they are paired fold by fold and seed by seed: +2.0 three times and +4.0 three times.
prints 'lists as repetitions' semiluna compare lists --rows variant --against variant=off <<'END'
mIoU % (standard), val, step 10, mean ± sd (n), difference from variant=off, n = 6
variant  mIoU %
off      23.4 ± 1.1 (6)
on       26.4 ± 2.2 (6) +3.0*
differs from variant=off: on (+3.0, p = 0.031); 1 of 1 comparisons at p < 0.05 each, not corrected for their number (exact sign-flip test, and the bootstrap interval leaves out 0)
runs that differ in data.labeled (fold_1, fold_2) are averaged together in 2 cells: add it to --rows or --columns, or select with an expression
END

expect 0 '^off +22\.4 ± 0\.2 \(3\) +24\.4 ± 0\.2 \(3\) \+2\.0$' semiluna compare lists --rows variant --columns labeled --against labeled=fold_1
expect 0 '^off +22\.4 ± 0\.2 \(3\) +24\.4 ± 0\.2 \(3\) \+2\.0$' \
    semiluna compare lists --rows variant --columns labeled --against labeled=some/where/fold_1.txt

# Values that hold commas and "=", lists that folders tell apart, with the lists of the unlabelled beside them; the runs were made in
# another order than that of the script's cells.
cat >folders.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("semiluna.db", "write")
local variants = { "+ semi, T = 0, batch = 2", "baseline", "+ semi, T = 0" }
for k, variant in ipairs(variants) do
  for seed = 1, 2 do
    for _, share in ipairs { "1_8", "1_4" } do
      fill.run(db, "folders", {
        variant = variant, seed = tostring(seed), batch = "4", origin = ('{"index":%d,"set":{}}'):format(5 - k),
        ["data.labeled"] = ("splits/%s/labeled.txt"):format(share), ["data.unlabeled"] = ("splits/%s/unlabeled.txt"):format(share),
      }, { [10] = 200 + 50 * k + 2 * seed + (share == "1_4" and 300 or 0) })
    end
  end
end
END
holds 'runs of lists in folders' semiluna lua folders.lua
prints 'lists that folders tell apart, in the order of the cells' semiluna compare folders --rows variant --columns labeled <<'END'
mIoU % (standard), val, step 10, mean ± sd (n), n = 2, columns: labeled
variant                   1/8              1/4
+ semi, T = 0             35.3 ± 0.1 (2)†  65.3 ± 0.1 (2)†
baseline                  30.3 ± 0.1 (2)†  60.3 ± 0.1 (2)†
+ semi, T = 0, batch = 2  25.3 ± 0.1 (2)†  55.3 ± 0.1 (2)†
† fewer than 3 seeds
END
expect 0 '^\+ semi, T = 0, batch = 2 +25\.3 .* -10\.0 +55\.3 .* -10\.0$' \
    semiluna compare folders --rows variant --columns labeled --against 'variant=+ semi, T = 0'
expect 0 '^baseline +30\.3 .* \+5\.0 +60\.3 .* \+35\.0$' \
    semiluna compare folders --rows variant --columns labeled --against 'variant=+ semi, T = 0, batch = 2, labeled=1/8'
holds 'the baseline stands first' bash -c '"$SEMILUNA" compare folders --rows variant --columns labeled \
    --against variant=baseline | sed -n 3p | grep -q "^baseline "'
says 'labled"\. Did you mean "labeled"\?$' semiluna compare folders --rows variant --columns labeled --against 'variant=baseline,labled=1/8'
says 'no run is so; its values are 1/8, 1/4$' semiluna compare folders --rows variant --columns labeled --against 'labeled=1/2'
prints 'one line for options that go together' semiluna compare folders --rows variant <<'END'
mIoU % (standard), val, step 10, mean ± sd (n), n = 4
variant                   mIoU %
+ semi, T = 0             50.3 ± 17.3 (4)
baseline                  45.3 ± 17.3 (4)
+ semi, T = 0, batch = 2  40.3 ± 17.3 (4)
runs that differ in data.labeled (1/8, 1/4) are averaged together in 3 cells: add it to --rows or --columns, or select with an expression
END

# ---- hostile names ----------------------------------------------------------------------------------------------------------------
cat >hostile.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("hostile.db", "write")
for i, variant in ipairs { [[a'b"c,d]], "100%_\\sure", "two\nlines\27[31m", "'; DROP TABLE run; --", "|<b>*x*_y_`&{}$#~^", "\xff\xfe", "é" } do
  fill.run(db, "it's; \"odd\"", { variant = variant, seed = "1" }, { [100] = 100 * i })
end
END
holds 'hostile names' semiluna lua hostile.lua
experiment="it's; \"odd\""
odd() { semiluna compare "$experiment" --db hostile.db "$@"; }
expect 0 "^a'b\"c,d +10\\.0" odd
expect 0 '^two lines \[31m +30\.0' odd
odd >printed
holds 'no control character reaches the terminal' bash -c '! grep -q "$(printf "\033")" printed'
expect 0 '^"a'"'"'b""c,d",miou' odd --format csv
expect 0 '^\| \\\|\\<b\\>\\\*x\\\*\\_y\\_\\`&\{\}\$#~\^ \| 50\.0' odd --format markdown
expect 0 'textbar\{\}\\textless\{\}b\\textgreater\{\}\*x\*\\_y\\_\\textasciigrave\{\}\\&\\\{\\\}\\\$\\#\\textasciitilde\{\}\\textasciicircum\{\} & 50\.0' odd --format latex
expect 0 '100\\%\\_\\textbackslash\{\}sure & 20\.0' odd --format latex
cat >starred.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("hostile.db", "write")
for i, variant in ipairs { "*starred*", '[1] "quoted"' } do fill.run(db, "starred", { variant = variant, seed = "1" }, { [100] = 100 * i }) end
END
holds 'names that LaTeX would take for its own' semiluna lua starred.lua
expect 0 '^    \{\*\}starred\* & 10\.0' semiluna compare starred --db hostile.db --format latex
expect 0 '^    \{\[\}1\{\]\} \\char34\{\}quoted\\char34\{\} & 20\.0' semiluna compare starred --db hostile.db --format latex
cat >names.lua <<'END'
local there, rows = {}, require("semiluna.core").system.json_decode(io.read "a")
for _, row in ipairs(rows) do there[row.variant] = true end
assert(#rows == 7)
for _, name in ipairs { [[a'b"c,d]], "100%_\\sure", "two\nlines\27[31m", "'; DROP TABLE run; --", "é" } do assert(there[name], name) end
END
odd --format json >out.json
holds 'names come whole through json' bash -c '"$SEMILUNA" lua names.lua <out.json'
expect 0 '^a.b"c,d +10\.0 \(1\)† *-10\.0$' odd --against 'variant=100%_\sure'
expect 0 '^é +70\.0 \(1\)† *\+60\.0$' odd --against "variant=a'b\"c,d"
expect 0 "^'; DROP TABLE run; -- +40\\.0" semiluna compare "variant = '''; DROP TABLE run; --'" --rows variant --db hostile.db
expect 0 '^100%_' semiluna compare "variant ~ '%_'" --rows variant --db hostile.db
holds '% is no wildcard' [ "$(semiluna compare "variant ~ '%'" --db hostile.db --format csv | wc -l)" = 2 ]
holds 'all runs are still there' [ "$(number_of 'SELECT count(*) FROM run' hostile.db)" = 9 ]

# ---- wrong use --------------------------------------------------------------------------------------------------------------------
cp semiluna.db before.db
says '^method\.treshold >= 0\.2: column 1: no option, metric or column "method\.treshold"\. Did you mean "method\.threshold"\?$' \
    semiluna compare "method.treshold >= 0.2"
holds 'the caret points at it' [ "$(semiluna compare "seed = 1 and sead = 2" 2>&1 | tail -n 1)" = "             ^" ]
says 'column 10: an "and" or an "or" has to stand here' semiluna compare "seed = 1 'x'"
says 'column 9: ";" means nothing here' semiluna compare "seed = 1; DELETE FROM run"
says '"threshold"\?$' compare --rows treshold
says 'threshold is there twice' compare --rows threshold,method.threshold
says 'both a row and a column' compare --rows threshold --columns threshold
says 'no run is so; its values are 0, 0\.2, 0\.5, 10$' compare --rows threshold --against threshold=7
says 'neither a row nor a column' compare --rows threshold --against labeled=1/8
says 'write it as option=value' compare --against threshold
says '^--at "lst" is neither' compare --at lst
says 'none of 38 runs has mean IoU on val at step 51' compare --at 51
says 'no class of that name\. Did you mean "road"\?' compare --ignore-class raod
says 'has logged it' compare --metric kep
says 'leave out --metric' compare --metric kept --per-class
says '^.*--convention "x" is not one of' compare --convention x
says 'none of 1 run is done \(1 failed\)' semiluna compare "seed = 9"
says 'reads the published numbers from a script' compare --with published
says 'no run in semiluna\.db is so$' semiluna compare "seed = 77"
says 'no run in semiluna\.db is so\. Did you mean "known"\?$' semiluna compare "seed = 1 and experiment = 'knwon'"
says 'no run in semiluna\.db is so$' semiluna compare "seed = 77 and experiment = 'known'"
expect 1 'there is no run "knwon"' semiluna compare knwon
expect 1 'no database' semiluna compare known --db none.db
holds 'nothing was written' cmp semiluna.db before.db

# ---- scripts ----------------------------------------------------------------------------------------------------------------------
write_tiny ablation.lua 'return sl.experiment(tiny, {' \
    '  ablate = sl.list { { variant = "off", ["method.threshold"] = 0 }, { variant = "on", ["method.threshold"] = 0.3 } } * sl.grid { seed = { 1, 2, 3 } },' \
    '  published = { { match = { variant = "off" }, miou = 0.25 }, { match = { variant = "on" }, miou = 0.5 } },' '})'
cat >cells.lua <<'END'
-- Runs of a script's cells: arg[1] the database, arg[2] the script, arg[3] how the hash is spoilt, the rest "cell=hit".
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db(arg[1], "write")
local plan = require("semiluna.plan.plan").cells_of(arg[2], {})
for i = 4, #arg do
  local number, hit = arg[i]:match "(%d+)=(%d+)"
  local cell, options = plan.cells[tonumber(number)], {}
  for _, option in ipairs(cell.item.list) do options[option.name] = option.text end
  if arg[3] ~= "" then options.variant = "called otherwise" end
  local run = fill.run(db, "ablation", options, { [30] = tonumber(hit) })
  db:execute("INSERT INTO cell(run, hash, options_hash, script_hash, library_hash) VALUES(?, ?, ?, 's', 'l')", run, cell.hash .. arg[3],
    cell.options_hash)
end
END
says 'no cell of this script has a done run in semiluna\.db: .semiluna sweep ablation\.lua. trains them' semiluna compare ablation.lua
holds 'cells of a script' semiluna lua cells.lua script.db ablation.lua '' 1=200 2=210 4=300 5=320
prints 'a script' semiluna compare ablation.lua --db script.db --against variant=off <<'END'
mIoU % (standard), val, step 30, mean ± sd (n), difference from variant=off, n = 2
variant  mIoU %
off      20.5 ± 0.7 (2)†
on       31.0 ± 1.4 (2)† +10.5
nothing differs from variant=off at p < 0.05 (exact sign-flip test; with n = 2 the smallest p is 0.5: 6 seeds would be needed)
on: +10.5 ± 0.7 would take about 6 seeds to tell from 0 (80 % power), 4 more
† fewer than 3 seeds
2 of 6 cells have no done run yet
END
prints 'published numbers' semiluna compare ablation.lua --db script.db --with published <<'END'
mIoU % (standard), val, step 30, mean ± sd (n), published mean and the difference from it, n = 2
variant  mIoU %           published  difference
off      20.5 ± 0.7 (2)†       25.0        -4.5
on       31.0 ± 1.4 (2)†       50.0       -19.0
† fewer than 3 seeds
2 of 6 cells have no done run yet
END
says 'no published numbers of classes' semiluna compare ablation.lua --db script.db --with published --per-class
holds 'runs of another version' semiluna lua cells.lua script.db ablation.lua x 1=900 3=220
expect 0 '^off +20\.5 ± 0\.7 \(2\)' semiluna compare ablation.lua --db script.db
expect 0 '^1 run left out: made by another version of .*--any-version takes it' semiluna compare ablation.lua --db script.db
expect 0 '^off +21\.0 ± 1\.0 \(3\)$' semiluna compare ablation.lua --db script.db --any-version
holds 'only runs of another version' semiluna lua cells.lua other.db ablation.lua x 1=200 2=210
expect 0 '^off +20\.5 ± 0\.7 \(2\)†$' semiluna compare ablation.lua --rows variant --db other.db
expect 0 '^2 runs made by another version' semiluna compare ablation.lua --db other.db

# A run that is a cell of two experiments of a script stands under the name that each has for it, in tables and in pictures.
write_tiny both.lua 'local function of(list) return sl.experiment(tiny, { ablate = sl.list(list) }) end' 'return {' \
    '  of { { variant = "x", ["method.threshold"] = 0.1 }, { variant = "y", ["method.threshold"] = 0.2 } },' \
    '  of { { variant = "z", ["method.threshold"] = 0.2 } } }'
holds 'cells of two experiments' semiluna lua cells.lua both.db both.lua '' 1=200 2=210
for variant in 'x +20' 'y +21' 'z +21'; do
    expect 0 "^$variant\\.0 \\(1\\)" semiluna compare both.lua --db both.db --rows variant
    expect 0 "^${variant/+/.*}\\.0$" semiluna plot both.lua --db both.db --kind bars --by variant
done

sed 's/layout = "synthetic".*/layout = "voc", root = "gone" },/' ablation.lua >known.lua
expect 1 "gone.*\\(without the script's data its runs can be named: known\\)" semiluna compare known.lua

# ---- noise ------------------------------------------------------------------------------------------------------------------------
noise() { semiluna noise ablation.lua --db noise.db --seeds 3 --set steps=4 --workers 1 --threads-per-worker 1 "$@"; }
expect 0 '^ablation\.lua: 3 seeds of the baseline, 3 to train, 1 at a time$' noise
holds 'they are tagged' [ "$(number_of "SELECT count(*) FROM tag WHERE tag = 'noise'" noise.db)" = 3 ]
expect 0 '^mIoU % \(standard\), val: [0-9.]+ ± [0-9.]+ over 3 seeds of the baseline \([0-9.]+, [0-9.]+, [0-9.]+\)$' noise
holds 'a second time they are read alone' [ "$(number_of 'SELECT count(*) FROM run' noise.db)" = 3 ]
cat >floor.lua <<'END'
local rows = require("semiluna.core").system.json_decode(io.read "a")
local t = 4.302652729911275 -- two degrees of freedom
assert(rows[1].n == 3 and #rows[1].values == 3 and #rows[1].runs == 3)
local mean, sum = (rows[1].values[1] + rows[1].values[2] + rows[1].values[3]) / 3, 0
for _, value in ipairs(rows[1].values) do sum = sum + (value - mean) ^ 2 end
local sd = math.sqrt(sum / 2)
assert(sd > 0 and math.abs(rows[1].sd - sd) < 1e-12 and math.abs(rows[1].mean - mean) < 1e-12)
for _, row in ipairs(rows) do assert(math.abs(row.floor - t * sd * math.sqrt(2 / row.seeds_each)) < 1e-9, row.seeds_each) end
END
noise --format json >out.json
holds 'the noise floor' bash -c '"$SEMILUNA" lua floor.lua <out.json'
cat >tagged.lua <<'END'
local core, fill = require "semiluna.core", dofile "fill.lua"
local db <close> = core.db("semiluna.db", "write")
for seed, hit in ipairs { 250, 260, 270, 280, 290 } do
  local options = { ["method.threshold"] = "0.9", ["data.labeled"] = "0.125", seed = tostring(20 + seed), ["data.split_seed"] = "1" }
  db:execute("INSERT INTO tag(run, tag) VALUES(?, 'noise')", fill.run(db, "known", options, { [100] = hit }))
end
END
holds 'tagged runs' semiluna lua tagged.lua
# sd = 1.5811 and t = 2.7764 of 4 degrees of freedom: 2.7764 * 1.5811 * sqrt(2) = 6.2, and for means of 6 seeds 2.5
expect 0 '^noise floor, from 5 seeds of the baseline: two runs differ by more than 6\.2 in 5 % of cases, means of 6 by more than 2\.5 \(~ is below\)$' against
expect 0 '^0\.5 +29\.2 ± 0\.7 \(6\) \+2\.0~\*' against
against --per-class >printed
holds 'the noise of the mean is not that of a class' bash -c '! grep -q "noise floor\|~" printed'
says 'not a whole number from 2' noise --seeds 1

finish
