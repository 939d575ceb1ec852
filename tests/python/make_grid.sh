#!/usr/bin/env bash
# make_grid.sh NNGRID FOLDER: trains the small grids that the tests of the readers look at.
#   xor.h5      two shapes and two learning rates, with a success condition
#   three.h5    three classes: every hidden activation in both precisions, with softmax at the output
#   every.h5    regression: every hidden activation with each of them at the output
#   stale.h5    xor.h5 with a run that diverged since its statistics were computed, which are wrong
#   long.h5     many epochs, with every kind of weights; compact.h5 is its compact form
#   left.h5     a file that keeps inactive runs: those of xor that a smaller grid does not have
# three.csv has five inputs of unlike scales, and empty cells. A fixed generator draws it, so that it is always the same.
# The activations come from the program's own list, so that one that a reader does not know fails its tests.
set -euo pipefail
nngrid=$1
mkdir -p "$2"
cd "$2"
rm -f xor.h5 stale.h5 three.h5 every.h5 left.h5 long.h5 compact.h5
hidden=$("$nngrid" params --json | python3 -c 'import json, sys
print(*(row["name"] for row in json.load(sys.stdin)["activation"] if row["name"] != "softmax"), sep=", ")')
awk 'function u() { s = (s * 16807) % 2147483647; return s / 2147483647 }
    BEGIN { s = 12345
        for (i = 0; i < 240; i++) {
            class = i % 3
            line = ""
            for (j = 0; j < 5; j++) {
                x = (10 ^ (j - 2)) * (u() + u() + u() - 1.5 + (j % 3 == class))
                line = line (u() < 0.02 ? "" : sprintf("%.6g", x)) ","
            }
            print line substr("abc", class + 1, 1)
        }
    }' >three.csv
cat >xor.yaml <<'END'
name: xor
seed: 3
repeats: 3
data: {builtin: xor}
base: {activation: sigmoid, output: sigmoid, loss: half_squared_error, init: normal, batch_size: full, epochs: 300}
grid:
  hidden: [[4], [3, 2]]
  learning_rate: [0.5, 2]
record: {every: 10, weights: [initial, best, final]}
success: {final_train_max_abs_error: "< 0.4"}
END
cat >three.yaml <<END
name: three
seed: 3
repeats: 2
data: {file: three.csv, target: last, scale: standardize, missing: mean}
base: {hidden: [6], epochs: 30, learning_rate: 0.05, momentum: 0.9}
grid:
  activation: [$hidden]
  precision: [float32, float64]
stop: {rules: [{patience: 3}]}
END
cat >every.yaml <<END
name: every
seed: 3
data: {builtin: noisy_sine}
base: {hidden: [3, 2], loss: half_squared_error, epochs: 3, learning_rate: 0.05, precision: float64}
grid:
  activation: [$hidden]
  output: [$hidden]
record: {weights: [final]}
END
cat >long.yaml <<'END'
name: long
seed: 3
repeats: 2
data: {file: three.csv, target: last, scale: standardize, missing: mean}
base: {hidden: [40], epochs: 300, learning_rate: 0.05}
grid: {activation: [relu, tanh], lambda: [0, 1]}
stop: {rules: [{patience: 3}]}
record: {weights: [initial, best, final]}
END
for name in xor three every long; do
    "$nngrid" run $name.yaml -o $name.h5 --quiet
done
# Of every.h5, what the program predicts for x.csv where one activation stands everywhere: run 0, n + 1, 2 n + 2, ...
seq -5 0.5 5 >x.csv
n=$(wc -w <<<"$hidden")
for ((run = 0; run < n * n; run += n + 1)); do
    "$nngrid" predict every.h5 x.csv --run $run --weights final >every-$run.csv
done
"$nngrid" compact long.h5 -o compact.h5
# Of the runs of xor, three are in the grid that follows; the others become inactive.
sed -e 's/hidden: .*/hidden: [[4]]/' -e 's/learning_rate: .*/learning_rate: [2, 5]/' xor.yaml >left.yaml
"$nngrid" run xor.yaml -o left.h5 --quiet
"$nngrid" run left.yaml -o left.h5 --quiet
/usr/bin/python3 - <<'END'
import shutil

import h5py

shutil.copy("xor.h5", "stale.h5")
with h5py.File("stale.h5", "r+") as file:
    file["runs/status"][1] = 2
    file["cells/computed"][...] = 0
    file["cells/final_train_loss_mean"][...] = 7
END
