"""Tests the axes of the data (data.scale, data.missing, split.train) and of starting weights (init_file): each cell is what
a grid with this value alone has, its rows and its scaling are those of the definition, and all commands use them."""
import csv
import json
import os
import shutil
import subprocess
import sys

import h5py
import numpy as np
import system

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import nngrid  # noqa: E402

GRID = """name: axes
seed: 5
repeats: 3
data: {{file: rows.csv, target: kind, {data}}}
base: {{hidden: [4], learning_rate: 0.05, batch_size: 8, precision: float64, epochs: 6{base}}}
grid: {grid}
record: {{weights: [initial, best, final]}}
"""
SPLIT = "split: {train: rest, validation: 15, test: 13, stratify: true}"


def make_rows(missing):
    """Returns 80 rows of three inputs (the second far from 0, the third of four values) and a class of three."""
    random = np.random.default_rng(3)
    kind = np.repeat([0, 1, 2], [40, 25, 15])
    random.shuffle(kind)
    x = random.normal(size=(80, 3)) + kind[:, None] * [1, 0, -1]
    x = np.round(x * [1, 30, 2] + [0, 200, 3], 3)
    if missing:
        x[random.random((80, 3)) < 0.08] = np.nan
    return x, kind


class DataAxes(system.SystemTest):
    def grid(self, name, data="", base="", grid="{}", missing=False):
        """Writes the grid and its data; without `grid` there are no axes."""
        self.x, self.kind = make_rows(missing)
        with open(self.folder / "rows.csv", "w") as file:
            out = csv.writer(file)
            out.writerow(["a", "b", "c", "kind"])
            for row, kind in zip(self.x, self.kind):
                out.writerow(["" if np.isnan(v) else repr(float(v)) for v in row] + ["kind%d" % kind])
        text = GRID.format(data=data or SPLIT, base=base, grid=grid)
        self.write(name + ".yaml", text if grid != "{}" else text.replace("grid: {}\n", ""))
        return name + ".yaml"

    def run_grid(self, name, **parts):
        (self.folder / (name + ".h5")).unlink(missing_ok=True)
        self.run_program("run", self.grid(name, **parts), "-o", name + ".h5", "-q")
        return h5py.File(self.folder / (name + ".h5"), "r")

    def assert_same_runs(self, alone, axes, rows):
        """Fails unless the runs of `alone` are these rows of `axes`, keys and weights included."""
        for name in ("runs/key", "runs/best_validation_loss", "curves/train_loss", "curves/test_error"):
            np.testing.assert_array_equal(alone[name][:], axes[name][rows], err_msg=name)
        for keep in ("initial", "best", "final"):
            np.testing.assert_array_equal(alone[f"weights/3-4-3/{keep}_W1"][:], axes[f"weights/3-4-3/{keep}_W1"][rows])

    def words(self, file, name):
        column = file["runs/" + name]
        return [column.attrs["flag_meanings"].decode().split(" ")[code] for code in column[:]]

    def split_of(self, file, run):
        return file["data/split"][file["data/splits"][run]]

    def test_a_scale_is_that_of_its_own_grid(self):
        scales = ["none", "minmax", "standardize", "30"]
        with self.run_grid("axes", grid="{data.scale: [%s]}" % ", ".join(scales)) as axes:
            self.assertEqual(self.words(axes, "data.scale"), [s for s in scales for _ in range(3)])
            for i, scale in enumerate(scales):
                with self.run_grid("alone", data=f"scale: {scale}, {SPLIT}") as alone:
                    self.assert_same_runs(alone, axes, slice(3 * i, 3 * i + 3))
                    self.assertEqual(self.words(alone, "data.scale"), 3 * [scale])
            for run in range(12):
                train = self.x[self.split_of(axes, run) == 0]
                shift, factor = (axes["data/" + name][axes["data/splits"][run]] for name in ("shift", "factor"))
                wanted = [(0 * shift, 0 * shift + 1), (train.min(0), 1 / np.ptp(train, 0)),
                          (train.mean(0), 1 / train.std(0)), (0 * shift, 0 * shift + 1 / 30)][run // 3]
                np.testing.assert_allclose((shift, factor), wanted, rtol=1e-12)

    def test_a_file_of_one_scale_grows(self):
        self.run_grid("axes", data=f"scale: minmax, {SPLIT}").close()
        self.grid("axes", data=f"scale: minmax, {SPLIT}", grid="{data.scale: [none, minmax], split.train: [20, all]}")
        plan = json.loads(self.run_program("plan", "axes.yaml", "-o", "axes.h5", "--json").stdout)
        self.assertEqual((plan["runs"], plan["to_train"], plan["inactive"]), (12, 9, 0))
        self.run_program("run", "axes.yaml", "-o", "axes.h5", "-q")
        self.run_program("run", "axes.yaml", "-o", "fresh.h5", "-q")
        self.assert_same_files(self.folder / "axes.h5", self.folder / "fresh.h5")
        self.grid("axes", data=f"scale: minmax, {SPLIT}")  # the others leave the grid, and keep their splits
        self.run_program("run", "axes.yaml", "-o", "axes.h5", "-q")
        self.check_commands("axes.h5", 12)

    def test_shards_and_threads(self):
        """Shards merge into the file of one machine; the number of threads decides no bit."""
        self.grid("axes", data="scale: standardize, " + SPLIT, missing=True,
                  grid="{data.missing: [drop, mean], data.scale: [none, minmax], split.train: [20, all]}")
        self.run_program("run", "axes.yaml", "-o", "one.h5", "-q", "-j", 1)
        self.run_program("run", "axes.yaml", "-o", "two.h5", "-q", "-j", 2)
        self.assert_same_files(self.folder / "one.h5", self.folder / "two.h5")
        for i in (1, 2, 3):
            self.run_program("run", "axes.yaml", "-o", f"s{i}.h5", "-q", "--shard", f"{i}/3")
        self.run_program("merge", "axes.yaml", "s1.h5", "s2.h5", "s3.h5", "-o", "all.h5")
        self.assert_same_files(self.folder / "one.h5", self.folder / "all.h5")

    def test_training_parts_are_nested(self):
        sizes = [10, 23, 40, 52]
        with self.run_grid("axes", grid="{split.train: [%s]}" % ", ".join(map(str, sizes))) as axes, \
                self.run_grid("alone") as alone:
            for repeat in range(3):
                whole = self.split_of(alone, repeat)
                before = np.zeros(80, bool)
                for i, n in enumerate(sizes):
                    parts = self.split_of(axes, 3 * i + repeat)
                    for part in (1, 2):
                        np.testing.assert_array_equal(parts == part, whole == part)
                    self.assertEqual((parts == 0).sum(), n)
                    self.assertTrue((whole[parts == 0] == 0).all() and (parts[before] == 0).all())
                    before = parts == 0
                    shares = np.bincount(self.kind[before], minlength=3) - n * np.bincount(self.kind[whole == 0]) / 52
                    self.assertLess(abs(shares).max(), 1)
            np.testing.assert_array_equal(axes["curves/train_loss"][9:], alone["curves/train_loss"][:])  # all 52
            self.assertGreater((axes["data/split"][0] != axes["data/split"][1]).sum(), 0)
        self.check_commands("axes.h5", 12)

    def test_training_parts_of_folds_and_files(self):
        """Folds keep their validation part; where files give the parts, rows of the training file are drawn."""
        with self.run_grid("folds", data="split: {folds: 4}", grid="{split.train: [10, 60]}") as file:
            for run in range(12):
                few, all_rows = self.split_of(file, run), self.split_of(file, 12 + run)
                np.testing.assert_array_equal(few == 1, all_rows == 1)
                self.assertEqual(((few == 0).sum(), (all_rows == 0).sum(), (all_rows[few == 0] == 0).all()), (10, 60, True))
        lines = (self.folder / "rows.csv").read_text().splitlines(True)
        self.write("one.csv", "".join(lines[:61]))
        self.write("two.csv", "".join(lines[:1] + lines[61:]))
        text = (self.folder / "folds.yaml").read_text().replace("{file: rows.csv, target: kind, split: {folds: 4}}",
                                                                "{file: {train: one.csv, test: two.csv}, target: kind}")
        self.write("files.yaml", text)
        self.run_program("run", "files.yaml", "-o", "files.h5", "-q")
        with h5py.File(self.folder / "files.h5") as file:
            parts = [self.split_of(file, run) for run in range(6)]
            for p in parts:
                np.testing.assert_array_equal(p[60:], 20 * [2])
            self.assertEqual([(p == 0).sum() for p in parts], [10, 10, 10, 60, 60, 60])
            self.assertTrue((parts[0] != parts[1]).any())

    def test_missing_values(self):
        kinds = ["drop", "mean", "median"]
        with self.run_grid("axes", data="scale: standardize, " + SPLIT, grid="{data.missing: [drop, mean, median]}",
                           missing=True) as axes:
            holes = np.isnan(self.x)
            self.assertEqual(self.words(axes, "data.missing"), [k for k in kinds for _ in range(3)])
            for run in range(9):
                parts, mean = self.split_of(axes, run), self.split_of(axes, 3 + run % 3)
                np.testing.assert_array_equal(parts, np.where(holes.any(1), -1, mean) if run < 3 else mean)
                train = self.x[parts == 0]
                fill = axes["data/fill"][axes["data/splits"][run]]
                center = [np.nan * train[0], np.nanmean(train, 0), np.nanmedian(train, 0)][run // 3]
                np.testing.assert_allclose(fill, center, rtol=1e-12)
                np.testing.assert_allclose(axes["data/shift"][axes["data/splits"][run]], np.nanmean(train, 0), rtol=1e-12)
            with self.run_grid("alone", data="scale: standardize, missing: mean, " + SPLIT, missing=True) as alone:
                self.assert_same_runs(alone, axes, slice(3, 6))
        self.check_commands("axes.h5", 9)
        self.write("new.csv", "a,b,c\n1,,3\n")
        self.run_program("predict", "axes.h5", "new.csv", "--run", 3)
        self.run_program("predict", "axes.h5", "new.csv", "--run", 0, code=3)
        said = self.run_program("check", self.grid("error", grid="{data.missing: [error, mean]}", missing=True), code=3)
        self.assertIn("missing", said.stderr)

    def check_commands(self, name, n_runs):
        """evaluate gets the stored scores of every run, and predict the outputs that the Python reader computes."""
        self.write("ten.csv", "a,b,c\n" + "".join("%g,%g,%g\n" % tuple(row) for row in make_rows(False)[0][:10]))
        r = nngrid.open(str(self.folder / name))
        x = np.genfromtxt(self.folder / "ten.csv", delimiter=",", skip_header=1)
        with h5py.File(self.folder / name) as file:
            for run in range(n_runs):
                parts = json.loads(self.run_program("evaluate", name, "--run", run, "--json").stdout)["parts"]
                for part, scores in parts.items():
                    self.assertAlmostEqual(scores["loss"], file[f"runs/best_{part}_loss"][run], places=12)
                rows = list(csv.DictReader(self.run_program("predict", name, "ten.csv", "--run", run).stdout.splitlines()))
                got = [[float(row["p_kind%d" % k]) for k in range(3)] for row in rows]
                np.testing.assert_allclose(got, r.model(run).predict(x), atol=1e-12)
        self.run_program("gradcheck", name.replace(".h5", ".yaml"))
        self.run_program("export", name)

    def test_starting_weights(self):
        """A file, another file, a run of a results file and none, side by side."""
        scaled = "scale: standardize, " + SPLIT
        with self.run_grid("first", data=scaled, base=", lambda: 0.1") as first:
            for name, run in (("one.h5", 0), ("two.h5", 1)):
                with h5py.File(self.folder / name, "w") as out:
                    for layer in "W1", "b1", "W2", "b2":
                        out[layer] = first["weights/3-4-3/final_" + layer][run]
            key = "%016x" % first["runs/key"][2]
            weights = first["weights/3-4-3/best_W1"][2]
        grid = "{init_file: [none, one.h5, two.h5, {results: first.h5, run: %s, weights: best}]}" % key
        with self.run_grid("axes", data=scaled, grid=grid) as axes, self.run_grid("none", data=scaled) as none, \
                self.run_grid("alone", data=scaled, base=", init_file: two.h5") as alone:
            self.assert_same_runs(alone, axes, slice(6, 9))
            self.assert_same_runs(none, axes, slice(0, 3))
            for repeat in range(3):
                np.testing.assert_array_equal(axes["weights/3-4-3/initial_W1"][9 + repeat], weights)
            self.assertEqual(self.words(axes, "init_file")[9], f"first.h5:{key}:best")
        shutil.move(self.folder / "two.h5", self.folder / "other name.h5")  # the key knows the content
        self.grid("axes", data=scaled, grid=grid.replace("two.h5", "'other name.h5'"))
        plan = json.loads(self.run_program("plan", "axes.yaml", "-o", "axes.h5", "--json").stdout)
        self.assertEqual((plan["to_train"], plan["done"]), (0, 12))
        self.run_program("run", "axes.yaml", "-o", "axes.h5", "-q")
        self.assertRegex(self.run_program("show", "axes.h5", "--cell", 2).stdout, "init_file +other%20name.h5 +swept")

    def test_starting_weights_that_are_wrong(self):
        self.run_grid("first").close()
        shutil.copy(self.folder / "first.h5", self.folder / "same.h5")
        for grid, words in (("{init_file: [no.h5]}", "no.h5"),
                            ("{init_file: [{results: first.h5, run: 99}]}", "no single run '99'"),
                            ("{init_file: [{results: rows.csv, run: 0}]}", "rows.csv"),
                            ("{init_file: [{results: first.h5, run: 0}], hidden: [[5]]}", "3-4-3, that of the grid 3-5-3")):
            said = self.run_program("check", self.grid("wrong", grid=grid), code=3).stderr
            self.assertIn(words, said)
        whole = (self.folder / "first.h5").read_bytes()
        # Whatever is damaged: a message, no crash. HDF5 itself leaks memory where it reads damaged files.
        quiet = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0:" + os.environ.get("ASAN_OPTIONS", "")}
        for cut in range(8):
            damaged = bytearray(whole)
            for at in np.random.default_rng(cut).integers(0, len(whole), 40):
                damaged[at] ^= 1 << cut
            (self.folder / "bad.h5").write_bytes(damaged)
            self.grid("wrong", grid="{init_file: [{results: bad.h5, run: 1}]}")
            done = subprocess.run([system.PROGRAM, "check", "wrong.yaml"], cwd=self.folder, env=quiet, capture_output=True)
            self.assertIn(done.returncode, (0, 3))

    def test_two_names_of_one_start(self):
        """Cells that differ in the names alone are trained once; others are other runs."""
        self.run_grid("first").close()
        shutil.copy(self.folder / "first.h5", self.folder / "same.h5")
        names = "init_file: [first.h5:0:best, none, same.h5:0:best]"
        for grid, cells in (("{%s, learning_rate: [0.1, 0.2]}" % names, 4),
                            ("{zip: {%s, learning_rate: [0.1, 0.2, 0.3]}}" % names, 3)):
            (self.folder / "two.h5").unlink(missing_ok=True)
            said = self.run_program("run", self.grid("two", grid=grid), "-o", "two.h5").stderr
            self.assertEqual(said.count("same.h5:0:best has the same starting weights as first.h5:0:best"), int(cells == 4))
            with h5py.File(self.folder / "two.h5") as file:
                self.assertEqual(len(file["cells/cell"]), cells)
                self.assertEqual(len(set(file["runs/key"][()].tolist())), len(file["runs/key"]))
                self.assertTrue((file["runs/status"][()] == 1).all())
            plan = json.loads(self.run_program("plan", "two.yaml", "-o", "two.h5", "--json").stdout)
            self.assertEqual(plan["to_train"], 0)

    def test_what_cannot_be(self):
        for grid, words, code in (("{split.train: [53]}", "split.train 53 is more than the 52 rows", 3),
                                  ("{split.train: [0.5]}", "split.train takes a whole number or 'all', not '0.5'", 2),
                                  ("{data.scale: [half]}", "unknown data.scale 'half'", 2),
                                  ("{data.scale: {log: [1, 10], num: 2}}", "takes names, not a range", 2),
                                  ("{init_file: [one.h5], init: [he_normal, zeros]}", "init_file is none", 2)):
            said = self.run_program("check", self.grid("wrong", grid=grid), code=code).stderr
            self.assertIn(words, said)
        self.grid("wrong", grid="{data.missing: [mean, drop]}")
        lines = (self.folder / "rows.csv").read_text().splitlines()
        lines[5] = lines[5].rsplit(",", 1)[0] + ","
        (self.folder / "rows.csv").write_text("\n".join(lines) + "\n")
        said = self.run_program("check", "wrong.yaml", code=3).stderr
        self.assertIn("rows.csv:6:4: the target is missing, and targets are not imputed; give it, or take the row out", said)
        said = self.run_program("check", self.grid("wrong", base=", data.scale: minmax"), code=2).stderr
        self.assertIn("data.scale of all runs stands under data", said)

    def test_given_splits(self):
        """The splits of a results file, of .npy and .mat give the same runs; folds are those of scikit-learn's splitter."""
        from scipy.io import savemat
        from sklearn.model_selection import RepeatedStratifiedKFold
        with self.run_grid("first") as first:
            given = first["data/split"][:]
            losses = first["curves/validation_loss"][:]
        np.save(self.folder / "splits.npy", given)
        savemat(self.folder / "splits.mat", {"split": given.astype(float)})
        keys = []
        for name in ("first.h5", "splits.npy", "splits.mat"):
            with self.run_grid("alone", data="split: {file: %s}" % name) as alone:
                np.testing.assert_array_equal(alone["data/split"][:], given)
                np.testing.assert_array_equal(alone["curves/validation_loss"][:], losses)
                keys.append(list(alone["runs/key"][:]))
        self.assertEqual(keys[0], keys[1])
        self.assertEqual(keys[0], keys[2])
        self.check_commands("alone.h5", 3)
        (self.folder / "splits.mat").unlink()  # the results file has what it takes
        self.run_program("evaluate", "alone.h5", "--run", 1)
        folds = RepeatedStratifiedKFold(n_splits=4, n_repeats=3, random_state=1)
        parts = np.zeros((12, 80), np.int8)
        for i, (_, held) in enumerate(folds.split(self.x, self.kind)):
            parts[i, held] = 1
        np.save(self.folder / "splits.npy", parts)
        with self.run_grid("folds", data="split: {file: splits.npy, folds: 4}") as file:
            self.assertEqual(file["runs/fold"].shape, (12,))
            for run in range(12):
                index = 4 * file["runs/repeat"][run] + file["runs/fold"][run]
                np.testing.assert_array_equal(self.split_of(file, run), parts[index])
            before = dict(zip(zip(file["runs/repeat"], file["runs/fold"]), file["runs/key"]))
        np.save(self.folder / "splits.npy", np.concatenate([parts, parts[::-1]]))  # more splits: the first ones stay
        self.grid("folds", data="split: {file: splits.npy, folds: 4}")
        self.assertEqual(json.loads(self.run_program("plan", "folds.yaml", "-o", "folds.h5", "--json").stdout)["to_train"], 0)
        self.assertEqual(len(set(before.values())), 12)
        np.save(self.folder / "splits.npy", parts[::-1])
        self.assertIn("split splits.npy (digest", self.run_program("run", "folds.yaml", "-o", "folds.h5", code=3).stderr)
        with self.run_grid("again", data="split: {file: first.h5}", grid="{split.train: [20, all]}") as file:
            for run in range(6):
                np.testing.assert_array_equal(self.split_of(file, run) == 1, given[run % 3] == 1)
                self.assertEqual((self.split_of(file, run) == 0).sum(), 20 if run < 3 else 52)

    def test_splits_of_a_results_file_with_data_axes(self):
        """Each of its cells has the splits once more, and inactive runs have others: those of a cell count."""
        with self.run_grid("axes", grid="{data.scale: [none, minmax, standardize]}") as file:
            self.assertEqual(len(file["data/split"]), 9)
            given = file["data/split"][:3]
        self.grid("axes", grid="{data.scale: [minmax], learning_rate: [0.1, 0.2]}")
        self.run_program("run", "axes.yaml", "-o", "axes.h5", "--quiet")
        with self.run_grid("taken", data="split: {file: axes.h5}") as taken:
            np.testing.assert_array_equal(taken["data/split"][:], given)
        with self.run_grid("folds", data="split: {folds: 4}", grid="{data.scale: [none, minmax]}") as file:
            given = file["data/split"][:12]
        with self.run_grid("taken", data="split: {file: folds.h5, folds: 4}") as taken:
            np.testing.assert_array_equal(taken["data/split"][:], given)
        self.run_grid("train", grid="{split.train: [20, 30]}").close()
        said = self.run_program("check", self.grid("wrong", data="split: {file: train.h5}"), code=3).stderr
        self.assertIn("train.h5: has other splits in cell 1 than in cell 0", said)
        self.assertIn("array split [splits, rows]", said)

    def test_given_splits_that_are_wrong(self):
        parts = np.zeros((2, 80), np.int8)
        parts[0, 40:], parts[1, 20:] = 1, 1
        np.save(self.folder / "two.npy", parts)  # the smaller of the training parts has 20 rows
        for rows, code in ((20, 0), (21, 3), (41, 3)):
            text = self.grid("wrong", data="split: {file: two.npy}", grid="{split.train: [%d]}" % rows)
            said = self.run_program("check", text, code=code).stderr
            self.assertEqual("than the 20 rows of the smallest given training part" in said, code == 3, said)
        wrong = {"short": np.zeros((2, 79)), "odd": np.full((2, 80), 3), "no_train": np.ones((1, 80)),
                 "uneven": np.array([80 * [0], 79 * [0] + [1]]), "three": np.zeros((3, 80))}
        for name, words in (("short", "splits of 79 rows, and the data 80"), ("odd", "is no part"),
                            ("no_train", "no training row"), ("uneven", "a validation row, and the splits before it have none"),
                            ("three", "no multiple of 2 folds"), ("absent", "absent.npy"), ("rows", "holds an array")):
            if name in wrong:
                np.save(self.folder / (name + ".npy"), wrong[name].astype(np.int8))
            file = name + (".csv" if name == "rows" else ".npy")
            folds = ", folds: 2" if name == "three" else ""
            said = self.run_program("check", self.grid("wrong", data="split: {file: %s%s}" % (file, folds)), code=3).stderr
            self.assertIn(words, said)
        said = self.run_program("check", self.grid("wrong", data="split: {file: a.npy, train: 10}"), code=2).stderr
        self.assertIn("split takes one of", said)

    def test_validation_on_the_last_rows(self):
        with self.run_grid("last", data="split: {train: rest, validation: 0.1, order: file}") as file:
            np.testing.assert_array_equal(file["data/split"][:], [72 * [0] + 8 * [1]])
        with self.run_grid("last", data="split: {train: rest, validation: 5, order: file}") as file:
            np.testing.assert_array_equal(file["data/split"][:], [75 * [0] + 5 * [1]])

    def test_weights_of_every_epoch(self):
        """The path begins and ends at the kept weights, and goes through the best ones, in files that grow and compact ones."""
        self.grid("axes", data="scale: standardize, " + SPLIT, grid="{epochs: [3, 6], precision: [float32, float64]}")
        text = (self.folder / "axes.yaml").read_text()
        text = text.replace(", precision: float64, epochs: 6", "").replace("final]", "final, every]")
        self.write("axes.yaml", text + "stop: {mode: first, rules: [{patience: 1}]}\n")
        self.run_program("run", "axes.yaml", "-o", "axes.h5", "-q")
        r = nngrid.open(str(self.folder / "axes.h5"))
        for run in range(12):
            epochs, weights = r.weights_by_epoch(run)
            self.assertEqual(list(epochs), list(range(int(r.runs["epochs_trained"][run]) + 1)))
            for when, epoch in (("initial", 0), ("best", int(r.runs["best_epoch"][run])), ("final", -1)):
                wanted = np.concatenate([np.ravel(part) for layer in r.weights(run, when) for part in layer])
                np.testing.assert_array_equal(weights[epoch], wanted)
        self.write("more.yaml", text.replace("[3, 6]", "[3, 6, 9]") + "stop: {mode: first, rules: [{patience: 1}]}\n")
        self.run_program("run", "more.yaml", "-o", "axes.h5", "-q")
        self.run_program("run", "more.yaml", "-o", "fresh.h5", "-q")
        self.assert_same_files(self.folder / "axes.h5", self.folder / "fresh.h5")
        self.run_program("compact", "axes.h5", "-o", "small.h5")
        np.testing.assert_array_equal(nngrid.open(str(self.folder / "small.h5")).weights_by_epoch(7)[1],
                                      nngrid.open(str(self.folder / "fresh.h5")).weights_by_epoch(7)[1])
        self.write("large.yaml", text.replace("hidden: [4]", "hidden: [40]"))
        self.assertIn("at most 100 weights", self.run_program("check", "large.yaml", code=2).stderr)

    def test_set(self):
        self.grid("axes", data="split: {validation: 15, test: 13}", grid="{split.train: [20]}")
        plan = json.loads(self.run_program("plan", "axes.yaml", "--json", "--set", "data.scale=[none,minmax]", "--set",
                                           "split.train=[10,20,all]").stdout)
        self.assertEqual(plan["axes"], {"split.train": [10, 20, "all"], "data.scale": ["none", "minmax"]})
        self.assertEqual((plan["data"]["train"], plan["data"]["validation"]), (52, 15))


if __name__ == "__main__":
    system.main()
