"""Tests that every value of /stops equals, to the last bit, the one that scripts/python/recompute_stops.py computes
from the curves."""
import json
import sys

import h5py
import numpy as np
import system

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import recompute_stops  # noqa: E402

RULES = """[{patience: 3}, {patience: {epochs: 6, min_delta: 0.01}}, {patience_error: 4}, {target: {train_loss: 0.3}},
    {target: {train_error: 0.2}}, {gl: 0}, {gl: 2}, {gl: 20}, {pq: 0.1}, {pq: 0.75}, {pq: 3}, {up: 1}, {up: 2},
    {up: 4}, {progress: 1}, {progress: 10}, {progress: 100},
    {patience_train: 2}, {patience_train: {epochs: 4, min_delta: 0.02}}]"""
GRIDS = {
    "classes": """
repeats: 4
data: {builtin: moons, rows: 90, noise: 0.4, seed: 3}
base: {hidden: [12], epochs: 60, batch_size: 8}
grid: {learning_rate: [0.05, 0.5], precision: [float32, float64], epochs: [23, 60]}
""",
    "regression": """
repeats: 3
data: {builtin: noisy_sine, rows: 60}
base: {epochs: 40, batch_size: 8}
grid: {hidden: [[6], [4, 4]], learning_rate: [0.05, 0.3, 300]}
""",
}


class Stops(system.SystemTest):
    def train(self, name, stop):
        self.write("grid.yaml", f"name: stops\n{GRIDS[name]}stop: {stop}\n")
        self.run_program("run", "grid.yaml", "-q", "-o", f"{name}.h5")
        return self.folder / f"{name}.h5"

    def check(self, path):
        compared, wrong = recompute_stops.compare(path)
        self.assertEqual(wrong, [])
        self.assertGreater(compared, 0)

    def test_observed(self):
        """Strips have several lengths; every rule fires in some run and does not in another."""
        some, none = set(), set()
        for name in GRIDS:
            for strip in (2, 5, 7):
                path = self.train(name, f"{{strip: {strip}, rules: {RULES}}}")
                self.check(path)
                with h5py.File(path, "r") as f:
                    for group in f["stops"].values():
                        rule = recompute_stops.text(group.attrs["rule"])
                        some |= {rule} if np.any(group["epoch"][()] >= 0) else set()
                        none |= {rule} if np.any(group["epoch"][()] < 0) else set()
                path.unlink()
        every = {"patience", "patience_error", "target", "gl", "pq", "up", "progress", "patience_train"}
        self.assertEqual((some, none), (every, every))

    def test_patience_train_is_the_stop_of_scikit_learn(self):
        """MLPClassifier from the same start, in the same order, stops after the same epoch."""
        import warnings

        import sklearn.neural_network

        rng = np.random.default_rng(2)
        X = rng.normal(size=(60, 3)).round(3)
        classes = (X[:, 0] * X[:, 1] + 0.5 * rng.normal(size=60) > 0).astype(int)
        np.savetxt(self.folder / "d.csv", np.column_stack([X, classes]), fmt="%.17g", delimiter=",")
        ends = set()
        for seed, (patience, tol) in enumerate([(3, 1e-2), (3, 1e-3), (10, 1e-4), (5, 0.0), (2, 3e-2)]):
            settings = dict(hidden_layer_sizes=(6,), activation="tanh", solver="sgd", alpha=0, batch_size=20, momentum=0,
                            learning_rate_init=0.5, shuffle=False, random_state=seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                start = sklearn.neural_network.MLPClassifier(**settings | dict(learning_rate_init=1e-300), max_iter=1).fit(X, classes)
                net = sklearn.neural_network.MLPClassifier(**settings, max_iter=400, tol=tol, n_iter_no_change=patience).fit(X, classes)
            with h5py.File(self.folder / "start.h5", "w") as file:
                for layer, (W, b) in enumerate(zip(start.coefs_, start.intercepts_), 1):
                    file[f"W{layer}"], file[f"b{layer}"] = W, b
            self.write("grid.yaml", "name: stop\ndata: {file: d.csv, task: classification, scale: none, split: {train: all}}\n"
                       "base: {hidden: [6], activation: tanh, loss: binary_cross_entropy, batch_size: 20, shuffle: false, epochs: 400,\n"
                       "       learning_rate: 0.5, precision: float64, init_file: start.h5}\n"
                       f"stop: {{mode: first, rules: [{{patience_train: {{epochs: {patience}, min_delta: {tol}}}}}]}}\n")
            self.run_program("run", "grid.yaml", "-q", "-o", f"{seed}.h5")
            with h5py.File(self.folder / f"{seed}.h5") as file:
                np.testing.assert_allclose(file["curves/running_train_loss"][0, 1 : net.n_iter_ + 1], net.loss_curve_, rtol=1e-8)
                self.assertEqual(file["runs/epochs_trained"][0], net.n_iter_, (patience, tol))
            ends.add(net.n_iter_)
        self.assertGreater(len(ends), 2)

    def test_cells(self):
        """/cells/stops and show --stops have the means over the same done runs, for every rule."""
        path = self.train("regression", "{rules: [{gl: 5}, {patience: 30}, {target: {train_loss: 0.01}}]}")
        shown = json.loads(self.run_program("show", path, "--stops", "--top", "0", "--json").stdout)
        lines = {(line["cell"], line["rule"]): line for line in shown}
        some = set()
        with h5py.File(path, "r") as f:
            done, cell = f["runs/status"][()] == 1, f["runs/cell"][()]
            self.assertFalse(done.all())  # else the test shows less
            for rule, group in f["stops"].items():
                fired = group["fired"][()]
                columns = {"fired": fired, "slowness": group["slowness"][()], "badness": group["badness"][()],
                           "error": group["best_test_error"][()],
                           "epoch": np.where(fired == 1, group["epoch"][()], f["runs/epochs_trained"][()])}
                some |= set(fired[done])
                for name, column in columns.items():
                    for c, got in enumerate(f["cells/stops"][rule][name][()]):
                        values = column[done & (cell == c)]
                        values = values[np.isfinite(values)]
                        want = values.mean() if len(values) else np.nan
                        np.testing.assert_allclose(got, want, rtol=1e-14)
                        self.assertEqual(lines[c, rule][name], None if np.isnan(got) else got)
        self.assertEqual((some, len(lines)), ({0, 1}, 3 * len(set(cell))))

    def test_first(self):
        """A run that was stopped ends where its first rule fired, and the file has that epoch."""
        path = self.train("classes", "{mode: first, strip: 3, rules: [{gl: 2}, {up: 2}, {pq: 3}]}")
        self.check(path)
        with h5py.File(path, "r") as f:
            fired = np.array([group["epoch"][()] for group in f["stops"].values()])
            stopped = f["runs/epochs_trained"][()]
            self.assertEqual(len(fired), 3)
            for run, epoch in enumerate(stopped):
                at = fired[:, run][fired[:, run] >= 0]
                self.assertTrue(epoch in (23, 60) if len(at) == 0 else (at == epoch).all())
            self.assertTrue((stopped < 23).any())

    def test_a_change_is_found(self):
        path = self.train("classes", "{rules: [{gl: 2}]}")
        path.chmod(0o600)
        with h5py.File(path, "r+") as f:
            f["stops/gl_2/epoch"][3] += 5
        self.assertEqual([row[:3] for row in recompute_stops.compare(path)[1]], [("gl_2", 3, "epoch")])

    def test_another_strip_is_computed_from_the_curves(self):
        """Strips matter to observed rules only: a file of one length becomes that of another without training."""
        fresh = self.train("classes", "{strip: 7, rules: [{gl: 2}, {patience: 4}]}").rename(self.folder / "fresh.h5")
        self.train("classes", "{strip: 4, rules: [{gl: 2}, {patience: 4}]}")
        self.write("grid.yaml", f"name: stops\n{GRIDS['classes']}stop: {{strip: 7, rules: [{{gl: 2}}, {{patience: 4}}]}}\n")
        plan = self.run_program("plan", "grid.yaml", "-o", "classes.h5").stdout
        self.assertIn("0 to train", " ".join(plan.split()), plan)
        self.run_program("run", "grid.yaml", "-q", "-o", "classes.h5")
        self.assert_same_files(fresh, self.folder / "classes.h5")


if __name__ == "__main__":
    system.main()
