#!/bin/bash
# Pictures of samples: which there are, their bounds, that they change nothing of a training, and that they stay with their run through
# resuming, merging, exporting and purging.
. "$SEMILUNA_SOURCE/tests/e2e/check.sh"
. "$SEMILUNA_SOURCE/tests/e2e/training.sh"

# pictures RUN [CONDITION]: "split kind step images" lines
pictures() { sql "SELECT split || ' ' || kind || ' ' || step || ' ' || count(*) FROM sample WHERE run = $1 AND ${2:-1} GROUP BY split, kind, step ORDER BY 1"; }
# steps RUN: of the evaluations that have pictures
steps() { sql "SELECT group_concat(step, ' ') FROM (SELECT DISTINCT step FROM sample WHERE run = $1 AND kind = 'prediction' ORDER BY step)"; }
# digest RUN: all pictures, byte for byte
digest() { sql "SELECT split, image, kind, step, width, height, hex(png) FROM sample WHERE run = $1 ORDER BY 1, 2, 3, 4" | sha256sum; }
# is WHAT EXPECTED FOUND
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || wrong "$1: expected \"$2\", found \"$3\""
}

write_tiny tiny.lua
write_tiny off.lua 'return sl.experiment(tiny, { evaluate = { samples = 0 } })'

# ---- what is stored ---------------------------------------------------------------------------------------------------------------
expect 0 '' semiluna run tiny.lua
is "the pictures of a run" "$(
    for split in unlabeled val; do
        images=$([ $split = val ] && echo 2 || echo 4) # there are two validation scenes
        for kind in confidence image kept prediction truth; do
            case $kind in image | truth) at=0 ;; *) at='0 10 20 30' ;; esac
            for step in $at; do echo "$split $kind $step $images"; done
        done
    done | sort
)" "$(pictures 1 | sort)"
is "their size" "40x36" "$(sql "SELECT DISTINCT width || 'x' || height FROM sample")"
is "they are PNGs" 0 "$(sql "SELECT count(*) FROM sample WHERE hex(substr(png, 1, 8)) <> '89504E470D0A1A0A' OR typeof(png) <> 'blob'")"

# ---- they change nothing ----------------------------------------------------------------------------------------------------------
expect 0 '' semiluna run off.lua
is "without samples" "" "$(pictures 2)"
same_run "samples change nothing of a training" 1 2
is "the same cell with and without them" 1 "$(sql "SELECT count(DISTINCT options_hash) FROM cell WHERE run IN (1, 2)")"
expect 0 '' semiluna run tiny.lua --set seed=4
is "other seeds, the same images" "" "$(sql "SELECT DISTINCT image FROM sample WHERE run = 1 EXCEPT SELECT image FROM sample WHERE run = 3")"
is "of the same bytes" 1 "$(sql "SELECT count(DISTINCT hex(png)) FROM sample WHERE kind = 'image' AND run IN (1, 3) GROUP BY split, image" | sort -u)"

# A method that says nothing of confidence; all images labelled; a smaller size.
write_tiny plain.lua 'return sl.experiment(tiny, { method = { "supervised" }, data = { labeled = 1 }, evaluate = { samples = 1, sample_size = 20 } })'
sed -i 's/, semi_adv_start.*discriminator_width = 2//; s/"advsemiseg"/"supervised"/' plain.lua
expect 0 '' semiluna run plain.lua
is "of a method without confidence" "val image 0 1;val prediction 0 1;val prediction 10 1;val prediction 20 1;val prediction 30 1;val truth 0 1;" \
    "$(pictures 4 | tr '\n' ';')"
is "smaller ones" "20x18" "$(sql "SELECT DISTINCT width || 'x' || height FROM sample WHERE run = 4")"

# ---- resuming ---------------------------------------------------------------------------------------------------------------------
# Stopped behind its evaluation at step 10 and gone on with: the pictures are those of a run that was not stopped.
write_tiny stopped.lua 'return sl.experiment(tiny, { evaluate = { every = 10, function(e)
  e:miou("val")
  if e.step == 20 and sl.env("STOP", "") ~= "" then error("stop here", 0) end
end } })'
STOP=1 expect 1 'stop here' semiluna run stopped.lua
expect 0 '' semiluna run --resume 5
is "the pictures of a resumed run" "$(digest 1)" "$(digest 5)"
same_run "a resumed run" 1 5

# ---- room -------------------------------------------------------------------------------------------------------------------------
# 31 evaluations (steps 0 to 30); room for about a dozen of them.
write_tiny many.lua 'return sl.experiment(tiny, { evaluate = { every = 1, samples = 1, sample_bytes = 18000 } })'
expect 0 '' semiluna run many.lua
bytes=$(sql "SELECT sum(length(png)) FROM sample WHERE run = 6")
is "bytes within the limit ($bytes)" 1 "$((bytes <= 18000 && bytes > 9000))"
kept=$(steps 6)
echo "kept of steps 0 to 30: $kept"
is "the first and the newest are kept" "0 30" "${kept%% *} ${kept##* }"
is "no gap is large" 1 "$(sql "SELECT max(step - before) <= 8 FROM (SELECT step, lag(step) OVER (ORDER BY step) AS before FROM (SELECT DISTINCT step
    FROM sample WHERE run = 6 AND kind = 'prediction'))")"
is "images stay" 2 "$(sql "SELECT count(*) FROM sample WHERE run = 6 AND kind = 'image'")"
is "nothing went wrong" 0 "$(sql "SELECT count(*) FROM event WHERE run = 6 AND kind = 'warning'")"
write_tiny few.lua 'return sl.experiment(tiny, { evaluate = { samples = 1, sample_bytes = 1000 } })'
expect 0 '' semiluna run few.lua
is "no room at all" "" "$(pictures 7)"
is "which is told once" 1 "$(sql "SELECT count(*) FROM event WHERE run = 7 AND text LIKE '%evaluate.sample_bytes is 1000%'")"
same_run "nor does that change a training" 1 7

# ---- what goes wrong here ends no run ---------------------------------------------------------------------------------------------
cat >broken.lua <<'END'
local core = require "semiluna.core"
local png = core.png
function core.png(tensor, about)
  if about.threshold then error("no picture today") end
  return png(tensor, about)
end
END
write_tiny failing.lua 'require "broken"' 'return tiny'
expect 0 '' semiluna run failing.lua
is "a failing picture is told once" 1 "$(sql "SELECT count(*) FROM event WHERE run = 8 AND kind = 'warning' AND text LIKE 'samples: %no picture today%'")"
same_run "and the run goes on" 1 8

# ---- forks ------------------------------------------------------------------------------------------------------------------------
write_tiny later.lua 'return sl.experiment(tiny, { name = "later", method = { semi_start = 15, semi_adv_start = 15 }, ablate = sl.grid { ["method.threshold"] = { 0.4, 0.6 } } })'
expect 0 '' semiluna sweep later.lua --workers 1
forked=$(sql "SELECT run FROM cell WHERE fork_step IS NOT NULL")
is "a cell goes on from another's warm-up" 10 "$forked"
is "and has its pictures" "0 10 20 30" "$(steps 10)"
is "which are the other's" "$(sql "SELECT hex(png) FROM sample WHERE run = 9 AND step <= 10 AND kind <> 'kept' ORDER BY split, image, kind, step" | sha256sum)" \
    "$(sql "SELECT hex(png) FROM sample WHERE run = 10 AND step <= 10 AND kind <> 'kept' ORDER BY split, image, kind, step" | sha256sum)"

# ---- elsewhere --------------------------------------------------------------------------------------------------------------------
mkdir elsewhere
cp semiluna.db elsewhere/
expect 0 '' semiluna merge elsewhere --db merged.db
is "merged" "$(digest 1)" "$(SEMILUNA_DB=merged.db digest "$(SEMILUNA_DB=merged.db sql "SELECT id FROM run WHERE uuid = '$(sql "SELECT uuid FROM run WHERE id = 1")'")")"
holds 'exported' semiluna export 1 --format json -o run.json
expect 0 '' semiluna import run.json --db imported.db
is "exported and imported" "$(digest 1)" "$(SEMILUNA_DB=imported.db digest 1)"
is "as bytes" blob "$(SEMILUNA_DB=imported.db sql "SELECT DISTINCT typeof(png) FROM sample")"
expect 0 '' semiluna rm 1
expect 0 '' semiluna rm --purge 1
is "purged" "" "$(pictures 1)"

finish
