#!/bin/bash
# Every screen of the dashboard in a real terminal (tmux): opened by its key and left, marks, the cursor of charts, the mouse, sizes
# that change while a run trains, terminal types, without UTF-8 and without colours.
# ctest: slow
set -u
# shellcheck source=tests/ui/terminal.sh
. "${SEMILUNA_SOURCE:?}/tests/ui/terminal.sh" || exit 1
cd "$scratch" || exit 1

# Each screen: its key in the table of runs, and what only it shows.
screens=('Enter semiluna +run ' 'c semiluna +compare ' 'x semiluna +confusion ' 's semiluna +samples' 'a semiluna +health ' 'd semiluna +diff'
    '? semiluna +help')
runs_line='semiluna +[0-9]+ runs'
# walk WHAT PATTERN-OF-RUNS: opens every screen and leaves it again
walk() {
    local one
    for one in "${screens[@]}"; do
        keys "${one%% *}"
        sees "$1: key ${one%% *}" "${one#* }"
        [ $# -lt 2 ] || "$2" "$1: ${one#* }"
        keys q
        sees "$1: back from ${one#* }" "$runs_line"
    done
}

record
opens 100 30 || exit 1

# ---- screens, marks, the cursor -------------------------------------------------------------------------------------------------
start --
sees open 'semiluna +6 runs'
walk screens
keys Space
sees 'one mark' '6 runs, 1 marked'
keys Space
sees 'two marks' '2 marked'
keys d
sees 'diff of the marked runs' 'seed'
keys q
sees 'marks stay' '2 marked'
keys c
sees 'the marked runs compared' 'semiluna +compare .*2 '
keys q '*'
sees 'all marked' '6 marked'
keys U
sees 'no marks' 'semiluna +6 runs  '
keys Enter
sees 'the run' 'semiluna +run '
sees 'the newest value' 'segmentation loss .*0\.3074'
keys Home
sees 'the cursor at the beginning reads' 'segmentation loss .*2\.001'
keys Right
sees 'and at the next evaluation' 'segmentation loss .*0\.6736'
keys End
sees 'and at the end' 'segmentation loss .*0\.3074'
keys ']'
sees 'the next run' 'run .* 4 of 6'
keys Escape

# ---- the mouse --------------------------------------------------------------------------------------------------------------------
# mouse BUTTON COLUMN LINE [m]: pressed, or let go
mouse() { keys -l $'\033'"[<$1;$2;$3${4:-M}"; }
sees 'back in the table' "$runs_line"
is 'the mouse is asked for' "$(flags | cut -d' ' -f3)" 1
keys Home
sees 'the first line' '^> ✓ .*T=\.5 s3'
mouse 0 10 5
mouse 0 10 5 m
sees 'a click chooses the line' '^> ✓ .*T=\.5 s1'
mouse 65 10 5
sees 'the wheel moves' '^> ✓ .*T=\.2 s'
mouse 0 48 2
mouse 0 48 2 m
sees 'a click on a title sorts' 'mIoU▼'
keys Escape m
sees 'the mouse is the terminal'"'"'s' 'the mouse selects text'
is 'no mouse is asked for' "$(flags | cut -d' ' -f3)" 0
keys m
sees 'and is taken back' 'the mouse selects and scrolls'
is 'the mouse is asked for again' "$(flags | cut -d' ' -f3)" 1
keys q
sees left 'ended 0'
back mouse

# ---- without UTF-8, without colours -------------------------------------------------------------------------------------------------
ascii() {
    checks=$((checks + 1))
    screen | LC_ALL=C grep -q '[^ -~]' && fail "$1: there are characters beyond ASCII"
}
start LC_ALL=C --
sees 'LC_ALL=C' '6 runs'
ascii 'LC_ALL=C'
walk 'LC_ALL=C' ascii
keys Q
sees 'LC_ALL=C' 'ended 0'
blank
colorless() {
    checks=$((checks + 1))
    tm capture-pane -e -p -t 0 | grep -qE $'\033\\[([0-9;:]*;)?(3[0-8]|9[0-7]|4[0-8]|10[0-7])[;:m]' && fail "$1: there are colours"
}
start NO_COLOR=1 --
sees NO_COLOR '6 runs'
colorless NO_COLOR
walk NO_COLOR colorless
keys Q
sees NO_COLOR 'ended 0'
blank

# ---- terminal types -----------------------------------------------------------------------------------------------------------------
for type in screen tmux-256color linux vt100; do
    infocmp "$type" >/dev/null 2>&1 || {
        echo "skipped: TERM=$type is not known here"
        continue
    }
    start "TERM=$type" --
    sees "TERM=$type" '6 runs'
    walk "TERM=$type"
    keys Q
    sees "TERM=$type" 'ended 0'
    blank
done

# ---- sizes that change while a run trains -------------------------------------------------------------------------------------------
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
write_tiny endless.lua 'return sl.experiment(tiny, { name = "endless", steps = 1000000, checkpoint = { every = 1000000 }, evaluate = { every = 200 } })'
nice "$program" run --threads 1 endless.lua >/dev/null 2>&1 </dev/null &
background+=($!)
keys "env LANG=$utf8 TERM=xterm-256color $program watch endless; echo \"ended \$?\"" Enter
sees 'the run trains' '1 running'
# storm SCREEN PATTERN: thirty sizes as fast as they can be set, with keys in between, and then one to look at
storm() {
    local i sizes=(5x3 60x16 300x100 80x24 61x17 1x1 200x20 60x90 120x40 59x15)
    for ((i = 0; i < 30; i++)); do
        tm resize-window -t 0 -x "${sizes[i % 10]%x*}" -y "${sizes[i % 10]#*x}"
        [ $((i % 4)) = 0 ] && keys j
    done
    sees "$1: too small says so" 'needs 60x16'
    tm resize-window -t 0 -x 100 -y 30
    sees "$1: after thirty sizes" "$2"
}
storm runs '1 running'
keys Home Enter
sees 'the run that trains' 'semiluna +run '
storm run 'semiluna +run .*'
keys a
sees health 'semiluna +health'
storm health 'semiluna +health'
kill -9 "${background[0]}"
wait "${background[0]}" 2>/dev/null
keys q q
sees 'the table' '1 of 7 runs'
# What changed cell by cell is what is drawn anew.
whole() {
    local before after
    before=$(screen | tail -n +2)
    keys C-l
    sleep 0.3
    after=$(screen | tail -n +2)
    [ "$before" = "$after" ] && echo same
}
becomes 'drawn anew it is the same' same whole
keys Q
sees 'the end' 'ended 0'
back 'the end'

finish
