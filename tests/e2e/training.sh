# shellcheck shell=bash disable=SC2154,SC2034
# For the end-to-end tests that train, to be sourced after check.sh: a tiny experiment, runs in the background that a test can stop at
# a chosen moment, and the comparison of two runs, bit by bit.

# write_tiny FILE [LINE...]: an experiment that uses every stream and trains in less than a second; the lines change its options.
write_tiny() {
    local file=$1
    shift
    cat >"$file" <<'END'
local sl = require "semiluna"
local tiny = sl.experiment {
  name = "tiny", seed = 3, steps = 30, batch = 2, threads = 1,
  data = { layout = "synthetic", width = 40, height = 36, classes = 3, count = 8, val_count = 2, labeled = 0.5, crop = 33, divisor = 58 },
  model = { "deeplab_v2", backbone = "tiny", base_width = 2, train_affine = true },
  method = { "advsemiseg", semi_adv_start = 4, semi_start = 8, threshold = 0.4, discriminator_sees = "all", discriminator_width = 2 },
  optimizer = { "sgd", lr = sl.poly(0.01, 0.9) },
  evaluate = { every = 10, function(e) e:miou("val") end },
  checkpoint = { every = 5 },
}
END
    if [ $# = 0 ]; then echo 'return tiny' >>"$file"; else printf '%s\n' "$@" >>"$file"; fi
}

# matches TEXT PATTERN
matches() { [[ $1 =~ $2 ]]; }

# sql QUERY: its rows as csv, without the header
sql() { "$SEMILUNA" sql "$1" --format csv | tail -n +2; }

# start ARGUMENTS...: `semiluna run ARGUMENTS...` in the background: $pid, and what it prints comes through descriptor 3.
start() {
    rm -f "$scratch/pipe"
    mkfifo "$scratch/pipe"
    "$SEMILUNA" run "$@" >"$scratch/pipe" 2>"$scratch/.err" </dev/null &
    pid=$!
    exec 3<"$scratch/pipe"
}

# await PATTERN: reads the program's lines until one matches; fails when there is none.
await() {
    local line
    while IFS= read -r line <&3; do
        [[ $line =~ $1 ]] && return 0
    done
    return 1
}

# ended: reads the rest, into the file "rest", and waits for the end; $status is the exit status.
ended() {
    cat <&3 >"$scratch/rest"
    exec 3<&-
    wait "$pid" 2>/dev/null
    status=$?
}

# killed: waits for the end of a process that was killed
killed() {
    wait "$pid" 2>/dev/null
    status=$?
    exec 3<&-
}

# pause MILLISECONDS
pause() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# dump RUN FILE: everything that a run logged, numbers to the last bit; not what it left for other runs
dump() {
    {
        sql "SELECT 'metric', name, step, printf('%!.17g', value) FROM metric WHERE run = $1 ORDER BY name, step"
        sql "SELECT 'class_iou', split, step, class_index, class_name, printf('%!.17g', iou) FROM class_iou WHERE run = $1 ORDER BY 2, 3, 4"
        sql "SELECT 'confusion', split, step, truth, prediction, pixels FROM confusion WHERE run = $1 ORDER BY 2, 3, 4, 5"
        sql "SELECT 'confidence', split, step, class_index, correct, bin, pixels FROM confidence WHERE run = $1 ORDER BY 2, 3, 4, 5, 6"
        sql "SELECT 'artifact', kind, step, bytes FROM artifact WHERE run = $1 AND kind NOT LIKE 'fork%' ORDER BY 2, 3"
        sql "SELECT 'run', state, step, steps FROM run WHERE id = $1"
    } >"$2"
}

# last_of RUN: its newest checkpoint
last_of() { sql "SELECT path FROM artifact WHERE run = $1 AND kind = 'last'"; }

cat >"$scratch/compare.lua" <<'END'
-- Two checkpoints: the same tensors with the same bytes, and the same metadata but for the run's id.
local json = require("semiluna.core").system

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  local all = file:read("a")
  local length = ("<I8"):unpack(all)
  local header = json.json_decode(all:sub(9, 8 + length))
  local meta = json.json_decode(header.__metadata__.semiluna)
  header.__metadata__, meta.uuid = nil, nil
  local tensors = {}
  for name, about in pairs(header) do
    local from, to = table.unpack(about.data_offsets)
    tensors[name] = about.dtype .. " " .. table.concat(about.shape, "x") .. " " .. all:sub(9 + length + from, 8 + length + to)
  end
  return tensors, meta
end

local different, compared = {}, 0
local function compare(a, b, where)
  if type(a) == "table" and type(b) == "table" then
    for key, value in pairs(a) do compare(value, b[key], where .. "." .. tostring(key)) end
    for key in pairs(b) do
      if a[key] == nil then different[#different + 1] = where .. "." .. tostring(key) end
    end
    return
  end
  compared = compared + 1
  if a ~= b then different[#different + 1] = where end
end

local tensors, meta = read(arg[1])
local other_tensors, other_meta = read(arg[2])
compare(tensors, other_tensors, "tensor")
compare(meta, other_meta, "meta")
table.sort(different)
if compared < 20 then print("only " .. compared .. " things were compared") os.exit(1) end
for _, name in ipairs(different) do print("different: " .. name) end
os.exit(#different == 0 and 0 or 1)
END

# same_run WHAT RUN OTHER: both logged the same rows and ended with the same weights, optimizer states and counters.
same_run() {
    checks=$((checks + 1))
    dump "$2" "$scratch/rows"
    dump "$3" "$scratch/other-rows"
    if ! diff "$scratch/rows" "$scratch/other-rows" >"$scratch/.out" 2>"$scratch/.err"; then
        wrong "$1: the rows of the runs $2 and $3 differ"
    elif ! "$SEMILUNA" lua "$scratch/compare.lua" "$(last_of "$2")" "$(last_of "$3")" >"$scratch/.out" 2>"$scratch/.err"; then
        wrong "$1: the checkpoints of the runs $2 and $3 differ"
    elif [ "$(wc -l <"$scratch/rows")" -lt "${4:-200}" ]; then
        wrong "$1: too little was compared: $(wc -l <"$scratch/rows") rows"
    else
        echo "$1: $(wc -l <"$scratch/rows") rows and all tensors are the same"
    fi
}
