#!/bin/bash
# What whatif says of a run, held against what the database counts itself; which evaluation it takes, and what it refuses. And that
# measuring the confidence changes nothing else.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$(dirname "$0")/training.sh"
export LC_ALL=C.UTF-8

is() {
    checks=$((checks + 1))
    if [ "$2" != "$3" ]; then
        failures=$((failures + 1))
        printf 'WRONG: %s: got "%s", expected "%s"\n' "$1" "$2" "$3"
    fi
}

write_tiny tiny.lua 'return sl.experiment(tiny, { method = { discriminator_lr = 0.02, discriminator_width = 8 } })'
holds 'a run of the method' semiluna run tiny.lua --quiet
holds 'the same without confidence' semiluna run tiny.lua --quiet --set evaluate.confidence=false
holds 'a run without a discriminator' semiluna run tiny.lua --quiet --set method=supervised

# every pixel that is not void is counted once, under the class that it was taken for, as right as the matrix says
is 'the pixels of histogram and matrix' "$(sql "SELECT count(*) FROM (
    SELECT step, sum(pixels) AS n, class_index AS k FROM confidence WHERE run = 1 GROUP BY step, class_index) c
  WHERE n <> (SELECT sum(pixels) FROM confusion f WHERE f.run = 1 AND f.step = c.step AND f.prediction = k)")" 0
is 'so for each evaluation' "$(sql "SELECT count(*) FROM (SELECT step, sum(pixels) AS n, sum(correct * pixels) AS hit FROM confidence
    WHERE run = 1 GROUP BY step) c JOIN (SELECT step, sum(pixels) AS n, sum(CASE WHEN truth = prediction THEN pixels ELSE 0 END) AS hit
    FROM confusion WHERE run = 1 GROUP BY step) f USING(step, n, hit)")" 3
is 'no bin is out of place' "$(sql "SELECT count(*) FROM confidence WHERE bin NOT BETWEEN 0 AND 99 OR pixels < 1")" 0

# whether it is measured or not, training is the same
for query in "SELECT name, step, value FROM metric WHERE run = ID AND name NOT LIKE 'time%' ORDER BY 1, 2" \
    "SELECT step, truth, prediction, pixels FROM confusion WHERE run = ID ORDER BY 1, 2, 3"; do
    is 'the same training' "$(sql "${query/ID/2}" | sha256sum)" "$(sql "${query/ID/1}" | sha256sum)"
done
is 'and no histogram' "$(sql 'SELECT count(*) FROM confidence WHERE run > 1')" 0

# the figures, by SQL from the table alone
first="SELECT step, bin, correct, pixels FROM confidence WHERE run = 1 AND step = 30"
for place in 0 20 40 50 95 100; do
    threshold=$(semiluna lua <(echo "print($place / 100)"))
    is "kept at $threshold" \
        "$("$SEMILUNA" whatif 1 --format csv | awk -F, -v t="$threshold" '$1 == "all" && $2 == t { printf "%d %.9f", $3, $4 }')" \
        "$(sql "SELECT printf('%d %.9f', kept, 1.0 * kept / n) FROM (SELECT coalesce(sum(CASE WHEN bin >= $place THEN pixels END), 0) AS kept,
            sum(pixels) AS n FROM ($first))")"
done
auroc=$(sql "SELECT printf('%.9f', sum(r.pixels * CASE WHEN r.bin > w.bin THEN 1.0 WHEN r.bin = w.bin THEN 0.5 ELSE 0 END * w.pixels)
    / sum(1.0 * r.pixels * w.pixels)) AS value FROM ($first) r JOIN ($first) w ON r.correct = 1 AND w.correct = 0")
is 'AUROC' "$("$SEMILUNA" whatif 1 --format csv | awk -F, 'NR == 2 { printf "%.9f", $6 }')" "$auroc"
error=$(sql "SELECT printf('%.9f', sum(abs(hit - n * (bin + 0.5) / 100)) / sum(n)) AS value FROM (SELECT bin, sum(pixels) AS n,
    sum(correct * pixels) AS hit FROM ($first) GROUP BY bin)")
holds 'which is not trivial' test "$auroc" != 0.500000000
is 'calibration error' "$("$SEMILUNA" whatif 1 --format csv | awk -F, 'NR == 2 { printf "%.9f", $7 }')" "$error"
is 'rows for programs' "$("$SEMILUNA" whatif 1 --format csv | wc -l)" 22
is 'with those of the classes' "$("$SEMILUNA" whatif 1 --format csv --per-class | awk -F, '$2 == "0.0"' | wc -l)" \
    "$(sql 'SELECT count(DISTINCT class_index) + 1 FROM confidence WHERE run = 1 AND step = 30')"

# for people, and which evaluation
expect 0 '^run 1 \(tiny\), val, step 30: [0-9]+ pixels, ' semiluna whatif 1
expect 0 '^0\.40\* +[0-9.]+ ' semiluna whatif 1
expect 0 '^AUROC of confidence for being right [0-9.]+, expected calibration error [0-9.]+$' semiluna whatif 1
expect 0 '^0\.9 to 1\.0 ' semiluna whatif 1
expect 0 'step 10: ' semiluna whatif 1 --at 10
best=$(sql "SELECT step FROM convention WHERE run = 1 AND split = 'val' ORDER BY standard DESC, step LIMIT 1")
expect 0 "step $best: " semiluna whatif 1 --at best
expect 0 '^class +predicted %' semiluna whatif 1 --per-class
expect 0 '^\| threshold \| kept % \| right of kept % \|$' semiluna whatif 1 --format markdown
expect 0 'toprule' semiluna whatif 1 --format latex
holds 'json is json' semiluna lua <(printf '%s\n' 'local pipe = io.popen(os.getenv "SEMILUNA" .. " whatif 1 --format json")' \
    'local rows = require("semiluna.core").system.json_decode(pipe:read "a")' 'assert(#rows == 21 and rows[1].kept == 1)')

# what it refuses
expect 1 'run 3 \(tiny\) has no confidence on val: its method has none' semiluna whatif 3
expect 1 'run 1 \(tiny\) has no confidence on train' semiluna whatif 1 --split train
expect 1 'was not evaluated on val at step 12, but at 10, 20, 30' semiluna whatif 1 --at 12
expect 2 '--at takes "last", "best" or a step, not "soon"' semiluna whatif 1 --at soon
expect 1 'there is no run "77000000-77"' semiluna whatif 77000000-77

# a checkpoint is measured as before
expect 0 'mean|miou' semiluna eval 1
finish
