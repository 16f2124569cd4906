#!/bin/bash
# Bad input of every kind: one clear line that names the file, the line or the key; status 2 for wrong use and 1 for failures; nothing
# half-written, and a database that tells what happened.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
shared=$SEMILUNA_SOURCE/../shared

# refused STATUS PATTERN COMMAND...: as expect; and no run was recorded, nor any file written.
refused() {
    rm -rf semiluna.db semiluna.db-* runs
    expect "$@"
    [ ! -e semiluna.db ] && [ ! -e runs ] || wrong "something was left behind by: ${*:3}"
}

# failed STATE PATTERN COMMAND...: the command ends with 1 and says PATTERN; the run is recorded as STATE, with PATTERN as its error.
failed() {
    local recorded
    rm -rf semiluna.db semiluna.db-* runs
    expect 1 "$2" "${@:3}"
    recorded=$(sql 'SELECT state, replace(error, char(34), char(39)) FROM run')
    [[ $recorded == "$1,"* ]] && grep -qE -- "$2" <<<"$recorded" || wrong "the database says \"$recorded\" after: ${*:3}"
    [ -z "$(find . -name '*.tmp*')" ] || wrong "a temporary file was left behind by: ${*:3}"
}

# ---- scripts --------------------------------------------------------------------------------------------------------------------
write_tiny misspelt.lua 'return sl.experiment(tiny, {' '  method = { lamda_semi = 0.1 },' '})'
refused 2 '^misspelt\.lua:12: method\.lamda_semi: no such option\. Did you mean "lambda_semi"\?' semiluna run misspelt.lua
write_tiny typed.lua 'return sl.experiment(tiny, {' '  batch = "two",' '})'
refused 2 '^typed\.lua:12: batch: expected a whole number of at least 1, not the text "two"' semiluna run typed.lua
write_tiny section.lua 'return sl.experiment(tiny, { modell = { } })'
refused 2 '^section\.lua:11: modell: no such option\. Did you mean "model"\?' semiluna run section.lua
write_tiny good.lua
refused 2 '^--set batch=two: expected a whole number' semiluna run good.lua --set batch=two
refused 2 '^--set method\.treshold=1: no such option\. Did you mean "threshold"\?' semiluna run good.lua --set method.treshold=1
refused 2 'no such method "advsemi"' semiluna run good.lua --set method=advsemi
refused 2 '^nowhere\.lua: ' semiluna run nowhere.lua
echo 'local x = = 1' >syntax.lua
refused 1 '^syntax\.lua:1: ' semiluna run syntax.lua
printf '\nlocal t = nil\nreturn t.x\n' >nil.lua
refused 1 "^nil\\.lua:3: attempt to index a nil value \\(local 't'\\)" semiluna run nil.lua
echo 'return { 1, 2 }' >numbers.lua
refused 1 '^numbers\.lua: item 1 of the list it returns is not an experiment' semiluna run numbers.lua
head -c 3000 /dev/urandom >bytes.lua
refused 1 '^bytes\.lua:' semiluna run bytes.lua
printf '\033Lua' >binary.lua
refused 1 '^attempt to load a binary chunk|binary\.lua' semiluna run binary.lua

# A script that never ends
export SEMILUNA_SCRIPT_SECONDS=1
while IFS= read -r line; do
    echo "$line" >endless.lua
    refused 1 '^(endless\.lua:1: )+the script ran for more than 1.* s without returning' semiluna run endless.lua
done <<'END'
while true do end
while true do pcall(function() while true do end end) end
return coroutine.wrap(function() while true do end end)()
END
unset SEMILUNA_SCRIPT_SECONDS
while IFS= read -r line; do
    echo "$line" >endless.lua
    refused 1 '^(endless\.lua:1: )?the script used more than 512' semiluna run endless.lua
done <<'END'
local t = {} while true do t[#t + 1] = { #t } end
local s = "x" while true do s = s .. s end
local t while true do t = { t, "x" } end
END
echo 'local function f() return 1 + f() end return f()' >deep.lua
refused 1 '^deep\.lua:1: stack overflow|stack overflow' semiluna run deep.lua

# ---- data -----------------------------------------------------------------------------------------------------------------------
cat >make.lua <<'END'
-- Eight scenes in the VOC layout, in the folder arg[1]: 1 to 3 labelled, 4 to 6 unlabelled, 7 and 8 for validation.
local core = require "semiluna.core"
local root = arg[1]
for _, folder in ipairs { "JPEGImages", "SegmentationClass", "ImageSets/Segmentation" } do core.system.mkdir(root .. "/" .. folder) end
local scenes <close> = core.synthetic { width = 40, height = 36, classes = 3, count = 8, seed = 5 }
local ids = {}
for i = 1, 8 do
  local image, label = scenes:read(i)
  core.write_png(("%s/JPEGImages/a%d.png"):format(root, i), image)
  core.write_png(("%s/SegmentationClass/a%d.png"):format(root, i), label, { palette = true })
  ids[i] = "a" .. i
end
for name, range in pairs { train = { 1, 6 }, val = { 7, 8 }, labeled = { 1, 3 }, unlabeled = { 4, 6 } } do
  local file <close> = assert(io.open(("%s/ImageSets/Segmentation/%s.txt"):format(root, name), "w"))
  file:write(table.concat(ids, "\n", table.unpack(range)), "\n")
end
local file <close> = assert(io.open(root .. "/classes.txt", "w"))
file:write("background 0 0 0\ncircle 200 0 0\nsquare 0 200 0\n")
END
cat >wide.lua <<'END'
local core = require "semiluna.core"
local scenes <close> = core.synthetic { width = 48, height = 36, classes = 3, count = 1, seed = 5 }
local _, label = scenes:read(1)
core.write_png(arg[1], label, { palette = true })
END
cat >voc.lua <<'END'
local sl = require "semiluna"
return sl.experiment {
  name = "voc", steps = 4, batch = 2, threads = 1,
  data = { layout = "voc", root = "voc", labeled = "labeled", unlabeled = "unlabeled", crop = 33, divisor = 58 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 2 },
  method = { "advsemiseg", semi_start = 1, discriminator_width = 2 },
  optimizer = { "sgd", lr = 0.01 },
}
END
expect 0 '^$' sh -c "$SEMILUNA lua make.lua kept && echo"
expect 0 'Recorded' sh -c "cp -r kept voc && $SEMILUNA run voc.lua --db fine.db"

# with COMMAND...: makes a fresh copy of the data and changes it
with() {
    rm -rf voc
    cp -r kept voc
    "$@"
}
cut() { head -c "$1" "kept/$2" >"voc/$2"; }
empty() { : >"$1"; }
append() { echo "$2" >>"$1"; }
lists=voc/ImageSets/Segmentation
with rm voc/JPEGImages/a1.png
refused 1 "^$lists/labeled\\.txt:1: the image of \"a1\" is missing or not readable: voc/JPEGImages/a1\\.jpg" semiluna run voc.lua
with rm voc/SegmentationClass/a2.png
refused 1 "^$lists/labeled\\.txt:2: the label of \"a2\" is missing or not readable: voc/SegmentationClass/a2\\.png" semiluna run voc.lua
with rm $lists/val.txt
refused 1 "the list \"val\" was found neither as a file nor as $lists/val\\.txt" semiluna run voc.lua
with rm voc/SegmentationClass/a8.png
refused 1 "^$lists/val\\.txt:2: the label of \"a8\" is missing" semiluna run voc.lua
with rm -r voc
refused 1 '^voc: the data folder is missing' semiluna run voc.lua
with empty $lists/labeled.txt
refused 1 "^$lists/labeled\\.txt:1: the list is empty" semiluna run voc.lua
with append $lists/labeled.txt a2
refused 1 "^$lists/labeled\\.txt:4: \"a2\" is in the list already, on line 2" semiluna run voc.lua
with append $lists/unlabeled.txt a3
refused 1 '^data: image "a3" is both labelled \(labeled\) and unlabelled \(unlabeled\)' semiluna run voc.lua
with append $lists/labeled.txt b1
refused 1 "^$lists/labeled\\.txt:4: the image of \"b1\" is missing" semiluna run voc.lua
if [ "$(id -u)" != 0 ]; then
    with chmod 000 voc/JPEGImages/a1.png
    refused 1 "^$lists/labeled\\.txt:1: the image of \"a1\" is missing or not readable" semiluna run voc.lua
else
    echo "skipped: an image without the right to read it (root may read everything)"
fi

# What shows only when an image is read: the run fails where it meets it, and --dry-run finds it before.
broken() {
    failed failed "$1" semiluna run voc.lua -q
    rm -rf semiluna.db semiluna.db-* runs
    semiluna run voc.lua --dry-run >found 2>.err
    holds '--dry-run ends with 1 where the data is bad' [ $? = 1 ]
    holds "--dry-run finds: $1" grep -qE -- "$1" found
    holds '--dry-run says that the data is not well' grep -qE '^data .* NOT OK \(8 images checked, 1 problems?\)' found
    holds '--dry-run leaves nothing' [ ! -e semiluna.db ]
}
for bytes in 40 300 -5; do
    with cut $bytes JPEGImages/a5.png
    broken 'voc/JPEGImages/a5\.png: damaged PNG: the file ends too early'
done
with cut 60 SegmentationClass/a1.png
broken 'voc/SegmentationClass/a1\.png: damaged PNG: the file ends too early'
with cut -5 SegmentationClass/a7.png
broken 'voc/SegmentationClass/a7\.png: damaged PNG: the file ends too early'
with append voc/JPEGImages/a4.png x
cp make.lua voc/JPEGImages/a4.png
broken 'voc/JPEGImages/a4\.png: neither a PNG nor a JPEG file'
with empty voc/JPEGImages/a6.png
broken 'voc/JPEGImages/a6\.png: the file is empty'
with semiluna lua wide.lua voc/SegmentationClass/a2.png
broken 'voc/SegmentationClass/a2\.png is 48x36 but its image voc/JPEGImages/a2\.png is 40x36'
with semiluna lua wide.lua voc/SegmentationClass/a8.png
broken 'voc/SegmentationClass/a8\.png is 48x36 but its image voc/JPEGImages/a8\.png is 40x36'
with eval 'printf "background 0 0 0\ncircle 200 0 0\n" >voc/classes.txt'
failed failed 'voc/SegmentationClass/a[1-3]\.png: label 2 at pixel x=[0-9]+, y=[0-9]+ is neither one of the 2 classes \(0 to 1\) nor the ignore label 255' \
    semiluna run voc.lua -q

# Real images, cut
if [ -e "$shared/data/camvid/classes.txt" ]; then
    mkdir -p street/JPEGImages street/SegmentationClass street/ImageSets/Segmentation
    head -n 3 "$shared/data/camvid/ImageSets/Segmentation/train.txt" >street/ImageSets/Segmentation/train.txt
    cp street/ImageSets/Segmentation/train.txt street/ImageSets/Segmentation/val.txt
    cp "$shared/data/camvid/classes.txt" street
    mapfile -t ids <street/ImageSets/Segmentation/train.txt
    for id in "${ids[@]}"; do
        ln -s "$shared/data/camvid/JPEGImages/$id.jpg" "$shared/data/camvid/SegmentationClass/$id.png" street/
        mv "street/$id.jpg" street/JPEGImages && mv "street/$id.png" street/SegmentationClass
    done
    sed -i 's/, unlabeled = "unlabeled"//' voc.lua
    # spoil FILE BYTES PATTERN: the run fails on the cut file; afterwards the file is whole again.
    spoil() {
        local whole
        whole=$(readlink "street/$1")
        rm "street/$1"
        head -c "$2" "$whole" >"street/$1"
        failed failed "street/$1: $3" semiluna run voc.lua -q --set data.root=street --set data.labeled=1 --set method=supervised
        ln -sf "$whole" "street/$1"
    }
    for bytes in 100 20000 -2; do spoil "JPEGImages/${ids[1]}.jpg" $bytes 'damaged JPEG: Premature end of JPEG file'; done
    for bytes in 30 2000 -2; do spoil "SegmentationClass/${ids[2]}.png" $bytes 'damaged PNG: the file ends too early'; done
else
    echo "SKIPPED: cut photographs ($shared/data/camvid is not there)"
fi
rm -rf voc && cp -r kept voc

# ---- too large ------------------------------------------------------------------------------------------------------------------
refused 1 '^data\.crop: batches of 2 crops of 2000000x2000000 need at least [0-9.]+ GiB, but [0-9.]+ GiB are free' \
    semiluna run good.lua --set data.crop=2000000
refused 1 '^data\.crop: batches of 2 crops of 3000000000x3000000000 need at least' semiluna run good.lua --set data.crop=3000000000
refused 1 '^data\.crop: batches of 1000000000 crops of 33x33 need at least' semiluna run good.lua --set batch=1000000000

# ---- weights --------------------------------------------------------------------------------------------------------------------
cat >damage.lua <<'END'
-- Safetensors files that are damaged in every way that the format knows.
local function write(name, header, bytes, length)
  local file <close> = assert(io.open(name .. ".safetensors", "wb"))
  file:write(("<I8"):pack(length or #header), header, ("\0"):rep(bytes))
end
local function tensor(name, dtype, shape, from, to)
  return ('"%s":{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}'):format(name, dtype, shape, from, to)
end
write("length", "{}", 0, 1 << 40)
write("negative", "{}", 0, -1)
write("beyond", "{}", 0, 1000)
write("json", '{"conv1.weight":', 0)
write("overlap", "{" .. tensor("conv1.weight", "F32", 4, 0, 16) .. "," .. tensor("b", "F32", 4, 8, 24) .. "}", 24)
write("outside", "{" .. tensor("conv1.weight", "F32", 4, 64, 80) .. "}", 64)
write("dtype", "{" .. tensor("conv1.weight", "F33", 4, 0, 16) .. "}", 16)
write("integers", "{" .. tensor("conv1.weight", "I64", "2,3,7,7", 0, 2352) .. "}", 2352)
write("shape", "{" .. tensor("conv1.weight", "F32", 4, 0, 16) .. "}", 16)
write("size", "{" .. tensor("conv1.weight", "F32", 5, 0, 16) .. "}", 16)
write("others", "{" .. tensor("conv2.weight", "F32", 4, 0, 16) .. "}", 16)
END
expect 0 '^$' sh -c "$SEMILUNA lua damage.lua && echo"
# weights FILE PATTERN
weights() { refused 1 "$1: $2" semiluna run good.lua --set "model.pretrained=$1"; }
weights length.safetensors 'not a safetensors file, or damaged: header length 1099511627776 '
weights negative.safetensors 'not a safetensors file, or damaged: header length '
weights beyond.safetensors 'truncated or damaged: header length 1000, but the file has only 10 bytes'
weights json.safetensors 'damaged header, at byte [0-9]+'
weights overlap.safetensors 'tensor "b" begins at byte 8, inside tensor "conv1\.weight", which ends at 16'
weights outside.safetensors 'tensor "conv1\.weight" ends at byte 80 of the data, which has 64'
weights dtype.safetensors 'tensor "conv1\.weight": unknown dtype "F33"'
weights integers.safetensors 'tensor "conv1\.weight" is of dtype I64, the model needs floating-point numbers'
weights shape.safetensors 'tensor "conv1\.weight" is 4, the model.s is 2x3x7x7'
weights size.safetensors 'tensor "conv1\.weight" has 16 bytes of data, its shape and dtype F32 need 20'
weights nowhere.safetensors 'cannot open: No such file or directory'
weights voc 'not a file that can be read as weights'
refused 1 '^model\.pretrained: others\.safetensors holds no tensor of this network' semiluna run good.lua --set model.pretrained=others.safetensors
expect 1 '^length\.safetensors: not a safetensors file, or damaged' semiluna eval length.safetensors --script good.lua
expect 1 '^nowhere\.safetensors: there is no such file' semiluna eval nowhere.safetensors --script good.lua
if [ -d "$shared/bad/weights" ]; then
    for file in "$shared"/bad/weights/*.pth; do weights "$file" '(not a safetensors file|truncated or damaged)'; done
else
    echo "SKIPPED: real damaged weights ($shared/bad/weights is not there)"
fi

# ---- diverging ------------------------------------------------------------------------------------------------------------------
failed diverged '(^run 1 \(tiny\) |,)[^,]*step [0-9]+: .*seg is (nan|infinite)' semiluna run good.lua -q --set optimizer.lr=1e9
failed diverged 'step [0-9]+: .*seg is (nan|infinite)' semiluna run good.lua -q --set optimizer.lr=1e38

# ---- checkpoints that cannot be written -----------------------------------------------------------------------------------------
failed failed 'good\.lua: Not a directory' semiluna run good.lua -q --set checkpoint.folder=good.lua/runs
holds 'that shows before the first step' [ "$(sql 'SELECT count(*) FROM metric_value')" = 0 ]

# ---- databases ------------------------------------------------------------------------------------------------------------------
# every command that opens a database, on one that is bad
everywhere() {
    expect 1 "$2" semiluna run good.lua -q --db "$1"
    expect 1 "$2" semiluna run --resume latest --db "$1"
    expect 1 "$2" semiluna eval latest --db "$1"
    expect 1 "$2" semiluna runs --db "$1"
    expect 1 "$2" semiluna show latest --db "$1"
    expect 1 "$2" semiluna sql 'SELECT 1' --db "$1"
    [ ! -e runs ] || wrong "checkpoints were written beside $1"
}
rm -rf runs
sed -n 1,30p good.lua >text.db
everywhere text.db 'text\.db: not an SQLite database'
holds 'a file that is no database stays as it is' cmp text.db <(sed -n 1,30p good.lua)
everywhere voc 'voc: a folder, not a database file'
expect 1 'nowhere/x\.db: cannot be made: there is no folder nowhere/' semiluna run good.lua -q --db nowhere/x.db

cat >change.lua <<'END'
local db <close> = require("semiluna.core").db(arg[1], "write")
db:execute(arg[2])
END
cp fine.db newer.db
semiluna lua change.lua newer.db 'PRAGMA user_version = 99'
everywhere newer.db 'newer\.db: written by a newer Semiluna \(schema version 99, this program knows [0-9]+\)'
cp fine.db foreign.db
semiluna lua change.lua foreign.db 'PRAGMA application_id = 7'
everywhere foreign.db 'foreign\.db: an SQLite database, but not one of Semiluna.s'

# Locked by another process
cat >lock.lua <<'END'
local db <close> = require("semiluna.core").db(arg[1], "write")
db:execute("BEGIN IMMEDIATE")
print "locked" io.stdout:flush()
io.read()
db:execute("COMMIT")
END
rm -f semiluna.db semiluna.db-*
cp fine.db semiluna.db
rm -rf runs
mkfifo say
semiluna lua lock.lua semiluna.db <say >said 2>&1 &
holder=$!
exec 4>say
until grep -q locked said || ! kill -0 $holder; do pause 20; done
semiluna run good.lua >waited.out 2>waited.err 4>&- & # else it would hold the writing end of say open
waiting=$!
until grep -q waiting waited.err || ! kill -0 $waiting 2>/dev/null; do pause 100; done
holds 'nothing is written while the database is locked' [ ! -e runs ]
expect 0 ',voc,' semiluna runs --format csv
exec 4>&-
wait $holder
wait $waiting
holds 'a run waits until another program gives the database free' grep -q 'Recorded in semiluna\.db as run 2' waited.out
holds 'and says so once' [ "$(grep -c 'semiluna\.db: locked by another program: waiting for it, at most 120 s' waited.err)" = 1 ]

# Read-only
if [ "$(id -u)" != 0 ]; then
    cp fine.db mine.db
    chmod 444 mine.db
    expect 1 '^mine\.db: cannot be written: the file or its folder is read-only' semiluna run good.lua -q --db mine.db
    expect 0 ',voc,' semiluna runs --format csv --db mine.db
fi
rows() { sql "SELECT count(*) FROM metric_value WHERE run = (SELECT max(id) FROM run)"; }
mkdir disk
if [ "$(id -u)" = 0 ] && mount -t tmpfs -o size=1m none disk 2>/dev/null; then
    trap 'cd /; umount "$scratch/disk"; rm -rf "$scratch"' EXIT
    cp fine.db disk/x.db
    mount -o remount,ro disk
    expect 1 '^disk/x\.db: cannot be written: the file or its folder is read-only' semiluna run good.lua -q --db disk/x.db
    expect 1 '^disk/y\.db: cannot be made: no right to write to the folder disk/' semiluna run good.lua -q --db disk/y.db
    expect 0 ',voc,' semiluna runs --format csv --db disk/x.db
    umount disk

    # Full, from the start
    mount -t tmpfs -o size=16k none disk
    expect 1 '^disk/x\.db: the disk is full' semiluna run good.lua -q --db disk/x.db
    umount disk

    # Full while a run trains. When there is space again, the run goes on and nothing is missing.
    write_tiny long.lua 'return sl.experiment(tiny, { steps = 400, checkpoint = { every = 20, folder = "elsewhere" }, evaluate = { every = 200 } })'
    mount -t tmpfs -o size=600k none disk
    export SEMILUNA_DB=disk/x.db
    expect 1 'disk/x\.db: the disk is full' semiluna run long.lua -q
    holds 'what was logged before the disk was full can be read' [ "$(rows)" -gt 100 ]
    mount -o remount,size=32m disk
    expect 0 'goes on from step [1-9]' semiluna run --resume latest
    expect 0 'Recorded' semiluna run long.lua
    same_run 'a run whose disk was full' 2 1 2000
    unset SEMILUNA_DB
    umount disk

    # Too little for a checkpoint: the old one stays.
    mount -t tmpfs -o size=700k none disk
    holds 'a checkpoint has room' semiluna run good.lua -q --set checkpoint.folder=disk --db roomy.db
    before=$(find disk -name last.safetensors -exec sha256sum {} +)
    head -c 2000000 /dev/zero >disk/filler 2>/dev/null
    expect 1 'disk/.*\.safetensors: cannot (write|create)|disk/.*: No space left on device' semiluna run good.lua -q --set checkpoint.folder=disk --db roomy.db
    holds 'no half-written checkpoint is left' [ -z "$(find disk -name '*.tmp')" ]
    holds 'what was there is as it was' [ "$(find disk -name last.safetensors -exec sha256sum {} +)" = "$before" ]
    umount disk
    trap 'rm -rf "$scratch"' EXIT
else
    echo "SKIPPED: a read-only disk, and a disk that is full while a run trains (a tmpfs cannot be mounted here)"
fi
# A limit on the size of files looks like a full disk, and needs no right to mount.
rm -rf semiluna.db semiluna.db-* runs
limited() { (
    trap '' XFSZ
    ulimit -f 24
    "$@"
); }
expect 1 '^semiluna\.db: the disk is full \(File too large\)' limited semiluna run good.lua -q

finish
