#!/bin/bash
# tag, note, rm, gc and merge: what they change in the database and in the runs' folders, what they refuse, and what they never touch.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
export LC_ALL=C.UTF-8 TZ=UTC

# fill FILE NUMBER: three ended runs and one that was stopped, with checkpoint folders beside the file as runs make them
cat >fill.lua <<'LUA'
local core = require "semiluna.core"
local path, number = arg[1], arg[2]
local db = core.db(path, "write")
local folder = path:match "^(.*/)" or ""
local function touch(name, bytes)
  local file = assert(io.open(name, "w"))
  file:write(("x"):rep(bytes))
  file:close()
end
for i, state in ipairs { "done", "done", "failed", "stopped" } do
  local id = db:run_new { experiment = i == 4 and "other" or "first", name = "run-" .. i, seed = i, steps = 30, script_text = "return 1" }
  local uuid = ("%s000000%d-0000-4000-8000-00000000000%s"):format(number, i, number)
  db:execute("UPDATE run SET uuid = ?, end_time = 1000, heartbeat = 1000 WHERE id = ?", uuid, id)
  db:run_param(id, "method.threshold", "number", "0.2")
  db:execute("INSERT INTO cell VALUES(?, 'hash' || ?, 'o', 's', 'l', NULL, NULL)", id, id)
  local own = ("%sruns/%s"):format(folder, uuid)
  core.system.mkdir(own)
  for _, name in ipairs { "last", "best", "fork-10", "fork-10-best" } do touch(("%s/%s.safetensors"):format(own, name), 1000) end
  for _, kind in ipairs { "last", "best", "fork", "fork-best" } do
    local file = kind:gsub("fork", "fork-10")
    db:execute("INSERT INTO artifact(run, step, kind, path, time) VALUES(?, 10, ?, ?, 0)", id, kind, ("%s/%s.safetensors"):format(own, file))
  end
  db:execute("INSERT INTO fork VALUES('prefix' || ?, ?, 10, ?)", number .. i, id, own .. "/fork-10.safetensors")
  db:run_finish(id, state, 30, state == "failed" and "no luck" or nil)
  db:execute("UPDATE run SET end_time = 1000, heartbeat = 1000 WHERE id = ?", id)
end
db:close()
LUA
holds 'the database is filled' semiluna lua fill.lua runs.db 1
export SEMILUNA_DB=runs.db
value() { sqlite3 runs.db "$1"; }
is() { # is WHAT EXPECTED GOT
    checks=$((checks + 1))
    [ "$2" = "$3" ] || { : >"$scratch/.out"; : >"$scratch/.err"; wrong "$1: $3, expected $2"; }
}

# ---- tag ------------------------------------------------------------------------------------------------------------------------
expect 1 'no database none\.db' semiluna tag latest --add x --db none.db
holds 'tagging makes no file' [ ! -e none.db ]
holds 'tag 1 run-2 --add paper --add second' semiluna tag 1 run-2 --add paper --add second
holds 'tag 1 --add paper' semiluna tag 1 --add paper
expect 0 '^paper +2 +1 2$' semiluna tag
expect 0 '^1,paper$' semiluna tag 1 2 --format csv
holds 'tag 2 --remove paper --remove never-had' semiluna tag 2 --remove paper --remove never-had
is 'tags' '1|paper 1|second 2|second' "$(value 'SELECT run, tag FROM tag ORDER BY 1, 2' | xargs)"
expect 1 'there is no run "run-9"\. Did you mean "run-' semiluna tag 1 run-9 --add third
is 'nothing was changed' 0 "$(value "SELECT count(*) FROM tag WHERE tag = 'third'")"
expect 2 'which run\?' semiluna tag --add x
expect 2 'must not be empty' semiluna tag 1 --add ''
expect 2 'one line' semiluna tag 1 --add $'a\nb'
holds 'tag 1 --add its ours' semiluna tag 1 --add "it's \"ours\""
expect 0 "^1,\"it's \"\"ours\"\"\"$" semiluna tag 1 --format csv

# ---- note -----------------------------------------------------------------------------------------------------------------------
holds 'note run-2 wrong labels; do not use' semiluna note run-2 'wrong labels; do not use'
holds 'note 2 second thoughts' semiluna note 2 'second thoughts'
expect 0 '^ +2 .*second thoughts$' semiluna note 2
expect 0 '"text": "wrong labels; do not use"' semiluna note 2 --format json
expect 1 'run 1 has no note 2' semiluna note 1 --remove 2
holds 'note 2 --remove 2' semiluna note 2 --remove 2
is 'notes' 1 "$(value 'SELECT count(*) FROM note')"
expect 2 'must not be empty' semiluna note 2 ' '
expect 2 'leave out' semiluna note 2 text --remove 1
expect 0 'wrong labels' semiluna show 2

# ---- rm -------------------------------------------------------------------------------------------------------------------------
expect 2 'which run\?' semiluna rm
expect 2 'one of --restore, --purge and --list' semiluna rm 1 --restore --purge
expect 1 'begins the id of 4 runs' semiluna rm 2 1000000
is 'all or nothing' 0 "$(value 'SELECT count(*) FROM removed')"
expect 0 '^removed 10000002  run-2$' semiluna rm 2 10000003
is 'two in the bin' 2 "$(value 'SELECT count(*) FROM removed')"
holds 'runs leaves them out' sh -c "'$SEMILUNA' runs --format csv | grep -c run- | grep -qx 2"
expect 1 'run 2 is in the bin: .semiluna rm --restore 2. brings it back' semiluna show 2
expect 1 'there is no run "run-2"' semiluna show run-2
expect 0 '^ 2 +10000002 +run-2 +done +30 ' semiluna rm --list
expect 1 'run 1 is not in the bin' semiluna rm --restore 1
expect 0 '^restored 10000002  run-2$' semiluna rm --restore 2
expect 0 'wrong labels' semiluna show 2
holds 'the files are there' [ -e runs/10000003-0000-4000-8000-000000000001/last.safetensors ]
# A run that is being trained: of this machine, by a process that lives
value "UPDATE run SET state = 'running', pid = $$, host = '$(hostname)', heartbeat = strftime('%s', 'now') WHERE id = 4"
expect 1 'run 4 is being trained: stop it first' semiluna rm 4
value "UPDATE run SET state = 'stopped' WHERE id = 4"

# Purging deletes the rows and what the run wrote in its own folder, and no more.
echo mine >runs/10000003-0000-4000-8000-000000000001/notes.txt
mkdir runs/10000003-0000-4000-8000-000000000001/deep.safetensors outside
echo precious >outside/last.safetensors
ln -s ../../outside/last.safetensors runs/10000003-0000-4000-8000-000000000001/link.safetensors
ln -s ../outside runs/elsewhere
expect 1 'run 1 is not in the bin' semiluna rm --purge 1
expect 0 '^1 run purged, 4 files removed, 4\.0 kB freed$' semiluna rm --purge
is 'the rows are gone' 0 "$(value "SELECT count(*) FROM run WHERE id = 3")"
is 'and those that belong to it' 0 "$(value "SELECT count(*) FROM artifact WHERE run = 3")"
is 'others stay' 12 "$(value "SELECT count(*) FROM artifact")"
is 'what is not ours stays' 'deep.safetensors link.safetensors notes.txt' \
    "$(cd runs/10000003-0000-4000-8000-000000000001 && echo *)"
holds 'nothing outside is touched' grep -q precious outside/last.safetensors
expect 0 '^0 runs purged, 0 files removed, 0 bytes freed$' semiluna rm --purge
# A path in the database that leads elsewhere is not followed: the folder's name must be the run's own id.
value "UPDATE artifact SET path = 'outside/last.safetensors' WHERE run = 4 AND kind = 'last'"
rm -r runs/10000004-0000-4000-8000-000000000001
ln -s ../outside runs/10000004-0000-4000-8000-000000000001
holds 'rm 4' semiluna rm 4
expect 0 '^1 run purged, 0 files removed' semiluna rm --purge
holds 'nor is a link in its place' grep -q precious outside/last.safetensors

# ---- gc -------------------------------------------------------------------------------------------------------------------------
rm -rf runs runs.db*
holds 'the database is filled' semiluna lua fill.lua runs.db 1
first=runs/10000001-0000-4000-8000-000000000001 second=runs/10000002-0000-4000-8000-000000000001
third=runs/10000003-0000-4000-8000-000000000001 fourth=runs/10000004-0000-4000-8000-000000000001
echo x >$second/last.safetensors.tmp
echo mine >$second/fork-me.safetensors
echo mine >$second/notes.txt
find runs -type f | sort >before
holds 'tag 3 --add paper' semiluna tag 3 --add paper
expect 0 "would remove .*/fork-10\\.safetensors  \\(1\\.0 kB\\)" semiluna gc --dry-run
holds 'a dry run removes nothing' sh -c 'find runs -type f | sort | diff - before'
is 'and changes nothing' 4 "$(value 'SELECT count(*) FROM fork')"
exec 9>$first/best.safetensors.tmp # somebody is writing it just now
flock 9
expect 0 '^5 files, 4\.0 kB freed$' semiluna gc
holds 'what is being written stays' [ -e $first/best.safetensors.tmp ]
exec 9>&-
expect 0 '^1 file, 0 bytes freed$' semiluna gc
is 'warm-ups of ended runs are gone' 'best.safetensors last.safetensors' "$(cd $first && echo *)"
is 'with leftovers; not what only looks like it' 'best.safetensors fork-me.safetensors last.safetensors notes.txt' "$(cd $second && echo *)"
is 'a tagged run keeps all' 4 "$(find $third -type f | wc -l)"
is 'a stopped run keeps all' 4 "$(find $fourth -type f | wc -l)"
is 'and so do the rows' 'prefix13 prefix14' "$(value 'SELECT prefix FROM fork ORDER BY 1' | xargs)"
is 'artifacts' 12 "$(value 'SELECT count(*) FROM artifact')"
expect 0 '^0 files, 0 bytes freed$' semiluna gc
# Young ones, and those of an experiment with work left, stay.
holds 'tag 3 --remove paper' semiluna tag 3 --remove paper
value "UPDATE run SET end_time = strftime('%s', 'now') - 3 * 86400 WHERE id = 3"
expect 0 '^0 files,' semiluna gc
value "UPDATE run SET state = 'stopped' WHERE id = 2"
expect 0 '^0 files,' semiluna gc --age 1
value "INSERT INTO tag VALUES(2, 'pruned')"
expect 0 '^2 files, 2\.0 kB freed$' semiluna gc --age 1
is 'the last ones of the third' 'best.safetensors last.safetensors' "$(cd $third && echo *)"
# In the bin a run keeps its files; once purged, its folder goes even where it came back meanwhile.
holds 'rm 1' semiluna rm 1
expect 0 '^0 files,' semiluna gc --age 0
expect 0 '^1 run purged, 2 files' semiluna rm --purge
holds 'the folder is gone' [ ! -e $first ]
mkdir $first && echo xx >$first/last.safetensors
expect 0 '^1 file, 3 bytes freed$' semiluna gc
holds 'the folder is gone again' [ ! -e $first ]
expect 2 '' semiluna gc --age -1

# ---- merge ----------------------------------------------------------------------------------------------------------------------
mkdir -p tasks/deep
for i in 2 3 4; do holds "task $i" semiluna lua fill.lua "tasks/$([ $i = 4 ] && echo deep/)task-$i.db" $i; done
printf 'no database, but a text that is long enough to be one %0100d' 0 >tasks/a-text.db
: >tasks/b-empty.db
sqlite3 tasks/c-foreign.db 'CREATE TABLE t(x)'
echo 'not read' >tasks/readme.txt
cp -r tasks before-tasks
"$SEMILUNA" merge tasks --db all.db >out 2>err
is 'the status' 1 $?
is 'what could not be merged' 2 "$(wc -l <err)"
holds 'is told by name' grep -q 'tasks/a-text\.db: not an SQLite database' err
holds 'and why' grep -q 'tasks/c-foreign\.db: an SQLite database, but not one of Semiluna' err
holds 'a line for each file' grep -qx 'tasks/deep/task-4\.db: 4 added, 0 replaced, 0 kept' out
holds 'and the sum' grep -qx '4 files into all\.db: 12 runs added, 0 replaced, 0 kept; 2 files could not be merged' out
rm tasks/a-text.db tasks/c-foreign.db
expect 0 '^4 files into all\.db: 0 runs added, 0 replaced, 12 kept$' semiluna merge tasks --db all.db
holds 'the sources are as they were' cmp tasks/task-2.db before-tasks/task-2.db
# Another order, one by one, into a file that lies in the folder itself
for i in deep/task-4 task-3 task-2; do expect 0 '4 added' semiluna merge tasks/$i.db --db tasks/all.db; done
expect 0 '^4 files into tasks/all\.db: 0 runs added, 0 replaced, 12 kept$' semiluna merge tasks --db tasks/all.db
dump() { sqlite3 "$1" "SELECT r.uuid, r.name, r.state, c.hash, p.value FROM run r JOIN cell c ON c.run = r.id JOIN param p ON p.run = r.id ORDER BY 1"; }
is 'the same' "$(dump all.db)" "$(dump tasks/all.db)"
is 'all of them' 12 "$(dump all.db | wc -l)"
# Purged runs stay away.
holds 'rm 1 --db all.db' semiluna rm 1 --db all.db
rm -r tasks/all.db*
expect 0 '^1 run purged, 4 files removed' semiluna rm --purge --db all.db # where the run itself recorded them
expect 0 '0 runs added, 0 replaced, 12 kept' semiluna merge tasks --db all.db
expect 1 'nowhere: cannot be read \(No such file' semiluna merge nowhere --db all.db
expect 1 'outside: there is no file \*\.db in it' semiluna merge outside --db all.db
expect 2 '' semiluna merge

for command in tag note rm gc merge; do
    expect 0 "^usage: semiluna $command" semiluna help $command
    holds "completion knows $command" sh -c "'$SEMILUNA' completion bash | grep -qw $command"
done
finish
