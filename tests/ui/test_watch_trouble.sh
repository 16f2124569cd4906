#!/bin/bash
# What goes wrong around the dashboard, in a real terminal (tmux): databases that are deleted, replaced, locked, cut off or forbidden
# while they are watched, which it says and gets over by itself; terminals and descriptors that are closed; what it remembers, where
# that cannot be read or written.
set -u
# shellcheck source=tests/ui/terminal.sh
. "${SEMILUNA_SOURCE:?}/tests/ui/terminal.sh" || exit 1
cd "$scratch" || exit 1

record
opens 120 30 || exit 1
cp runs.db six.db
record six.db # twelve, in another file
cp runs.db kept.db
head -c 300000 /dev/urandom >garbage
last_line() { screen | tail -n 1; }

# ---- databases ------------------------------------------------------------------------------------------------------------------------
# Each trouble is told in the last line, the rows stay, keys are answered; then the file is put back, and all is as before.
# over WHAT PATTERN: once the trouble is there
over() {
    sees "$1" "$2"
    sees "$1: the rows stay" "${3:-6 runs}"
    keys j '?'
    sees "$1: keys are answered" 'semiluna +help'
    keys q
    sees "$1: back in the table" "${3:-6 runs}"
}
# whole WHAT ROWS: the trouble is over
whole() {
    sees "$1: again" "semiluna +$2 runs"
    checks=$((checks + 1))
    local i
    for ((i = 0; i < 600; i++)); do
        last_line | grep -qE 'filter.*F1 help' && return
        sleep 0.05
    done
    give_up "$1: the last line does not show the keys again"
}
remove() { rm -f runs.db runs.db-wal runs.db-shm; }
put_back() { remove && cp "$1" new && mv new runs.db; }

start --
sees open 'semiluna +6 runs'
remove
over deleted 'runs\.db: the file was moved or deleted: waiting for it to come back'
put_back kept.db
whole deleted 6
put_back six.db
whole 'replaced by another database' 12
put_back garbage
over garbage 'runs\.db: .*(not a database|not an SQLite)' '12 runs'
put_back kept.db
whole garbage 6
truncate -s 10000 runs.db
over 'cut off' 'runs\.db: '
put_back kept.db
whole 'cut off' 6
truncate -s 0 runs.db
over empty 'runs\.db'
put_back kept.db
whole empty 6
dd if=/dev/urandom of=runs.db bs=4096 seek=3 count=40 conv=notrunc 2>/dev/null
touch runs.db
over 'damaged within' 'runs\.db: '
put_back kept.db
whole 'damaged within' 6
remove
mkdir runs.db
over 'a folder' 'runs\.db'
rmdir runs.db
put_back kept.db
whole 'a folder' 6
printf 'x' >tiny
put_back tiny
over 'one byte' 'runs\.db'
put_back kept.db
whole 'one byte' 6
# Another's exclusive lock, in the mode in which readers must wait for it.
if command -v sqlite3 >/dev/null; then
    cp kept.db rollback.db
    sqlite3 rollback.db 'PRAGMA journal_mode = DELETE' >/dev/null
    put_back rollback.db
    whole 'without WAL' 6
    mkfifo lock
    sqlite3 runs.db <lock >/dev/null 2>&1 &
    background+=($!)
    exec 5>lock
    echo "BEGIN EXCLUSIVE; UPDATE run SET name = 'renamed';" >&5
    over locked 'runs\.db: .*lock'
    echo 'COMMIT;' >&5
    exec 5>&-
    whole locked 6
    sees 'what was written behind the lock' 'renamed'
    put_back kept.db
    whole 'after the lock' 6
else
    echo "skipped: no file is locked, as there is no program sqlite3"
fi
keys q
sees databases 'ended 0'
back databases
# Somebody who may not read it.
if [ "$(id -u)" != 0 ]; then
    chmod 000 runs.db
    start --
    sees forbidden 'runs\.db: .*(permission|Permission|denied|unable|cannot)'
    chmod 600 runs.db
    sees 'allowed again' '6 runs'
    keys q
    sees forbidden 'ended 0'
    back forbidden
elif command -v setpriv >/dev/null && setpriv --reuid=65534 --clear-groups test -x "$program"; then
    chmod 711 "$scratch"
    chmod 600 runs.db
    keys "setpriv --reuid=65534 --clear-groups env LANG=$utf8 TERM=xterm-256color $program watch --db $scratch/runs.db; echo \"ended \$?\"" Enter
    sees forbidden 'runs\.db: .*(permission|Permission|denied|unable|cannot)'
    chmod 644 runs.db
    chmod 777 "$scratch"
    sees 'allowed again' '6 runs'
    keys q
    sees forbidden 'ended 0'
    back forbidden
    chmod 700 "$scratch"
else
    echo "skipped: nobody could be asked to read what is forbidden"
fi

# ---- terminals ------------------------------------------------------------------------------------------------------------------------
# gone WHAT PID: the process ends
gone() {
    local i
    checks=$((checks + 1))
    for ((i = 0; i < 600; i++)); do
        kill -0 "$2" 2>/dev/null || return 0
        sleep 0.05
    done
    give_up "$1: the dashboard goes on without a terminal"
}
start --
sees 'stopped from outside' '6 runs'
kill -TSTP "$(pid)"
sees 'stopped from outside' 'Stopped'
back 'stopped from outside'
keys fg Enter
sees 'goes on' '6 runs'
keys j
kill -STOP "$(pid)"
sees 'stopped at once' 'Stopped'
tm resize-window -t 0 -x 90 -y 25
keys clear Enter
becomes 'the shell' '$' screen_text
keys fg Enter
sees 'resized meanwhile' '6 runs'
is 'the screen and the mouse are taken again' "$(flags | cut -d' ' -f2,3)" '0 1'
tm resize-window -t 0 -x 120 -y 30
sees 'resized again' '6 runs'
tm new-window -d "env LANG=$utf8 TERM=xterm-256color $program watch --db $scratch/runs.db"
becomes 'a second window' 2 tm display -p '#{session_windows}'
second=$(tm display -p -t :1 '#{pane_pid}')
becomes 'the second one is drawn' yes eval "tm capture-pane -p -t :1 | grep -q '6 runs' && echo yes"
tm kill-window -t :1
gone 'its terminal is closed' "$second"
keys q
back 'the first one is left alone'
for closed in '<&-' '>&-' '<&- >&-' '</dev/null' '>/dev/full'; do
    keys "env TERM=xterm-256color $program watch $closed; echo \"ended \$?\"" Enter
    sees "watch $closed" 'ended 1'
    back "watch $closed"
done
start -- '2>&-'
sees 'without standard error' '6 runs'
keys q
sees 'without standard error' 'ended 0'
back 'without standard error'
"$program" watch --once >/dev/full 2>error
is '--once onto a full disk' $? 1
"$program" watch --snapshot >/dev/full 2>error
is '--snapshot onto a full disk' $? 1

# ---- what is remembered ---------------------------------------------------------------------------------------------------------------
conf=$XDG_CONFIG_HOME/semiluna/watch.conf
remembers() { # WHAT [ENVIRONMENT...]: sorts by another column and leaves
    local what=$1
    shift
    start "$@" --
    sees "$what" '6 runs'
    keys o
    sees "$what" 'sorted by'
    keys v q
    sees "$what" 'ended 0'
    back "$what"
}
rm -rf "$XDG_CONFIG_HOME"
remembers 'nothing remembered yet'
is remembered "$(grep -c '^sort = ' "$conf")" 1
start --
sees 'as it was left: no panel' 'ETA alarm'
keys q
sees 'as it was left' 'ended 0'
back 'as it was left'
head -c 100000 /dev/urandom >"$conf"
remembers garbage
is 'garbage is written anew' "$(grep -c '^sort = ' "$conf")" 1
for ((i = 0; i < 5000; i++)); do printf 'runs.fold = 99999999999999999999\nsort = -7\nmouse = x\n%s\n' "$i"; done >"$conf"
remembers 'values beyond all bounds'
rm -f "$conf"
mkdir "$conf"
remembers 'a folder in its place'
is 'the folder is left alone' "$(ls -d "$conf")" "$conf"
rmdir "$conf"
touch file
remembers 'no such folder' "XDG_CONFIG_HOME=$scratch/file"
remembers 'no folder can be made' XDG_CONFIG_HOME=/proc/nowhere
remembers 'no home' XDG_CONFIG_HOME= HOME=

finish
