#!/bin/bash
# Steering from the dashboard in a real terminal (tmux), driven by keys: a run that trains is told everything that can be told, a
# locked database keeps no key waiting, and `run --watch` and `sweep --watch` from their start to their end.
# ctest: slow
set -u
command -v tmux >/dev/null || {
    echo "skipped: tmux is not installed"
    exit 77
}
program=${SEMILUNA:?}
scratch=$(mktemp -d)
cd "$scratch" || exit 1
export SEMILUNA_DB=$scratch/runs.db XDG_CONFIG_HOME=$scratch/config TMUX_TMPDIR=$scratch HOME=$scratch
unset TMUX NO_COLOR COLORTERM COLORFGBG LC_ALL LC_CTYPE
checks=0
tm() { tmux -f /dev/null -L steer "$@"; }
pids=()
ends() {
    tm kill-server 2>/dev/null
    local file one
    for file in runs.db watched.db; do
        pids+=($("$program" sql "SELECT pid FROM run WHERE state = 'running'" --db "$scratch/$file" --format csv 2>/dev/null | tail -n +2))
    done
    for one in "${pids[@]}"; do kill -9 "$one" 2>/dev/null; done
    rm -rf "$scratch"
}
trap ends EXIT

utf8=$(locale -a 2>/dev/null | grep -iE '^(C|en_US)\.utf-?8$' | head -n 1)
if [ -z "$utf8" ]; then
    echo "skipped: there is no UTF-8 locale"
    exit 77
fi
# shellcheck source=tests/e2e/training.sh
. "${SEMILUNA_SOURCE:?}/tests/e2e/training.sh" || exit 1

# All of the screen in one line, so that a sentence may go on in the next one.
screen() { tm capture-pane -p -J -t 0 | tr '\n' ' ' | tr -s ' '; }
# What comes next would go wrong as well.
fail() {
    echo "FAILED after $checks checks: $*"
    tm capture-pane -p -t 0 | sed 's/^/  | /'
    exit 1
}
# sees WHAT PATTERN: waits until the screen shows it
sees() {
    checks=$((checks + 1))
    for _ in $(seq 300); do
        screen | grep -qE -- "$2" && return 0
        sleep 0.05
    done
    fail "$1: \"$2\" does not appear"
}
lacks() {
    checks=$((checks + 1))
    screen | grep -qE -- "$2" && fail "$1: \"$2\" is shown"
}
# is WHAT GOT WANTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: $2, not $3"
}
# becomes WHAT QUERY WANTED: waits until the query gives it
becomes() {
    local got
    checks=$((checks + 1))
    for _ in $(seq 200); do
        got=$(sql "$2")
        [ "$got" = "$3" ] && return
        sleep 0.05
    done
    fail "$1: $got, not $3"
}
keys() { tm send-keys -t 0 "$@"; }
# starts ARGUMENTS...: in the terminal
starts() { keys "clear; env LANG=$utf8 TERM=xterm-256color $program $*; echo \"ended \$?\"" Enter; }

write_tiny endless.lua 'return sl.experiment(tiny, { name = "endless", steps = 1000000, checkpoint = { every = 1000000 }, evaluate = { every = 1000000 } })'
write_tiny short.lua 'return sl.experiment(tiny, { name = "short", steps = 400, evaluate = { every = 200 } })'
write_tiny cells.lua 'return sl.experiment(tiny, { name = "cells", steps = 200, ablate = sl.grid { ["method.threshold"] = { 0, 0.5 } } })'
write_tiny wrong.lua 'return sl.experiment(tiny, { method = { threshold = 2 } })'
tm new-session -d -x 100 -y 30 "env PS1='$ ' LANG=$utf8 bash --norc --noprofile" || exit 1

# train ARGUMENTS...: a run in the background, from its first steps on
train() {
    start --threads 1 "$@"
    pids+=("$pid")
    await '[0-9]+/[0-9]+  '
    cat <&3 >/dev/null &
}

# ---- everything that a run can be told -----------------------------------------------------------------------------------------
train endless.lua
starts watch
sees open '1 run.*running'
keys p
sees 'a question' 'pause run [0-9a-f]{6} endless at step [0-9]+\? +y: yes, any other key: no'
keys n
is 'no is no' "$(sql 'SELECT count(*) FROM command')" 0
keys p y
sees paused '[0-9a-f]{6}: done at step [0-9]+'
sees 'the table says so' 'paused'
keys t
sees 'numbers' 'method\.threshold +0\.4'
keys thr Tab
sees completed 'method\.threshold'
keys Enter
sees 'the present value' 'set method\.threshold = 0\.4'
keys C-u 0.3 Enter
sees 'what it was' 'set method\.threshold to 0\.3 in run .*, in place of 0\.4\?'
keys y
sees set 'done at step [0-9]+: method\.threshold is 0\.3 from now on, and was 0\.4'
becomes 'it is recorded' "SELECT count(*) FROM param WHERE name = 'steered' AND value LIKE '%method.threshold = 0.3'" 1
keys t
sees 'the new value' 'method\.threshold +0\.3'
keys Escape
sleep 0.1
keys t treshold Enter
sees 'no such number' 'no number has "treshold" in its name; which one\?'
keys Escape
sleep 0.1
keys t threshold=1.5 Enter y
sees refused 'refused: method\.threshold: expected a number from 0 to 1'
keys C y
sees checkpoint 'done at step [0-9]+: .*last\.safetensors'
keys E y
sees evaluated 'done at step [0-9]+: miou 0\.[0-9]+'
keys X C-u many Enter
sees 'no number' '"many" is no number of steps'
keys X C-u +500 Enter
sees 'the new length' 'train to step 1000500 in place of 1000000\?'
keys y
sees extended 'done at step [0-9]+: 1000500 steps in place of 1000000'
keys T 'good one' Enter
sees tagged 'done: tag good one'
keys n 'the threshold was too high' Enter
sees noted 'done: note the threshold was too high'
is 'tag and note' "$(sql "SELECT (SELECT tag FROM tag WHERE tag <> 'steered'), (SELECT text FROM note)")" 'good one,the threshold was too high'
keys T
tm send-keys -t 0 -l -- '-good one'
keys Enter
sees 'tag taken away' 'done: tag -good one'
keys p
sees 'go on' 'let run [0-9a-f]{6} .* go on\?'
keys y
sees continued 'done at step'
keys B seed=2 Enter
sees 'fork' 'begin a new run that goes on from run .* with seed=2\?'
keys y
sees forked 'done at step [0-9]+: run 2 \(endless seed=2\) goes on from here'
sees 'the fork is there' '2 runs'
sees 'and trains' '2 running'
# All marked ones at once; the question says how many.
keys '*' S
sees 'several' 'stop 2 marked runs\? a checkpoint is written'
keys n
sleep 0.1
keys S y
sees 'both stopped' 'stop: done by 2 runs'
becomes 'stopped' "SELECT count(*) FROM run WHERE state = 'stopped'" 2
keys U
sleep 0.1
keys S
sees 'not trained' 'is not being trained \(it is stopped, at step [0-9]+\): `semiluna run --resume [12]` goes on with it'
is 'what was told is history' "$(sql "SELECT group_concat(name, ' ') FROM (SELECT name FROM command WHERE run = 1 ORDER BY id)")" \
    'pause set set checkpoint evaluate extend tag note tag continue fork stop'

# ---- a locked database ----------------------------------------------------------------------------------------------------------
train --resume 1
sees 'resumed' '1 running|running'
keys '<' # to the first line
becomes 'it runs' "SELECT state FROM run WHERE id = 1" running
mkfifo lock
sqlite3=$(command -v sqlite3)
if [ -n "$sqlite3" ]; then
    "$sqlite3" "$SEMILUNA_DB" <lock >/dev/null &
    exec 4>lock
    echo 'BEGIN IMMEDIATE;' >&4
    sleep 0.3
    keys '>' p
    sees 'a question' 'pause run'
    keys y
    sees 'it waits' 'waiting for the database: another program has it locked'
    keys F1
    sees 'keys go on' 'On the runs screen'
    keys q
    sees 'and on' '2 runs'
    is 'nothing is written' "$(sql "SELECT count(*) FROM command WHERE name = 'pause'")" 1
    echo 'COMMIT;' >&4
    exec 4>&-
    sees 'then it is sent' 'done at step [0-9]+'
else
    echo "skipped: sqlite3 is not installed, so that nothing locks the database"
fi
keys q
sees 'left' 'ended 0'

# ---- read-only --------------------------------------------------------------------------------------------------------------------
starts watch --read-only
sees 'read-only' '2 runs'
lacks 'read-only' ' p pause| S stop| t set'
before=$(sql 'SELECT count(*) FROM command')
keys '>' p y S y T r F1
sees help 'On the runs screen'
lacks 'help' 'write a checkpoint'
keys Q
sees 'read-only' 'ended 0'
is 'nothing was sent' "$(sql 'SELECT count(*) FROM command')" "$before"
kill "${pids[@]}" 2>/dev/null
becomes 'all have ended' "SELECT count(*) FROM run WHERE state = 'running'" 0

# ---- run --watch ------------------------------------------------------------------------------------------------------------------
export SEMILUNA_DB=$scratch/watched.db # not there yet
keys "export SEMILUNA_DB=$SEMILUNA_DB" Enter
starts run --watch endless.lua --name '"a b"'
sees 'the dashboard' 'a b'
becomes 'it trains' 'SELECT name, state FROM run' 'a b,running'
sleep 0.5
keys C-c
sees 'the progress' 'Training goes on\. Ctrl-C stops it with a checkpoint; `semiluna watch --db .*watched\.db` shows the dashboard'
sees 'a bar' 'a b \[#*-+\] [0-9]+/1000000 +seg [0-9.]+'
is 'it trains on' "$(sql 'SELECT state FROM run')" running
keys C-c
sees 'stopped' 'run --resume 1 .*ended 130'
is 'stopped' "$(sql 'SELECT state FROM run')" stopped
is 'what it printed is gone' "$(ls runs/watch-logs 2>&1 | grep -c log$)" 0
# It ends while the dashboard is open.
starts run --watch short.lua
sees 'short' 'the training has ended; Q leaves the dashboard'
keys Q
sees 'what it printed' 'val, step 400 .*Recorded in .* as run 2.*ended 0'
# Leaving at once; what it is told ends it meanwhile.
starts run --watch --resume 1
sees 'resumed' 'a b'
keys Q
sees 'its lines' 'run 1 \(a b\) goes on from step [0-9]+ of 1000000'
"$program" tell 1 stop --yes >/dev/null || fail 'tell stop'
sees 'stopped by a command' 'Recorded in .*ended 0'
# What is wrong is said without a dashboard.
starts run --watch wrong.lua
sees 'wrong' 'wrong\.lua:[0-9]+: method\.threshold: expected a number from 0 to 1.*ended 2'
starts run --watch nothere.lua
sees 'no script' 'nothere\.lua: No such file.*ended 2'
starts run --watch --resume 77
sees 'no run' 'there is no run "77".*ended 1'
starts run --watch --dry-run short.lua
sees 'no dry run' 'leave out --dry-run.*ended 2'
starts run --watch short.lua '>out'
sees 'no terminal' '\-\-watch needs a terminal.*ended 1'
# The terminal is closed: it trains on.
starts run --watch endless.lua --name orphan
sees 'orphan' 'orphan'
becomes 'it trains' "SELECT state FROM run WHERE name = 'orphan'" running
orphan=$(sql "SELECT pid FROM run WHERE name = 'orphan'")
tm kill-server
sleep 1
step=$(sql "SELECT step FROM run WHERE name = 'orphan'")
becomes 'it trains on' "SELECT step > $step FROM run WHERE name = 'orphan'" 1
is 'what it prints is kept' "$(ls runs/watch-logs | grep -c log$)" 1
kill "$orphan"
becomes 'orphan' "SELECT state FROM run WHERE name = 'orphan'" stopped

# ---- sweep --watch ----------------------------------------------------------------------------------------------------------------
tm new-session -d -x 100 -y 30 "env PS1='$ ' LANG=$utf8 bash --norc --noprofile" || exit 1
starts sweep --watch cells.lua --threads-per-worker 1
sees 'sweep' 'cells'
sees 'it ends' 'the training has ended; Q leaves the dashboard'
keys Q
sees 'its table' '2/2 done .*mIoU on val in %.*ended 0'
starts sweep --watch cells.lua --threads-per-worker 1
sees 'nothing to do: no dashboard' '0 to train.*ended 0'
starts sweep --watch cells.lua --set steps=1000000 --set checkpoint.every=1000000 --set evaluate.every=1000000 --threads-per-worker 1
sees 'long' '1 running'
keys q
sees 'left' '1 train: [0-9a-f]{6} cells [0-9]+/1000000'
keys C-c
sees 'stopped' 'stopping: one worker is to finish .* of 2 cells left.*ended 130'
is 'stopped' "$(sql "SELECT count(*) FROM run WHERE state = 'running'")" 0

echo "made $checks checks"
