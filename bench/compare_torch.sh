#!/usr/bin/env bash
# One training step of the method here and in PyTorch, alternating, in one go: seconds, ratio, peak memory, convolution rate.
#
#   PYTHON=python-with-torch bench/compare_torch.sh [--rounds N] [--crop 321] [--batch 2] [--backbone resnet101] [--threads 2] [--steps 3]
#
# PYTHON needs torch (CPU build). PEER is the folder of torch_step.py (default ../shared/peer). Prints Markdown.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3} peer=${PEER:-../shared/peer} semiluna=${SEMILUNA:-build/semiluna}
rounds=3
declare -A set=([crop]=321 [batch]=2 [backbone]=resnet101 [threads]=2 [steps]=3)
while [ $# -gt 1 ]; do
    name=${1#--}
    case $name in
    rounds) rounds=$2 ;;
    crop | batch | backbone | threads | steps | part | classes) set[$name]=$2 ;;
    *) break ;;
    esac
    shift 2
done
[ $# -eq 0 ] || { echo "compare_torch.sh: unknown option or missing value: $1" >&2 && exit 2; }
options=()
for name in "${!set[@]}"; do options+=("--$name" "${set[$name]}"); done
"$python" -c 'import torch' 2>/dev/null || { echo "compare_torch.sh: $python has no torch; name one that has with PYTHON=..." >&2 && exit 1; }
results=$(mktemp)
trap 'rm -f "$results"' EXIT

say() { echo "compare_torch.sh: $*" >&2; }
for round in $(seq "$rounds"); do
    for mode in f32 f32-cl; do
        say "round $round of $rounds: PyTorch $mode"
        "$python" "$peer/torch_step.py" --mode "$mode" "${options[@]}" 2>/dev/null | sed "s/^/torch-$mode /" >>"$results"
        say "round $round of $rounds: semiluna"
        "$semiluna" lua bench/step.lua "${options[@]}" | sed "s/^/semiluna /" >>"$results"
    done
done

bound=""
tool=${BOUND:-build/bench/bench_convolution}
if [ -x "$tool" ]; then
    say "oneDNN's convolution bound"
    bound=$("$tool" --crop "${set[crop]}" --batch "${set[batch]}" --threads "${set[threads]}" | tail -n 1)
else
    say "no $tool (cmake --build build --target bench_convolution): the bound is left out"
fi

"$python" - "$results" "$bound" "${options[*]}" <<'PY'
import json, statistics, sys
rows = {}
for line in open(sys.argv[1]):
    name, text = line.split(" ", 1)
    rows.setdefault(name, []).append(json.loads(text))
gflop = rows["torch-f32"][0]["conv_gflop"]
print(f"Options: {sys.argv[3]}; {gflop:.0f} GFLOP of convolutions a step; PyTorch {rows['torch-f32'][0]['torch']}\n")
print("| | seconds a step (median of rounds' medians) | least | peak RSS, MiB | convolution GFLOP/s |")
print("|---|---|---|---|---|")
middle = {}
for name, runs in sorted(rows.items()):
    middle[name] = statistics.median(r["seconds_median"] for r in runs)
    least = min(r["seconds_min"] for r in runs)
    print(f"| {name} | {middle[name]:.2f} | {least:.2f} | {max(r['peak_rss_mib'] for r in runs)} | {gflop / middle[name]:.0f} |")
best = min((n for n in rows if n != "semiluna"), key=middle.get)
# Each run here stands beside the PyTorch run before it: the pair ratios are free of the machine's drift.
pairs = [ours["seconds_median"] / theirs["seconds_median"] for ours, theirs in
         zip(rows["semiluna"], [r for i in range(len(rows["torch-f32"])) for r in (rows["torch-f32"][i], rows["torch-f32-cl"][i])])]
memory = max(r["peak_rss_mib"] for r in rows["semiluna"]) / min(max(r["peak_rss_mib"] for r in v) for n, v in rows.items() if n != "semiluna")
print(f"\nsemiluna / PyTorch's best ({best}): time {middle['semiluna'] / middle[best]:.3f} "
      f"(pairs {min(pairs):.3f} to {max(pairs):.3f}), peak memory {memory:.3f}")
if sys.argv[2]:
    _, work, seconds, rate, own_seconds, own_rate, _ = sys.argv[2].split()
    print(f"\nConvolutions alone, in the same run: oneDNN in its own orders {rate} GFLOP/s ({seconds} s a step), the backend {own_rate} GFLOP/s "
          f"({own_seconds} s). The whole step here takes {middle['semiluna'] / float(seconds):.2f} times oneDNN's convolutions alone.")
PY
