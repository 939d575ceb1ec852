"""Tests numbers that users ask for with >=, and definitions of scores, against scikit-learn and against sums in NumPy."""
import json

import h5py
import numpy as np
import system

RARE = """
name: rare
repeats: 8
data: {file: rare.csv}
base: {epochs: 200, hidden: [8]}
record: {weights: [final]}
"""
PERFECT = """
name: perfect
repeats: 3
data: {builtin: blobs, rows: 300, classes: 10, noise: 0.01}
base: {hidden: [30], epochs: 100, learning_rate: 0.3}
success: {final_train_precision: ">= 1", final_train_recall: ">= 1", final_train_f1: ">= 1"}
"""
SHARES = """
name: shares
repeats: 4
data: {builtin: blobs, rows: 150, classes: 5, noise: 2.0}
base: {hidden: [4], epochs: 20, learning_rate: 0.1}
"""
RUNNING = """
name: running
data: {file: rows.csv, task: regression, split: {train: all}}
base: {hidden: [], loss: mse, learning_rate: 0, batch_size: 4, epochs: 1, precision: float64, init: zeros, shuffle: false}
"""


class Exact(system.SystemTest):
    def train(self, text, out="out.h5"):
        self.write("grid.yaml", text)
        self.run_program("run", "grid.yaml", "-q", "-o", out)
        return h5py.File(self.folder / out, "r")

    def evaluate(self, run, *options):
        return json.loads(self.run_program("evaluate", "out.h5", "--run", run, "--json", *options).stdout)["parts"]

    def test_a_class_that_is_not_there_is_left_out(self):
        """Two rows of 90 are of the third class: in most splits some part has none of them."""
        metrics = system.need_sklearn()
        rng = np.random.default_rng(1)
        centres = np.array([[0, 0], [1, 0], [0, 1]])
        classes = np.repeat([0, 1, 2], [44, 44, 2])
        inputs = centres[classes] + rng.uniform(-0.35, 0.35, (90, 2))
        self.write("rare.csv", "u,v,y\n" + "".join(f"{u:.3f},{v:.3f},{'abc'[c]}\n" for (u, v), c in zip(inputs, classes)))
        absent = 0
        with self.train(RARE) as file:
            columns = {name: file["runs"][f"final_test_{name}"][:] for name in ("accuracy", "precision", "recall", "f1")}
            for run in range(8):
                part = self.evaluate(run, "--weights", "final")["test"]
                confusion = np.array(part["confusion"])
                truth, said = [np.repeat(which, confusion.ravel()) for which in np.divmod(np.arange(9), 3)]
                absent += len(set(truth) | set(said)) < 3
                for name, score in (("precision", metrics.precision_score), ("recall", metrics.recall_score),
                                    ("f1", metrics.f1_score)):
                    want = score(truth, said, average="macro", zero_division=0)
                    self.assertAlmostEqual(part["macro"][name], want, 14, (run, name))
                    self.assertEqual(part["macro"][name], columns[name][run], (run, name))
                self.assertEqual(part["accuracy"], columns["accuracy"][run])
                self.assertEqual(part["accuracy"], np.trace(confusion) / confusion.sum())
        self.assertGreater(absent, 2)

    def test_perfect_is_one(self):
        with self.train(PERFECT) as file:
            self.assertEqual(file["runs/final_train_error"][:].tolist(), [0, 0, 0])  # else the test shows nothing
            for name in ("precision", "recall", "f1", "accuracy"):
                self.assertEqual(file[f"runs/final_train_{name}"][:].tolist(), [1, 1, 1])
            self.assertEqual(file["runs/solved"][:].tolist(), [1, 1, 1])

    def test_an_accuracy_is_a_share_of_rows(self):
        with self.train(SHARES) as file:
            n = {part: np.sum(file["data/split"][0] == i) for i, part in enumerate(("train", "validation", "test"))}
            for part, rows in n.items():
                curve = file[f"curves/{part}_accuracy"][:]
                np.testing.assert_array_equal(curve, np.rint(curve * rows) / rows)
                np.testing.assert_array_equal(file[f"runs/final_{part}_accuracy"][:], curve[:, -1])

    def test_the_running_loss_is_over_rows(self):
        """Two batches, of four rows and of one: the mean over rows is 26 and that over batches 53.75."""
        self.write("rows.csv", "".join(f"1,{y}\n" for y in (1, 2, 3, 4, 10)))
        with self.train(RUNNING) as file:
            self.assertEqual(file["curves/running_train_loss"][0, 1], 26)
            self.assertIn("over the training rows", file["curves/running_train_loss"].attrs["long_name"].decode())


if __name__ == "__main__":
    system.main()
