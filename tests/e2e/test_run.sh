#!/bin/bash
# The way through the program that a person takes: new, run, runs, show, sql, eval; and what the database then holds.
# shellcheck source=tests/e2e/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/e2e/training.sh
. "$SEMILUNA_SOURCE/tests/e2e/training.sh" || exit 1
unset GIT_DIR GIT_WORK_TREE

# is WHAT GOT EXPECTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] && return
    failures=$((failures + 1))
    printf 'WRONG: %s is "%s", not "%s"\n' "$1" "$2" "$3"
}
newest() { sql 'SELECT max(id) FROM run'; }
param() { sql "SELECT value FROM param WHERE run = $(newest) AND name = '$1'" | sed 's/^"\(.*\)"$/\1/'; }

# ---- what is recorded of a run ----------------------------------------------------------------------------------------------------
write_tiny tiny.lua
semiluna run tiny.lua >out 2>err
holds 'a run succeeds' [ $? = 0 ]
holds 'a run complains of nothing' cmp /dev/null err
holds 'the end says what to type next' grep -q '^Recorded in semiluna\.db as run 1\. Next:' out
holds 'the progress is plain lines with losses, speed and time left' \
    grep -qE '^  tiny 15/30  seg [0-9.]+  adv [0-9.]+ .* D [0-9.]+  lr [0-9.]+  [0-9.]+ images/s  ETA 0:' out
semiluna run tiny.lua -q >out 2>&1
holds '--quiet prints nothing' [ ! -s out ]
same_run 'the same script again' 1 2

is 'the name' "$(sql 'SELECT name, state, method, seed, step, steps, resumes, threads, script_path FROM run WHERE id = 1')" \
    'tiny,done,advsemiseg,3,30,30,0,1,tiny.lua'
is 'the experiment' "$(sql 'SELECT e.name FROM run r JOIN experiment e ON e.id = r.experiment WHERE r.id = 1')" tiny
is "the script's hash" "$(sql 'SELECT script_hash FROM run WHERE id = 1')" "$(sha256sum <tiny.lua | cut -d ' ' -f 1)"
semiluna show 1 --script >script
holds "the script's text" cmp script tiny.lua
is 'the host' "$(sql 'SELECT host FROM run WHERE id = 1')" "$(uname -n)"
is 'git outside of a repository' "$(sql "SELECT ifnull(git_commit, 'none'), ifnull(git_dirty, 'none') FROM run WHERE id = 1")" 'none,none'
is 'the times' "$(sql "SELECT start_time <= heartbeat, heartbeat <= end_time, end_time < start_time + 3600,
    abs(end_time - strftime('%s', 'now')) < 3600, pid > 1 FROM run WHERE id = 1")" '1,1,1,1,1'
versions=$(sql 'SELECT versions FROM run WHERE id = 1')
for part in "$(semiluna version)" 'Lua 5\.4\.' 'SQLite 3\.'; do
    holds "the versions ($versions) name $part" matches "$versions" "$part"
done
holds "the device" matches "$(sql 'SELECT device FROM run WHERE id = 1')" '(cpu|reference) \(1 thread,'
semiluna run tiny.lua --show-options >options
is 'showing the options trains nothing' "$(newest)" 2
is 'the options that a script gives' "$(sql "SELECT group_concat(value, ' ') FROM (SELECT value FROM param WHERE run = 1 AND name IN
    ('batch', 'data.crop', 'data.labeled', 'data.layout', 'method', 'method.threshold', 'model.base_width', 'optimizer.lr') ORDER BY name)" | tr -d '"')" \
    '2 33,33 0.5 synthetic advsemiseg 0.4 2 poly(0.01, 0.9)'
is 'the options that are defaults' "$(sql "SELECT group_concat(value, ' ') FROM (SELECT value FROM param WHERE run = 1 AND name IN
    ('data.scale', 'method.lambda_semi', 'model.rates', 'optimizer.momentum', 'optimizer.nesterov') ORDER BY name)" | tr -d '"')" '0.5,1.5 0.1 4 0.9 false'
holds 'every option has a row' [ "$(sql 'SELECT count(*) FROM param WHERE run = 1')" -gt 45 ]
is 'the losses of every step' "$(sql "SELECT name, count(*), min(step), max(step) FROM metric WHERE run = 1 AND name IN ('seg', 'adv', 'D', 'D_labeled', 'D_truth', 'D_unlabeled', 'lr', 'lr_discriminator', 'seg_ema', 'semi', 'semi_adv', 'miou') GROUP BY name" | tr '\n' ' ')" \
    'D,30,1,30 D_labeled,30,1,30 D_truth,30,1,30 D_unlabeled,26,5,30 adv,30,1,30 lr,30,1,30 lr_discriminator,30,1,30 miou,3,10,30 seg,30,1,30 seg_ema,30,1,30 semi,22,9,30 semi_adv,26,5,30 '
is 'the learning rate follows its schedule' "$(sql "SELECT group_concat(printf('%.9f', value), ' ') FROM
    (SELECT value FROM metric WHERE run = 1 AND name = 'lr' AND step IN (1, 16, 30) ORDER BY step)")" '0.010000000 0.005358867 0.000468372'
is 'the IoU of the classes' "$(sql "SELECT step, group_concat(class_name, ' ') FROM (SELECT * FROM class_iou WHERE run = 1 ORDER BY step, class_index) GROUP BY step" | tr '\n' ' ')" \
    '10,background circle square 20,background circle square 30,background circle square '
is 'every pixel that is not void is counted once' "$(sql 'SELECT count(DISTINCT n) FROM (SELECT sum(pixels) AS n FROM confusion WHERE run = 1 GROUP BY step)')" 1
is 'the IoU is that of the confusion matrix' "$(sql "SELECT count(*) FROM class_iou c WHERE run = 1 AND NOT abs(iou - (
    SELECT 1.0 * sum(CASE WHEN truth = class_index AND prediction = class_index THEN pixels ELSE 0 END) / sum(pixels) FROM confusion f
    WHERE f.run = 1 AND f.step = c.step AND (truth = class_index OR prediction = class_index))) <= 1e-12")" 0
is 'the artifacts' "$(sql "SELECT kind, step FROM artifact WHERE run = 1 AND kind = 'last'")" last,30
is 'the size and the hash of a checkpoint' "$(sql "SELECT bytes, sha256 FROM artifact WHERE run = 1 AND kind = 'last'")" \
    "$(stat -c %s "$(last_of 1)"),$(sha256sum "$(last_of 1)" | cut -d ' ' -f 1)"

# git
if command -v git >/dev/null; then
    mkdir repository
    cp tiny.lua repository/inside.lua
    (cd repository && git init -q . && git add inside.lua && git -c user.name=n -c user.email=e@example.org commit -q -m one) >/dev/null 2>&1
    expect 0 'Recorded' semiluna run repository/inside.lua --steps 1
    is 'the commit' "$(sql "SELECT git_commit, git_dirty FROM run WHERE id = $(newest)")" "$(git -C repository rev-parse HEAD),0"
    echo '-- changed' >>repository/inside.lua
    expect 0 'Recorded' semiluna run repository/inside.lua --steps 1
    is 'the commit, changed' "$(sql "SELECT git_commit, git_dirty FROM run WHERE id = $(newest)")" "$(git -C repository rev-parse HEAD),1"
    is 'where the checkpoints are' "$(last_of "$(newest)" | cut -d / -f 1)" runs
else
    echo "skipped: the commit of a script (git is not installed)"
fi

# ---- which run --------------------------------------------------------------------------------------------------------------------
expect 0 'Recorded' semiluna run tiny.lua --steps 1 --name 'a name'
id=$(newest) uuid=$(sql "SELECT uuid FROM run WHERE id = $(newest)")
for what in "$id" "$uuid" "${uuid:0:8}" 'a name' latest; do
    expect 0 "^run +$uuid  \\($id\\)" semiluna show "$what"
done
expect 1 'there is no run "b name"\. Did you mean "a name"\?' semiluna show 'b name'
expect 1 'there is no run "99"' semiluna show 99

# ---- --db and SEMILUNA_DB ---------------------------------------------------------------------------------------------------------
mkdir there
expect 0 'Recorded in there/x\.db as run 1' env SEMILUNA_DB=there/x.db "$SEMILUNA" run tiny.lua --steps 1
expect 0 'Recorded in there/y\.db as run 1' env SEMILUNA_DB=there/x.db "$SEMILUNA" run tiny.lua --steps 1 --db there/y.db
holds 'the checkpoints lie beside the database' [ -d there/runs ]
is 'SEMILUNA_DB is read' "$(SEMILUNA_DB=there/x.db sql 'SELECT count(*) FROM run')" 1
is '--db comes first' "$(SEMILUNA_DB=there/x.db semiluna sql 'SELECT count(*) FROM run' --db semiluna.db --format csv | tail -n 1)" "$id"

# ---- --set ------------------------------------------------------------------------------------------------------------------------
expect 0 'Recorded' semiluna run tiny.lua --set data.labeled=1/4 -s data.crop=33,35 --set 'data.scale={0.75,1}' \
    -s optimizer.lr='linear(0.01, 0, 0, 30)' -s method.lambda_adv=0.5 --set data.mirror=false --set seed=7 --set steps=2 --set name=set \
    --set evaluate.every=2
for pair in data.labeled=0.25 data.crop=33,35 data.scale=0.75,1 'optimizer.lr=linear(0.01, 0, 0, 30)' method.lambda_adv=0.5 \
    data.mirror=false seed=7 steps=2 name=set; do
    is "--set ${pair%%=*}" "$(param "${pair%%=*}")" "${pair#*=}"
done
is 'the name of the run' "$(sql "SELECT name, seed, steps FROM run WHERE id = $(newest)")" set,7,2
expect 0 'Recorded' semiluna run tiny.lua --set method=supervised --set optimizer=adam --set optimizer.lr=0.001 --steps 1
is 'another method and optimizer' "$(param method) $(param optimizer) $(param optimizer.beta2)" 'supervised adam 0.999'
# Neither the threads that decode nor how far they are ahead change a result; the seed does.
expect 0 'Recorded' semiluna run tiny.lua --set data.loader_threads=3 --set data.ahead=5
same_run 'three decoding threads' 1 "$(newest)"
expect 0 'Recorded' semiluna run tiny.lua --set data.loader_threads=0
same_run 'no decoding thread' 1 "$(newest)"
expect 0 'Recorded' semiluna run tiny.lua --set seed=4 --steps 1
holds 'another seed gives other losses' [ "$(sql "SELECT value FROM metric WHERE run = $(newest) AND name = 'seg'")" != "$(sql "SELECT value FROM metric WHERE run = 1 AND name = 'seg' AND step = 1")" ]
# The plain backend computes the same first losses, but for rounding.
expect 0 'Recorded' semiluna run tiny.lua --backend reference --steps 3 --set optimizer.lr='poly(0.01, 0.9)'
is 'the first losses of the reference backend' "$(sql "SELECT count(*) FROM metric a JOIN metric b ON a.name = b.name AND a.step = b.step
    WHERE a.run = 1 AND b.run = $(newest) AND a.name IN ('seg', 'adv', 'D') AND a.step = 1 AND abs(a.value - b.value) <= 1e-4 * abs(a.value)")" 3

# ---- listings in every format -----------------------------------------------------------------------------------------------------
cat >json.lua <<'END'
-- Reads json from standard input; prints how many elements the outermost list has, or the names of the outermost object.
local value = require("semiluna.core").system.json_decode(io.read "a")
if value[1] then print(#value) return end
local names = {}
for name in pairs(value) do names[#names + 1] = name end
table.sort(names)
print(table.concat(names, " "))
END
json() { "$@" --format json | semiluna lua json.lua; }
# columns COMMAND...: how many columns each line of the csv has, without repetitions. No cell here holds a comma but in quotes.
columns() { "$@" --format csv | sed 's/"[^"]*"/x/g' | awk -F, '{ print NF }' | sort -u | tr '\n' ' '; }
count=$(sql 'SELECT count(*) FROM run')
is 'runs as json' "$(json semiluna runs)" "$count"
is 'runs as csv' "$(columns semiluna runs)" '21 '
expect 0 '^\| run \| name \|' semiluna runs --format markdown
expect 0 '^[0-9a-f]{8}  tiny +advsemiseg +3  done +30/30 ' semiluna runs tiny
is 'runs, limited' "$(json semiluna runs --limit 2)" 2
holds 'only runs of a state' [ "$(semiluna runs --state failed --format csv | wc -l)" = 1 ]
holds "show as json: $(json semiluna show 1)" matches "$(json semiluna show 1)" 'artifacts .*options.* run'
is 'show as csv' "$(columns semiluna show 1)" '4 '
expect 0 '^\|' semiluna show 1 --format markdown
is 'sql as json' "$(json semiluna sql 'SELECT step, value FROM metric WHERE run = 1 AND name = "seg"')" 30
is 'sql as csv' "$(columns semiluna sql 'SELECT run, name, step, value FROM metric WHERE run = 1')" '4 '
expect 0 '^\| step \|' semiluna sql 'SELECT step FROM run' --format markdown
expect 1 'read|only|not' semiluna sql 'DELETE FROM run'
is 'nothing was deleted' "$(sql 'SELECT count(*) FROM run')" "$count"

# ---- eval -------------------------------------------------------------------------------------------------------------------------
is 'eval as json' "$(json semiluna eval 1)" 6
is 'eval as csv' "$(columns semiluna eval 1)" '2 '
expect 0 '^\| miou \|' semiluna eval 1 --format markdown
cat >miou.lua <<'END'
for _, row in ipairs(require("semiluna.core").system.json_decode(io.read "a")) do
  if row.name == "miou" then print(("%.12f"):format(row.value)) end
end
END
recorded() { sql "SELECT printf('%.12f', value) FROM metric WHERE run = 1 AND name = 'miou' AND step = $1"; }
is 'eval gives what the run recorded' "$(semiluna eval 1 --format json | semiluna lua miou.lua)" "$(recorded 30)"
best=$(sql "SELECT path FROM artifact WHERE run = 1 AND kind = 'best'")
is 'eval of the best weights' "$(semiluna eval "$best" --script tiny.lua --format json | semiluna lua miou.lua)" \
    "$(recorded "$(sql "SELECT step FROM artifact WHERE run = 1 AND kind = 'best'")")"
expect 0 '^circle ' semiluna eval 1 --split train
is 'the same, by the run that the file names' "$(semiluna eval "$best" --format json | semiluna lua miou.lua)" \
    "$(semiluna eval "$best" --script tiny.lua --format json | semiluna lua miou.lua)"
expect 2 'which images\? give --data ROOT' semiluna eval "$best" --db there/y.db
expect 1 '"nowhere"' semiluna eval 1 --split nowhere
is 'eval records nothing' "$(sql 'SELECT count(*) FROM run')" "$count"

# ---- --dry-run --------------------------------------------------------------------------------------------------------------------
expect 0 '^data    4 labelled \+ 4 unlabelled, val 2, 3 classes, first image 40x36   ok \(10 images checked, 0 problems\)' semiluna run tiny.lua --dry-run
expect 0 '^model   model 0\.[0-9]+ M parameters; discriminator 0\.[0-9]+ M parameters   ok' semiluna run tiny.lua --dry-run
expect 0 '^cost    memory about [0-9]+ MiB; time about ' semiluna run tiny.lua --dry-run
is '--dry-run records nothing' "$(sql 'SELECT count(*) FROM run')" "$count"

# ---- new --------------------------------------------------------------------------------------------------------------------------
small=(--set data.width=40 --set data.height=36 --set data.crop=33 --set data.count=16 --set data.val_count=1 --set model.base_width=4 --set batch=2 --threads 1)
expect 0 '^wrote first\.lua' semiluna new first
expect 1 '^first\.lua exists already' semiluna new first
expect 0 '^data .* ok \(' semiluna run first.lua --dry-run "${small[@]}"
expect 0 '^Recorded' semiluna run first.lua --steps 3 "${small[@]}"
is "the script's own metric" "$(sql "SELECT count(*) FROM metric WHERE run = $(newest) AND step = 3
    AND name NOT LIKE 'option.%'
    AND name NOT IN ('seg', 'adv', 'semi', 'semi_adv', 'kept', 'D', 'D_labeled', 'D_unlabeled', 'D_truth', 'lr', 'lr_discriminator', 'seg_ema', 'miou', 'miou_authors', 'pixel_accuracy')")" 1
mkdir work
expect 0 '^wrote work/mine\.lua and work/mine_method\.lua' semiluna new work/mine --method
expect 0 '^Recorded' semiluna run work/mine.lua --steps 2 "${small[@]}" --set method.discriminator_width=2
is 'the method of its own' "$(sql "SELECT method, name FROM run WHERE id = $(newest)")" mine_method,mine
(cd work && semiluna run mine.lua --steps 2 "${small[@]}" --set method.discriminator_width=2 -q) >out 2>&1
holds 'the same from within the folder' [ -e work/semiluna.db ]
expect 2 'cannot be the name of a script' semiluna new 'a b'

# ---- methods and metrics of one's own ---------------------------------------------------------------------------------------------
cat >work/gentle.lua <<'END'
-- Half of the supervised loss, with an option of its own.
local sl = require "semiluna"
local gentle = {
  name = "gentle", help = "A part of the supervised loss.", streams = { "labeled" }, terms = { { "seg", "cross-entropy" } },
  options = { { "part", "schedule", 0.5, help = "how much", least = 0, most = 1 } },
}
function gentle.new(context)
  return { step = function(_, step)
    local images, labels = context.streams.labeled:next()
    local loss = sl.ops.cross_entropy(sl.enlarge(context.model(images, true), images), labels)
    local part = context:at(step).part
    loss:backward(part)
    return { seg = loss:item(), part = part }
  end }
end
return gentle
END
write_tiny work/measured.lua 'return sl.experiment(tiny, { name = "measured", method = { "gentle", part = sl.linear(1, 0.5, 0, 4) }, steps = 4,
  evaluate = { every = 2, function(e)
    local right, pixels, images = 0, 0, 0
    e:each("val", function(image, logits, prediction, label, id)
      assert(#image == 3 * #label and #logits == e.data.classes * #label and type(id) == "string")
      local said, true_class = prediction:table(), label:table()
      for i = 1, #said do
        if true_class[i] ~= 255 then
          pixels = pixels + 1
          if said[i] == true_class[i] then right = right + 1 end
        end
      end
      images = images + 1
    end)
    local by_class, sum = e:per_class("val"), 0
    for i = 1, 3 do for k = 1, 3 do sum = sum + e:confusion("val"):table()[i][k] end end
    e:log("images", images)
    e:miou("train")
    return { right = right / pixels, sum = sum - pixels, accuracy = e:confusion("val"):pixel_accuracy(), circle = by_class.circle }
  end } })'
expect 0 'Recorded' semiluna run work/measured.lua
run=$(newest)
is 'the option of a method of one.s own' "$(param method.part)" 'linear(1, 0.5, 0, 4)'
is 'its schedule' "$(sql "SELECT group_concat(value, ' ') FROM (SELECT value FROM metric WHERE run = $run AND name = 'part' ORDER BY step)")" '1.0 0.875 0.75 0.625'
is 'the metrics of one.s own' "$(sql "SELECT name, count(*) FROM metric WHERE run = $run AND name IN ('right', 'sum', 'images', 'circle', 'train.miou', 'miou') GROUP BY name" | tr '\n' ' ')" \
    'circle,2 images,2 right,2 sum,2 train.miou,2 '
is 'a metric counted by hand' "$(sql "SELECT count(*) FROM metric a JOIN metric b ON a.run = b.run AND a.step = b.step
    WHERE a.run = $run AND a.name = 'right' AND b.name = 'accuracy' AND abs(a.value - b.value) < 1e-12")" 2
is 'the pixels counted by hand' "$(sql "SELECT count(*) FROM metric WHERE run = $run AND name = 'sum' AND value = 0")" 2
write_tiny score.lua 'return sl.experiment(tiny, { steps = 1, evaluate = { function(e) return 42 end } })'
expect 0 'Recorded' semiluna run score.lua
is 'a number alone is the score' "$(sql "SELECT value FROM metric WHERE run = $(newest) AND name = 'score'")" 42.0

# ---- several experiments in a script ----------------------------------------------------------------------------------------------
tiny_scenes=("${small[@]}" --set model.base_width=2 --steps 2)
first=$(($(newest) + 1))
expect 0 '^ +mIoU +background' semiluna run "$SEMILUNA_SOURCE/experiments/demo.lua" "${tiny_scenes[@]}" --db demo.db
is 'the three runs of the demo' "$(semiluna sql "SELECT name, method, state, step FROM run ORDER BY id" --db demo.db --format csv | tail -n +2 | tr '\n' ' ')" \
    'supervised,supervised,done,2 + adversarial,advsemiseg,done,2 + semi,advsemiseg,done,2 '
expect 0 '^Recorded in semiluna.db as runs [0-9]+ to [0-9]+' semiluna run "$SEMILUNA_SOURCE/experiments/mean_teacher.lua" "${tiny_scenes[@]}"
is 'the runs with and without a teacher' "$(sql "SELECT name, state FROM run WHERE id >= $first ORDER BY id" | tr '\n' ' ')" 'supervised,done mean teacher,done '
holds 'the teacher is in the checkpoint' grep -qa '"teacher\.conv1\.weight"' "$(last_of "$(newest)")"
is 'the agreement is logged' "$(sql "SELECT count(*) FROM metric WHERE run = $(newest) AND name = 'agree'")" 1

# ---- orders from another process --------------------------------------------------------------------------------------------------
cat >order.lua <<'END'
local db <close> = require("semiluna.core").db("semiluna.db", "write")
db:command_send(math.tointeger(arg[1]), arg[2])
END
write_tiny endless.lua 'return sl.experiment(tiny, { name = "endless", steps = 1000000, checkpoint = { every = 1000000 }, evaluate = { every = 1000000 } })'
start endless.lua
await 'endless +1/'
run=$(newest)
semiluna lua order.lua "$run" checkpoint
semiluna lua order.lua "$run" dance
semiluna lua order.lua "$run" stop
ended
is 'a run that was told to stop' "$status $(sql "SELECT state FROM run WHERE id = $run")" '0 stopped'
is 'the answers' "$(sql "SELECT name, substr(answer, 1, 7) FROM command WHERE run = $run ORDER BY id" | tr '\n' ' ')" 'checkpoint,done at dance,refused stop,done at '

# ---- several processes, one database ----------------------------------------------------------------------------------------------
for i in 1 2 3; do semiluna run tiny.lua -q --name "together $i" --db together.db >"out$i" 2>&1 & done
wait
holds 'three processes log into one database' [ -z "$(cat out1 out2 out3)" ]
is 'what three processes logged' "$(semiluna sql "SELECT count(*), sum(n), min(n) = max(n) FROM (SELECT count(*) AS n FROM metric JOIN run ON run.id = run WHERE state = 'done' GROUP BY run)" --db together.db --format csv | tail -n 1)" \
    "3,$((3 * $(sql 'SELECT count(*) FROM metric WHERE run = 1'))),1"

finish
