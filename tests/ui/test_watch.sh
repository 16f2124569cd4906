#!/bin/bash
# The dashboard in a real terminal (tmux): it opens, follows keys and sizes, and gives the terminal back however it ends.
set -u
# shellcheck source=tests/ui/terminal.sh
. "${SEMILUNA_SOURCE:?}/tests/ui/terminal.sh" || exit 1

record
opens || exit 1

# ---- keys and sizes -----------------------------------------------------------------------------------------------------------
start --
sees open 'semiluna +6 runs'
sees 'the first run' '^> ✓ .*T=\.5 s3'
checks=$((checks + 1))
[ "$(flags | cut -d' ' -f1-3)" = "1 0 1" ] || fail "open: alternate screen, cursor, mouse are $(flags)"
keys j j
sees moved '^> ✓ .*T=\.5 s1'
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
sees 'what the last filter chose stays' ' 2 runs'
sees 'what the last filter chose stays' '^> ✓ .*s1'
keys Escape
sees 'all runs' '6 runs'
keys F1
sees help 'On the runs screen'
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
record
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
    sees "TERM=$type" 'On the runs screen'
    keys Q
    sees "TERM=$type" 'ended 0'
    back "TERM=$type"
done
start "TERM=vt100" --
sees 'ASCII on a vt100' '^> [*+v] '
lacks 'ASCII on a vt100' '[✓●▾]'
keys q
sees vt100 'ended 0'
blank
for type in dumb nosuchterminal ''; do
    start "TERM=$type" --
    sees "TERM=$type" 'semiluna: .*TERM'
    sees "TERM=$type" 'ended 1'
    blank
done
start NO_COLOR=1 --
sees NO_COLOR '12 runs'
checks=$((checks + 1))
tm capture-pane -e -p -t 0 | grep -qE $'\033\\[[0-9;]*(3[0-7]|38|9[0-7]|4[0-7]|48)[;m]' && fail "NO_COLOR: there are colours"
keys q
sees NO_COLOR 'ended 0'
blank

# ---- files that are not there or not ours -------------------------------------------------------------------------------------
start -- --db "$scratch/later.db"
sees 'no file yet' 'later.db'
record "$scratch/later.db"
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

finish
