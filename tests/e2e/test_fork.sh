#!/bin/bash
# Shared warm-ups: cells of a plan that go on from another cell's state end as the same cells trained alone, bit for bit, in whatever
# order they are trained, whoever is killed where, and whatever happened to the files in between.
# ctest: slow
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1

# What is shared: all cells the first 4 steps, from which on unlabelled images are used; 2 to 6 the first 8, from which on the threshold
# and the weight of the pseudo-labels count; 4 and 5 the first 20, where their thresholds part. The first cell has no stream of unlabelled
# images. The best weights are those of step 10, so a fork of step 20 must bring them along.
write_tiny plan.lua 'return sl.experiment(tiny, {
  method = { semi_adv_start = 4, semi_start = 8 },
  evaluate = { every = 10, function(e)
    e:miou("val")
    e:log("early", 1 / e.step)
  end },
  checkpoint = { best = "early" },
  ablate = sl.list{ { ["method.lambda_semi"] = 0, ["method.lambda_semi_adv"] = 0 } } + sl.grid{ ["method.threshold"] = {
    0.1, 0.4, sl.piecewise{ {0, 0.3}, {20, 0.5} }, sl.piecewise{ {0, 0.3}, {20, 0.2} } } } + sl.list{ { ["method.lambda_semi"] = 0.5 } },
})'
cells=6

# Trains one cell of plan.lua and prints how it ended. The environment: FORKS=no; DIE_AT=STEP kills the process after that step was
# logged, before it is evaluated or saved; DIE_BEFORE="KIND STEP" kills it before it writes the checkpoint KIND of that step.
cat >task.lua <<'END'
local core = require("semiluna").core
local checkpoint = require "semiluna.checkpoint"
local plan = require "semiluna.plan.plan"
local progress = require "semiluna.progress"
local task = require "semiluna.sweep.task"

local function die() os.execute("kill -9 " .. core.system.pid()) end

local save, before = checkpoint.save, os.getenv "DIE_BEFORE"
function checkpoint.save(training, path, weights_only)
  if before == path:match "([^/]+)%.safetensors$" .. " " .. training.step then die() end
  return save(training, path, weights_only)
end

local function display(made)
  local shown = progress.new(made, { quiet = true })
  local function step(_, number)
    if number == tonumber(os.getenv "DIE_AT") then die() end
  end
  return setmetatable({ step = step }, { __index = shown })
end

local cells = plan.cells_of(arg[1], {}).cells
local cell = cells[tonumber(arg[3])]
local state, about = task.train(cell, arg[2], { cells = cells, forks = os.getenv "FORKS" ~= "no", progress = display })
print(state, about.run, about.message or "")
END

# train DB CELL [STATUS-PATTERN]
train() {
    checks=$((checks + 1))
    semiluna lua task.lua plan.lua "$1" "$2" >"$scratch/.out" 2>"$scratch/.err" </dev/null
    grep -qE "${3:-^done}" "$scratch/.out" || wrong "cell $2 in $1 ended with: $(head -n 1 "$scratch/.out"), not ${3:-done}"
}

# train_killed DB CELL: as the environment says
train_killed() {
    checks=$((checks + 1))
    semiluna lua task.lua plan.lua "$1" "$2" >"$scratch/.out" 2>"$scratch/.err" </dev/null
    [ $? = 137 ] || wrong "cell $2 in $1 was not killed but ended with: $(head -n 1 "$scratch/.out")"
}

# in_db DB QUERY
in_db() { SEMILUNA_DB=$1 sql "$2"; }

# run DB CELL: its newest run
hash() { sed -n "${1}p" hashes; }
run() { in_db "$1" "SELECT max(run) FROM cell WHERE hash = '$(hash "$2")'"; }

# begun DB CELL: the step at which its run took over another's state; empty for none
begun() { in_db "$1" "SELECT fork_step FROM cell WHERE run = $(run "$1" "$2")"; }

# path DB CELL KIND
path() { in_db "$1" "SELECT path FROM artifact WHERE run = $(run "$1" "$2") AND kind = '$3' ORDER BY step DESC LIMIT 1"; }

# same WHAT DB [CELL...]: these cells, or all, are in DB as they were trained alone
same() {
    local what=$1 db=$2 cell rows=0 kind
    shift 2
    [ $# -gt 0 ] || set -- $(seq $cells)
    for cell in "$@"; do
        checks=$((checks + 1))
        SEMILUNA_DB=$db dump "$(run "$db" "$cell")" rows
        SEMILUNA_DB=alone.db dump "$(run alone.db "$cell")" other-rows
        rows=$((rows + $(wc -l <rows)))
        if ! diff rows other-rows >"$scratch/.out" 2>"$scratch/.err"; then
            wrong "$what: the rows of cell $cell differ from those of the cell alone"
            continue
        fi
        for kind in last best; do
            if ! semiluna lua compare.lua "$(path "$db" "$cell" $kind)" "$(path alone.db "$cell" $kind)" >"$scratch/.out" 2>"$scratch/.err"; then
                wrong "$what: the $kind weights of cell $cell differ from those of the cell alone"
            fi
        done
    done
    [ "$rows" -ge $((200 * $#)) ] || wrong "$what: too little was compared: $rows rows"
    echo "$what: $rows rows and all tensors of $# cells are the same"
}

# ---- each alone ---------------------------------------------------------------------------------------------------------------------
cat >list.lua <<'END'
for _, cell in ipairs(require("semiluna.plan.plan").cells_of(arg[1], {}).cells) do
  local forks = {}
  for i, fork in ipairs(cell.forks or {}) do forks[i] = fork.step end
  print(cell.hash, table.concat(forks, " "))
end
END
semiluna lua list.lua plan.lua >list
cut -f 1 list >hashes
holds "the plan has $cells cells" [ "$(wc -l <hashes)" = $cells ]
holds "the forks of the plan: $(cut -f 2 list | tr '\n' ';')" [ "$(cut -f 2 list | tr '\n' ';')" = '4;4 8;4 8;4 8 20;4 8 20;4 8;' ]
for cell in $(seq $cells); do FORKS=no train alone.db "$cell"; done
holds 'no fork is left or taken where there are to be none' [ "$(in_db alone.db 'SELECT (SELECT count(*) FROM fork) + (SELECT count(*) FROM cell WHERE parent IS NOT NULL)')" = 0 ]
holds 'the cells differ' [ "$(in_db alone.db "SELECT count(DISTINCT sha256) FROM artifact WHERE kind = 'last'")" = $cells ]
holds 'the best weights are those of step 10' [ "$(in_db alone.db "SELECT DISTINCT step FROM artifact WHERE kind = 'best'")" = 10 ]

# ---- in order, and in reverse: whoever comes first leads ------------------------------------------------------------------------------
steps_of() { for cell in $(seq $cells); do echo -n "$(begun "$1" "$cell"),"; done; }
for cell in 1 2 3 4 5 6; do train order.db "$cell"; done
same 'in order' order.db
holds "where the cells began, in order: $(steps_of order.db)" [ "$(steps_of order.db)" = ',4,8,8,20,8,' ]
holds 'each fork is an event' [ "$(in_db order.db "SELECT group_concat(step, ' ') FROM event WHERE kind = 'forked'")" = '4 8 8 20 8' ]
holds 'the parent is known' [ "$(in_db order.db "SELECT count(*) FROM cell c JOIN run r ON r.uuid = c.parent")" = 5 ]
holds 'a cell that is done is not trained again' [ "$(in_db order.db 'SELECT count(*) FROM run')" = $cells ]
train order.db 3
holds 'a cell that is done is not trained again' [ "$(in_db order.db 'SELECT count(*) FROM run')" = $cells ]
holds 'no claim is left' [ "$(in_db order.db 'SELECT count(*) FROM claim')" = 0 ]
holds 'the time of a fork is its own' [ "$(in_db order.db 'SELECT count(*) FROM run WHERE seconds_before <> 0')" = 0 ]

for cell in 6 5 4 3 2 1; do train reverse.db "$cell"; done
same 'in reverse' reverse.db
holds "where the cells began, in reverse: $(steps_of reverse.db)" [ "$(steps_of reverse.db)" = '4,8,8,20,8,,' ]
holds 'the last cell keeps nothing for others' [ -z "$(path reverse.db 1 fork)" ]

# ---- the leader is killed -------------------------------------------------------------------------------------------------------------
DIE_AT=8 train_killed before.db 2
train before.db 3
holds 'a leader killed at the fork leaves the one before' [ "$(begun before.db 3)" = 4 ]
train before.db 2
same 'the leader killed before it forks' before.db 2 3

DIE_AT=9 train_killed after.db 2
train after.db 3
holds 'a leader killed after the fork leaves it' [ "$(begun after.db 3)" = 8 ]
train after.db 2
same 'the leader killed after it forked' after.db 2 3
holds 'the leader goes on from the fork' [ "$(in_db after.db "SELECT text FROM event WHERE kind = 'resumed'")" = 'from step 8' ]

# Between the fork and the leader's own checkpoint: who takes the fork has it whole; resumed, the leader takes it back and leaves it again.
DIE_BEFORE='last 8' train_killed between.db 2
train between.db 3
holds 'a fork is whole once it is there' [ "$(begun between.db 3)" = 8 ]
DIE_AT=7 train_killed between.db 2
holds 'a leader that is rewound takes its fork back' [ "$(in_db between.db "SELECT count(*) FROM fork WHERE run = $(run between.db 2) AND step = 8")" = 0 ]
train between.db 4
train between.db 2
same 'the leader killed between fork and checkpoint' between.db 2 3 4

# ---- the follower is killed -----------------------------------------------------------------------------------------------------------
train follower.db 4
DIE_BEFORE='last 20' train_killed follower.db 5
holds 'killed before its first checkpoint' [ -z "$(path follower.db 5 last)" ]
DIE_AT=21 train_killed follower.db 5
DIE_AT=29 train_killed follower.db 5
train follower.db 5
same 'the follower killed three times' follower.db 4 5
holds 'it is one run' [ "$(in_db follower.db 'SELECT count(*) FROM run')" = 2 ]
holds "it began once more where it forked, then went on: $(in_db follower.db "SELECT group_concat(text, ';') FROM event WHERE kind = 'resumed'")" \
    [ "$(in_db follower.db "SELECT group_concat(text, ';') FROM event WHERE kind = 'resumed'")" = 'from step 20;from step 20;from step 25' ]

# ---- files that cannot be relied on ---------------------------------------------------------------------------------------------------
# damaged WHAT DB FILE COMMAND...: cell 5 finds the shorter way when COMMAND has spoilt FILE
damage_end() { printf 'x' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") - 3)) conv=notrunc status=none; }
cut_short() { truncate -s 1000 "$1"; }
kinds=(fork fork-best)
if [ -n "${SEMILUNA_SANITIZED:-}" ]; then kinds=(fork); fi
for spoil in damage_end cut_short rm; do
    for kind in "${kinds[@]}"; do
        db=$spoil-$kind.db
        train $db 2
        train $db 4
        $spoil "$(in_db $db "SELECT path FROM artifact WHERE kind = '$kind' AND step = 20")"
        train $db 5
        same "$spoil $kind" $db 5
        holds "$spoil $kind: the shorter warm-up is taken, not $(begun $db 5)" [ "$(begun $db 5)" = 8 ]
        holds "$spoil $kind: it is told" matches "$(in_db $db "SELECT text FROM event WHERE kind = 'warning'")" 'the warm-up of run 2 up to step 20 cannot be used: .*(gone|not what was written)'
    done
done
train lost.db 4
rm "$(in_db lost.db "SELECT path FROM artifact WHERE kind = 'fork' AND step = 20")" "$(in_db lost.db "SELECT path FROM artifact WHERE kind = 'fork' AND step = 8")" "$(in_db lost.db "SELECT path FROM artifact WHERE kind = 'fork' AND step = 4")"
train lost.db 5
same 'no fork is left' lost.db 5
holds 'from the beginning then' [ -z "$(begun lost.db 5)" ]

# The own checkpoint is gone: another run takes the place of the old one.
DIE_AT=12 train_killed gone.db 3
rm "$(path gone.db 3 last)"
train gone.db 3
same 'the checkpoint is gone' gone.db 3
holds 'the old run has failed' [ "$(in_db gone.db "SELECT state, error LIKE 'its checkpoint is gone: %' FROM run WHERE id = 1")" = 'failed,1' ]

finish
