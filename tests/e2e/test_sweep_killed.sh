#!/bin/bash
# A sweep that is killed twenty times, coordinator or workers, at random moments, ends with the same table as one left alone: one done
# run for each cell, the same rows, the same weights. SEMILUNA_TEST_SEED repeats the moments.
# ctest: slow
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
# shellcheck source=tests/e2e/sweeping.sh
. "$SEMILUNA_SOURCE/tests/e2e/sweeping.sh" || exit 1
RANDOM=${SEMILUNA_TEST_SEED:=$(date +%s)}
echo "SEMILUNA_TEST_SEED=$SEMILUNA_TEST_SEED"
kills=20 steps=240
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then kills=8 steps=60; fi
long=(--set "steps=$steps" --set "method.semi_start=$((steps / 3))" --set "method.semi_adv_start=$((steps / 3))")

write_sweep six.lua
expect 0 '6/6 done' semiluna sweep six.lua --workers 2 "${long[@]}" --db whole.db

# children PID: the processes that it has started, by /proc
children() {
    local stat pid parent
    for stat in /proc/[0-9]*/stat; do
        read -r pid _ _ parent _ 2>/dev/null <"$stat" || continue
        [ "$parent" = "$1" ] && echo "$pid"
    done
}

# kill_one: kills the coordinator, or one of its workers, or all of them
kill_one() {
    local victims workers
    mapfile -t workers < <(children "${sweep_pid[killed]}")
    case $((RANDOM % 4)) in
    0) victims=("${sweep_pid[killed]}") ;;
    1) victims=("${sweep_pid[killed]}" "${workers[@]}") ;;
    *) victims=("${workers[@]:$((RANDOM % (${#workers[@]} + 1))):1}") ;;
    esac
    [ ${#victims[@]} -gt 0 ] || return 1
    kill -KILL "${victims[@]}" 2>/dev/null || return 1
    if [ "${victims[0]}" = "${sweep_pid[killed]}" ]; then what="the coordinator and $((${#victims[@]} - 1)) workers"; else what='a worker'; fi
}

done_kills=0 sweeps=0 finished=0
while [ "$done_kills" -lt "$kills" ] && [ "$sweeps" -lt $((5 * kills)) ]; do
    sweeps=$((sweeps + 1))
    # A sweep that came to its end is done over in a new database, so that each kill hits something.
    if [ -e killed.db ] && [ "$(runs killed.db "state = 'done'")" = 6 ]; then
        same_table "killed so far $done_kills times" whole.db killed.db 6
        holds 'and trained no cell twice' [ "$(ask killed.db "SELECT count(DISTINCT hash), count(*) FROM cell JOIN run ON id = run WHERE state = 'done'")" = 6,6 ]
        rm -f killed.db*
        finished=$((finished + 1))
    fi
    sweep_start killed six.lua --workers 2 "${long[@]}" --db killed.db
    while kill -0 "${sweep_pid[killed]}" 2>/dev/null && [ "$done_kills" -lt "$kills" ]; do
        moment=$((RANDOM % 700))
        pause "$moment"
        kill_one || continue
        done_kills=$((done_kills + 1))
        echo "kill $done_kills: $what, after $moment ms"
    done
    sweep_end killed
done
for _ in 1 2 3; do # a cell whose worker was killed three times at one step has failed: the same command tries it again
    sweep_start killed six.lua --workers 2 "${long[@]}" --db killed.db
    sweep_end killed
    [ "$status" = 0 ] && break
done
holds "the last sweep ends well, not with $status" [ "$status" = 0 ]
holds "there were $done_kills kills, not $kills" [ "$done_kills" = "$kills" ]
holds 'each cell has one done run' [ "$(ask killed.db "SELECT count(DISTINCT hash), count(*) FROM cell JOIN run ON id = run WHERE state = 'done'")" = 6,6 ]
holds 'no cell is left' [ "$(ask killed.db "SELECT count(DISTINCT hash) FROM cell")" = 6 ]
same_table "killed $done_kills times in $sweeps sweeps" whole.db killed.db 6
echo "runs in the last database: $(ask killed.db 'SELECT state, count(*), sum(resumes) FROM run GROUP BY state' | tr '\n' ' ')"
finish
