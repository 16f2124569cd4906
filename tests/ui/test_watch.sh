#!/bin/bash
# The dashboard in a real terminal (tmux): it opens, follows keys and sizes, and gives the terminal back however it ends.
set -u
command -v tmux >/dev/null || {
    echo "skipped: tmux is not installed"
    exit 77
}
program=${SEMILUNA:?}
scratch=$(mktemp -d)
export SEMILUNA_DB=$scratch/runs.db XDG_CONFIG_HOME=$scratch/config TMUX_TMPDIR=$scratch HOME=$scratch
unset TMUX NO_COLOR COLORTERM COLORFGBG LC_ALL LC_CTYPE
checks=0
failed=0
tm() { tmux -f /dev/null -L watch "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$scratch"' EXIT

utf8=$(locale -a 2>/dev/null | grep -iE '^(C|en_US)\.utf-?8$' | head -n 1)
if [ -z "$utf8" ]; then
    echo "skipped: there is no UTF-8 locale"
    exit 77
fi

screen() { tm capture-pane -p -t 0; }
# waits PATTERN: until the screen shows it
waits() {
    for _ in $(seq 100); do
        screen | grep -qE -- "$1" && return 0
        sleep 0.1
    done
    return 1
}
fail() {
    echo "FAILED: $*"
    screen | sed 's/^/  | /'
    failed=1
}
# sees WHAT PATTERN
sees() {
    checks=$((checks + 1))
    waits "$2" || fail "$1: \"$2\" does not appear"
}
lacks() {
    checks=$((checks + 1))
    screen | grep -qE -- "$2" && fail "$1: \"$2\" is shown"
}
keys() { tm send-keys -t 0 "$@"; }
flags() { tm display -p -t 0 '#{alternate_on} #{cursor_flag} #{mouse_any_flag} #{keypad_flag}'; }
# back WHAT: the shell has the terminal again, as it was
back() {
    checks=$((checks + 1))
    local found i
    for i in $(seq 50); do
        found=$(flags)
        [ "$found" = "0 1 0 0" ] && break
        sleep 0.1
    done
    [ "$found" = "0 1 0 0" ] || fail "$1: alternate screen, cursor, mouse, keypad are $found, not 0 1 0 0"
    keys "" "stty -a | tr ' ;' '\n\n' | grep -cxE 'icanon|echo|isig|icrnl|ixon'" Enter
    sees "$1: modes" '^5$'
    keys "clear" Enter
    sleep 0.2
}
# start [ENVIRONMENT...] -- [ARGUMENTS...]
start() {
    local environment=()
    while [ "$1" != -- ]; do
        environment+=("$1")
        shift
    done
    shift
    keys "env LANG=$utf8 TERM=xterm-256color ${environment[*]} $program watch $*; echo \"ended \$?\"" Enter
}
pid() { pgrep -P "$(tm display -p -t 0 '#{pane_pid}')"; }

"$program" lua "${SEMILUNA_SOURCE:?}/tests/ui/watch_runs.lua" "$SEMILUNA_DB" || exit 1
tm new-session -d -x 100 -y 30 "env PS1='$ ' LANG=$utf8 bash --norc --noprofile" || exit 1

# ---- keys and sizes -----------------------------------------------------------------------------------------------------------
start --
sees open 'semiluna +6 runs'
sees 'the first run' '^> ✓ .*T=\.5 s3'
checks=$((checks + 1))
[ "$(flags | cut -d' ' -f1-3)" = "1 0 1" ] || fail "open: alternate screen, cursor, mouse are $(flags)"
keys j j
sees moved '^> .*'
keys Space
sees marked '1 marked'
keys o
sees sorted 'sorted by state'
keys '/'
keys 'T=.2'
sees prompt 'filter T=\.2'
keys Escape
keys '/' 'seed = 1' Enter
sees filtered 'filter seed = 1 .*2 of 6 runs'
keys '/' C-u 'nosuchoption = 1' Enter
sees 'a wrong filter' 'no option'
keys Escape
sees 'all runs' '6 runs'
keys F1
sees help 'In the screen runs'
keys q
sees 'back from help' '6 runs'
keys f
sees folded ' ± .*\(3\)'
keys g g
for size in 60x16 240x70 80x24 41x9 1x1 120x40; do
    tm resize-window -t 0 -x "${size%x*}" -y "${size#*x}"
    sleep 0.1
done
sees resized 'IoU of classes|mIoU %'
tm resize-window -t 0 -x 50 -y 12
sees small 'needs 60x16'
tm resize-window -t 0 -x 100 -y 30
sees 'large again' '6 runs'
# The database grows while it is watched.
"$program" lua "$SEMILUNA_SOURCE/tests/ui/watch_runs.lua" "$SEMILUNA_DB" || failed=1
sees grown '12 runs'
# Ctrl-Z and back.
keys C-z
sees stopped 'Stopped'
back 'Ctrl-Z'
keys fg Enter
sees continued '12 runs'
keys q
back quit
checks=$((checks + 1))
grep -q '^sort = ' "$XDG_CONFIG_HOME/semiluna/watch.conf" || fail "the layout is not remembered"

# ---- every end gives the terminal back ---------------------------------------------------------------------------------------
for signal in TERM HUP INT SEGV ABRT QUIT; do
    start --
    sees "SIG$signal" '12 runs'
    kill -s "$signal" "$(pid)"
    sees "SIG$signal" 'ended [0-9]+'
    back "SIG$signal"
done

# ---- terminal types -----------------------------------------------------------------------------------------------------------
for type in screen screen-256color tmux-256color linux vt100 vt220 xterm; do
    infocmp "$type" >/dev/null 2>&1 || {
        echo "skipped: TERM=$type is not known here"
        continue
    }
    start "TERM=$type" --
    sees "TERM=$type" '12 runs'
    keys j '?' # tmux sends F1 as xterm does
    sees "TERM=$type" 'In the screen runs'
    keys Q
    sees "TERM=$type" 'ended 0'
    back "TERM=$type"
done
start "TERM=vt100" --
sees 'ASCII on a vt100' '^> [*+v] '
lacks 'ASCII on a vt100' '[✓●▾]'
keys q
sees vt100 'ended 0'
keys clear Enter
for type in dumb nosuchterminal ''; do
    start "TERM=$type" --
    sees "TERM=$type" 'semiluna: .*TERM'
    sees "TERM=$type" 'ended 1'
    keys clear Enter
    sleep 0.2
done
start NO_COLOR=1 --
sees NO_COLOR '12 runs'
checks=$((checks + 1))
tm capture-pane -e -p -t 0 | grep -qE $'\033\\[[0-9;]*(3[0-7]|38|9[0-7]|4[0-7]|48)[;m]' && fail "NO_COLOR: there are colours"
keys q
sees NO_COLOR 'ended 0'
keys clear Enter

# ---- files that are not there or not ours -------------------------------------------------------------------------------------
start -- --db "$scratch/later.db"
sees 'no file yet' 'later.db'
"$program" lua "$SEMILUNA_SOURCE/tests/ui/watch_runs.lua" "$scratch/later.db" || failed=1
sees 'the file has come' '6 runs'
rm -f "$scratch"/later.db*
sees 'the file is gone' 'later\.db'
keys q
sees 'the file is gone' 'ended 0'
back 'the file is gone'

# ---- without a terminal -------------------------------------------------------------------------------------------------------
checks=$((checks + 3))
"$program" watch </dev/null >"$scratch/out" 2>"$scratch/err"
grep -q 'needs a terminal' "$scratch/err" || fail "no terminal: $(cat "$scratch/err")"
"$program" watch --once | grep -q 'T=\.5' || fail "--once"
"$program" watch --snapshot --size 90x20 --format png --output "$scratch/a.png" && [ -s "$scratch/a.png" ] || fail "--format png"

echo "made $checks checks"
exit $failed
