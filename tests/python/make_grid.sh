#!/usr/bin/env bash
# make_grid.sh NNGRID FOLDER: trains the small grids that the tests of the readers look at; long.h5 also in its
# compact form. three.csv has three
# classes, five inputs of unlike scales, and empty cells; drawn by a fixed generator, so that it is always the same.
set -euo pipefail
nngrid=$1
mkdir -p "$2"
cd "$2"
rm -f xor.h5 three.h5 left.h5 long.h5 compact.h5
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
cat >three.yaml <<'END'
name: three
seed: 3
repeats: 2
data: {file: three.csv, target: last, scale: standardize, missing: mean}
base: {hidden: [6], epochs: 30, learning_rate: 0.05, momentum: 0.9}
grid:
  activation: [relu, tanh, leaky_relu, softsign, elu, softplus, silu, gelu]
  precision: [float32, float64]
stop: {rules: [{patience: 3}]}
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
for name in xor three long; do
    "$nngrid" run $name.yaml -o $name.h5 --quiet
done
"$nngrid" compact long.h5 -o compact.h5
# What is left of xor in a grid that shares three runs with it.
sed -e 's/hidden: .*/hidden: [[4]]/' -e 's/learning_rate: .*/learning_rate: [2, 5]/' xor.yaml >left.yaml
"$nngrid" run xor.yaml -o left.h5 --quiet
"$nngrid" run left.yaml -o left.h5 --quiet
