#!/bin/bash
# `watch --on-alarm`: once from cron (--once), and beside the dashboard in a terminal. Texts of the database never reach the shell.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"

# ---- a database with runs that are ill, and names that would do harm --------------------------------------------------------------
cat >make.lua <<'END'
local core = require "semiluna.core"
local db, writer = core.db("runs.db", "write"), core.writer("runs.db")
local function run(name, host)
  return db:run_new { experiment = "e; touch owned", name = name, method = "advsemiseg", steps = 300, script_text = "return", host = host }
end
local failed, strong, well = run("$(touch owned) `touch owned`\n\27[31m'\"", "atlas"), run("strong", "atlas"), run("well", "atlas")
for step = 1, 200 do
  for _, id in ipairs { strong, well } do
    writer:metric(id, step, "seg", 0.5)
    writer:metric(id, step, "D", id == strong and 0.01 or 0.4)
  end
end
writer:heartbeat(strong, 200)
writer:heartbeat(well, 200)
writer:flush()
db:run_finish(failed, "failed", 3, "boom; touch owned")
db:run_finish(well, "done", 300)
db:execute "UPDATE run SET heartbeat = heartbeat + 7200" -- however slow the machine, no sign of life is late
db:close()
writer:close()
END
holds 'the database' semiluna lua make.lua
before=$(sha256sum runs.db)

# ---- once -------------------------------------------------------------------------------------------------------------------------
once() { "$SEMILUNA" watch --db runs.db --once "$@"; }
holds 'it succeeds' once --on-alarm 'true'
once >plain 2>&1
once --on-alarm 'printf "%s|" "$SEMILUNA_RUN" "$SEMILUNA_SEVERITY" "$SEMILUNA_ALARM" "$SEMILUNA_NAME" "$SEMILUNA_EXPERIMENT" "$SEMILUNA_TEXT" "$SEMILUNA_DB"; echo' \
    >table 2>told
sort -o told told
holds 'the table is what it is without' [ "$(sed 's/[0-9]* s\b//g' table | cut -c 1-60)" = "$(sed 's/[0-9]* s\b//g' plain | cut -c 1-60)" ]
holds 'a command for each finding' [ "$(wc -l <told)" = 2 ]
holds 'the failed run' grep -qxF "1|bad|failed|\$(touch owned) \`touch owned\`  [31m'\"|e; touch owned|the run failed: boom; touch owned|runs.db|" told
holds 'the one whose discriminator wins' \
    grep -qE '^2\|warn\|D too strong\|strong\|e; touch owned\|the discriminator is too strong: .*method\.discriminator_lr.*\|runs\.db\|$' told
holds 'no text of the database was run' [ ! -e owned ]
once --on-alarm 'eval "echo $SEMILUNA_RUN" >>runs-of' >table 2>/dev/null
holds 'the variables are there for the shell' [ "$(sort runs-of | tr '\n' ' ')" = '1 2 ' ]
once 'strong' --on-alarm 'echo "$SEMILUNA_RUN"' >table 2>told
holds 'of the runs shown alone' [ "$(cat told)" = 2 ]
once 'well' --on-alarm 'echo "$SEMILUNA_RUN"' >table 2>told
holds 'nothing of a run that is well' [ ! -s told ]
once --on-alarm 'sleep 0.5; echo done >>waited' >table 2>/dev/null
holds 'it waits for them' [ "$(grep -c done waited)" = 2 ]
expect 1 '--on-alarm: the command failed for 1 of 2 findings' once --on-alarm '[ "$SEMILUNA_RUN" != 2 ]'
expect 1 '--on-alarm: the command failed for 2 of 2 findings' once --on-alarm 'exit 3'
expect 1 'no database nowhere\.db' "$SEMILUNA" watch --db nowhere.db --once --on-alarm 'echo "$SEMILUNA_RUN" >>nowhere'
holds 'nothing is run without a database' [ ! -e nowhere ]
expect 2 '--on-alarm needs a command' once --on-alarm ' '
expect 2 '--on-alarm does not go with --snapshot' "$SEMILUNA" watch --db runs.db --snapshot --on-alarm true
expect 0 'SEMILUNA_TEXT' semiluna help watch
holds 'it only reads' [ "$(sha256sum runs.db)" = "$before" ]

# ---- beside the dashboard ---------------------------------------------------------------------------------------------------------
utf8=$(locale -a 2>/dev/null | grep -iE '^(C|en_US)\.utf-?8$' | head -n 1)
if ! command -v tmux >/dev/null || [ -z "$utf8" ]; then
    echo "skipped: the dashboard's part (tmux or a UTF-8 locale is not there)"
    finish
fi
unset TMUX NO_COLOR
export TMUX_TMPDIR=$scratch XDG_CONFIG_HOME=$scratch/config
tm() { tmux -f /dev/null -L alarm "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$scratch"' EXIT
screen() { tm capture-pane -p -t 0; }
# until SECONDS COMMAND...: it succeeds within so long
until_() {
    local left=$(($1 * 10))
    shift
    while [ "$left" -gt 0 ]; do
        "$@" && return 0
        sleep 0.1
        left=$((left - 1))
    done
    return 1
}
shows() { screen | grep -qE -- "$1"; }
told_of() { [ "$(sort told 2>/dev/null | uniq -c | tr -s ' \n' ' ')" = "$1" ]; }
# watching COMMAND...: in the terminal
watching() {
    : >told
    tm send-keys -t 0 "clear; $SEMILUNA watch --db runs.db --on-alarm $(printf '%q' "$1"); echo ended \$?" Enter
}
tm new-session -d -x 100 -y 30 "env PS1='$ ' LANG=$utf8 TERM=xterm-256color bash --norc --noprofile" || exit 1

watching 'echo SCREAM; echo SCREAM >&2; echo "$SEMILUNA_RUN $SEMILUNA_ALARM" >>told; sleep 20'
holds 'the dashboard opens while commands run' until_ 10 shows '3 runs'
holds 'what is wrong at the start is told' until_ 10 told_of ' 1 1 failed 1 2 D too strong '
tm send-keys -t 0 a
holds 'keys are answered while they run' until_ 3 shows 'health  2 findings'
cat >worse.lua <<'END'
local core = require "semiluna.core"
local db, writer = core.db("runs.db", "write"), core.writer("runs.db")
local id = db:run_new { experiment = "later", name = "later", method = "supervised", steps = 10, script_text = "return", host = "atlas" }
db:run_finish(id, "diverged", 5, "step 5: seg is nan")
db:close()
writer:close()
END
holds 'another run' semiluna lua worse.lua
holds 'what comes later is told' until_ 10 told_of ' 1 1 failed 1 2 D too strong 1 4 diverged '
sleep 2
holds 'and each once' told_of ' 1 1 failed 1 2 D too strong 1 4 diverged '
checks=$((checks + 1))
screen >"$scratch/.out"
grep -q SCREAM "$scratch/.out" && wrong "the commands' output stands across the dashboard"
tm send-keys -t 0 Q
holds 'leaving does not wait for them' until_ 3 shows '^ended 0'

watching 'echo "$SEMILUNA_RUN" >>told; exit 7'
holds 'that a command fails is told' until_ 10 shows '--on-alarm: the command ended with status 7; said once'
holds 'and all were run' until_ 5 told_of ' 1 1 1 2 1 4 '
tm send-keys -t 0 j
sleep 1.5
checks=$((checks + 1))
shows 'status 7' && wrong 'a failing command is told of again'
tm send-keys -t 0 q
holds 'it ends' until_ 3 shows '^ended 0'
holds 'no text of the database was run by then' [ ! -e owned ]
finish
