"""Tests nngrid predict and evaluate: outputs are those of the Python reader, scores those that training stored, and
measures those of scikit-learn."""
import csv
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import h5py
import numpy as np
import scipy.io
import sklearn.metrics

import nngrid

FOLDER = sys.argv.pop(1)
PROGRAM = os.path.realpath(os.environ["NNGRID"])
TOLERANCE = {"float32": 1e-6, "float64": 1e-12}
REGRESSION = """name: house
seed: 5
repeats: 2
data: {file: house.csv, target: price, task: regression, one_hot: [colour], missing: median, scale: minmax, ignore: [id]}
base: {hidden: [6], activation: tanh, epochs: 60, learning_rate: 0.1, momentum: 0.9, batch_size: 8}
grid: {precision: [float32, float64]}
"""


def nngrid_call(folder, *arguments, code=0):
    done = subprocess.run([PROGRAM, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
    if done.returncode != code:
        raise AssertionError(f"{arguments}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def inputs():
    with open(os.path.join(FOLDER, "three.csv")) as file:
        rows = list(csv.reader(file))
    X = np.array([[float(x) if x else np.nan for x in row[:-1]] for row in rows])
    return X, np.array([row[-1] for row in rows])


def table(text):
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], rows[1:]


class UseTest(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory(prefix="nngrid-test-")
        self.addCleanup(place.cleanup)
        self.folder = place.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def predict(self, file, run, data, *more):
        """Returns the names of the columns, the predicted classes and the numbers."""
        header, rows = table(nngrid_call(self.folder, "predict", file, data, "--run", run, *more).stdout)
        first = 2 if header[1] == "class" else 1
        self.assertEqual([int(row[0]) for row in rows], list(range(len(rows))))
        return header, [row[1] for row in rows], np.array([[float(x) for x in row[first:]] for row in rows])

    def evaluate(self, file, run, *more):
        return json.loads(nngrid_call(self.folder, "evaluate", file, "--run", run, "--json", *more).stdout)


class Predict(UseTest):
    def test_agrees_with_the_reader(self):
        X, _ = inputs()
        for name in ("three", "long", "compact"):
            file = os.path.join(FOLDER, name + ".h5")
            r = nngrid.open(file)
            runs = r.runs
            whens = ("best", "final") if name == "three" else ("best", "final", "initial")
            for run in runs.index[::3]:
                for when in whens:
                    header, words, y = self.predict(file, run, os.path.join(FOLDER, "three.csv"), "--weights", when)
                    model = r.model(run, when)
                    self.assertEqual(header, ["row", "class", "p_a", "p_b", "p_c"])
                    np.testing.assert_allclose(y, model.predict(X), rtol=0, atol=TOLERANCE[runs.precision[run]])
                    self.assertEqual(words, [model.classes[c] for c in y.argmax(axis=1)])

    def test_compact_has_the_same_bits(self):
        calls = [nngrid_call(self.folder, "predict", os.path.join(FOLDER, name), os.path.join(FOLDER, "three.csv"),
                             "--run", 1).stdout for name in ("long.h5", "compact.h5")]
        self.assertEqual(calls[0], calls[1])

    def test_every_format(self):
        X, labels = inputs()
        file = os.path.join(FOLDER, "three.h5")
        _, words, y = self.predict(file, 2, os.path.join(FOLDER, "three.csv"))
        np.save(self.path("x.npy"), X)
        np.savez(self.path("x.npz"), X=X)
        np.savez(self.path("xy.npz"), X=X, y=labels)
        scipy.io.savemat(self.path("x.mat"), {"X": X})
        with h5py.File(self.path("x.h5"), "w") as f:
            f["X"] = X
        for name, separator in (("x.csv", ","), ("x.tsv", "\t")):
            with open(self.path(name), "w") as f:
                f.writelines(separator.join("" if x != x else repr(x) for x in row) + "\n" for row in X.tolist())
        for name in ("x.npy", "x.npz", "xy.npz", "x.mat", "x.h5", "x.csv", "x.tsv"):
            _, other_words, other = self.predict(file, 2, name)
            self.assertEqual(other_words, words, name)
            np.testing.assert_array_equal(other, y, name)

    def test_many_rows(self):
        """In more rows than one block each row gets what it gets alone."""
        X, _ = inputs()
        np.save(self.path("many.npy"), np.tile(X, (40, 1)))
        _, _, once = self.predict(os.path.join(FOLDER, "three.h5"), 0, os.path.join(FOLDER, "three.csv"))
        _, _, many = self.predict(os.path.join(FOLDER, "three.h5"), 0, "many.npy")
        np.testing.assert_array_equal(many, np.tile(once, (40, 1)))

    def test_run_by_key_and_out(self):
        file = os.path.join(FOLDER, "three.h5")
        with h5py.File(file, "r") as f:
            key = f"{int(f['runs/key'][5]):016x}"
        by_number = nngrid_call(self.folder, "predict", file, os.path.join(FOLDER, "three.csv"), "--run", 5).stdout
        by_key = nngrid_call(self.folder, "predict", file, os.path.join(FOLDER, "three.csv"), "--run", key[:10], "-o",
                             "out.csv")
        self.assertEqual(by_key.stdout, "")
        with open(self.path("out.csv")) as f:
            self.assertEqual(f.read(), by_number)

    def test_inactive_run(self):
        """An inactive run still predicts."""
        X = os.path.join(self.folder, "x.csv")
        with open(X, "w") as f:
            f.write("0,0\n0,1\n1,0\n1,1\n")
        file = os.path.join(FOLDER, "left.h5")
        r = nngrid.open(file, inactive=True)
        last = len(r.runs) - 1
        _, _, y = self.predict(file, last, X)
        np.testing.assert_allclose(y[:, -1:], r.model(last).predict([[0, 0], [0, 1], [1, 0], [1, 1]]), atol=1e-6)


class Evaluate(UseTest):
    def test_losses_of_training(self):
        """The loss of the stored weights is that of training to the last bit."""
        for name in ("xor", "three", "long", "compact"):
            file = os.path.join(FOLDER, name + ".h5")
            runs = nngrid.open(file).runs
            for run in runs.index:
                for when in ("best", "final"):
                    found = self.evaluate(file, run, "--weights", when)["parts"]
                    for part, scores in found.items():
                        self.assertEqual(scores["loss"], runs[f"{when}_{part}_loss"][run], (name, run, when, part))
                        if "accuracy" in scores:
                            error = runs[f"{when}_{part}_error"][run]
                            self.assertAlmostEqual(1 - scores["accuracy"], error, delta=1e-12)

    def test_classes_as_scikit_learn(self):
        X, labels = inputs()
        file = os.path.join(FOLDER, "three.h5")
        r = nngrid.open(file)
        for run in (0, 3, 9, 15):
            parts = r.split(run)
            predicted = np.array(r.model(run).classes)[r.model(run).classify(X)]
            found = self.evaluate(file, run)["parts"]
            self.assertEqual(set(found), {"train", "validation", "test"})
            for part, scores in found.items():
                self.compare(scores, labels[parts == part], predicted[parts == part])
            self.compare(self.evaluate(file, run, os.path.join(FOLDER, "three.csv"))["parts"]["new data"], labels, predicted)

    def compare(self, scores, true, predicted):
        names = ["a", "b", "c"]
        np.testing.assert_array_equal(scores["confusion"], sklearn.metrics.confusion_matrix(true, predicted, labels=names))
        self.assertAlmostEqual(scores["accuracy"], sklearn.metrics.accuracy_score(true, predicted), delta=1e-12)
        each = sklearn.metrics.precision_recall_fscore_support(true, predicted, labels=names, zero_division=0)
        for c, name in enumerate(names):
            got = scores["classes"][name]
            np.testing.assert_allclose([got["precision"], got["recall"], got["f1"], got["rows"]],
                                       [values[c] for values in each], atol=1e-12)
        macro = sklearn.metrics.precision_recall_fscore_support(true, predicted, labels=names, average="macro",
                                                                zero_division=0)
        got = scores["macro"]
        np.testing.assert_allclose([got["precision"], got["recall"], got["f1"]], macro[:3], atol=1e-12)

    def test_a_class_that_is_never_predicted(self):
        """Its precision, and the recall of a class without rows, are 0."""
        with open(self.path("a.csv"), "w") as f:
            for row in zip(*inputs()):
                if row[1] == "a":
                    f.write(",".join("" if x != x else repr(x) for x in row[0].tolist()) + ",a\n")
        X, labels = inputs()
        X = X[labels == "a"]
        predicted = np.array(["a", "b", "c"])[nngrid.open(os.path.join(FOLDER, "three.h5")).model(0).classify(X)]
        scores = self.evaluate(os.path.join(FOLDER, "three.h5"), 0, "a.csv")["parts"]["new data"]
        self.compare(scores, np.full(len(X), "a"), predicted)


class Regression(UseTest):
    def setUp(self):
        super().setUp()
        draw = np.random.default_rng(3)
        with open(self.path("house.csv"), "w") as f:
            f.write("id,area,colour,age,price\n")
            for i in range(90):
                area, age = draw.uniform(20, 200), draw.integers(0, 60)
                colour = ["red", "blue", "deep green"][i % 3]
                price = area * 0.02 - age * 0.01 + i % 3 + draw.normal(0, 0.1)
                f.write(f"{i},{area:.3f},{colour},{'' if i % 17 == 0 else age},{price:.4f}\n")
        with open(self.path("house.yaml"), "w") as f:
            f.write(REGRESSION)
        nngrid_call(self.folder, "run", "house.yaml", "-o", "house.h5", "--quiet")

    def rows(self):
        with open(self.path("house.csv")) as file:
            return list(csv.DictReader(file))

    def test_by_name_in_any_order(self):
        rows = self.rows()
        r = nngrid.open(self.path("house.h5"))
        with h5py.File(self.path("house.h5"), "r") as f:
            names = [name.decode() if isinstance(name, bytes) else name for name in f["data"].attrs["input_names"]]
        X = np.array([[float(row["colour"] == name[7:]) if name.startswith("colour=") else float(row[name] or "nan")
                       for name in names] for row in rows])
        with open(self.path("new.csv"), "w") as f:
            f.write("age,price,colour,area\n")
            f.writelines(f"{row['age']},,{row['colour']},{row['area']}\n" for row in rows)
        for run in r.runs.index:
            header, _, y = self.predict("house.h5", run, "new.csv")
            self.assertEqual(header, ["row", "price"])
            np.testing.assert_allclose(y, r.model(run).predict(X), rtol=0, atol=TOLERANCE[r.runs.precision[run]])

    def test_as_scikit_learn(self):
        prices = np.array([float(row["price"]) for row in self.rows()])
        r = nngrid.open(self.path("house.h5"))
        digits = 1e-8  # outputs of float32 are written with 9 of them
        for run in r.runs.index:
            y = self.predict("house.h5", run, "house.csv")[2][:, 0]
            parts = r.split(run)
            for part, scores in self.evaluate("house.h5", run)["parts"].items():
                t, p = prices[parts == part], y[parts == part]
                # The error is that of training, where targets have the precision of the run.
                self.assertAlmostEqual(scores["rmse"], np.sqrt(sklearn.metrics.mean_squared_error(t, p)),
                                       delta=digits if r.runs.precision[run] == "float64" else 1e-6)
                self.assertAlmostEqual(scores["mae"], sklearn.metrics.mean_absolute_error(t, p), delta=digits)
                self.assertAlmostEqual(scores["r2"], sklearn.metrics.r2_score(t, p), delta=digits)
                self.assertAlmostEqual(scores["rmse"], r.runs[f"best_{part}_error"][run], delta=1e-6)

    def test_data_that_changed_or_moved(self):
        text = nngrid_call(self.folder, "evaluate", "house.h5", "--run", 0).stdout
        os.mkdir(self.path("else"))
        shutil.move(self.path("house.csv"), self.path("else/house.csv"))
        printed = nngrid_call(self.folder, "evaluate", "house.h5", "--run", 0, code=3).stderr
        self.assertIn("searched for beside", printed)
        self.assertEqual(nngrid_call(self.folder, "evaluate", "house.h5", "--run", 0, "--data", "else").stdout, text)
        with open(self.path("else/house.csv"), "a") as f:
            f.write("90,100,red,5,2\n")
        printed = nngrid_call(self.folder, "evaluate", "house.h5", "--run", 0, "--data", "else", code=3).stderr
        self.assertIn("not the data that the grid was trained on", printed)

    def test_a_file_that_is_not_done(self):
        """Runs that are done predict; a pending one is refused."""
        for epochs, code in (("[1]", 0), ("[1, 300000000]", 75)):
            with open(self.path("slow.yaml"), "w") as f:
                f.write(REGRESSION.replace("epochs: 60, ", "").replace("precision: [float32, float64]", f"epochs: {epochs}"))
                f.write("record: {every: 100000000}\n")
            nngrid_call(self.folder, "run", "slow.yaml", "-o", "slow.h5", "--quiet", "--max-time", "1s", code=code)
        status = nngrid.open(self.path("slow.h5")).status
        done, pending = list(status).index("done"), list(status).index("pending")
        before = self.predict("slow.h5", done, "house.csv")[2]
        live = subprocess.Popen([PROGRAM, "run", "slow.yaml", "-o", "slow.h5", "--quiet"], cwd=self.folder)
        try:
            self.wait_until_written()
            np.testing.assert_array_equal(self.predict("slow.h5", done, "house.csv")[2], before)
            self.evaluate("slow.h5", done)
        finally:
            live.kill()
            live.wait()
        printed = nngrid_call(self.folder, "predict", "slow.h5", "house.csv", "--run", pending, code=3).stderr
        self.assertIn("is not trained yet", printed)


    def wait_until_written(self):
        """Waits until a process writes the file."""
        for _ in range(200):
            if '"running"' in nngrid_call(self.folder, "status", "slow.h5", "--json").stdout:
                return
            time.sleep(0.05)
        self.fail("the grid did not begin")


class OtherShapes(UseTest):
    def run_grid(self, data, base):
        with open(self.path("grid.yaml"), "w") as f:
            f.write(f"name: other\nseed: 2\ndata: {{{data}}}\nbase: {{{base}, epochs: 30, precision: float64}}\n"
                    "grid: {learning_rate: [0.05, 0.1]}\n")
        nngrid_call(self.folder, "run", "grid.yaml", "-o", "out.h5", "--quiet")
        return nngrid.open(self.path("out.h5"))

    def test_two_classes_of_one_unit(self):
        draw = np.random.default_rng(4)
        X = draw.normal(size=(80, 3))
        labels = np.where(X[:, 0] + X[:, 1] + draw.normal(0, 0.5, 80) > 0, "on", "a, b")
        with open(self.path("two.csv"), "w") as f:
            f.writelines(",".join(map(repr, row)) + f',"{label}"\n' for row, label in zip(X.tolist(), labels))
        r = self.run_grid("file: two.csv", "hidden: [4], activation: tanh, loss: binary_cross_entropy")
        for run in (0, 1):
            header, words, y = self.predict("out.h5", run, "two.csv")
            model = r.model(run)
            p = model.predict(X)
            self.assertEqual(header, ["row", "class", "p_a, b", "p_on"])
            np.testing.assert_allclose(y, np.c_[1 - p, p], rtol=0, atol=1e-12)
            self.assertEqual(words, [model.classes[c] for c in model.classify(X)])
            found = self.evaluate("out.h5", run, "two.csv")["parts"]["new data"]
            expected = sklearn.metrics.confusion_matrix(labels, words, labels=["a, b", "on"])
            np.testing.assert_array_equal(found["confusion"], expected)
            self.assertAlmostEqual(found["loss"], sklearn.metrics.log_loss(labels, y, labels=["a, b", "on"]), delta=1e-12)

    def test_several_targets(self):
        draw = np.random.default_rng(5)
        X = draw.normal(size=(70, 3))
        Y = np.c_[X @ [1, 2, 3], X[:, 0] * X[:, 1] + 5]
        np.savez(self.path("data.npz"), X=X, y=Y)
        r = self.run_grid("file: data.npz, task: regression, split: {train: all}", "hidden: [6], activation: tanh")
        header, _, y = self.predict("out.h5", 1, "data.npz")
        self.assertEqual(header, ["row", "y1", "y2"])
        np.testing.assert_allclose(y, r.model(1).predict(X), rtol=0, atol=1e-12)
        found = self.evaluate("out.h5", 1)["parts"]["train"]
        for k, name in enumerate(("y1", "y2")):
            self.assertAlmostEqual(found["targets"][name]["r2"], sklearn.metrics.r2_score(Y[:, k], y[:, k]), delta=1e-9)
        self.assertAlmostEqual(found["r2"], sklearn.metrics.r2_score(Y, y), delta=1e-9)
        self.assertAlmostEqual(found["mae"], sklearn.metrics.mean_absolute_error(Y, y), delta=1e-9)
        self.assertAlmostEqual(found["rmse"], np.sqrt(np.mean((Y - y) ** 2)), delta=1e-9)

    def test_a_constant_target_has_no_r2(self):
        draw = np.random.default_rng(6)
        X = draw.normal(size=(70, 3))
        Y = np.c_[X @ [1, 2, 3], np.full(70, 0.1)]  # 70 times 0.1, summed up, is not 7
        np.savez(self.path("data.npz"), X=X, y=Y)
        self.run_grid("file: data.npz, task: regression, split: {train: all}", "hidden: [6], activation: tanh")
        found = self.evaluate("out.h5", 1)["parts"]["train"]
        self.assertIsNone(found["targets"]["y2"]["r2"])
        self.assertIsNone(found["r2"])
        self.assertGreater(found["targets"]["y1"]["r2"], 0)

    def test_rows_with_gaps_under_drop(self):
        """evaluate leaves such rows out; predict cannot give them outputs."""
        rows = [f"{i % 7}.5,{'' if i % 10 == 0 else i % 5},{'xy'[i % 2]}\n" for i in range(60)]
        with open(self.path("gaps.csv"), "w") as f:
            f.writelines(rows)
        self.run_grid("file: gaps.csv, missing: drop, scale: standardize", "hidden: [3]")
        self.assertEqual(self.evaluate("out.h5", 0, "gaps.csv")["parts"]["new data"]["rows"], 54)
        printed = nngrid_call(self.folder, "predict", "out.h5", "gaps.csv", "--run", 0, code=3).stderr
        self.assertIn("gaps.csv:1:2: a value is missing", printed)
        own = self.evaluate("out.h5", 0)["parts"]
        self.assertEqual(sum(part["rows"] for part in own.values()), 54)


if __name__ == "__main__":
    unittest.main(verbosity=2)
