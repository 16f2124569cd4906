#!/bin/bash
# `semiluna plan`: the cells of an ablation, what the database knows of them, and what is said of plans that are wrong; `run --cell`.
# shellcheck disable=SC2016  # backquotes in what the program prints
set -u
# shellcheck source=tests/e2e/check.sh
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

# ablation FILE PLAN: a script whose cells are those of PLAN
ablation() { write_tiny "$1" "return sl.experiment(tiny, { name = \"two\"," "  ablate = $2 })"; }
value() { semiluna plan "$1" --format csv "${@:3}" | cut -d, -f"$2" | tail -n +2; }

# ---- what is listed ------------------------------------------------------------------------------------------------------------
ablation two.lua 'sl.grid { ["method.threshold"] = {0.2, 0.5}, ["data.labeled"] = {1/4, 1/2}, seed = {1, 2} }'
expect 0 '^8 cells, 0 done; the first 8 steps are shared by 2 cells each: 32 of 240 steps saved; about [0-9]+ s$' semiluna plan two.lua
expect 0 '^#  hash    labeled  threshold  seed  state  time$' semiluna plan two.lua
expect 0 '^8  [0-9a-f]{6}      1/2        0.5     2  to do +[0-9]+ s$' semiluna plan two.lua
expect 0 '^optimizer.lr +[^ ]+  0.01 to 0.0004684  poly\(0.01, 0.9\)$' semiluna plan two.lua
expect 0 '^constant: method.lambda_adv 0.01, method.lambda_semi 0.1, ' semiluna plan two.lua
expect 0 '^number,hash,data.labeled,method.threshold,seed,state,run,options_hash,steps,first_step,seconds$' \
    semiluna plan two.lua --format csv
expect 0 '^\| 1 \| [0-9a-f]{6} \| 1/4 \| 0.2 \| 1 \| to do \|' semiluna plan two.lua --format markdown
expect 0 '^  \{"number": 8, "hash": "[0-9a-f]{64}", "data.labeled": 0.5, "method.threshold": 0.5, "seed": 2, "state": "to do", "run": null' \
    semiluna plan two.lua --format json
holds 'no database is made by a plan' [ ! -e semiluna.db ]
holds 'a cell goes on where the one before it left the warm-up' [ "$(value two.lua 10 | sort | uniq -c | tr -s ' \n' ' ')" = ' 4 0 4 8 ' ]

expect 0 '^4 cells, 0 done; about' semiluna plan two.lua --only 'method.threshold > 0.3'
expect 0 '^1 cell, ' semiluna plan two.lua --only "data.labeled = 1/4 and seed = 2 and method.threshold != 0.5 and state = 'to do'"
expect 0 'about [0-9]+ s with 2 workers$' semiluna plan two.lua --workers 2
expect 0 '^8 cells, 0 done; the first 8 .*80 steps saved' semiluna plan two.lua --set steps=10
expect 0 '^4 cells left out, the same as another \(cell 2 is cell 1\)$' semiluna plan two.lua --set seed=5
expect 0 '^method.threshold, as declared$' semiluna plan two.lua --curves
expect 0 '^optimizer.lr, as declared$' semiluna plan two.lua --curves
expect 0 '^1 cell, 0 done; about' semiluna plan two.lua --set ablate=false

write_tiny three.lua 'return { tiny, sl.experiment(tiny, { name = "flat", ["optimizer.lr"] = 0.01 }), sl.experiment(tiny, { name = "sup", method = "supervised" }) }'
expect 0 '^3 cells, 0 done; about' semiluna plan three.lua
expect 0 '^#  hash    name  lr curve          state  time$' semiluna plan three.lua
expect 0 '^flat  lr 0.01$' semiluna plan three.lua
expect 0 '^number,hash,name,method,optimizer.lr,' semiluna plan three.lua --format csv
expect 0 '^sup   method supervised$' semiluna plan three.lua
# functions that a loop makes are told apart by what they hold
write_tiny curves.lua 'local curves = {}' 'for _, rate in ipairs { 0.01, 0.005 } do curves[#curves + 1] = function(step) return rate / (step + 1) end end' \
    'return sl.experiment(tiny, { name = "curves", steps = 4, ablate = sl.grid { ["optimizer.lr"] = curves, seed = { 1, 2 } } })'
expect 0 '^3  [0-9a-f]{6}  function at curves\.lua:12 \(rate = 0\.005\)     1  ' semiluna plan curves.lua
expect 0 '4/4 done' semiluna sweep curves.lua --db curves.db
expect 0 '^function at curves\.lua:12 \(rate = 0\.01\) .*\(2\)' semiluna compare curves.lua --db curves.db
expect 0 '^the result +optimizer\.lr  function at curves\.lua:12 \(rate = 0\.01\)' semiluna diff 1 3 --db curves.db

ablation parts.lua 'sl.grid { sl.leave_one_out(), seed = {1, 2} }'
expect 0 '^2  [0-9a-f]{6}  all  ' semiluna plan parts.lua
expect 0 '^3  [0-9a-f]{6}  without adversarial ' semiluna plan parts.lua
ablation controls.lua 'sl.controls {}'
expect 0 '^supervised, as many images   steps 56, method supervised$' semiluna plan controls.lua

# ---- run one cell ------------------------------------------------------------------------------------------------------------
expect 2 '^two.lua is an ablation of 8 cells: train them by `semiluna sweep two.lua`, or one by `semiluna run two.lua --cell N`' \
    semiluna run two.lua
expect 2 'there is no cell "9": give a number from 1 to 8 or the beginning of a hash' semiluna run two.lua --cell 9
expect 2 'there is no cell "ffff"' semiluna run two.lua --cell ffff
holds 'a refused run leaves nothing' [ ! -e semiluna.db ]
expect 0 '^two, cell 3, where it differs:$' semiluna run two.lua --show-options
expect 0 '^method +threshold 0.5$' semiluna run two.lua --show-options
expect 0 'mean ' semiluna run two.lua --cell 2
hash=$(value two.lua 2 | sed -n 5p)
expect 0 'Recorded' semiluna run two.lua --cell "${hash:0:10}"
holds 'the cells are those named' [ "$(sql "SELECT value FROM param WHERE name IN ('seed', 'data.labeled') ORDER BY run, name" | tr '\n' ' ')" \
    = '0.25 2 0.5 1 ' ]
holds 'their hashes are recorded' [ "$(sql 'SELECT hash FROM cell ORDER BY run' | tail -1)" = "$hash" ]
holds 'their name is the experiment'"'"'s' [ "$(sql 'SELECT count(*) FROM run WHERE name = "two"')" = 2 ]
expect 0 '^8 cells, 2 done;' semiluna plan two.lua
expect 0 '^2  [0-9a-f]{6} .* done *$' semiluna plan two.lua
expect 0 '^2 cells, 2 done' semiluna plan two.lua --only "state = 'done'"
holds 'a cell that is done takes no time' [ "$(value two.lua 11 | sed -n 2p)" = 0 ]
expect 2 'leave out --set, --steps, --name, --cell' semiluna run --resume latest --cell 2

# ---- a run that fails, one that is stopped, one that runs, one in the bin ------------------------------------------------------------
ablation slow.lua 'sl.grid { steps = {30, 3000, 3001} }'
semiluna run slow.lua --cell 1 -q
start slow.lua --cell 2 -q
for _ in $(seq 100); do
    [ "$(sql "SELECT count(*) FROM run WHERE steps = 3000 AND step > 3")" = 1 ] && break
    pause 100
done
expect 0 '^3 cells, 1 done, 1 running;' semiluna plan slow.lua
kill -KILL "$pid"
killed
expect 0 '^3 cells, 1 done, 1 stopped;' semiluna plan slow.lua
execute() { "$SEMILUNA" lua execute.lua "$1"; }
echo 'require("semiluna.core").db("semiluna.db", "write"):execute(arg[1])' >execute.lua
execute "UPDATE run SET state = 'failed' WHERE steps = 3000"
expect 0 '^3 cells, 1 done, 1 failed;' semiluna plan slow.lua
execute "INSERT INTO removed(run, time) SELECT max(id), 0 FROM run WHERE steps = 30"
expect 0 '^3 cells, 0 done, 1 failed;' semiluna plan slow.lua

# ---- an edited script ------------------------------------------------------------------------------------------------------------
sed -i 's/^local tiny/-- a remark\nlocal tiny/; s/seed = {1, 2}/seed = {1, 2, 3}/' two.lua
expect 0 '^12 cells, 2 done;' semiluna plan two.lua
sed -i 's/^local tiny/local unused = 1\nlocal tiny/' two.lua
expect 0 '^12 cells, 0 done;' semiluna plan two.lua
expect 0 '^2 cells were trained with an earlier text of the script, of the library or of a split list; their runs do not count$' \
    semiluna plan two.lua

# ---- wrong plans ---------------------------------------------------------------------------------------------------------------
# wrong PATTERN PLAN: what `semiluna plan` says of it, in one line and with status 2
wrong_plan() {
    ablation bad.lua "$2"
    expect 2 "$1" semiluna plan bad.lua
}
wrong_plan '^bad.lua:12: method.treshold: no such option. Did you mean "threshold"\?.*\(cell 1: method.treshold = 0\)' \
    'sl.grid { ["method.treshold"] = {0, 0.2} }'
wrong_plan '^bad.lua:12: sl.grid: it is empty' 'sl.grid {}'
wrong_plan '^bad.lua:12: sl.grid: seed has no values' 'sl.grid { seed = {} }'
wrong_plan '^bad.lua:12: sl.grid: seed needs a list of values such as seed = \{3\}, not 3' 'sl.grid { seed = 3 }'
wrong_plan '^bad.lua:12: sl.zip: lists of one length are needed' 'sl.zip { seed = {1, 2}, batch = {1} }'
wrong_plan '^bad.lua:12: cells 1 and 3 would train the same: seed = 1$' 'sl.grid { seed = {1, 2, 1} }'
wrong_plan '^bad.lua:12: ablate: expected a plan such as sl.grid' '{ seed = {1, 2} }'
wrong_plan '^bad.lua:12: method.threshold: expected a number from 0 to 1 .*\(cell 2: method.threshold = 2\)' \
    'sl.grid { ["method.threshold"] = {0.1, 2} }'
wrong_plan '^bad.lua:12: ablate: the plan has more than 10000 cells' \
    'sl.grid { sl.random(10000, 1, { seed = sl.uniform(1, 1e9, {whole = true}) }), batch = {1, 2} }'
ablation bad.lua 'sl.grid { ["data.labeled"] = {0.5, "nowhere.txt"} }'
expect 1 'nowhere.txt.*\(cell 2: labeled nowhere.txt\)' semiluna plan bad.lua
checks=$((checks + 1))
semiluna plan two.lua --only 'method.treshold > 1' >.out 2>.err
grep -q 'method.treshold > 1: column 1: .*Did you mean "method.threshold"' .err || wrong 'a wrong name in --only'
expect 2 'none of the 12 cells is so' semiluna plan two.lua --only 'seed = 77'
expect 2 'workers' semiluna plan two.lua --workers 0
expect 2 'no such option' semiluna plan two.lua --set method.treshold=1
expect 2 'nowhere.lua: No such file' semiluna plan nowhere.lua
finish
