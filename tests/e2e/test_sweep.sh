#!/bin/bash
# Sweeps: every cell of a script is trained once, whatever fails, is stopped, is edited or runs beside it.
# ctest: slow
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
# shellcheck source=tests/e2e/sweeping.sh
. "$SEMILUNA_SOURCE/tests/e2e/sweeping.sh" || exit 1

# ---- the whole of it ----------------------------------------------------------------------------------------------------------
write_sweep six.lua
expect 0 '^6 cells, 6 to train; 2 at a time; shared warm-ups save 48 of 180 steps$' semiluna sweep six.lua --workers 2 --dry-run
holds 'a dry run trains nothing' [ ! -e semiluna.db ]
expect 0 '^6/6 done  cell [1-6] \(threshold 0\.[13]5?, seed [12]\) done: mIoU [0-9.]+ in 0:0[0-9]$' semiluna sweep six.lua --workers 2
mv .out said
holds 'the way on is shown' grep -q '^  semiluna compare six\.lua$' said
holds 'six runs are done' [ "$(runs semiluna.db "state = 'done' AND step = 30")" = 6 ]
holds 'four cells went on from a warm-up of another' [ "$(ask semiluna.db 'SELECT count(*), count(DISTINCT parent) FROM cell WHERE fork_step = 12')" = 4,2 ]
holds 'no claim is left' [ "$(ask semiluna.db 'SELECT count(*) FROM claim')" = 0 ]
expect 0 '^six\.lua: 6 cells, 0 to train' semiluna sweep six.lua
holds 'done cells are not trained again' [ "$(runs semiluna.db)" = 6 ]
cp six.lua apart.lua
expect 0 '6/6 done' semiluna sweep apart.lua --no-forks --db apart.db
holds 'without forks there is no parent' [ "$(ask apart.db 'SELECT count(parent) FROM cell')" = 0 ]
same_table 'with and without shared warm-ups' semiluna.db apart.db 6

# ---- only some ----------------------------------------------------------------------------------------------------------------
mkdir 'a folder'
expect 0 '1/1 done  cell 3 \(threshold 0\.3, seed 1\) done' semiluna sweep six.lua --only 'method.threshold >= 0.3 and seed = 1 and number < 5' --db 'a folder/some.db'
holds 'what workers print stands beside the database' grep -q 'cell 3 (threshold 0\.3, seed 1): done' 'a folder'/runs/sweep-logs/*.log
expect 0 '^2 cells, 2 to train' semiluna sweep six.lua --only "state = 'to do' and seed = 1" --dry-run --db 'a folder/some.db'
semiluna sweep six.lua --only 'method.treshold = 1' >said 2>errors
holds 'a wrong name is pointed at' grep -q 'column 1: .*Did you mean "method\.threshold"' errors
expect 2 'none of the 6 cells is so' semiluna sweep six.lua --only 'seed = 9'
expect 0 '1/1 done' semiluna sweep six.lua --set ablate=false --set steps=5 --db one.db
expect 0 '^3 cells, 3 to train' semiluna sweep six.lua --set ablate=false --set seed=4..6 --dry-run
expect 0 '^9 cells, 3 to train' semiluna sweep six.lua --set seed=1..3 --dry-run
expect 0 '3/3 done  cell 3 \(seed 6\)|^3/3 done' semiluna sweep six.lua --set ablate=false --set seed=4..6 --set steps=5 --db seeds.db --workers 2
holds 'a range of seeds makes a cell of each' [ "$(ask seeds.db 'SELECT group_concat(seed) FROM (SELECT seed FROM run ORDER BY seed)' | tr -d '"')" = 4,5,6 ]
expect 2 'a range has its smaller number first' semiluna sweep six.lua --set seed=6..4
expect 2 'is not a whole number from 1 to' semiluna sweep six.lua --workers 0
expect 2 'goes with --launcher slurm' semiluna sweep six.lua --print
expect 2 'no such file|No such file' semiluna sweep none.lua

# ---- what cannot be trained ---------------------------------------------------------------------------------------------------
write_sweep wrong.lua 'return sl.experiment(cells, { name = "wrong", ablate = sl.grid { ["data.crop"] = { 33, 20000000 }, seed = { 1, 2 } } })'
expect 2 '^wrong\.lua: cell 3 \(crop .*, seed 1\): data\.crop: .*GiB.* \(and 1 more cell\); nothing was trained$' semiluna sweep wrong.lua --db wrong.db
holds 'a wrong cell keeps all from training' [ ! -e wrong.db ]
write_sweep missing.lua 'return sl.experiment(cells, { ablate = sl.grid { ["model.pretrained"] = { "nowhere.safetensors" } } })'
expect 2 'nowhere\.safetensors' semiluna sweep missing.lua
write_sweep empty.lua 'return sl.experiment(cells, { ablate = sl.grid { seed = {} } })'
expect 2 'seed has no values' semiluna sweep empty.lua
write_sweep twice.lua 'return sl.experiment(cells, { ablate = sl.grid { seed = { 1, 2, 1 } } })'
expect 2 'cells 1 and 3 would train the same' semiluna sweep twice.lua

# ---- failures -----------------------------------------------------------------------------------------------------------------
# A method whose step 3 does what $TROUBLE says where the option `bad` is true.
cat >moody.lua <<'END'
local sl = require "semiluna"
local supervised = require "semiluna.methods.supervised"
local moody = { name = "moody", streams = { "labeled" }, options = { { "bad", "boolean", false, help = "whether it fails" } } }
function moody.new(context)
  local inner = supervised.new(context)
  return { step = function(_, step)
    local trouble = step == 3 and context.options.bad and os.getenv "TROUBLE"
    if trouble == "once" and not io.open "failed.before" then
      io.open("failed.before", "w"):close()
      error "only the first time"
    elseif trouble == "always" then
      error "it always fails"
    elseif trouble == "kill" then
      os.execute("kill -KILL " .. sl.core.system.pid())
    elseif trouble == "nan" then
      return { seg = 0 / 0 }
    end
    return inner:step(step)
  end }
end
return moody
END
write_tiny moods.lua 'return sl.experiment(tiny, { name = "moods", method = { "moody" }, steps = 8,
  ablate = sl.grid { ["method.bad"] = { true, false }, seed = { 1, 2, 3, 4 } } })'

TROUBLE=once expect 0 '^0/8 done|^cell 1 .* failed: .*only the first time; try 2 of 2 follows  \(runs/sweep-logs/[0-9a-f]+\.log\)$' semiluna sweep moods.lua --retry 1 --db retry.db
holds 'a retry does it' [ "$(ask retry.db "SELECT state, count(*) FROM run GROUP BY state ORDER BY 1" | tr '\n' ' ')" = 'done,8 failed,1 ' ]
TROUBLE=always semiluna sweep moods.lua --only 'seed < 3' --db fails.db >said 2>errors
status=$?
holds "cells that failed give status 1, not $status" [ $status = 1 ]
holds 'a failing cell does not stop the others' [ "$(ask fails.db "SELECT state, count(*) FROM run GROUP BY state ORDER BY 1" | tr '\n' ' ')" = 'done,2 failed,2 ' ]
holds 'the reason and the log are named' grep -qE '^cell 1 \(bad true, seed 1\) failed: moody\.lua:[0-9]+: it always fails  \(runs/sweep-logs/.*\.log\), and so did 1 more cell$' said
holds 'the way on is shown' grep -q "semiluna sweep moods\.lua --only 'seed < 3' --db fails\.db" said
holds 'and goes on' env -u TROUBLE "$SEMILUNA" sweep moods.lua --only 'seed < 3' --db fails.db
holds 'failed cells are tried again' [ "$(runs fails.db "state = 'done'")" = 4 ]
TROUBLE=always semiluna sweep moods.lua --workers 1 --db row.db >said 2>errors
holds 'three failures in a row end it' [ "$(runs row.db)" = 3 ]
holds 'and that is said' grep -q '^3 cells failed one after another: no more are begun (--keep-going' said
holds 'the table lists what was begun' [ "$(grep -cE '^[1-8]  +(true|false) ' said)" = 3 ]
holds 'the rest is counted' grep -q '^8 of 8 cells left' said
TROUBLE=always semiluna sweep moods.lua --workers 1 --keep-going --db row.db >said 2>errors
holds '--keep-going begins them all' [ "$(ask row.db "SELECT state, count(*) FROM run GROUP BY state ORDER BY 1" | tr '\n' ' ')" = 'done,4 failed,7 ' ]
TROUBLE="kill" semiluna sweep moods.lua --only 'seed = 1' --db killed.db >said 2>errors
holds 'a worker that is killed again and again has failed' grep -qE 'failed: its worker was killed 3 times at step [0-3], the last time by SIGKILL: is there memory enough' said
holds 'and does not stop the others' [ "$(runs killed.db "state = 'done'")" = 1 ]
TROUBLE=nan expect 0 'cell 1 \(bad true, seed 1\) diverged: step 4: seg is nan' semiluna sweep moods.lua --only 'seed = 1' --db nan.db
expect 0 '2 cells, 0 to train' semiluna sweep moods.lua --only 'seed = 1' --db nan.db
TROUBLE=always semiluna sweep moods.lua --only 'seed = 1' --quiet --db quiet.db >said 2>errors
holds 'quietly, failures alone are printed' [ "$(wc -l <said),$(grep -c '^semiluna: cell 1 .*failed' errors)" = 0,1 ]

# ---- one task -----------------------------------------------------------------------------------------------------------------
expect 0 'cell 4 \(threshold 0\.3, seed 2\): done' semiluna sweep six.lua --task 4 --db task.db
hash=$(ask task.db 'SELECT hash FROM cell')
expect 0 'cell 4 \(threshold 0\.3, seed 2\): done' semiluna sweep six.lua --task "${hash:0:10}" --db task.db
holds 'what is done is not trained again' [ "$(runs task.db)" = 1 ]
expect 5 'changed since the sweep began' semiluna sweep six.lua --task 4 --expect 0000 --db task.db
expect 2 'there is no cell "7"' semiluna sweep six.lua --task 7 --db task.db
# what the coordinator knows spares its worker the plan, unless the cell is another one by now
known="{\"coordinator\": $$, \"label\": \"as told\", \"forks\": [], \"wanted\": []}"
SEMILUNA_COORDINATOR=$known expect 0 '^cell 4 \(as told\): done' semiluna sweep six.lua --task 4 --expect "$hash" --db task.db
SEMILUNA_COORDINATOR=$known expect 0 '^cell 4 \(threshold 0\.3, seed 2\): done' semiluna sweep six.lua --task 1 --expect "$hash" --db task.db
SEMILUNA_COORDINATOR=$known expect 5 'changed since the sweep began' semiluna sweep six.lua --task 4 --expect 0000 --db task.db
# shellcheck disable=SC2016
holds 'a task says that another process has its cell' bash -c '
    "$SEMILUNA" sweep six.lua --task 1 --db task.db --set steps=3000 >first.out 2>&1 &
    for _ in {1..200}; do grep -q 1/3000 first.out && break; sleep 0.05; done
    "$SEMILUNA" sweep six.lua --task 1 --db task.db --set steps=3000 >second.out 2>&1
    status=$?
    kill -INT $!
    wait $!
    echo $status $?
    cat second.out
    [ "$status" = 4 ] && grep -q "taken by process" second.out'

# ---- stopped, and gone on with ------------------------------------------------------------------------------------------------
steps=200
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then steps=80; fi
long=(--set "steps=$steps" --set "method.semi_start=$((steps / 4))" --set "method.semi_adv_start=$((steps / 4))")
expect 0 '6/6 done' semiluna sweep six.lua --workers 2 "${long[@]}" --db whole.db
for signal in INT TERM; do
    sweep_start stopped six.lua --workers 2 "${long[@]}" --db stopped.db
    sweep_until stopped some_runs stopped.db "state = 'running' AND step > 10"
    kill -$signal "${sweep_pid[stopped]}"
    sweep_end stopped
    holds "SIG$signal ends with its status, not $status" [ "$status" = "$([ $signal = INT ] && echo 130 || echo 143)" ]
    holds 'no run is left running' [ "$(runs stopped.db "state = 'running'")" = 0 ]
    holds 'runs were stopped' [ "$(runs stopped.db "state = 'stopped'")" -ge 1 ]
    holds 'the way on is shown' grep -q 'The same command goes on' stopped.out
done
sweep_start stopped six.lua --workers 2 "${long[@]}" --db stopped.db
sweep_end stopped
holds "the same command goes on, status $status" [ "$status" = 0 ]
holds 'no run was begun again' [ "$(runs stopped.db)" = 6 ]
same_table 'stopped twice' whole.db stopped.db 6

# ---- on a terminal ------------------------------------------------------------------------------------------------------------
# Ctrl-C is typed, which the terminal sends to the sweep and its workers alike. Cells are so long that the table, which is drawn once a
# second, shows the first two.
if script -qec true /dev/null </dev/null >said 2>&1; then
    mkfifo keys
    TERM=xterm script -qec "stty cols 60 rows 12; '$SEMILUNA' sweep six.lua --workers 2 --set steps=5000 --db typed.db; echo status \$?" /dev/null <keys >typed 2>&1 &
    sweep_pid[typed]=$!
    exec 4>keys
    sweep_until typed grep -qE '^ *1 .*running +[1-9][0-9]+/5,?000 ' typed
    printf '\003' >&4
    sweep_end typed
    exec 4>&-
    tr -d '\r' <typed >said
    holds 'Ctrl-C stops a sweep' grep -q '^status 130$' said
    holds 'and its workers write their checkpoints' some_runs typed.db "state = 'stopped'"
    holds 'nothing is left running' [ "$(runs typed.db "state = 'running'")" = 0 ]
    holds 'the table is drawn over itself' grep -q $'\033\\[[0-9]*A\033\\[J' said
    holds 'and shows what runs' grep -qE '^ *1 +0\.1 +1  running +[1-9][0-9]+/5,?000 ' said
    holds 'and has room for every cell or says how many more' grep -qE '^(6 +0\.35 +2  |\.\.\. and [0-9] more)' said
    holds 'in as many columns as there are' [ "$(grep -E '/5,?000' said | sed 's/\x1b\[[0-9]*[A-Z]//g' | LC_ALL=C.UTF-8 wc -L)" -lt 60 ]
else
    echo 'skipped: a sweep on a terminal (the program script is missing)'
fi

# ---- a database that is locked --------------------------------------------------------------------------------------------------
cat >lock.lua <<'END'
local core = require "semiluna.core"
local db = core.db(arg[1], "write")
db:execute "BEGIN EXCLUSIVE"
io.open("locked", "w"):close()
core.system.wait(nil, 7)
db:execute "COMMIT"
END
semiluna lua lock.lua lock.db &
locker=$!
for _ in {1..200}; do [ -e locked ] && break; sleep 0.05; done
expect 0 '^2/2 done' semiluna sweep six.lua --only 'seed = 1 and method.threshold < 0.32' --workers 2 --db lock.db
holds 'it waited for the lock' wait $locker
holds 'and trained each cell once' [ "$(ask lock.db "SELECT count(*), count(DISTINCT hash) FROM cell")" = 2,2 ]

# ---- edited meanwhile ---------------------------------------------------------------------------------------------------------
# edit_meanwhile SED|rm FILE: sweeps edited.lua with one worker, and edits or removes FILE once the first cell is done
edit_meanwhile() {
    rm -f edited.db edited.out
    sweep_start edited edited.lua --workers 1 --db edited.db
    sweep_until edited grep -q '^1/' edited.out
    if [ "$1" = rm ]; then rm "$2"; else sed -i "$1" "$2"; fi
    sweep_end edited
}
echo 'return { rate = 0.01 }' >rates.lua
write_edited() {
    write_sweep edited.lua 'local rates = require "rates"' 'return sl.experiment(cells, { name = "edited", steps = 80, optimizer = { lr = rates.rate } })'
}
write_edited
edit_meanwhile '1i -- a remark' edited.lua
holds "a remark changes nothing, status $status" [ "$status" = 0 ]
holds 'but it is told' grep -q '^edited\.lua has changed\.' edited.out
holds 'all cells are done' [ "$(runs edited.db "state = 'done'")" = 6 ]
edit_meanwhile 's/0.3, 0.35/0.3, 0.32, 0.35/' edited.lua
holds "another cell in the grid leaves the others alone, status $status" [ "$status" = 0 ]
holds 'the cells are those of the beginning' [ "$(ask edited.db "SELECT count(*), count(DISTINCT value) FROM run JOIN param ON run = id AND param.name = 'method.threshold'")" = 6,3 ]
expect 0 '8 cells, 2 to train' semiluna sweep edited.lua --db edited.db --workers 2
for file in edited.lua rates.lua; do
    write_edited
    echo 'return { rate = 0.01 }' >rates.lua
    edit_meanwhile 's/steps = 80/steps = 79/; s/rate = 0.01/rate = 0.02/' $file
    holds "an edit of $file ends the sweep with status 1, not $status" [ "$status" = 1 ]
    holds 'it is told' grep -q "^$file has changed since the sweep began: what is left belongs to the new plan" edited.out
    holds 'nothing is mixed' [ "$(ask edited.db 'SELECT count(DISTINCT script_hash) FROM cell')" = 1 ]
    holds 'what was begun came to its end' [ "$(runs edited.db "state != 'done'")" = 0 ]
    holds 'the rest was not begun' [ "$(runs edited.db)" -lt 6 ]
done
for edit in 'rm edited.lua' '1s/$/(/ edited.lua' 'rm rates.lua' 's/}// rates.lua'; do
    write_edited
    echo 'return { rate = 0.01 }' >rates.lua
    edit_meanwhile "${edit% *}" "${edit##* }"
    holds "a script that cannot be loaded any more ($edit) ends the sweep with status 1, not $status" [ "$status" = 1 ]
    holds 'it is told as an edit' grep -q "^${edit##* } has changed since the sweep began: what is left belongs to the new plan" edited.out
    holds 'and no failure of its cells' [ "$(grep -c ' failed' edited.out)" = 0 ]
done

# ---- two sweeps at once -------------------------------------------------------------------------------------------------------
sweep_start left six.lua --workers 2 --db shared.db
sweep_start right six.lua --workers 2 --db shared.db
sweep_end left
holds "the first of two sweeps ends well, not with $status" [ "$status" = 0 ]
sweep_end right
holds "the second of two sweeps ends well, not with $status" [ "$status" = 0 ]
holds 'no cell was trained twice' [ "$(ask shared.db "SELECT count(*), count(DISTINCT hash) FROM cell")" = 6,6 ]
same_table 'two sweeps at once' semiluna.db shared.db 6

# One sweep is killed, workers and all the rest: the other takes its cells over.
sweep_start left six.lua --workers 1 "${long[@]}" --db over.db
sweep_until left some_runs over.db 'step > 3'
sweep_start right six.lua --workers 1 "${long[@]}" --db over.db
worker=$(ask over.db 'SELECT pid FROM run ORDER BY id LIMIT 1')
kill -KILL "$worker"
kill -KILL "${sweep_pid[left]}"
sweep_end left
sweep_end right
holds "a sweep takes over what another left, status $status" [ "$status" = 0 ]
holds 'and begins no cell again' [ "$(runs over.db)" = 6 ]
same_table 'taken over' whole.db over.db 6
finish
