# shellcheck shell=bash disable=SC2154,SC2034
# For the end-to-end tests of sweeps, to be sourced after training.sh: an ablation of six cells that share warm-ups, sweeps in the
# background, and what a sweep has left in its database, to compare it with another's.

# Where a test asks for no number of threads, processes that share the processors must not wait for one another by spinning.
export GOMP_SPINCOUNT=2000

# write_sweep FILE [LINE...]: six cells, two groups of three that are the same up to step 12 of 30; the lines change its options.
write_sweep() {
    local file=$1
    shift
    write_tiny "$file" 'local cells = sl.experiment(tiny, {' \
        '  method = { semi_adv_start = 12, semi_start = 12 }, checkpoint = { every = 20 },' \
        '  ablate = sl.grid { ["method.threshold"] = { 0.1, 0.3, 0.35 }, seed = { 1, 2 } },' \
        '})' "${@:-return cells}"
}

# sweep_start NAME ARGUMENTS...: a sweep in the background: its process in ${sweep_pid[NAME]}, its output in the file NAME.out
declare -A sweep_pid
sweep_start() {
    local name=$1
    shift
    "$SEMILUNA" sweep "$@" >"$name.out" 2>&1 </dev/null &
    sweep_pid[$name]=$!
}

# sweep_end NAME: waits for its end; $status is its exit status
sweep_end() {
    wait "${sweep_pid[$1]}" 2>/dev/null
    status=$?
}

# sweep_until NAME COMMAND...: waits until the command succeeds; fails where the sweep ends before, or after a minute
sweep_until() {
    local name=$1 end=$((SECONDS + 60))
    shift
    until "$@" >/dev/null 2>&1; do
        { [ $SECONDS -lt $end ] && kill -0 "${sweep_pid[$name]}" 2>/dev/null; } || return 1
        sleep 0.05
    done
}

# ask DB QUERY: the rows as csv, without the header; nothing where there is no database yet
ask() { "$SEMILUNA" sql --db "$1" "$2" --format csv 2>/dev/null | tail -n +2; }

# runs DB [CONDITION]: how many runs there are
runs() { ask "$1" "SELECT count(*) FROM run WHERE ${2:-1}"; }

# some_runs DB CONDITION: whether there is such a run
some_runs() { [ "$(runs "$1" "$2")" -gt 0 ]; }

cat >"$scratch/table.lua" <<'END'
-- What the done runs of a database came to, cell by cell: every row that they logged, and their last weights, optimizers and counters.
local core = require "semiluna.core"
local system = core.system
local db <close> = core.db(arg[1], "read")

local queries = {
  "SELECT 'metric' AS a, name AS b, step AS c, printf('%!.17g', value) AS d, '' AS e FROM metric WHERE run = ? ORDER BY name, step",
  "SELECT 'iou' AS a, split AS b, step AS c, class_index AS d, printf('%!.17g', iou) AS e FROM class_iou WHERE run = ? ORDER BY 2, 3, 4",
  "SELECT 'confusion' AS a, split AS b, step AS c, truth || ' ' || prediction AS d, pixels AS e FROM confusion WHERE run = ? ORDER BY 2, 3, 4",
  "SELECT 'best' AS a, kind AS b, step AS c, '' AS d, '' AS e FROM artifact WHERE run = ? AND kind IN ('best', 'last') ORDER BY kind",
}

local function print_weights(path)
  local file <close> = assert(io.open(path, "rb"))
  local all = file:read "a"
  local length = ("<I8"):unpack(all)
  local header = system.json_decode(all:sub(9, 8 + length))
  local meta = system.json_decode(header.__metadata__.semiluna)
  header.__metadata__, meta.uuid = nil, nil
  local names = {}
  for name in pairs(header) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do
    local from, to = table.unpack(header[name].data_offsets)
    print("tensor", name, system.sha256(all:sub(9 + length + from, 8 + length + to)))
  end
  print("meta", system.json_encode(meta))
end

for _, cell in ipairs(db:query("SELECT c.hash, r.id, r.step, r.steps, a.path FROM cell c JOIN run r ON r.id = c.run" ..
  " LEFT JOIN artifact a ON a.run = r.id AND a.kind = 'last' WHERE r.state = 'done' ORDER BY c.hash, r.id")) do
  print("cell", cell.hash, cell.step, cell.steps)
  for _, query in ipairs(queries) do
    for _, row in ipairs(db:query(query, cell.id)) do print(row.a, row.b, row.c, row.d, row.e) end
  end
  local folder = arg[1]:match "^(.*/)" or ""
  print_weights(system.exists(cell.path) and cell.path or folder .. cell.path)
end
END

# same_table WHAT DB OTHER CELLS: both hold one done run for each of the cells, with the same rows and weights to the last bit
same_table() {
    checks=$((checks + 1))
    "$SEMILUNA" lua "$scratch/table.lua" "$2" >"$scratch/left.table" 2>"$scratch/.err"
    "$SEMILUNA" lua "$scratch/table.lua" "$3" >"$scratch/right.table" 2>>"$scratch/.err"
    diff "$scratch/left.table" "$scratch/right.table" >"$scratch/.out" 2>&1
    local different=$? cells
    cells=$(grep -c '^cell' "$scratch/left.table")
    if [ "$cells" != "$4" ]; then
        wrong "$1: $2 holds $cells done cells, not $4"
    elif [ $different != 0 ]; then
        wrong "$1: $2 and $3 hold different results"
    elif [ "$(wc -l <"$scratch/left.table")" -lt $((100 * $4)) ]; then
        wrong "$1: too little was compared: $(wc -l <"$scratch/left.table") rows"
    else
        echo "$1: $cells cells, $(grep -c '^tensor' "$scratch/left.table") tensors and $(grep -vc '^tensor' "$scratch/left.table") rows are the same"
    fi
}
