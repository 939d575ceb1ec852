"""Tests what is said of cross-validation: one epoch for all folds of a repeat, against NumPy and scikit-learn."""
import json
import os
import sys
import warnings

import h5py
import numpy as np
import system
from sklearn.datasets import load_iris
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import nngrid

GRID = """
name: folds
repeats: {repeats}
data: {{file: iris.csv, scale: standardize, split: {split}}}
base: {{hidden: [4], activation: tanh, epochs: {epochs}, batch_size: 8, learning_rate: 0.1}}
grid: {grid}
{more}
"""
METRICS = ("folds_best_epoch", "folds_best_validation_loss", "folds_best_validation_error")


def by_hand(file):
    """{metric: [cell][repeat]}, and the folds' own losses at the epoch of their repeat [cell][repeat][fold]."""
    runs = {name: file["runs"][name][()] for name in ("cell", "repeat", "fold", "status")}
    epochs, curves = file["curves/epoch"][()], [file[f"curves/validation_{what}"][()] for what in ("loss", "error")]
    shape = [runs[name].max() + 1 for name in ("cell", "repeat")]
    out, own = {name: np.full(shape, np.nan) for name in METRICS}, {}
    for cell, repeat in np.ndindex(*shape):
        of = (runs["cell"] == cell) & (runs["repeat"] == repeat)
        if (runs["status"][of] != 1).any() or (runs["status"][runs["cell"] == cell] == 2).any():
            continue
        loss, error = curves[0][of].copy(), curves[1][of].copy()
        ends = [np.flatnonzero(np.isfinite(row)).max() for row in loss]
        for fold, end in enumerate(ends):
            loss[fold, end + 1:], error[fold, end + 1:] = loss[fold, end], error[fold, end]
        mean = loss[:, :max(ends) + 1].mean(axis=0)
        best = np.nanargmin(mean)
        for name, value in zip(METRICS, (epochs[best], mean[best], error[:, best].mean())):
            out[name][cell, repeat] = value
        own[cell, repeat] = loss[:, best]
    return out, own


class Folds(system.SystemTest):
    def make(self, grid="{learning_rate: [0.02, 0.1]}", repeats=2, epochs=100, split="{folds: 5}", more=""):
        self.iris = load_iris()
        lines = [",".join(map(str, [*x, self.iris.target_names[y]])) for x, y in zip(self.iris.data, self.iris.target)]
        self.write("iris.csv", "\n".join(["a,b,c,d,species", *lines]) + "\n")
        self.write("folds.yaml", GRID.format(grid=grid, repeats=repeats, epochs=epochs, split=split, more=more))
        self.run_program("run", "folds.yaml", "-q", "-o", "folds.h5")

    def program_json(self, *words):
        return json.loads(self.run_program(*words, "--json").stdout)

    def check(self):
        """The statistics of /cells, of the program and of NumPy are the same."""
        computed = self.program_json("cells", "folds.h5")["columns"]
        with h5py.File(self.folder / "folds.h5", "r") as file:
            values, own = by_hand(file)
            for name in METRICS:
                there = np.isfinite(values[name]).sum(axis=1)
                np.testing.assert_array_equal(file[f"cells/{name}_n"][()], there)
                with warnings.catch_warnings(action="ignore"):
                    mean, sd = np.nanmean(values[name], axis=1), np.nanstd(values[name], axis=1, ddof=1)
                np.testing.assert_allclose(file[f"cells/{name}_mean"][()], mean, rtol=1e-13)
                np.testing.assert_allclose(file[f"cells/{name}_sd"][()], sd, rtol=1e-9, atol=1e-15)
                for what in ("mean", "sd", "median", "q1", "low", "n"):
                    stored = file[f"cells/{name}_{what}"][()]
                    mine = np.array([np.nan if v is None else v for v in computed[f"{name}_{what}"] or len(stored) * [None]], float)
                    np.testing.assert_array_equal(stored, mine)
        return values, own

    def test_recomputed_and_ranked(self):
        self.make(more="record: {every: 3}\nstop: {mode: first, rules: [{patience: 6}]}")
        listed = {row["name"]: row["better"] for row in self.program_json("params", "metric")["metric"]}
        self.assertEqual([listed.get(name) for name in METRICS], ["neither", "lower", "lower"])
        values, own = self.check()
        shown = self.program_json("show", "folds.h5")
        with h5py.File(self.folder / "folds.h5", "r") as file:
            self.assertEqual(file["plots/learning_curves/cell"][()].tolist(), [line["cell"] for line in shown])
        mean = values["folds_best_validation_loss"].mean(axis=1)
        self.assertEqual([line["cell"] for line in shown], np.argsort(mean).tolist())
        for line in shown:
            self.assertAlmostEqual(line["folds_best_validation_loss"]["mean"], mean[line["cell"]], places=14)
            self.assertEqual(line["folds_best_validation_loss"]["n"], 2)
        found = self.program_json("show", "folds.h5", "--compare", "0,1")
        d = np.concatenate([own[0, r] - own[1, r] for r in range(2)])
        self.assertEqual((found["metric"], found["a"]["n"]), ("folds_best_validation_loss", 10))
        self.assertAlmostEqual(found["difference"], d.mean(), places=13)
        error = np.sqrt((1 / 10 + 0.25) * d.var(ddof=1))
        self.assertAlmostEqual(found["t"], d.mean() / error, places=10)
        best = np.concatenate([own[shown[0]["cell"], r] for r in range(2)])
        text = self.run_program("show", "folds.h5").stdout
        self.assertIn(f"error {best.std(ddof=1) / np.sqrt(5):.4g})", text)
        with h5py.File(self.folder / "folds.h5", "r+") as file:  # as an older program wrote it
            for name in [name for name in file["cells"] if name.startswith("folds_")]:
                del file["cells"][name]
        self.assertEqual(self.program_json("show", "folds.h5"), shown)
        os.environ["NNGRID"] = str(system.PROGRAM)
        read = nngrid.open(str(self.folder / "folds.h5")).cells["folds_best_validation_loss_mean"]
        np.testing.assert_allclose(read, mean, rtol=1e-13)
        os.environ["NNGRID"] = "/nowhere/nngrid"
        self.assertNotIn("folds_best_epoch_mean", nngrid.open(str(self.folder / "folds.h5")).cells)

    def test_a_diverged_fold_takes_its_cell_along(self):
        self.make(grid="{learning_rate: [0.1, 1e300]}", repeats=1, epochs=4)
        values, _ = self.check()
        self.assertTrue(np.isnan(values["folds_best_epoch"][1, 0]))
        shown = self.program_json("show", "folds.h5")
        self.assertEqual([line["cell"] for line in shown], [0, 1])
        self.assertIsNone(shown[1]["folds_best_validation_loss"]["mean"])

    def test_a_test_part_is_left_out_of_all_folds(self):
        self.make(split="{folds: 5, test: 0.2, stratify: true}", repeats=2, epochs=2)
        with h5py.File(self.folder / "folds.h5", "r") as file:
            split, target = file["data/split"][()].reshape(2, 5, 150), self.iris.target
        for repeat in split:
            self.assertTrue((repeat == 2).all(axis=0).sum() == 30 == (repeat == 2).any(axis=0).sum())
            np.testing.assert_array_equal((repeat == 1).sum(axis=0), (repeat[0] != 2).astype(int))
            np.testing.assert_array_equal(np.bincount(target[repeat[0] == 2]), [10, 10, 10])
        self.assertTrue((split[0, 0] != split[1, 0]).any())

    def test_scikit_learn_has_the_same_error(self):
        """The same network, splits and epoch from other starts; each fold choosing its own epoch reads less."""
        self.make(grid="{learning_rate: [0.1]}", repeats=4, epochs=150)
        with h5py.File(self.folder / "folds.h5", "r") as file:
            values, _ = by_hand(file)
            split, epochs = file["data/split"][()].reshape(4, 5, 150), values["folds_best_epoch"][0].astype(int)
            chosen = file["runs/best_validation_error"][()].mean()
        x, y = self.iris.data, self.iris.target
        theirs, honest = [], values["folds_best_validation_error"][0]
        for repeat in range(4):
            errors = []
            for fold in range(5):
                train, held = split[repeat, fold] == 0, split[repeat, fold] == 1
                scaler = StandardScaler().fit(x[train])
                peer = MLPClassifier((4,), activation="tanh", solver="sgd", alpha=0, batch_size=8, momentum=0,
                                     learning_rate_init=0.1, max_iter=int(epochs[repeat]), n_iter_no_change=10**6,
                                     random_state=10 * repeat + fold)
                with warnings.catch_warnings(action="ignore"):
                    peer.fit(scaler.transform(x[train]), y[train])
                errors.append(1 - peer.score(scaler.transform(x[held]), y[held]))
            theirs.append(np.mean(errors))
        print(f"each fold choosing its epoch {chosen:.4f}, one epoch {honest.mean():.4f}, "
              f"scikit-learn {np.mean(theirs):.4f}")
        d = honest - np.array(theirs)
        self.assertLess(abs(d.mean()), 3 * max(d.std(ddof=1) / 2, 1 / 150))
        self.assertLess(chosen, honest.mean())


if __name__ == "__main__":
    system.main()
