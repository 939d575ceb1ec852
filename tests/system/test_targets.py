"""Tests the targets of regressions and the outputs of two classes: what the program says of scaled targets, of several
targets and of one or two outputs is recomputed with NumPy from the data, the stored scaling and the stored weights."""
import csv
import io
import json

import h5py
import numpy as np
import system

LOSSES = ("mse", "half_squared_error", "mae", "huber", "binary_cross_entropy")
PARTS = ("train", "validation", "test")
MOST = {"float64": 1e-12, "float32": 1e-6}


def table(n=40, seed=4):
    """Returns inputs [n, 3] and targets [n, 2] far from 1, of different sizes."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(n, 3)).round(4)
    y = np.column_stack([1000 + 300 * np.tanh(X[:, 0] - X[:, 1]), 0.02 * X[:, 2] ** 2 - 5]).round(5)
    return X, y + random.normal(size=y.shape).round(3) * [20, 0.003]


def csv_of(X, y, names):
    rows = ["a,b,c," + ",".join(names)] + [",".join(f"{v!r}" for v in map(float, (*x, *t))) for x, t in zip(X, y)]
    return "\n".join(rows) + "\n"


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def loss_of(name, z, t):
    """The mean over rows of the loss of nngrid-grid(5) of linear outputs z, or of logits, and scaled targets t."""
    d = z - t
    rows = {
        "mse": lambda: (d**2).mean(axis=1),
        "half_squared_error": lambda: (d**2).sum(axis=1) / 2,
        "mae": lambda: np.abs(d).mean(axis=1),
        "huber": lambda: np.where(np.abs(d) <= 1, d**2 / 2, np.abs(d) - 0.5).mean(axis=1),
        "binary_cross_entropy": lambda: (np.maximum(z, 0) - t * z + np.log1p(np.exp(-np.abs(z)))).sum(axis=1),
    }
    return rows[name]().mean()


def scale_of(kind, y):
    """Returns shift and scale by their definitions; 0 and 1 without scaling."""
    if kind == "none":
        return np.zeros(y.shape[1]), np.ones(y.shape[1])
    constant = np.ptp(y, axis=0) == 0
    shift, scale = (y.mean(axis=0), y.std(axis=0)) if kind == "standardize" else (y.min(axis=0), np.ptp(y, axis=0))
    return np.where(constant, y[0], shift), np.where(constant, 1, scale)


def scores_of(y, t):
    """Returns rmse, mae and R^2 of each target."""
    d = y - t
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = 1 - (d**2).sum(axis=0) / ((t - t.mean(axis=0)) ** 2).sum(axis=0)
    return np.sqrt((d**2).mean(axis=0)), np.abs(d).mean(axis=0), np.where(np.ptp(t, axis=0) > 0, r2, np.nan)


def word(column, run):
    """Returns the name that the code of a run stands for."""
    words = column.attrs["flag_meanings"]
    return (words.decode() if isinstance(words, bytes) else words).split()[column[run]]


class Run:
    """A run of a file: its parts, scaling and best weights."""

    def __init__(self, file, run, n_targets):
        group = next(g for g in file["weights"].values() if run in g["run"][:])
        row = list(group["run"][:]).index(run)
        self.run, self.split = run, file["data/splits"][run]
        self.loss, self.precision = word(file["runs/loss"], run), word(file["runs/precision"], run)
        self.layers = [(group[f"best_W{k}"][row].astype(float), group[f"best_b{k}"][row].astype(float)) for k in (1, 2)]
        data = file["data"]
        self.rows = [np.flatnonzero(data["split"][self.split] == part) for part in range(3)]
        self.input_scale = data["shift"][self.split], data["factor"][self.split]
        self.scale = np.zeros(n_targets), np.ones(n_targets)
        if "target_scale" in data:
            self.scale = data["target_shift"][self.split], data["target_scale"][self.split]

    def logits(self, X):
        shift, factor = self.input_scale
        (W1, b1), (W2, b2) = self.layers
        return np.tanh((X - shift) * factor @ W1 + b1) @ W2 + b2

    def predict(self, X):
        shift, scale = self.scale
        z = self.logits(X)
        return (sigmoid(z) if self.loss == "binary_cross_entropy" else z) * scale + shift


class Targets(system.SystemTest):
    def grid(self, names, kind, losses, more=""):
        scale = "" if kind == "none" else f", scale_target: {kind}"
        self.write("grid.yaml", f"""
name: targets
repeats: 2
data: {{file: data.csv, target: [{", ".join(names)}], task: regression, scale: standardize{scale}}}
base: {{hidden: [5], activation: tanh, epochs: 6, batch_size: 8, lambda: 0.1, learning_rate: 0.02}}
grid: {{loss: [{", ".join(losses)}], precision: [float64, float32]}}
record: {{weights: [initial, best, final]}}
{more}""")
        return self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")

    def assert_near(self, got, want, most, what):
        got, want = np.asarray(got, float), np.asarray(want, float)
        self.assertEqual(np.isnan(got).tolist(), np.isnan(want).tolist(), what)
        far = np.abs(got - want) > most * np.maximum(1e-300, np.maximum(np.abs(want), np.abs(got).max(initial=0)))
        self.assertFalse(far.any(), f"{what}: {got} instead of {want}")

    def check_file(self, X, y, kind, names):
        """Recomputes the scaling, the best losses and scores of all runs."""
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual("target_scale" in file["data"], kind != "none")
            self.assertEqual("targets" in file, len(names) > 1)
            if len(names) > 1:
                self.assertEqual(list(file["data"].attrs["target_names"]), names)
            self.assertEqual(set(file["runs/status"][:]), {1})
            for run in range(len(file["runs/status"])):
                r = Run(file, run, len(names))
                for got, want in zip(r.scale, scale_of(kind, y[r.rows[0]])):
                    self.assert_near(got, want, 1e-12, f"scale of {kind}")
                self.check_run(file, r, X, y)

    def check_run(self, file, r, X, y):
        most, several = MOST[r.precision], "targets" in file
        for part, rows in ((part, rows) for part, rows in zip(PARTS, r.rows) if len(rows) > 0):
            t, out, what = y[rows], r.predict(X[rows]), f"{r.loss} {r.precision} {part}"
            of = {name: file[f"runs/best_{part}_{name}"][r.run] for name in ("loss", "error", "max_abs_error", "mae", "r2")}
            self.assert_near(of["loss"], loss_of(r.loss, r.logits(X[rows]), (t - r.scale[0]) / r.scale[1]), 4 * most, what)
            rmse, mae, r2 = scores_of(out, t)
            self.assert_near(of["error"], np.sqrt((rmse**2).mean()), 4 * most, what)
            self.assert_near(of["max_abs_error"], np.abs(out - t).max(), 8 * most, what)
            self.assert_near(of["mae"], mae.mean(), 4 * most, what)
            self.assert_near(of["r2"], r2.mean(), 8 * most, what)
            for name, want in zip(("rmse", "mae", "r2"), (rmse, mae, r2)) if several else ():
                self.assert_near(file[f"targets/best_{part}_{name}"][r.run], want, 20 * most, f"{what} {name}")

    def check_commands(self, X, y, names):
        """Evaluates and predicts; the columns of the new file are in another order."""
        order = [3 + i for i in reversed(range(len(names)))] + [2, 0, 1]
        titles = np.array(["a", "b", "c", *names])[order]
        values = np.column_stack([X, y])[:, order]
        self.write("new.csv", ",".join(titles) + "\n" + "\n".join(",".join(map(repr, map(float, v))) for v in values))
        with h5py.File(self.folder / "out.h5") as file:
            runs = [Run(file, run, len(names)) for run in range(0, len(file["runs/status"]), 3)]
        for r in runs:
            most = 20 * MOST[r.precision]
            text = self.run_program("predict", "out.h5", "--run", r.run, "new.csv").stdout
            table = list(csv.reader(io.StringIO(text)))
            self.assertEqual(table[0], ["row", *names])
            self.assert_near(np.array(table[1:], float)[:, 1:], r.predict(X), most, f"predict {r.loss}")
            for arguments, parts in (((), r.rows), (("new.csv",), [np.arange(len(X))])):
                found = json.loads(self.run_program("evaluate", "out.h5", "--run", r.run, *arguments, "--json").stdout)
                for part, rows in zip(found["parts"].values(), parts):
                    rmse, mae, r2 = scores_of(r.predict(X[rows]), y[rows])
                    for name, want in zip(("rmse", "mae", "r2"), (rmse, mae, r2)):
                        got = [part["targets"][n][name] for n in names]
                        self.assert_near(got, want, most, f"evaluate {r.loss} {name}")
                    self.assert_near(part["rmse"], np.sqrt((rmse**2).mean()), most, "evaluate")

    def test_every_loss_and_scaling(self):
        X, both = table()
        for names in (["y1"], ["y1", "y2"], ["y2", "y1"]):
            y = both[:, [int(n[1]) - 1 for n in names]]
            for kind in ("none", "standardize", "minmax"):
                losses = LOSSES if kind == "minmax" else LOSSES[:4]
                self.write("data.csv", csv_of(X, y, names))
                self.grid(names, kind, losses)
                self.check_file(X, y, kind, names)
                self.check_commands(X, y, names)
                (self.folder / "out.h5").unlink()

    def test_scaling_as_an_axis(self):
        """Runs of a swept scaling are those of a grid that has it alone; losses of different units are no ranking."""
        X, y = table()
        self.write("data.csv", csv_of(X, y, ["y1", "y2"]))
        text = """
repeats: 2
data: {{file: data.csv, target: [y1, y2], task: regression, scale: standardize{data}}}
base: {{hidden: [5], epochs: 4, learning_rate: 0.02}}
{grid}record: {{weights: [best]}}
"""
        kinds = ["none", "standardize", "minmax"]
        self.write("axis.yaml", text.format(data="", grid="grid: {data.scale_target: [none, standardize, minmax]}\n"))
        said = self.run_program("run", "axis.yaml", "-o", "axis.h5").stdout
        self.assertIn("by error, since data.scale_target differs between the cells", said)
        with h5py.File(self.folder / "axis.h5") as axis:
            for i, kind in enumerate(kinds):
                self.write("alone.yaml", text.format(data=f", scale_target: {kind}", grid=""))
                self.run_program("run", "alone.yaml", "-q", "-o", kind + ".h5")
                with h5py.File(self.folder / (kind + ".h5")) as alone:
                    for name in ("runs/key", "runs/best_validation_loss", "runs/best_test_mae", "curves/train_loss",
                                 "weights/3-5-2/best_W1", "targets/best_test_rmse"):
                        np.testing.assert_array_equal(alone[name][:], axis[name][2 * i:2 * i + 2], f"{name} {kind}")
                self.assertEqual(*(self.run_program("predict", file, "--run", run, "data.csv").stdout
                                   for file, run in ((kind + ".h5", 1), ("axis.h5", 2 * i + 1))))
        self.run_program("run", "alone.yaml", "-q", "-o", "axis.h5")  # minmax alone: four runs are inactive
        self.assertNotIn("by error", self.run_program("show", "axis.h5").stdout)
        self.assertIn("by error, since data.scale_target differs", self.run_program("show", "axis.h5", "--inactive").stdout)
        self.write("wrong.yaml", "data: {builtin: moons}\ngrid: {data.scale_target: [none, minmax]}\n")
        self.assertIn("wrong.yaml:2:8: data.scale_target is for regression",
                      self.run_program("check", "wrong.yaml", code=2).stderr)
        for place, words in ((", scale_target: [none, minmax]", "put data.scale_target: [none, standardize] under grid"),
                             ("", "'scale_target' belongs to data; to sweep it, put data.scale_target under grid")):
            self.write("wrong.yaml", text.format(data=place, grid="" if place else "grid: {scale_target: [none]}\n"))
            self.assertIn(words, self.run_program("check", "wrong.yaml", code=2).stderr)

    def test_folds_lbfgs_and_a_constant_target(self):
        X, y = table()
        y[:, 1] = 0.1
        self.write("data.csv", csv_of(X, y, ["y1", "y2"]))
        self.write("grid.yaml", """
repeats: 2
data: {file: data.csv, target: [y1, y2], task: regression, scale: minmax, scale_target: standardize, split: {folds: 3}}
base: {hidden: [5], activation: tanh, epochs: 20, batch_size: full, lambda: 0.1, precision: float64}
grid: {optimizer: [lbfgs, adam]}
""")
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        self.check_file(X, y, "standardize", ["y1", "y2"])
        self.check_commands(X, y, ["y1", "y2"])
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual(file["data/target_scale"].shape, (6, 2))
            self.assertTrue((file["data/target_scale"][:, 1] == 1).all() and (file["data/target_shift"][:, 1] == 0.1).all())
            self.assertLess(np.nanmax(file["runs/best_validation_error"][:]), 300)

    def test_a_missing_target_among_several(self):
        self.write("data.csv", "a,y1,y2\n1,2,3\n2,,4\n3,4,\n4,5,6\n")
        grid = "data: {file: data.csv, target: [y1, y2], task: regression, split: all%s}\nbase: {epochs: 1}\n"
        self.write("grid.yaml", grid % "")
        said = self.run_program("check", "grid.yaml", code=3).stderr
        self.assertIn("data.csv:3:2: the target is missing", said)
        self.assertIn("data.csv:4:3: the target is missing", said)
        self.write("grid.yaml", grid % ", missing: drop")
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual((file["data"].attrs["rows"], file["data"].attrs["dropped"]), (2, 2))

    def test_formats_agree(self):
        X, y = table(20)
        np.save(self.folder / "m.npy", np.column_stack([y[:, :1], X, y[:, 1:]]))
        np.savez(self.folder / "z.npz", X=X, y=y)
        self.write("data.csv", csv_of(X, y, ["y1", "y2"]))
        keys = []
        for source in ("file: data.csv, target: [y1, y2]", "file: m.npy, target: [0, -1]", "file: z.npz"):
            self.write("grid.yaml", f"data: {{{source}, task: regression, scale_target: minmax}}\nbase: {{epochs: 1}}\n")
            self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
            with h5py.File(self.folder / "out.h5") as file:
                keys.append((file["runs/key"][0], file["targets/best_train_rmse"][0].tolist()))
            (self.folder / "out.h5").unlink()
        self.assertEqual(keys, [keys[0]] * 3)

    def test_growing_keeps_the_scores_of_targets(self):
        X, y = table()
        self.write("data.csv", csv_of(X, y, ["y1", "y2"]))
        self.grid(["y1", "y2"], "standardize", ["mse"])
        with h5py.File(self.folder / "out.h5") as file:
            before = {name: file["targets"][name][:] for name in file["targets"]}
            model = Run(file, 1, 2)
        # Other rules: rows are computed anew. Another loss: the old runs become inactive, and keep their scaling.
        self.grid(["y1", "y2"], "standardize", ["mse"], "stop: {rules: [{patience: 2}]}\n")
        with h5py.File(self.folder / "out.h5") as file:
            for name, values in before.items():
                np.testing.assert_array_equal(file["targets"][name][:], values, name)
        self.grid(["y1", "y2"], "minmax", ["mae"])
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual(file["runs/active"][:].tolist(), [1] * 4 + [0] * 4)
            np.testing.assert_array_equal(file["targets/best_test_r2"][4:], before["best_test_r2"])
        self.write("new.csv", csv_of(X, y, ["y1", "y2"]))
        rows = list(csv.reader(io.StringIO(self.run_program("predict", "out.h5", "--run", 5, "new.csv").stdout)))
        self.assert_near(np.array(rows[1:], float)[:, 1:], model.predict(X), 1e-11, "an inactive run")

    def test_outputs_of_two_classes(self):
        X, y = table(80)
        classes = (y[:, 0] > 1000).astype(int)
        self.write("data.csv", csv_of(X, classes[:, None], ["class"]))
        self.write("grid.yaml", """
repeats: 2
data: {file: data.csv, scale: standardize}
base: {hidden: [6], activation: tanh, epochs: 60, optimizer: adam, learning_rate: 0.05, precision: float64}
grid:
  - {loss: [mse, huber, binary_cross_entropy, mae], outputs: [1, 2, auto]}
  - {loss: [cross_entropy], outputs: [2, auto]}
""")
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        with h5py.File(self.folder / "out.h5") as file:
            said, runs = file["runs/outputs"][:], [Run(file, run, 1) for run in range(len(file["runs/status"]))]
            self.assertEqual(len(np.unique(file["runs/key"])), len(runs))
            losses, errors = file["runs/best_validation_loss"][:], file["runs/best_validation_error"][:]
        losses_of = {}
        for r in runs:
            auto, z, t = 2 if r.loss == "cross_entropy" else 1, r.logits(X[r.rows[1]]), classes[r.rows[1]]
            self.assertEqual(z.shape[1], said[r.run] or auto)
            coded = np.eye(2)[t] if z.shape[1] == 2 else t[:, None]
            peak = z.max(axis=1, keepdims=True)
            want = (
                (np.log(np.exp(z - peak).sum(axis=1)) - ((z - peak) * coded).sum(axis=1)).mean()
                if r.loss == "cross_entropy"
                else loss_of(r.loss, z, coded)
            )
            self.assertAlmostEqual(losses[r.run] / want, 1, 11, f"{r.loss} of {z.shape[1]} outputs")
            half = 0 if r.loss == "binary_cross_entropy" else 0.5
            answers = z.argmax(axis=1) if z.shape[1] == 2 else (z[:, 0] >= half).astype(int)
            self.assertAlmostEqual(errors[r.run], (answers != t).mean(), 12)
            found = json.loads(self.run_program("evaluate", "out.h5", "--run", r.run, "--json").stdout)["parts"]
            self.assertAlmostEqual(1 - found["validation"]["accuracy"], errors[r.run], 12)
            losses_of.setdefault((r.loss, r.run % 2, z.shape[1]), set()).add(losses[r.run])
        # Each is there as 1, as 2, and once more as auto, which gives the bits of the one that it stands for.
        self.assertEqual([len(values) for values in losses_of.values()], [1] * 18)
        self.assertLess(np.median(errors), 0.15)


if __name__ == "__main__":
    system.main()
