#!/bin/bash
# A sweep as a job array of SLURM: each cell in a database of its own, merged into one.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
# shellcheck source=tests/e2e/sweeping.sh
. "$SEMILUNA_SOURCE/tests/e2e/sweeping.sh" || exit 1
# shellcheck source=tests/e2e/slurm.sh
. "$SEMILUNA_SOURCE/tests/e2e/slurm.sh" || exit 1

write_sweep six.lua
cluster="a cluster's folder"
job() { semiluna sweep "$script" --launcher slurm --folder "$cluster" --threads-per-worker 1 "$@"; }
script=six.lua

# ---- the script ---------------------------------------------------------------------------------------------------------------
expect 0 '^#SBATCH --array=1-6%2$' job --print --workers 2
expect 0 '^#SBATCH --array=1-2,4-6$' job --print --only 'number != 3'
expect 0 "^exec .*semiluna.* sweep six\.lua --task \"\\\$SLURM_ARRAY_TASK_ID\" --expect \"\\\$hash\" --db '.*/a cluster'\\\\''s folder'/\"\\\$hash\"\.db --threads-per-worker \"\\\$OMP_NUM_THREADS\" --no-forks --set 'name=it'\\\\''s'\$" job --print --set "name=it's"
job --print >printed
holds 'it is a script of the shell' sh -n printed
holds 'showing makes no folder' [ ! -e "$cluster" ]
expect 2 'does not go with --launcher slurm' job --retry 2
expect 2 'cannot be told to sbatch' semiluna sweep six.lua --launcher slurm --folder 'a"b' --print
expect 1 'sbatch cannot be started: No such file or directory: is SLURM installed here\? --print shows' \
    env PATH=/nowhere "$SEMILUNA" sweep six.lua --launcher slurm --folder "$cluster"
rm -rf "$cluster"

# ---- a refusal ----------------------------------------------------------------------------------------------------------------
(
    slurm_record "$scratch/recorded"
    SBATCH_FAILS=1 expect 1 'sbatch .*/sweep\.sbatch ended with status 1: sbatch: error: .*Invalid account$' job
    exit "$failures"
) || failures=$((failures + 1))
rm -rf "$cluster"

# ---- the array ----------------------------------------------------------------------------------------------------------------
if slurm_start "$scratch/slurm"; then
    echo "with SLURM's own daemons: $(sbatch --version)"
    real=1
else
    echo "WITHOUT SLURM ($slurm_problem): with a recorded sbatch, which runs the tasks one by one"
    slurm_record "$scratch/recorded"
    real=
fi

# done_runs: how many databases of the folder hold a done run
done_runs() {
    local db count=0
    for db in "$cluster"/*.db; do
        [ "$(runs "$db" "state = 'done'")" = 1 ] && count=$((count + 1))
    done
    echo $count
}
# await_runs COUNT: waits for them, at most two minutes
await_runs() {
    local end=$((SECONDS + 120))
    until [ "$(done_runs)" -ge "$1" ]; do
        [ $SECONDS -lt $end ] || break
        sleep 0.5
    done
    [ "$(done_runs)" = "$1" ]
}

expect 0 '^job [0-9]+: 6 of 6 cells, one task each\. When it is over, or before:$' job
await_runs 6
holds "$(done_runs) of 6 tasks are done" [ "$(done_runs)" = 6 ]
holds 'each task has a log' [ "$(grep -lE 'cell [1-6] \(.*\): done' "$cluster"/logs/[1-6].log | wc -l)" = 6 ]
holds 'each in a database of its own' [ "$(for db in "$cluster"/*.db; do runs "$db"; done | sort | uniq -c | tr -d ' \n')" = 61 ]
expect 0 'there is nothing to submit' job
expect 0 '6/6 done' semiluna sweep six.lua --no-forks --db plain.db
for _ in 1 2; do
    holds 'they can be merged' semiluna merge "$cluster" --db merged.db
    same_table 'tasks of a job array' plain.db merged.db 6
    holds 'each run once' [ "$(runs merged.db)" = 6 ]
done
expect 0 '^six\.lua: 6 cells, 0 to train' semiluna sweep six.lua --db merged.db

# ---- more of it ---------------------------------------------------------------------------------------------------------------
sed -i 's/0.3, 0.35/0.3, 0.32, 0.35/' six.lua
expect 0 '^#SBATCH --array=5-6$' job --print
expect 0 'job [0-9]+: 2 of 8 cells' job
await_runs 8
holds "a value that was added is trained alone: $(done_runs)" [ "$(done_runs)" = 8 ]
sed -i 's/momentum\|0\.01, 0\.9/0.02, 0.9/' six.lua
SLURM_ARRAY_TASK_ID=5 sh "$cluster/sweep.sbatch" >out 2>errors
status=$?
holds "a task of a script that was changed ends with 5, not $status" [ $status = 5 ]
holds 'and says so' grep -q '^six\.lua: changed since the sweep began' errors

# ---- cancelled, and submitted again ---------------------------------------------------------------------------------------------
if [ -n "$real" ]; then
    write_sweep long.lua 'return sl.experiment(cells, { name = "long", steps = 1500, ablate = sl.grid { seed = { 1 } } })'
    script=long.lua cluster=long
    expect 0 'job [0-9]+: 1 of 1 cells' job
    mv .out said
    for _ in {1..300}; do
        db=$(ls long/*.db 2>/dev/null)
        [ -n "$db" ] && some_runs "$db" 'step > 5' && break
        sleep 0.1
    done
    scancel "$(sed -n 's/^job \([0-9]*\):.*/\1/p' said)"
    for _ in {1..300}; do
        some_runs "$db" "state = 'stopped'" && break
        sleep 0.1
    done
    holds "a task that is cancelled writes a checkpoint: $(ask "$db" 'SELECT state, step FROM run')" some_runs "$db" "state = 'stopped' AND step > 5"
    step=$(ask "$db" 'SELECT step FROM run')
    holds 'and leaves no claim' [ "$(ask "$db" 'SELECT count(*) FROM claim')" = 0 ]
    expect 0 'job [0-9]+: 1 of 1 cells' job
    await_runs 1
    holds 'submitted again, it goes on' [ "$(ask "$db" "SELECT state, step, resumes FROM run"),$(ask "$db" "SELECT count(*) FROM event WHERE kind = 'resumed' AND text = 'from step $step'")" = done,1500,1,1 ]
else
    echo 'skipped: cancelling a task, which the recorded sbatch cannot'
fi
finish
