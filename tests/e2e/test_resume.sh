#!/bin/bash
# A run that is stopped or killed at any moment and resumed ends as one that was never interrupted: the same rows, the same weights.
# The moments are random; SEMILUNA_TEST_SEED repeats them.
# ctest: slow
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
RANDOM=${SEMILUNA_TEST_SEED:=$(date +%s)}
echo "SEMILUNA_TEST_SEED=$SEMILUNA_TEST_SEED"
kills=20 steps=40
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then kills=6 steps=30; fi

# state RUN: its state, step and resumes
state() { sql "SELECT state, step, resumes FROM run WHERE id = $1"; }
newest() { sql 'SELECT max(id) FROM run'; }

# ---- stopped by a signal, twice -----------------------------------------------------------------------------------------------
write_tiny tiny.lua
for threads in 1 2; do
    expect 0 'Recorded in semiluna\.db' semiluna run tiny.lua --threads $threads --steps $steps
    whole=$(newest)
    # The run may be done before the signal arrives: then once more.
    for _ in 1 2 3 4 5; do
        start tiny.lua --threads $threads --steps $steps
        await 'tiny +6/' && kill -INT "$pid"
        ended
        [ "$status" = 0 ] || break
    done
    parts=$(newest)
    holds "SIGINT ends with 130, not $status" [ "$status" = 130 ]
    holds "a run that was stopped says so, not $(state "$parts")" matches "$(state "$parts")" '^stopped,[0-9]+,0$'
    holds 'stopping writes a checkpoint' [ "$(sql "SELECT step FROM run WHERE id = $parts")" = "$(sql "SELECT step FROM artifact WHERE run = $parts AND kind = 'last'")" ]
    holds 'the way on is shown' grep -q "semiluna run --resume $parts\$" rest
    start --resume "$parts"
    await "run $parts \\(tiny\\) goes on from step [0-9]+ of $steps" && await 'tiny +[0-9]+/' && kill -TERM "$pid"
    ended
    if [ "$status" != 0 ]; then
        holds "SIGTERM ends with 143, not $status" [ "$status" = 143 ]
        holds "a run that was stopped twice says so, not $(state "$parts")" matches "$(state "$parts")" '^stopped,[0-9]+,1$'
        expect 0 "goes on from step" semiluna run --resume "$parts"
    fi
    same_run "stopped with $threads threads" "$whole" "$parts"
    holds 'each resumption is an event' [ "$(sql "SELECT count(*) FROM event WHERE run = $parts AND kind = 'resumed'")" = "$(sql "SELECT resumes FROM run WHERE id = $parts")" ]
    [ "$threads" = 1 ] && whole_of_one=$whole
done
whole=$whole_of_one

# ---- a second signal ends at once ---------------------------------------------------------------------------------------------
# A method whose third step takes as long as $SLOW says.
cat >slow.lua <<'END'
local core = require("semiluna").core
local supervised = require "semiluna.methods.supervised"
local slow = { name = "slow", streams = { "labeled" }, options = {} }
function slow.new(context)
  local inner = supervised.new(context)
  return { step = function(_, step)
    local seconds = step == 2 and tonumber(os.getenv "SLOW" or 0) or 0
    if seconds > 0 then print "slow step" io.stdout:flush() end
    local began = core.system.clock()
    while core.system.clock() < began + seconds do end
    return inner:step(step)
  end }
end
return slow
END
write_tiny patient.lua 'return sl.experiment(tiny, { method = { "slow" }, steps = 5, checkpoint = { every = 2 } })'
for signal in INT TERM; do
    SLOW=60 start patient.lua
    await 'slow step'
    kill -$signal "$pid"
    pause 200
    holds "one SIG$signal lets the step end" kill -0 "$pid"
    began=$SECONDS
    kill -$signal "$pid"
    ended
    holds "a second SIG$signal ends with its status, not $status" [ "$status" = "$([ $signal = INT ] && echo 130 || echo 143)" ]
    holds "a second SIG$signal ends at once" [ $((SECONDS - began)) -lt 20 ]
done
expect 0 'goes on from step 2 of 5' semiluna run --resume latest
holds 'it can be resumed' [ "$(state "$(newest)")" = 'done,5,1' ]

# ---- killed before the first checkpoint ---------------------------------------------------------------------------------------
write_tiny late.lua 'return sl.experiment(tiny, { checkpoint = { every = 1000 } })'
expect 0 'Recorded' semiluna run late.lua
late=$(newest)
start late.lua
await 'tiny +4/' && kill -KILL "$pid"
killed
parts=$(newest)
holds "a killed run is left running, not $(state "$parts")" matches "$(state "$parts")" '^running,'
holds 'there is no checkpoint yet' [ -z "$(last_of "$parts")" ]
expect 0 'goes on from step 0 of 30' semiluna run --resume "$parts"
same_run 'killed before the first checkpoint' "$late" "$parts"

# ---- killed at random moments -------------------------------------------------------------------------------------------------
# kill_somewhere ARGUMENTS...: starts a run, or goes on with one, and kills it: while it starts, or soon after a step.
kill_somewhere() {
    local moment
    start "$@"
    if [ $((RANDOM % 4)) = 0 ]; then
        moment="$((RANDOM % 250)) ms after the start"
    else
        await 'tiny +[0-9]+/'
        moment="$((RANDOM % 50)) ms after a step"
    fi
    pause "${moment%% *}"
    kill -KILL "$pid" 2>/dev/null
    killed
    [ "$status" = 137 ] && [ "$(sql "SELECT state FROM run ORDER BY id DESC LIMIT 1")" != "done" ] || return 0
    done_kills=$((done_kills + 1))
    echo "kill $done_kills: $moment, about step $(sql 'SELECT step FROM run ORDER BY id DESC LIMIT 1')"
}
done_kills=0 runs=0
for ((i = 0; i < 3 * kills && done_kills < kills; i++)); do
    before=$(newest)
    kill_somewhere tiny.lua --steps "$steps"
    [ "$(newest)" -gt "$before" ] || continue # killed before the run was recorded
    parts=$(newest)
    while [ "$done_kills" -lt "$kills" ] && [ $((i++)) -lt $((3 * kills)) ] && [ "$(sql "SELECT state FROM run WHERE id = $parts")" != "done" ]; do
        kill_somewhere --resume "$parts"
    done
    if [ "$(sql "SELECT state FROM run WHERE id = $parts")" != "done" ]; then
        expect 0 'goes on from step' semiluna run --resume "$parts"
    fi
    same_run "killed $(sql "SELECT resumes FROM run WHERE id = $parts") times" "$whole" "$parts"
    runs=$((runs + 1))
done
holds "killed $done_kills times, not $kills times, in $runs runs" [ "$done_kills" = "$kills" ]
echo "$done_kills kills in $runs runs"

# ---- killed while a checkpoint is written -------------------------------------------------------------------------------------
write_tiny large.lua 'return sl.experiment(tiny, { name = "large", steps = 8, model = { base_width = 24 }, method = { "supervised" },
  evaluate = { every = 100, function() end }, checkpoint = { every = 1, best = "none" } })'
expect 0 'Recorded' semiluna run large.lua
large=$(newest) hits=0 tries=0 parts=
cat >step.lua <<'END'
local core = require "semiluna.core"
local file = core.checkpoint_open(arg[1])
for _, name in ipairs(file:names()) do file:tensor(name) end
print("step " .. core.system.json_decode(file:meta "semiluna").step)
END
while [ "$hits" -lt 3 ] && [ "$tries" -lt 20 ]; do
    tries=$((tries + 1))
    if [ -z "$parts" ] || [ "$(sql "SELECT state FROM run WHERE id = $parts")" = "done" ]; then
        start large.lua
    else
        start --resume "$parts"
    fi
    await 'large +[0-9]+/'
    parts=$(newest)
    folder=runs/$(sql "SELECT uuid FROM run WHERE id = $parts")
    for _ in {1..500}; do
        { [ -e "$folder/last.safetensors.tmp" ] && [ -e "$folder/last.safetensors" ]; } || ! kill -0 "$pid" 2>/dev/null && break
        pause 1
    done
    kill -KILL "$pid" 2>/dev/null
    killed
    [ -e "$folder/last.safetensors.tmp" ] || continue
    hits=$((hits + 1))
    expect 0 '^step [1-8]$' semiluna lua step.lua "$folder/last.safetensors"
done
echo "killed $hits times while a checkpoint was written, in $tries tries"
holds 'a checkpoint can be caught half written' [ "$hits" -gt 0 ]
[ "$(sql "SELECT state FROM run WHERE id = $parts")" = "done" ] || expect 0 'goes on from step' semiluna run --resume "$parts"
holds 'no half-written file is left' [ ! -e "$folder/last.safetensors.tmp" ]
same_run 'killed while a checkpoint was written' "$large" "$parts" 20

# ---- what cannot be resumed ---------------------------------------------------------------------------------------------------
expect 2 "run $whole \\(tiny\\) is done: there is nothing to go on with" semiluna run --resume "$whole"
expect 1 'there is no run "tinny"\. Did you mean "tiny"\?' semiluna run --resume tinny
expect 2 'leave out --set' semiluna run --resume latest --set seed=2
expect 2 'leave out --set' semiluna run --resume latest --steps 2

# Stopped runs to try it on: one more of tiny.lua, and one whose options come from a module.
stop_early() {
    start "$@"
    await '(tiny|other) +[0-9]+/' && kill -INT "$pid"
    ended
    newest
}
write_tiny steady.lua 'return sl.experiment(tiny, { steps = 100000, checkpoint = { every = 100000 }, evaluate = { every = 100000 } })'
steady=$(stop_early steady.lua)
holds "a long run was stopped, not $(state "$steady")" matches "$(state "$steady")" '^stopped,'
file=$(last_of "$steady")
rows=$(sql "SELECT count(*) FROM metric_value WHERE run = $steady")

mv "$file" kept
expect 1 "run $steady \\(tiny\\) cannot go on: the checkpoint of its step [0-9]+ is gone: $file" semiluna run --resume "$steady"
head -c 1000 kept >"$file"
expect 1 "$file: " semiluna run --resume "$steady"
: >"$file"
expect 1 "$file: " semiluna run --resume "$steady"
cp "$(last_of "$large")" "$file"
expect 1 "$file: a checkpoint of another model: " semiluna run --resume "$steady"
cp "$(last_of "$late")" "$file"
expect 1 "$file: a checkpoint of another run: " semiluna run --resume "$steady"
cp "$(sql "SELECT path FROM artifact WHERE run = $late AND kind = 'best'")" "$file"
expect 1 "$file: not a checkpoint that a run can go on from" semiluna run --resume "$steady"
cp kept "$file"
holds 'nothing that was logged is lost by this' [ "$(sql "SELECT count(*) FROM metric_value WHERE run = $steady")" = "$rows" ]
holds 'the run is as it was' matches "$(state "$steady")" '^stopped,'

# The script that counts is the one that the run began with; what it reads from elsewhere must not have changed.
echo 'return { base_width = 2 }' >settings.lua
write_tiny other.lua 'return sl.experiment(tiny, { name = "other", steps = 100000, model = require "settings" })'
other=$(stop_early other.lua)
echo 'error "this is not what the run began with"' >other.lua
echo 'return { base_width = 4 }' >settings.lua
expect 1 "run $other began with model\\.base_width = 2, but now it is 4" semiluna run --resume "$other"
echo 'return { base_width = 2 }' >settings.lua
start --resume "$other"
await 'other +[0-9]+/'
expect 1 "run $other is still running \\(process $pid on " semiluna run --resume "$other"
holds 'the run that is alive goes on' kill -0 "$pid"
kill -INT "$pid"
ended
holds 'the run that is alive can be stopped' [ "$status" = 130 ]

finish
