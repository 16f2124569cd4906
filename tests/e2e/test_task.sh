#!/bin/bash
# One cell at a time, by `semiluna run --cell`: claims, signals, cells that fail or are pruned, and what is recorded of a run.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1

newest() { sql 'SELECT max(id) FROM run'; }
state() { sql "SELECT state, step, resumes FROM run WHERE id = $1"; }
# is WHAT FOUND EXPECTED
is() { holds "$1: found $2, not $3" [ "$2" = "$3" ]; }

# ---- what is recorded -----------------------------------------------------------------------------------------------------------------
write_tiny record.lua 'return sl.experiment(tiny, {
  data = { classes = tonumber(sl.env("TEST_CLASSES", 3)), labeled = tonumber(sl.env("TEST_LABELED")) },
  method = { threshold = sl.piecewise{ {0, 0.3}, {15, 0.4} } },
  optimizer = { lr = sl.steps(0.01, 0.1, {10, 20}) },
})'
TEST_LABELED=0.5 OMP_DYNAMIC=false expect 0 'Recorded' semiluna run record.lua
run=$(newest)
is 'the learning rate as declared' "$(sql "SELECT group_concat(step || ':' || value, ' ') FROM curve WHERE run = $run AND name = 'optimizer.lr'")" '0:0.01 9:0.01 10:0.001 19:0.001 20:0.0001 29:0.0001'
is 'the schedules as declared' "$(sql "SELECT group_concat(DISTINCT name) FROM curve WHERE run = $run" | tr -d '"')" 'method.discriminator_lr,method.lambda_adv,method.lambda_semi,method.lambda_semi_adv,method.threshold,optimizer.lr'
# realised OPTION: where its value was logged
realised() { sql "SELECT group_concat(step || ':' || value, ' ') FROM metric WHERE run = $run AND name = 'option.$1'"; }
is 'the learning rate as it was' "$(realised optimizer.lr)" '1:0.01 11:0.001 21:0.0001 30:0.0001'
is 'the threshold, which counts from step 9 on' "$(realised method.threshold)" '9:0.3 16:0.4 30:0.4'
is 'a weight that never changes' "$(realised method.lambda_semi_adv)" '5:0.001 30:0.001'
is 'a rate of the method' "$(sql "SELECT count(*) FROM metric a JOIN metric b USING(run, step, value) WHERE a.run = $run AND a.name = 'option.method.discriminator_lr' AND b.name = 'lr_discriminator'")" 30
is 'options that are no schedules' "$(sql "SELECT count(DISTINCT name) FROM metric WHERE run = $run AND name LIKE 'option.%'")" 6
is 'the environment that the script read' "$(sql "SELECT name, coalesce(value, 'nil') FROM environment WHERE run = $run AND name LIKE 'TEST%' OR name = 'OMP_DYNAMIC' ORDER BY name" | tr '\n' ' ')" 'OMP_DYNAMIC,false TEST_CLASSES,nil TEST_LABELED,0.5 '
is 'the splits' "$(sql "SELECT r.name, r.images, length(s.text) > 0 FROM run_split r JOIN split s USING(sha256) WHERE r.run = $run ORDER BY 1" | tr '\n' ' ')" 'labeled,4,1 unlabeled,4,1 val,2,1 '
is 'what it is as a cell' "$(sql "SELECT length(hash), length(options_hash), length(script_hash), length(library_hash), parent IS NULL FROM cell WHERE run = $run")" 64,64,64,64,1

TEST_LABELED=0.5 expect 0 'Recorded' semiluna run record.lua --set log_every=4
run=$(newest)
is 'logged every 4 steps' "$(realised optimizer.lr)" '4:0.01 12:0.001 24:0.0001 30:0.0001'
is 'logged every 4 steps' "$(realised method.threshold)" '12:0.3 16:0.4 30:0.4'
is 'the same cell' "$(sql 'SELECT count(DISTINCT hash), count(DISTINCT options_hash) FROM cell')" 1,1
is 'splits that are the same are stored once' "$(sql 'SELECT count(*) FROM split')" 3

# Files are hashed once, whatever the run.
data=$SEMILUNA_SOURCE/../shared/data/camvid
if [ -d "$data" ]; then
    write_tiny camvid.lua "return sl.experiment(tiny, { steps = 1, data = { layout = 'voc', root = '$data', train = 'val', labeled = 1/8, crop = 33, divisor = 58 },
      evaluate = { function() end } })"
    export SEMILUNA_DB=camvid.db
    expect 0 'Recorded' semiluna run camvid.lua
    images=$(sql "SELECT images FROM run_split WHERE name = 'val'")
    is 'a hash for each image and label' "$(sql 'SELECT count(*), count(DISTINCT path) FROM file_hash')" "$((2 * images)),$((2 * images))"
    first=$(sql "SELECT text FROM split JOIN run_split USING(sha256) WHERE name = 'val'" | head -n 1 | tr -d '"')
    id=${first%% *}
    hash=$(sha256sum "$data/SegmentationClass/$id.png")
    is "the hash of a label file" "${first##* }" "${hash%% *}"
    expect 0 'Recorded' semiluna run camvid.lua
    is 'the second run sees the same' "$(sql 'SELECT count(*), (SELECT count(*) FROM run_split), (SELECT count(*) FROM file_hash) FROM split')" "3,6,$((2 * images))"
    unset SEMILUNA_DB
else
    echo "SKIPPED: hashes of real images: there is no $data"
fi

# ---- one cell -------------------------------------------------------------------------------------------------------------------------
rm -rf semiluna.db* runs
write_tiny plan.lua 'return sl.experiment(tiny, { ablate = sl.grid{ ["method.threshold"] = { 0.1, 0.2 }, seed = { 3, 4 } } })'
expect 2 'plan\.lua is an ablation of 4 cells' semiluna run plan.lua
expect 0 'Recorded in semiluna\.db as run 1' semiluna run plan.lua --cell 2
is 'the second cell' "$(sql "SELECT seed, (SELECT value FROM param WHERE run = 1 AND name = 'method.threshold') FROM run WHERE id = 1")" 4,0.1
expect 0 '^cell 2 \(threshold 0\.1, seed 4\) is done already: run 1$' semiluna run plan.lua --cell 2
expect 0 'Recorded in semiluna\.db as run 2' semiluna run plan.lua --cell 4
is 'a warm-up is shared' "$(sql 'SELECT fork_step, (SELECT uuid FROM run WHERE id = 1) = parent FROM cell WHERE run = 2')" 8,1
expect 2 'there is no cell "5": give a number from 1 to 4' semiluna run plan.lua --cell 5
expect 2 'leave out .*--cell' semiluna run --resume 1 --cell 2

# ---- claims and signals -----------------------------------------------------------------------------------------------------------------
write_tiny long.lua 'return sl.experiment(tiny, { steps = 100000, evaluate = { every = 100000 }, checkpoint = { every = 100000 },
  ablate = sl.grid{ seed = { 3, 4 } } })'
start long.lua --cell 1
await 'tiny +1/'
run=$(newest)
is 'the claim of a cell that is being trained' "$(sql "SELECT run, pid FROM claim")" "$run,$pid"
expect 1 "^cell 1 \\(seed 3\\) is being trained by process $pid on " semiluna run long.lua --cell 1
kill -INT "$pid"
ended
is 'a signal ends it with its status' "$status" 130
holds "it is stopped: $(state "$run")" matches "$(state "$run")" '^stopped,[0-9]+,0$'
is 'the claim is given back' "$(sql 'SELECT count(*) FROM claim')" 0
step=$(sql "SELECT step FROM run WHERE id = $run")
is 'it can be resumed where it stopped' "$(sql "SELECT step FROM artifact WHERE run = $run AND kind = 'last'")" "$step"

start long.lua --cell 1
await 'tiny +[0-9]+/' && kill -KILL "$pid"
killed
is 'it goes on from there' "$(sql "SELECT text FROM event WHERE run = $run AND kind = 'resumed'")" "from step $step"
is 'a killed process leaves its claim' "$(sql 'SELECT count(*) FROM claim')" 1
start long.lua --cell 1
await 'tiny +[0-9]+/' && kill -TERM "$pid"
ended
is 'it is free all the same' "$status" 143
holds "one run: $(state "$run")" matches "$(state "$run")" '^stopped,[0-9]+,2$'
is 'no claim is left' "$(sql 'SELECT count(*) FROM claim')" 0

# A run that `semiluna run --resume` goes on with is not trained a second time either.
start --resume "$run"
await 'tiny +[0-9]+/'
expect 1 '^cell 1 \(seed 3\) is being trained$' semiluna run long.lua --cell 1
kill -INT "$pid"
ended

# Two processes that want the same cell at once: one trains it.
write_tiny both.lua 'return sl.experiment(tiny, { name = "both", ablate = sl.grid{ seed = { 5, 6 } } })'
for i in 1 2 3 4; do semiluna run both.lua --cell 1 -q >"both.$i" 2>&1 & done
wait
is 'one of four processes trained the cell' "$(sql "SELECT count(*), min(state) FROM run WHERE name = 'both'")" '1,done'
holds 'the others were told' [ "$(cat both.? | grep -cE 'is being trained by process|is done already')" = 3 ]

# ---- what fails -------------------------------------------------------------------------------------------------------------------------
write_tiny worse.lua 'return sl.experiment(tiny, { name = "worse", ablate = sl.list{ { ["optimizer.lr"] = 1e30 }, { ["model.pretrained"] = "weights" }, {} } })'
echo nonsense >weights
expect 1 '^cell 1 \(.*\), run [0-9]+, diverged: step [0-9]+: ' semiluna run worse.lua --cell 1
is 'it is recorded' "$(state "$(newest)" | cut -d , -f 1)" diverged
expect 1 '^cell 2 \(.*\), run [0-9]+, failed: .*weights' semiluna run worse.lua --cell 2
is 'a cell that cannot be put together is recorded' "$(sql "SELECT state, step, error LIKE '%weights%', (SELECT count(*) FROM cell c WHERE c.run = r.id) FROM run r WHERE id = $(newest)")" failed,0,1,1
expect 1 ', failed: ' semiluna run worse.lua --cell 2
is 'each attempt is a run' "$(sql "SELECT count(*), count(DISTINCT hash) FROM cell JOIN run ON id = run WHERE state = 'failed'")" 2,1
is 'no claim is left' "$(sql 'SELECT count(*) FROM claim')" 0

# ---- pruning ----------------------------------------------------------------------------------------------------------------------------
write_tiny prune.lua 'return sl.experiment(tiny, { name = "prune",
  prune = function(history)
    if history.step == 20 then return ("%s %d/%d after %d values"):format(history.metric, history.step, history.steps, #history.values) end
  end,
  ablate = sl.grid{ seed = { 3, 4 } } })'
expect 0 '^cell 2 \(seed 4\) was pruned: miou 20/30 after 2 values$' semiluna run prune.lua --cell 2
run=$(newest)
is 'it is stopped' "$(state "$run")" stopped,20,0
is 'it says why' "$(sql "SELECT e.step, e.text, t.tag FROM event e JOIN tag t USING(run) WHERE run = $run AND kind = 'pruned'")" '20,miou 20/30 after 2 values,pruned'
expect 0 "^cell 2 \\(seed 4\\) is pruned already: run $run$" semiluna run prune.lua --cell 2
expect 0 '^prune\.lua: 1 cell.* 0 to train' semiluna sweep prune.lua --only 'seed = 4'
expect 0 '1/1 done' semiluna sweep prune.lua --only 'seed = 4' --set prune=false
is 'without pruning it goes on to the end' "$(state "$run")" done,30,1
is 'and is pruned no more' "$(sql 'SELECT count(*) FROM tag')" 0
expect 0 'Recorded' semiluna run prune.lua --cell 2 --set prune=false --db alone.db
SEMILUNA_DB=alone.db dump 1 other-rows
dump "$run" rows
holds 'it is what it would have been' diff rows other-rows

finish
