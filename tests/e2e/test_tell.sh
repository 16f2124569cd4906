#!/bin/bash
# Steering a run that trains, from another process: every command, what is refused, and that a run which was steered, killed and resumed
# ends as one whose options said so from the beginning.
# ctest: slow
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1

is() { # WHAT GOT WANTED
    holds "$1: $2, not $3" [ "$2" = "$3" ]
}
newest() { sql 'SELECT max(id) FROM run'; }
state() { sql "SELECT state FROM run WHERE id = $1"; }
shown_state() { semiluna runs --format csv | "$SEMILUNA" lua "$scratch/column.lua" "$1"; }
tell() { semiluna tell "$@"; }
step_of_answer() { sed -n 's/^done at step \([0-9]*\).*/\1/p' "$scratch/.out"; }
cat >column.lua <<'END_LUA'
-- the state of a run in `semiluna runs --format csv`
local header = io.read "l"
for line in io.lines() do
  if line:match "^(%d+)," == arg[1] then print(line:match ",(%l+),%d+,%d+," or line) end
end
END_LUA
write_tiny endless.lua 'return sl.experiment(tiny, { name = "endless", steps = 1000000, checkpoint = { every = 1000000 }, evaluate = { every = 1000000 } })'

# ---- every command --------------------------------------------------------------------------------------------------------------------
start endless.lua
await 'endless +1/'
run=$(newest)
expect 0 '^done at step [0-9]+$' tell "$run" pause
expect 0 '^done at step [0-9]+: it was paused already$' tell latest pause
at=$(step_of_answer)
is 'a paused run shows it' "$(shown_state "$run")" paused
expect 0 '^state +paused$' semiluna show "$run"
expect 0 'endless .*paused' semiluna runs --state paused
is 'its state is stored as running' "$(state "$run")" running
ticks() { read -r -a fields < <(sed 's/^.*) //' "/proc/$pid/stat") && echo $((fields[11] + fields[12])); }
heard=$(sql "SELECT heartbeat FROM run WHERE id = $run") ticks=$(ticks)
sleep 3
spent=$(($(ticks) - ticks))
holds "a paused run costs no processor time, not $spent ticks in 3 s" [ "$spent" -le 15 ]
holds 'a paused run gives signs of life' [ "$(sql "SELECT heartbeat > $heard FROM run WHERE id = $run")" = 1 ]
is 'a paused run takes no step' "$(sql "SELECT max(step) FROM metric WHERE run = $run")" "$at"
expect 0 "^done at step $at: method\\.threshold is 0\\.3 from now on, and was 0\\.4$" tell "$run" set method.threshold=0.3
expect 0 "^done at step $at: miou 0\\.[0-9]+, miou_authors 0\\.[0-9]+, pixel_accuracy 0\\.[0-9]+$" tell "$run" evaluate
is 'the evaluation is recorded' "$(sql "SELECT count(*) FROM metric WHERE run = $run AND name = 'miou' AND step = $at")" 1
holds 'and its matrix' [ "$(sql "SELECT sum(pixels) FROM confusion WHERE run = $run AND step = $at")" -gt 2000 ]
holds 'no weights are best because somebody looked' [ -z "$(sql "SELECT 1 FROM artifact WHERE run = $run AND kind = 'best'")" ]
expect 0 "^done at step $at: .*/last\\.safetensors$" tell "$run" checkpoint
is 'the checkpoint' "$(sql "SELECT step FROM artifact WHERE run = $run AND kind = 'last'")" "$at"
expect 0 "^done at step $at: 1000500 steps in place of 1000000; schedules are stretched over them$" tell "$run" extend +500
is 'the new length' "$(sql "SELECT steps FROM run WHERE id = $run")" 1000500
expect 0 "^done at step $at: 1000400 steps" tell "$run" extend 1000400
expect 0 "^done at step $at: optimizer\\.lr is linear\\(0\\.01, 0, 100, 5000\\) from now on, and was poly\\(0\\.01, 0\\.9\\)$" tell "$run" set 'lr = linear(0.01, 0, 100, 5000)'
expect 0 "^done at step $at$" tell "$run" continue
sleep 1
holds 'it goes on' [ "$(sql "SELECT max(step) FROM metric WHERE run = $run")" -gt "$at" ]
is 'and shows it' "$(shown_state "$run")" running
next=$((at + 1))
is 'the threshold is realised from the next step on' "$(sql "SELECT step, value FROM metric WHERE run = $run AND name = 'option.method.threshold' AND step > 9")" "$next,0.3"
is 'and the learning rate' "$(sql "SELECT printf('%.10f', value) FROM metric WHERE run = $run AND name = 'lr' AND step = $next")" \
    "$(semiluna lua <(echo "print(('%.10f'):format(require('semiluna').linear(0.01, 0, 100, 5000)($at, 1000400)))"))"
expect 0 '^done$' tell "$run" tag 'good one'
expect 0 '^done$' tell "$run" note 'the threshold was too high'
is 'what it was told is an event' "$(sql "SELECT group_concat(kind, ' ') FROM (SELECT kind FROM event WHERE run = $run ORDER BY id)")" \
    'paused steered steered steered steered continued'
is 'and a tag' "$(sql "SELECT group_concat(tag, ',') FROM tag WHERE run = $run")" '"good one,steered"'
is 'and of its options' "$(sql "SELECT value FROM param WHERE run = $run AND name = 'steered'")" \
    "\"$at: method.threshold = 0.3; $at: steps = 1000500; $at: steps = 1000400; $at: optimizer.lr = linear(0.01, 0, 100, 5000)\""

# ---- what is refused --------------------------------------------------------------------------------------------------------------------
refused() { # PATTERN ARGUMENT...
    local pattern=$1
    shift
    expect 1 "^run $run \\(endless\\): refused: $pattern" tell "$run" "$@"
}
refused 'no such option "method\.treshold"\. Did you mean "method\.threshold"\?$' set method.treshold=0.1
refused 'no such option "treshold"\. Did you mean "threshold"\?$' set treshold=0.1
refused 'method\.threshold: expected a number from 0 to 1 or a function of the step, not 2$' set threshold=2
refused 'method\.threshold: expected a number or a function of the step, not "x"$' set threshold=x
refused 'method\.threshold: linear\(0, 2\) gives [0-9.]+ at step [0-9]+; expected a number from 0 to 1$' set 'threshold=linear(0, 2)'
refused 'optimizer\.lr: expected' set 'lr=os.exit()'
refused 'the schedule ran for more than 2' set 'lr=(function() while true do end end)()'
refused 'method\.semi_start is fixed when a run begins: only schedules can be set' set semi_start=3
refused 'data\.crop is fixed' set data.crop=9
refused '"every" may be checkpoint\.every or evaluate\.every' set every=3
refused 'the number of steps is changed by `extend`' set steps=3
refused '"0\.3" is not NAME=VALUE' set 0.3
refused '"many" is no number of steps' extend many
refused 'it has done [0-9]+ steps already, and cannot have 3$' extend 3
refused 'it has 1000400 steps already' extend 1000400
refused 'it is not paused' continue
refused '"nothing" is not NAME=VALUE' fork nothing
refused 'no such option "method\.treshold"' fork method.treshold=1
refused '--set method\.threshold=2: expected a number from 0 to 1' fork threshold=2
refused 'model\.rates decides what a checkpoint holds: a fork cannot change it' fork model.rates=3
refused 'it has done [0-9]+ steps already: a fork cannot have 2' fork steps=2
refused 'its data has other classes' fork data.classes=4
is 'nothing of that had an effect' "$(sql "SELECT count(*) FROM run"),$(sql "SELECT count(*) FROM event WHERE run = $run")" 1,6
expect 2 'no command "pauze"\. Did you mean "pause"\?' tell "$run" pauze
expect 2 'pause takes no argument: leave out "now"' tell "$run" pause now
expect 2 'set needs an argument: set NAME=VALUE' tell "$run" set
expect 2 'a tag is one line' tell "$run" tag $'two\nlines'
expect 2 'a note must not be empty' tell "$run" note ' '
expect 1 'there is no run "endles"\. Did you mean "endless"\?' tell endles pause
expect 1 'longer than 255 bytes' tell "$run" set "lr=$(printf '%0300d' 1)"

# On a terminal the run is not stopped before somebody says yes.
if command -v script >/dev/null; then
    for answer in n y; do
        checks=$((checks + 1))
        (sleep 1; echo $answer; sleep 1) | script -qec "$SEMILUNA tell 99999 stop; $SEMILUNA tell $run stop --wait 5" /dev/null >.out 2>.err
        grep -q "stop run $run (endless) at step [0-9]* of 1000400? .*\[y/N\]" .out || wrong 'it asks before it stops a run'
        [ $answer = y ] || holds 'no is no' [ "$(state "$run")" = running ]
    done
    holds 'yes is yes' [ "$(state "$run")" = stopped ]
    ended
    start --resume "$run"
    await 'endless +[0-9]+/1000400'
else
    echo 'SKIPPED: the question on a terminal: there is no program `script`'
fi

# ---- several at once, without waiting, and a run that is stopped ------------------------------------------------------------------------
cat >send.lua <<'END_LUA'
-- sends commands in one transaction, so that all of them wait at the same step
local db <close> = require("semiluna.core").db("semiluna.db", "write")
db:execute "BEGIN IMMEDIATE"
for i = 2, #arg do
  local name, argument = arg[i]:match "^(%S+)%s*(.*)$"
  db:command_send(math.tointeger(arg[1]), name, argument)
end
db:execute "COMMIT"
END_LUA
first=$(($(sql 'SELECT max(id) FROM command') + 1))
semiluna lua send.lua "$run" pause 'set threshold=0.1' 'set threshold=0.2' dance 'set threshold=7' evaluate continue 'tag row' 'note of a row' stop 'set threshold=0.25' pause
ended
is 'a run that was told to stop ends well' "$status $(state "$run")" '0 stopped'
is 'twelve commands, one step' "$(sql "SELECT count(*), count(DISTINCT step), min(answer IS NOT NULL) FROM command WHERE id >= $first")" 12,1,1
is 'their answers, in order' "$(sql "SELECT group_concat(substr(answer, 1, 4), ' ') FROM (SELECT answer FROM command WHERE id >= $first ORDER BY answered, id)")" \
    'done done done refu refu done done done done done done refu'
holds 'the last of two values counts' matches "$(sql "SELECT value FROM param WHERE run = $run AND name = 'steered'")" 'threshold = 0\.1; .*threshold = 0\.2; .*threshold = 0\.25"$'
is 'the tag' "$(sql "SELECT count(*) FROM tag WHERE run = $run AND tag = 'row'")" 1

expect 1 "run $run \\(endless\\) is not being trained \\(it is stopped, at step [0-9]+\\): \`semiluna run --resume $run\` goes on with it, then tell it$" tell "$run" set threshold=0.3
expect 1 "measured by \`semiluna eval $run\`$" tell "$run" evaluate
expect 0 '^done$' tell "$run" note 'after its end'
expect 0 '^done$' tell "$run" tag kept
is 'tags and notes are history too' "$(sql "SELECT count(*) FROM command WHERE run = $run AND answer = 'done' AND name IN ('tag', 'note')")" 4

start --resume "$run"
await "goes on from step [0-9]+ of 1000400"
await 'endless +[0-9]+/1000400'
expect 0 '^sent: `semiluna show [0-9]+` will tell the answer$' tell --no-wait "$run" checkpoint
expect 0 '^done at step [0-9]+: method.threshold is 0\.35 from now on, and was 0\.25$' tell "$run" set threshold=0.35
kill -STOP "$pid"
expect 1 "no answer yet; the command is waiting" tell --wait 1 "$run" checkpoint
kill -KILL "$pid"
killed
expect 1 'its process ended without a word, about step [0-9]+\): `semiluna run --resume' tell "$run" pause
( sleep 0.5; kill -KILL "$(sql "SELECT pid FROM run WHERE id = $run")" ) 2>/dev/null &
start --resume "$run"
await 'endless +[0-9]+/1000400'
is 'what waited for a process that is gone is answered' "$(sql "SELECT answer FROM command WHERE run = $run AND name = 'checkpoint' ORDER BY id DESC LIMIT 1")" 'not done: the run had ended'
wait %% 2>/dev/null
kill -KILL "$pid" 2>/dev/null
killed

# ---- commands while a run ends ------------------------------------------------------------------------------------------------------------
write_tiny short.lua 'return sl.experiment(tiny, { name = "short", steps = 300, checkpoint = { every = 1000 }, evaluate = { every = 1000 } })'
for _ in 1 2 3; do
    start short.lua
    await 'short +1/'
    run=$(newest)
    sent=0
    while kill -0 "$pid" 2>/dev/null && [ "$(state "$run")" = running ]; do
        semiluna tell --no-wait -q "$run" checkpoint 2>/dev/null && sent=$((sent + 1))
    done
    ended
    is 'every command was answered' "$(sql "SELECT count(*), count(answer) FROM command WHERE run = $run")" "$sent,$sent"
    is 'it ended all the same' "$status $(state "$run")" '0 done'
done
echo "$sent commands in the last run: $(sql "SELECT group_concat(DISTINCT substr(answer, 1, 12)) FROM command WHERE run = $run")"
expect 1 "run $run \\(short\\) is not being trained \\(it is done, at step 300\\): .*trains another one" tell "$run" extend 400

# ---- steered, killed and resumed is as declared -------------------------------------------------------------------------------------------
# In training, three changes and an evaluation at a step that comes by chance; then it is killed before anything is saved.
long=1500
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then long=600; fi
common="steps = $long, checkpoint = { every = 100 }, evaluate = { every = 500, function(e) e:miou('val') end }"
write_tiny steered.lua "return sl.experiment(tiny, { $common })"
steered() {
    start steered.lua -q
    run=
    while [ -z "$run" ] || [ "$(state "$run")" != running ]; do run=$(sql "SELECT max(id) FROM run WHERE steps = $long AND id > $1"); done
    while [ -z "$(last_of "$run")" ]; do pause 20; done
    expect 0 '^done' tell "$run" pause
    at=$(step_of_answer)
    for what in "threshold=0.3" "threshold=0.25" "optimizer.lr=0.004" "lambda_semi=linear(0.1, 0.05)"; do expect 0 "^done at step $at" tell "$run" set "$what"; done
    expect 0 "^done at step $at" tell "$run" extend +100
    expect 0 "^done at step $at" tell "$run" evaluate
}
steered "$(newest)"
parts=$run
{ kill -KILL "$pid" && killed; } 2>/dev/null
saved=$(sql "SELECT coalesce(max(step), 0) FROM artifact WHERE run = $parts AND kind = 'last'")
echo "steered at step $at, killed; the last checkpoint is of step $saved"
start --resume "$parts" -q
sleep 0.7
kill -KILL "$pid" 2>/dev/null
killed
expect 0 'goes on from step' semiluna run --resume "$parts"

# The same, declared. What is stretched over the new length from that step on is a function of the step.
write_tiny declared.lua "local function stretched(base) return function(step) return sl.poly(base, 0.9)(step, step < $at and $long or $((long + 100))) end end
local function from(before, after) return sl.piecewise{ {0, before}, {$at, after} } end
return sl.experiment(tiny, { $common, steps = $((long + 100)),
  method = { threshold = from(0.4, 0.25), lambda_semi = from(0.1, sl.linear(0.1, 0.05)), discriminator_lr = stretched(1e-4) },
  optimizer = { 'sgd', lr = from(stretched(0.01), 0.004) } })"
expect 0 'Recorded' semiluna run declared.lua
declared=$(newest)
# without: drops the evaluation at step AT, and the last one of the old length that the other run does not have
rows() { dump "$1" "$2" && grep -vE "^(metric,(miou|miou_authors|pixel_accuracy)|class_iou,val|confusion,val|confidence,val),$at," "$2" >"$2.kept"; }
rows "$parts" steered-rows
rows "$declared" declared-rows
checks=$((checks + 1))
if diff steered-rows.kept declared-rows.kept >.out 2>.err; then
    echo "steered at step $at and killed: $(wc -l <steered-rows.kept) rows are as declared"
else
    wrong "steered, killed and resumed: the rows differ from those of a run that declares the same"
fi
holds 'much was compared' [ "$(wc -l <steered-rows.kept)" -gt $((7 * long)) ]
holds 'the evaluation was done again' [ "$(sql "SELECT count(*) FROM metric WHERE run = $parts AND name = 'miou' AND step = $at")" = 1 ]
holds 'the changes are told once' [ "$(sql "SELECT count(*) FROM event WHERE run = $parts AND kind = 'steered'")" = 5 ]
holds 'the weights are the same' semiluna lua compare.lua "$(last_of "$parts")" "$(last_of "$declared")"

# ---- an evaluation disturbs nothing -------------------------------------------------------------------------------------------------------
write_tiny looked.lua "return sl.experiment(tiny, { $common, steps = $((long * 3 / 5)) })"
expect 0 'Recorded' semiluna run looked.lua
whole=$(newest)
start looked.lua -q
run=$whole
while [ "$run" = "$whole" ]; do run=$(newest); done
expect 0 '^done' tell "$run" evaluate
at=$(step_of_answer)
ended
rows "$whole" whole-rows
rows "$run" looked-rows
holds 'an evaluation changes no other row' diff whole-rows.kept looked-rows.kept
holds 'nor a weight, nor what is best' semiluna lua compare.lua "$(last_of "$whole")" "$(last_of "$run")"
is 'a run that was only looked at is not steered' "$(sql "SELECT count(*) FROM tag WHERE run = $run"),$(sql "SELECT count(DISTINCT hash) FROM cell WHERE run IN ($run, $whole)")" 0,1

# ---- a fork -------------------------------------------------------------------------------------------------------------------------------
start looked.lua -q
run=$(newest) before=$run
while [ "$run" = "$before" ] || [ -z "$(last_of "$run")" ]; do run=$(newest); done
expect 0 '^done' tell "$run" pause
at=$(step_of_answer)
expect 0 "^done at step $at: run $((run + 1)) \\(tiny threshold=0\\.2 lr=0\\.02\\) goes on from here$" tell "$run" fork threshold=0.2 'lr = 0.02'
fork=$((run + 1))
expect 0 "^done at step $at: run $((run + 2)) " tell "$run" fork method.all_masked=keep_adversarial 'name=kept all'
expect 0 "^done at step $at: run $((run + 3)) " tell "$run" fork discriminator_width=3
expect 0 '^done' tell "$run" continue
ended
is 'the run goes on as before' "$status $(state "$run")" '0 done'
same_run 'a run that was forked from' "$whole" "$run" >same 2>&1
cat same
for _ in $(seq 300); do
    [ "$(sql "SELECT count(*) FROM run WHERE id > $run AND state IN ('running', 'stopped')")" = 0 ] && break
    sleep 0.2
done
is 'the forks end on their own' "$(sql "SELECT group_concat(state, ' ') FROM (SELECT state FROM run WHERE id > $run ORDER BY id)")" 'done done failed'
holds 'why one cannot be is told' matches "$(sql "SELECT error FROM run WHERE id = $((run + 3))")" 'last\.safetensors: '
is 'where they come from is known' "$(sql "SELECT count(*) FROM cell c JOIN run r ON r.uuid = c.parent WHERE r.id = $run AND c.fork_step = $at AND c.run > $run")" 3
is 'they are no cells of the plan' "$(sql "SELECT count(DISTINCT hash) FROM cell WHERE run >= $run")" 4
is 'the second bears its name' "$(sql "SELECT name FROM run WHERE id = $((run + 2))")" 'kept all'
write_tiny piecewise.lua "local function from(before, after) return sl.piecewise{ {0, before}, {$at, after} } end
return sl.experiment(tiny, { $common, steps = $((long * 3 / 5)), method = { threshold = from(0.4, 0.2) }, optimizer = { 'sgd', lr = from(sl.poly(0.01, 0.9), 0.02) } })"
expect 0 'Recorded' semiluna run piecewise.lua
dump "$fork" fork-rows
dump "$(newest)" piecewise-rows
holds 'a fork is as a run that declares the same' diff <(grep -v '^artifact' fork-rows) <(grep -v '^artifact' piecewise-rows)
echo "a fork at step $at: $(wc -l <fork-rows) rows are as declared"

# ---- a cell of a sweep ------------------------------------------------------------------------------------------------------------------------
write_tiny cells.lua 'return sl.experiment(tiny, { name = "cells", steps = 1200, checkpoint = { every = 100 }, evaluate = { every = 600, function(e) e:miou("val") end },
  ablate = sl.grid{ ["method.threshold"] = { 0.1, 0.4 } } })'
"$SEMILUNA" sweep cells.lua --workers 1 --no-forks --db sweep.db >swept 2>&1 </dev/null &
sweep=$!
for _ in $(seq 200); do
    [ -e sweep.db ] && SEMILUNA_DB=sweep.db semiluna tell latest set threshold=0.3 --db sweep.db >.out 2>.err && break
    sleep 0.1
done
wait "$sweep"
is 'the sweep ends well' "$?" 0
holds 'the steered cell is told' grep -q 'its run was steered and stands for itself; another one takes its place' swept
is 'three runs, two cells' "$(SEMILUNA_DB=sweep.db sql "SELECT count(*), count(DISTINCT c.hash), sum(r.state = 'done') FROM run r JOIN cell c ON c.run = r.id")" 3,3,3
expect 0 '^0\.4 .*\(1\)' semiluna compare cells.lua --db sweep.db
expect 0 'steered' semiluna compare cells --db sweep.db

finish
