"""Tests log-likelihood, Brier score, AUC, calibration, sharpness and curves on request (record: {metrics: [...]})
against scikit-learn and NumPy, from the outputs that the stored weights give; and what a grown grid keeps of them."""
import json
import sys

import h5py
import numpy as np
import system

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import nngrid  # noqa: E402

PARTS = ("train", "validation", "test")
ASKED = ("max_abs_error", "precision", "recall", "f1", "log_likelihood", "brier", "auc", "calibration")
MOST = {"float64": 1e-12, "float32": 3e-6}
GRID = """
name: asked
repeats: 2
data: {{file: data.csv, target: y, scale: standardize}}
base: {{hidden: [4], activation: tanh, epochs: 12, learning_rate: 0.2}}
grid: {grid}
record: {{weights: [best, final]{record}}}
{more}"""
REGRESSION = """
name: near
data: {file: data.csv, target: y, task: regression, scale: standardize, split: {train: all}}
base: {hidden: [6], activation: tanh, epochs: 3000, learning_rate: 0.1, batch_size: full, optimizer: rprop}
record: {metrics: [max_abs_error, mae, r2]}
stop: {mode: first, rules: [{target: {train_max_abs_error: 0.1}}]}
"""
CONVEX = """
name: convex
data: {file: data.csv, target: y, scale: standardize, split: {train: all}}
base: {hidden: [], epochs: 20, learning_rate: 0.1, lambda: 2}
grid: {precision: [float64, float32], bias: [true, false]}
record: {metrics: [sharpness]}
"""


def table(classes, n=150, seed=3):
    """Returns inputs [n, 3] and classes [n] that overlap."""
    random = np.random.default_rng(seed)
    y = random.integers(classes, size=n)
    X = random.normal(size=(n, 3)) + np.eye(max(classes, 3))[y][:, :3] * 1.5
    return X.round(3), y


def text_of(X, y):
    return "a,b,c,y\n" + "".join(",".join(f"{v:g}" for v in (*x, t)) + "\n" for x, t in zip(X, y))


def calibration(p, truth):
    """The expected calibration error, bin by bin."""
    top, said = p.max(axis=1), p.argmax(axis=1)
    bins = np.minimum(np.floor(15 * top), 14)
    right = said == truth
    return sum(np.mean(bins == b) * abs(np.mean(right[bins == b]) - np.mean(top[bins == b])) for b in set(bins))


def measures_of(metrics, p, truth, outputs):
    """All of ASKED but the first, of probabilities p [n, classes]; auc is of the outputs."""
    classes = p.shape[1]
    said = p.argmax(axis=1)
    how = {"average": "macro", "zero_division": 0}
    if classes == 2:
        auc = metrics.roc_auc_score(truth, outputs[:, -1])
    else:
        auc = metrics.roc_auc_score(truth, outputs, multi_class="ovr", average="macro")
    return {"precision": metrics.precision_score(truth, said, **how),
            "recall": metrics.recall_score(truth, said, **how),
            "f1": metrics.f1_score(truth, said, **how),
            "log_likelihood": -metrics.log_loss(truth, p.astype(float), labels=range(classes)),
            "brier": ((p - np.eye(classes)[truth]) ** 2).sum(axis=1).mean(), "auc": auc,
            "calibration": calibration(p, truth)}


class Measures(system.SystemTest):
    def run_grid(self, grid, record="", more="", options=()):
        self.write("grid.yaml", GRID.format(grid=grid, record=record, more=more))
        return self.run_program("run", "grid.yaml", "-q", "-o", "out.h5", *options)

    def check_run(self, file, reader, run, X, y, classes):
        """Compares the stored numbers of one run, its curves and evaluate with scikit-learn's."""
        metrics, data = system.need_sklearn(), file["data"]
        split = file["data/splits"][run]
        precision = "float32" if file["runs/precision"][run] == 0 else "float64"
        for which in ("best", "final"):
            outputs = reader.model(run, which).predict(X)
            outputs = outputs.reshape(len(X), -1)
            p = outputs if outputs.shape[1] > 1 else np.hstack([1 - outputs, outputs])
            options = "--run", run, "--weights", which, "--json"
            said = json.loads(self.run_program("evaluate", "out.h5", *options).stdout)
            for i, part in enumerate(PARTS):
                rows = data["split"][split] == i
                want = measures_of(metrics, p[rows], y[rows], outputs[rows])
                for name, value in want.items():
                    got = file[f"runs/{which}_{part}_{name}"][run]
                    self.assertAlmostEqual(got, value, delta=MOST[precision], msg=(run, which, part, name, precision))
                    if name in said["parts"][part]:
                        self.assertAlmostEqual(said["parts"][part][name], got, delta=abs(got) * 1e-14, msg=(run, name))
                    if which == "final":
                        self.assertEqual(file[f"curves/{part}_{name}"][run, -1], got, (run, part, name))

    def test_they_are_scikit_learns(self):
        for classes, grid, some in ((3, "{precision: [float32, float64]}", 4),
                                    (2, "{precision: [float32, float64], loss: [cross_entropy, binary_cross_entropy]}",
                                     8),
                                    (2, "{loss: [mse], output: [sigmoid], precision: [float64, float32]}", 4)):
            X, y = table(classes)
            self.write("data.csv", text_of(X, y))
            (self.folder / "out.h5").unlink(missing_ok=True)
            self.run_grid(grid, f", metrics: [{', '.join(ASKED)}]")
            reader = nngrid.open(str(self.folder / "out.h5"))
            with h5py.File(self.folder / "out.h5") as file:
                names = file["runs/precision"].attrs["flag_meanings"]
                names = names.decode() if isinstance(names, bytes) else names
                self.assertEqual(names.split()[:2], ["float32", "float64"])
                self.assertEqual(len(file["runs/key"]), some)
                for run in range(some):
                    self.check_run(file, reader, run, X, y, classes)

    def test_training_is_the_same(self):
        """What is recorded changes no weight and no other curve, on any engine or number of threads."""
        X, y = table(3)
        self.write("data.csv", text_of(X, y))
        found = []
        for record, *options in (("", "-j", 1), (f", metrics: [{', '.join(ASKED)}, sharpness]", "-j", 2),
                             (f", metrics: [{', '.join(ASKED)}]", "--engine", "reference"),
                             (f", metrics: [{', '.join(ASKED)}]", "--engine", "tile")):
            (self.folder / "out.h5").unlink(missing_ok=True)
            self.run_grid("{precision: [float32, float64]}", record, options=options)
            with h5py.File(self.folder / "out.h5") as file:
                found.append({f"{group}/{name}": file[group][name][:] for group in ("curves", "runs")
                              for name in file[group] if group == "curves" or name.startswith(("best_", "final_"))})
        for name, values in found[0].items():
            if not name.endswith(("_auc", "_calibration")):
                np.testing.assert_array_equal(found[1][name], values, name)
        for name, values in found[1].items():
            for other in found[2:]:
                np.testing.assert_allclose(other[name], values, rtol=2e-4, atol=2e-4, err_msg=name)

    def test_stop_where_all_outputs_are_near(self):
        x = np.linspace(-1, 1, 25)
        self.write("data.csv", text_of(np.column_stack([x, x**2, x**3]), np.sin(3 * x).round(4)))
        self.write("near.yaml", REGRESSION)
        self.run_program("run", "near.yaml", "-q", "-o", "near.h5")
        with h5py.File(self.folder / "near.h5") as file:
            n = file["runs/epochs_trained"][0]
            curve = file["curves/train_max_abs_error"][0, : n + 1]
            self.assertLess(n, 3000)
            self.assertLessEqual(curve[-1], 0.1)
            self.assertGreater(curve[:-1].min(), 0.1)
            self.assertEqual(curve[-1], file["runs/final_train_max_abs_error"][0])
            for name in ("mae", "r2"):
                self.assertEqual(file[f"curves/train_{name}"][0, n], file[f"runs/final_train_{name}"][0])
        self.write("near.yaml", REGRESSION.replace("max_abs_error, mae", "mae"))
        said = self.run_program("check", "near.yaml", code=2).stderr
        self.assertIn("record: {metrics: [max_abs_error]}", said)
        self.write("near.yaml", REGRESSION.replace("mae, r2", "mae, f1"))
        self.assertIn("f1 is for a classification", self.run_program("check", "near.yaml", code=2).stderr)

    def test_sharpness_of_a_convex_cost(self):
        """The Hessian of softmax regression with lambda, by its formula."""
        X, y = table(3)
        self.write("data.csv", text_of(X, y))
        self.write("convex.yaml", CONVEX)
        self.run_program("run", "convex.yaml", "-q", "-o", "convex.h5")
        reader = nngrid.open(str(self.folder / "convex.h5"))
        Z = (X - X.mean(axis=0)) / X.std(axis=0)
        n = len(X)
        with h5py.File(self.folder / "convex.h5") as file:
            for run, got in enumerate(file["runs/sharpness"]):
                p = reader.model(run, "best").predict(X)
                bias = bool(file["runs/bias"][run])
                A = np.hstack([Z, np.ones((n, 1))]) if bias else Z
                H = sum(np.kron(np.outer(a, a), np.diag(q) - np.outer(q, q)) for a, q in zip(A, p)) / n
                H += np.diag(np.repeat([2 / n] * 3 + [0] * bias, 3))
                self.assertAlmostEqual(got / np.linalg.eigvalsh(H)[-1], 1, delta=1e-6, msg=run)

    def run_aloud(self, record):
        """Returns what is said of a run of the grid of test_growth."""
        self.write("grid.yaml", GRID.format(grid="{learning_rate: [0.1, 0.2]}", record=record, more=""))
        return self.run_program("run", "grid.yaml", "-o", "out.h5").stderr

    def test_growth(self):
        """A run keeps what is asked no more, and is trained again for what is asked anew, not for nothing."""
        X, y = table(3)
        self.write("data.csv", text_of(X, y))
        for asked, column in (("f1, sharpness", "runs/sharpness"), ("f1, auc", "curves/test_auc")):
            (self.folder / "out.h5").unlink(missing_ok=True)
            self.assertIn("trained 4", self.run_aloud(f", metrics: [{asked}]"))
            with h5py.File(self.folder / "out.h5") as file:
                values, losses = file[column][:], file["runs/final_train_loss"][:]
            self.assertFalse(np.isnan(values).any())
            self.assertNotIn("trained 4", self.run_aloud(", metrics: [f1]"))
            with h5py.File(self.folder / "out.h5") as file:
                active = file["runs/active"][:] == 1
                np.testing.assert_array_equal(file["runs/final_train_loss"][active], losses)
                np.testing.assert_array_equal(file[column][~active], values)
                self.assertTrue(np.isnan(file[column][active]).all())
                self.assertTrue(np.isnan(file["runs/best_test_auc"][active]).all())
        self.assertIn("trained 4", self.run_aloud(", metrics: [f1, calibration, auc]"))
        with h5py.File(self.folder / "out.h5") as file:
            active = file["runs/active"][:] == 1
            np.testing.assert_array_equal(file["curves/test_auc"][active], values)
            self.assertFalse(np.isnan(file["curves/test_calibration"][active]).any())


if __name__ == "__main__":
    system.main()
