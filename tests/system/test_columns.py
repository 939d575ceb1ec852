"""Tests that no value of a results file which the grid, the data and the finished runs decide stays wrong after `run`,
whoever changed it: the file is refused, or its columns are afterwards those of a fresh one, and a warning names them.

NNGRID_COLUMNS=1 changes every column, not one in eight, which takes minutes.
"""
import os
import random
import shutil
import subprocess

import h5py
import numpy as np
import system

XOR = """data: {builtin: xor}
repeats: 2
base: {epochs: 12, hidden: [2], batch_size: full, output: tanh, loss: mse}
grid: {learning_rate: [0.1, 0.5], hidden: [[2], [3, 2]]}
stop: {mode: observe, rules: [{patience_train: 5}, {target: {train_loss: 0.1}}]}
success: {best_train_loss: 0.2}
record: {weights: [best, final]}
"""
TARGETS = """data:
  {file: targets.csv, task: regression, target: [y, z], scale: standardize, scale_target: standardize, missing: mean,
   split: {folds: 2}}
repeats: 2
base: {epochs: 6, hidden: [2]}
grid: {learning_rate: [0.01, 0.02], activation: [tanh, relu]}
"""
CLASSES = """data: {file: classes.csv, target: last, split: {train: 20, validation: 10, test: rest}}
repeats: 2
base: {epochs: 6, hidden: [2]}
grid: {label_noise: [0, 0.2], data.scale: [none, minmax]}
"""
PART = 1 if "NNGRID_COLUMNS" in os.environ else 8  # of so many columns, one is changed
TOGETHER = 12  # columns that are changed at once: a warning names as many
# What run does not mend, or not say, with the reason.
KEPT = {"timing": "how long it took, and when, cannot be computed"}
UNSAID = {"state": "it says how far a writer came, which whoever goes on need not believe"}


def other(values, draw):
    """The same values but for one, which may be any."""
    flat = values.reshape(-1).copy()
    at = draw.randrange(flat.size)
    old = flat[at]
    with np.errstate(all="ignore"):
        for number in (draw.choice((0, 1, 2, 5)), 1, 3):
            flat[at] = number
            if flat[at].tobytes() != old.tobytes():
                return flat.reshape(values.shape)
    raise AssertionError("no other value")


def has_no_values(thing):
    """Is it a dimension that has a length alone?"""
    return b"This is a netCDF dimension but not a netCDF variable" in np.bytes_(thing.attrs.get("NAME", b""))


def columns(path):
    """Returns {name: is it verified by the check of each row?} of all datasets with values."""
    found = {}

    def visit(name, thing):
        if isinstance(thing, h5py.Dataset) and thing.size and not has_no_values(thing):
            found[name] = thing

    with h5py.File(path) as file:
        file.visititems(visit)
        covered = [name.strip("/") for name in file["runs/check"].attrs["covers"].decode().split()]
        covered += ["runs/check", "runs/key", "runs/record_key"]
        return {name: name in covered for name in sorted(found)}


class Columns(system.SystemTest):
    def setUp(self):
        super().setUp()
        draw = random.Random(1)
        rows = [[draw.random() for _ in range(2)] for _ in range(60)]
        self.write("targets.csv", "a,b,y,z\n" + "".join(
            f"{a if i % 9 else ''},{b},{a + b},{a * b}\n" for i, (a, b) in enumerate(rows)))
        self.write("classes.csv", "a,b,kind\n" + "".join(f"{a},{b},{'xyz'[int(3 * a)]}\n" for a, b in rows))

    def train(self, grid):
        self.write("grid.yaml", grid)
        self.run_program("run", "grid.yaml", "-q", "-o", "whole.h5")

    def change(self, names, draw, whole):
        shutil.copy(self.folder / whole, self.folder / "x.h5")
        with h5py.File(self.folder / "x.h5", "r+") as file:
            for name in names:
                file[name][...] = other(np.asarray(file[name][()]), draw)

    def judge(self, names, whole, draw):
        """Changes these columns, calls run, and yields (column, what is wrong with it)."""
        self.change(names, draw, whole)
        done = subprocess.run([system.PROGRAM, "run", "grid.yaml", "-q", "-o", "x.h5"], cwd=self.folder, capture_output=True, text=True)
        said = done.stderr
        if done.returncode in (2, 3) and any(f"/{name}" in said for name in names):
            if len(names) > 1:  # the message is of one; what of the others?
                for name in names:
                    yield from self.judge([name], whole, draw)
        elif done.returncode != 0:
            yield names, f"exit code {done.returncode}: {said}"
        else:
            with h5py.File(self.folder / "x.h5") as file, h5py.File(self.folder / "whole.h5") as fresh:
                for name in names:
                    if file[name][()].tobytes() != fresh[name][()].tobytes():
                        yield name, "another value than that of a fresh file"
                    elif f"/{name} " not in said and not self.all_columns[name] and name not in UNSAID:
                        yield name, f"mended without a word: {said}"

    def look(self, grid, whole="whole.h5", compact=False):
        draw, wrong = random.Random(grid), []
        self.train(grid)
        if compact:
            self.run_program("compact", "whole.h5", "-o", whole)
        self.all_columns = columns(self.folder / whole)
        names = [name for name in self.all_columns if name.split("/")[0] not in KEPT]
        names.sort(key=lambda name: (self.all_columns[name], name))  # those that rows' checks cover are last
        for at in range(0, len(names), TOGETHER * PART):
            wrong += self.judge(names[at:at + TOGETHER], whole, draw)
        self.assertEqual(wrong, [], f"{len(wrong)} of {len(names)} columns")

    def test_patterns(self):
        self.look(XOR)

    def test_targets_and_folds(self):
        self.look(TARGETS)

    def test_classes_and_noise(self):
        self.look(CLASSES)

    def test_a_compact_file(self):
        self.look(CLASSES, "compact.h5", compact=True)


if __name__ == "__main__":
    system.main()
