"""Tests that a grid which grows trains only what is new, that one which shrinks loses nothing, and that a finished one
trains nothing."""
import json

import h5py
import numpy as np
import system

GRID = """
name: growth
repeats: {repeats}
data: {{builtin: circles, rows: 100}}
base: {{hidden: [8], epochs: 10}}
grid:
  learning_rate: {rates}
"""


WIDTHS = """
name: widths
data: {{file: data.csv, target: {target}, task: {task}, split: {{train: 20, validation: 10}}}}
base: {{hidden: [3], epochs: {epochs}, batch_size: 8, learning_rate: 0.1, loss: mse}}
{grid}
record: {{weights: {weights}, gradient: true, every: 2}}
stop: {{rules: [{{patience: 2}}]}}
{diagnose}
"""


def numbers(path):
    """Returns {dataset: {(key of the run, *place): value}} of all that the checks of rows cover and that is not NaN. The
    place along epochs is the epoch."""
    with h5py.File(path, "r") as file:
        key, epochs, found = file["runs/key"][:], file["curves/epoch"][:], {}
        for name in file["runs/check"].attrs["covers"].decode().split():
            values, group = file[name][:], name.rsplit("/", 1)[0]
            run = key if not group.startswith("/weights") else key[file[group + "/run"][:]]
            along = group == "/curves" or name.endswith("/every")
            found[name] = {(run[at[0]], *((epochs[at[1]], *at[2:]) if along else at[1:])): values[at]
                           for at in zip(*np.nonzero(~np.isnan(values)))}
        return found


class Growth(system.SystemTest):
    def grid(self, rates, repeats=3):
        self.write("growth.yaml", GRID.format(rates=rates, repeats=repeats))

    def plan(self, *options):
        return json.loads(self.run_program("plan", "growth.yaml", "-o", "out.h5", "--json", *options).stdout)

    def active(self):
        with h5py.File(self.folder / "out.h5", "r") as file:
            return file["runs/active"][:]

    def rows(self):
        """Returns {(learning_rate, repeat): (key, check, seconds)}."""
        with h5py.File(self.folder / "out.h5", "r") as file:
            self.assertTrue((file["runs/status"][:] == 1).all())
            columns = [file["runs"][n][:] for n in ("learning_rate", "repeat", "key", "check")]
            return {(a, b): (c, d, e) for a, b, c, d, e in zip(*columns, file["timing/seconds"][:])}

    def test_an_added_value_trains_only_new_runs(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        before = self.rows()
        self.grid("[0.1, 0.2, 0.3]")
        plan = self.run_program("plan", "growth.yaml", "-o", "out.h5")
        self.assertIn("3", plan.stdout)
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        after = self.rows()
        self.assertEqual(len(after), 9)
        for point, row in before.items():  # seconds too: the row was taken over, not trained again
            self.assertEqual(after[point], row)
        self.run_program("run", "growth.yaml", "-o", "fresh.h5")
        self.assert_same_files(self.folder / "fresh.h5", self.folder / "out.h5")

    def test_added_repeats_train_only_new_runs(self):
        self.grid("[0.1, 0.3]", repeats=2)
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        before = self.rows()
        self.grid("[0.1, 0.3]", repeats=4)
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        after = self.rows()
        self.assertEqual(len(after), 8)
        for point, row in before.items():
            self.assertEqual(after[point], row)

    def test_a_removed_value_loses_nothing(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.run_program("run", "growth.yaml", "-o", "whole.h5")
        before = self.rows()
        self.grid("[0.3, 0.5]", repeats=2)
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assertEqual(self.active().tolist(), [1] * 4 + [0] * 4)
        after = self.rows()
        self.assertEqual({point: after[point] for point in before}, before)
        self.grid("[0.1, 0.3]")  # they come back, and are not trained again
        plan = self.plan()
        self.assertEqual((plan["to_train"], plan["done"], plan["inactive"]), (0, 6, 2))
        self.run_program("run", "growth.yaml", "-o", "out.h5", "--prune")
        self.assertEqual(self.rows(), before)
        self.assert_same_files(self.folder / "whole.h5", self.folder / "out.h5")

    def test_weights_of_a_shape_that_left_the_grid_come_back(self):
        """In the smaller grid the groups of networks with shortcuts and without biases are known by their names alone."""
        grid = "name: growth\ndata: {{builtin: circles, rows: 100}}\nbase: {{hidden: [5, 4], epochs: 5}}\n" \
               "grid:\n  shortcuts: {}\n  bias: [false, true]\nrecord: {{weights: [final]}}\n"
        self.write("growth.yaml", grid.format("[false, true]"))
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.run_program("run", "growth.yaml", "-o", "whole.h5")
        self.write("growth.yaml", grid.format("[false]"))
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assertEqual(self.active().tolist(), [1, 1, 0, 0])
        self.write("growth.yaml", grid.format("[false, true]"))
        self.assertEqual(self.plan()["to_train"], 0)
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assert_same_files(self.folder / "whole.h5", self.folder / "out.h5")

    def test_pruned_rows_go(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.grid("[0.3]", repeats=2)
        self.run_program("run", "growth.yaml", "-o", "fresh.h5")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assertEqual(self.active().tolist(), [1] * 2 + [0] * 4)
        plan = self.plan("--prune")
        self.assertEqual((plan["to_train"], plan["inactive"], plan["pruned"]), (0, 0, 4))
        self.run_program("run", "growth.yaml", "-o", "out.h5", "--prune")
        self.assert_same_files(self.folder / "fresh.h5", self.folder / "out.h5")

    def assert_keeps(self, before, path):
        """Every number that the file had is there, and its runs have got no others in these datasets."""
        after = numbers(path)
        for name, values in before.items():
            keys = {at[0] for at in values}
            self.assertEqual({at: v for at, v in after.get(name, {}).items() if at[0] in keys}, values, name)

    def test_what_becomes_wider_keeps_its_numbers(self):
        """Outputs, training rows, layers, epochs and targets grow, shrink and change, and change back."""
        rng = np.random.default_rng(1)
        X = rng.normal(size=(60, 2)).round(3)
        y = np.column_stack([X[:, 0] * X[:, 1], X.sum(axis=1), X[:, 0] - 2 * X[:, 1]]).round(3)
        for name, columns in ("classes", [np.where(y[:, 0] > 0, "a", "b")]), ("numbers", list(y.T)):
            rows = [",".join(map(str, row)) for row in zip(*X.T, *columns)]
            self.write(f"{name}.csv", "\n".join([",".join("abcde"[:2 + len(columns)]), *rows]) + "\n")
        small = {"target": "c", "epochs": 4, "grid": "grid: {outputs: [1]}"}
        large = {"grid": "grid: {outputs: [1, 2], hidden: [[3], [4, 3, 2]], split.train: [20, 5], epochs: [4, 7]}"}
        several = {"target": "[c, d, e]", "epochs": 4, "grid": ""}
        for data, weights, steps in (
                ("classes", "[final, best, every, endpoint]", [small, {**small, **large}, small]),
                ("classes", "none", [small, {**small, **large}, small]),
                ("numbers", "[final]", [several, {**several, "target": "c"}, several]),
                ("numbers", "[final]", [several, {**several, "target": "[c, d]"}, several]),
                ("numbers", "[final]", [{**several, "target": "[d, e]"}, several, {**several, "target": "[d, e]"}])):
            before = {}
            for step in steps:
                fields = {"weights": weights, "diagnose": "diagnose: endpoint" * (weights != "none"),
                          "task": "regression" if data == "numbers" else "classification", **step}
                self.write("grid.yaml", WIDTHS.format(**fields).replace("data.csv", data + ".csv"))
                self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
                with self.subTest(data=data, weights=weights, step=step):
                    self.assert_keeps(before, self.folder / "out.h5")
                before = numbers(self.folder / "out.h5")
            self.run_program("run", "grid.yaml", "-q", "-o", "fresh.h5")
            self.run_program("run", "grid.yaml", "-q", "-o", "out.h5", "--prune")
            with self.subTest(data=data, weights=weights, pruned=True):
                self.assert_same_files(self.folder / "fresh.h5", self.folder / "out.h5")
            for name in ("out.h5", "fresh.h5"):
                (self.folder / name).unlink()

    def test_the_readers_of_the_program_leave_inactive_rows_out(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.grid("[0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        for what, n, hidden in (("runs", 3, 3), ("cells", 1, 1), ("curves", 33, 33)):
            for option, extra in ((), 0), (("--inactive",), hidden):
                lines = self.run_program("export", "out.h5", "--what", what, *option).stdout.splitlines()
                self.assertEqual(len(lines) - 1, n + extra, (what, option))
        self.assertEqual(len(json.loads(self.run_program("show", "out.h5", "--json").stdout)), 1)
        self.assertEqual(len(json.loads(self.run_program("show", "out.h5", "--json", "--inactive").stdout)), 2)
        self.assertIn("counted from 0", self.run_program("show", "out.h5", "--run", 3, code=2).stderr)
        self.assertIn("inactive", self.run_program("show", "out.h5", "--run", 3, "--inactive").stdout)
        status = json.loads(self.run_program("status", "out.h5", "--json").stdout)
        self.assertEqual((status["runs"], status["done"], status["inactive"]), (3, 3, 3))
        self.assertIn("3 runs no longer in the grid", self.run_program("status", "out.h5").stdout)

    def test_other_data_leave_the_old_runs_inactive(self):
        grid = "name: data\nrepeats: 2\ndata: {{file: {}, scale: standardize}}\nbase: {{hidden: [4], epochs: 5}}\n"
        rng = np.random.default_rng(1)
        for name, inputs in (("old", 3), ("new", 5)):
            values = rng.normal(size=(60, inputs)).round(3)
            lines = [",".join(map(str, row)) + "," + "ab"[int(row.sum() > 0)] for row in values]
            self.write(f"{name}.csv", "\n".join(lines) + "\n")
            self.write(f"{name}.yaml", grid.format(f"{name}.csv").replace("data\n", "data\n", 1))
        self.run_program("run", "old.yaml", "-o", "old.h5")
        self.run_program("run", "new.yaml", "-o", "new.h5")
        self.run_program("run", "old.yaml", "-o", "out.h5")
        self.run_program("run", "new.yaml", "-o", "out.h5")
        with h5py.File(self.folder / "out.h5", "r") as file, h5py.File(self.folder / "old.h5", "r") as old:
            self.assertEqual(file["data/splits"][:].tolist(), [0, 1, -1, -1])  # other inputs: no such scaling
            self.assertEqual(file["runs/n_params"][2], old["runs/n_params"][0])
            for name in old["weights/3-4-2"]:
                if name.startswith(("best", "final")):
                    np.testing.assert_array_equal(file[f"weights/3-4-2/{name}"][:], old[f"weights/3-4-2/{name}"][:])
        self.run_program("run", "old.yaml", "-o", "out.h5", "--prune")
        self.assert_same_files(self.folder / "old.h5", self.folder / "out.h5")

    def write_changing(self, name, factor=1.0, inputs=3):
        values = np.random.default_rng(1).normal(size=(60, inputs)).round(3)
        lines = [",".join(f"{x * factor:.4f}" for x in row) + "," + "ab"[int(row.sum() > 0)] for row in values]
        return self.write(name, "\n".join(lines) + "\n")

    def digest(self, name):
        return json.loads(self.run_program("data", name, "--json").stdout)["digest"]

    def keys_of(self, name, which=1):
        with h5py.File(self.folder / name, "r") as file:
            return file["runs/key"][:][file["runs/active"][:] == which].tolist()

    def test_data_that_changed_are_refused_until_they_are_accepted(self):
        self.write("growth.yaml", "repeats: 2\ndata: {file: data.csv, scale: standardize}\nbase: {hidden: [4], epochs: 5}\n")
        path = self.folder / "out.h5"
        self.write_changing("data.csv")
        old = self.digest("data.csv")
        self.run_program("run", "growth.yaml", "-o", "out.h5", "-q")
        keys, whole = self.keys_of("out.h5"), path.read_bytes()
        text = (self.folder / "data.csv").read_text()
        self.write("data.csv", text.replace("0,", ","))
        self.assertIn("nothing to train", self.run_program("run", "growth.yaml", "-o", "out.h5").stdout)  # the same data
        (self.folder / "sub").mkdir()
        for name in ("data.csv", "growth.yaml"):
            (self.folder / name).rename(self.folder / "sub" / name)
        self.assertIn("nothing to train", self.run_program("run", "sub/growth.yaml", "-o", "out.h5").stdout)
        for inputs in (3, 4):  # of the same shape, then of another
            self.write_changing("sub/data.csv", 2.0, inputs)
            new = self.digest("sub/data.csv")
            says = f"data sub/data.csv (digest {old} then, {new} now); nothing was written"
            for command in (("plan",), ("run", "-q"), ("run", "-q", "--prune")):
                self.assertIn(says, self.run_program(*command, "sub/growth.yaml", "-o", "out.h5", code=3).stderr)
            self.assertTrue(path.read_bytes() == whole)
            self.assertIn(f"kept     the results of before as out-{old}.h5", self.run_program(
                "plan", "sub/growth.yaml", "-o", "out.h5", "--accept-new-data").stdout)
            self.run_program("run", "sub/growth.yaml", "-o", "out.h5", "-q", "--accept-new-data")
            self.assertTrue((self.folder / f"out-{old}.h5").read_bytes() == whole)
            self.assertFalse(set(self.keys_of("out.h5")) & set(keys))
            self.assertTrue(set(self.keys_of("out.h5", 0)) >= set(keys))
            self.assertIn("nothing to train", self.run_program("run", "sub/growth.yaml", "-o", "out.h5").stdout)
            for command in ("predict", "evaluate"):  # a run of the old data
                said = self.run_program(command, "out.h5", "sub/data.csv", "--run", f"{keys[0]:016x}", code=3).stderr
                self.assertIn("was trained on other data than those that out.h5 describes", said)
            said = self.run_program("evaluate", f"out-{old}.h5", "--run", 0, "--data", "sub", code=3).stderr
            self.assertIn("not the data that the grid was trained on", said)
            old, keys, whole = new, self.keys_of("out.h5"), path.read_bytes()
        self.write_changing("sub/data.csv")  # the first data come back, and so do their runs
        self.run_program("run", "sub/growth.yaml", "-o", "out.h5", "-q", code=3)
        before = len(self.keys_of("out.h5", 0))
        self.assertIn("0 to train, 2 done", self.run_program("plan", "sub/growth.yaml", "-o", "out.h5",
                                                             "--accept-new-data").stdout)
        self.run_program("run", "sub/growth.yaml", "-o", "out.h5", "-q", "--accept-new-data")
        self.assertEqual(len(self.keys_of("out.h5", 0)), before)
        with h5py.File(path, "r+") as file:  # as older programs made it
            del file["provenance"].attrs["sources"]
        self.write_changing("sub/data.csv", 3.0)
        self.assertIn("data data.csv (digest", self.run_program("run", "sub/growth.yaml", "-o", "out.h5", code=3).stderr)

    def test_a_split_of_another_seed_stays_with_its_runs(self):
        self.write("growth.yaml", GRID.format(rates="[0.3]", repeats=2) + "seed: 1\n")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        with h5py.File(self.folder / "out.h5", "r") as file:
            before = file["data/split"][:]
        for _ in range(2):  # the second time nothing has changed
            self.run_program("run", "growth.yaml", "-o", "out.h5", "--set", "seed=2")
            with h5py.File(self.folder / "out.h5", "r") as file:
                self.assertEqual(file["data/splits"][:].tolist(), [0, 1, 2, 3])
                np.testing.assert_array_equal(file["data/split"][2:], before)
                self.assertFalse((file["data/split"][:2] == before).all())

    def test_a_finished_grid_trains_nothing(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        before = self.rows()
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assertEqual(self.rows(), before)
        self.assertTrue(np.isfinite([row[2] for row in before.values()]).all())


if __name__ == "__main__":
    system.main()
