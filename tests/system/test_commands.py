"""Tests every command that computes, with every engine, optimizer and precision, and every kind of data: it must print
what the results file has."""
import concurrent.futures
import csv
import functools
import io
import json
import os
import re

import h5py
import numpy as np
import system

# More training rows than an engine takes at once, so that no buffer is large enough by chance.
PARTS = {"train": 150, "validation": 40, "test": 50}
ROWS = sum(PARTS.values())
SPLIT = "split: {train: 150, validation: 40, test: 50}"
WORDS = ["red", "green", "blue"]
SMALL, LARGE = "[5]", "[50, 50]"  # trained in lanes, and by the tile engine, where the size decides
RULES = "stop: {rules: [{patience: 1}]}\nsuccess: {final_train_loss: \"< 0.9\"}\n"
OTHER_RULES = "stop: {rules: [{patience: 2}, {target: {train_loss: 0.8}}]}\nsuccess: {best_train_loss: \"< 0.8\"}\n"
POINTS = "record: {gradient: true, weights: [initial, best, final]}\ndiagnose: endpoint\n"


def table(kind, part=slice(None)):
    """Returns a CSV file as text: four numbers, some of them missing, a colour, and a label or a value."""
    random = np.random.default_rng(5)
    X, noise = random.normal(size=(ROWS, 4)).round(3), random.normal(size=ROWS)
    score = X[:, 0] + X[:, 1] * X[:, 2] + noise / 4
    target = {"two": [["no", "yes"][s > 0] for s in score], "value": score.round(3)}.get(
        kind, [["low", "middle", "high"][(s > -0.5) + (s > 0.5)] for s in score])
    colours, lost = random.integers(0, 3, ROWS), random.integers(0, 12, ROWS)
    lines = [[*("" if column == lost[i] else x for column, x in enumerate(X[i])), WORDS[colours[i]], target[i]]
             for i in range(ROWS)]
    return "a,b,c,d,colour,target\n" + "".join(",".join(map(str, line)) + "\n" for line in lines[part])


def of_parts(part):
    start = list(PARTS).index(part)
    first = sum(list(PARTS.values())[:start])
    return table("three", slice(first, first + PARTS[part]))


# For each kind of data: its data section, and what `base` needs in addition.
TEXT = "target: target, one_hot: text, scale: standardize"
DATA = {
    "three classes": (f"{{file: three.csv, {TEXT}, missing: mean, {SPLIT}}}", ""),
    "two classes": (f"{{file: two.csv, {TEXT}, missing: median, {SPLIT}}}", "loss: binary_cross_entropy, "),
    "rows dropped": ("{file: two.csv, target: target, ignore: [colour], missing: drop, scale: minmax}", ""),
    "values": (f"{{file: value.csv, {TEXT}, missing: mean, task: regression, {SPLIT}}}", ""),
    "many targets": (f"{{file: many.h5, target: {{inputs: X, targets: t}}, task: regression, {SPLIT}}}", ""),
    "files": (f"{{file: {{train: train.csv, validation: validation.csv, test: test.csv}}, {TEXT}, missing: mean}}", ""),
    "folds": (f"{{file: three.csv, {TEXT}, missing: mean, split: {{folds: 2}}}}", ""),
    "training alone": (f"{{file: three.csv, {TEXT}, missing: mean, split: {{train: all}}}}", ""),
}
NEW = {"values": "value.csv", "two classes": "two.csv", "three classes": "three.csv", "many targets": "many.h5", "files": "test.csv",
       "folds": "three.csv", "training alone": "three.csv"}  # rows in file order; of the files, those of the test part


class Commands(system.SystemTest):
    def setUp(self):
        super().setUp()
        for kind in ("three", "two", "value"):
            self.write(f"{kind}.csv", table(kind))
        for part in PARTS:
            self.write(f"{part}.csv", of_parts(part))
        random = np.random.default_rng(6)
        with h5py.File(self.folder / "many.h5", "w") as file:
            file["X"] = random.normal(size=(ROWS, 3))
            file["t"] = file["X"][:] @ random.normal(size=(3, 2))
        lists = json.loads(self.run_program("params", "--json").stdout)
        names = {what: [row["name"] for row in rows] for what, rows in lists.items()}
        self.engines, self.precisions, self.optimizers = names["engine"], names["precision"], names["optimizer"]
        self.write("probe.yaml", "data: {builtin: xor}\nbase: {batch_size: 2}\n")
        asked = [system.subprocess.run([system.PROGRAM, "check", "probe.yaml", "--set", f"optimizer={name}"], cwd=self.folder,
                                       capture_output=True).returncode for name in self.optimizers]
        self.of_batches = [name for name, code in zip(self.optimizers, asked) if code == 0]
        self.assertGreater(len(self.of_batches), 1)

    def grid(self, kind="three classes", hidden=(SMALL,), more="", repeats=1, settings=""):
        """Returns every optimizer with full batches, and with mini-batches where it accepts them."""
        data, base = DATA[kind]
        lists = {"hidden": hidden, "precision": self.precisions}
        axes = ", ".join(f"{name}: [{', '.join(values)}]" for name, values in lists.items())
        return self.write("grid.yaml", f"""
name: commands
repeats: {repeats}
data: {data}
base: {{{base}{settings}activation: tanh, epochs: 4, lambda: 0.1, learning_rate: 0.02}}
grid:
  - {{optimizer: [{', '.join(self.optimizers)}], batch_size: [full], {axes}}}
  - {{optimizer: [{', '.join(self.of_batches)}], batch_size: [32], {axes}}}
{more}""")

    def train(self, *arguments, **words):
        self.run_program("run", self.grid(**words), "-q", "-o", "out.h5", *arguments)
        with h5py.File(self.folder / "out.h5", "r") as file:
            self.runs = {name: column[:] for name, column in file["runs"].items()}
            self.cells = file["runs/cell"][:]
            self.parts = file["data/split"][:][file["data/splits"][:]]
        self.assertEqual(set(self.runs["status"]), {1}, "all are done")
        return range(len(self.cells))

    def every(self, check, things):
        """Checks each of them, several at a time."""
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(check, things))

    # ---- what is printed about a run ----

    def check_evaluate(self, run, weights):
        parts = json.loads(self.run_program("evaluate", "out.h5", "--run", run, "--weights", weights, "--json").stdout)["parts"]
        self.assertEqual([parts[name]["rows"] for name in parts], [n for n in np.bincount(self.parts[run][self.parts[run] >= 0]) if n])
        for name, found in parts.items():
            is_value = "rmse" in found
            stored = lambda what: self.runs[f"{weights}_{name}_{what}"][run]
            self.assertEqual(found["loss"], stored("loss"), f"run {run}, {name}")
            error = found["rmse"] if is_value else 1 - found["accuracy"]
            self.assertAlmostEqual(error, stored("error"), delta=1e-6 * (1 + error))
            for what in ("mae", "r2") if is_value else ("precision", "recall", "f1"):
                value = found[what] if is_value else found["macro"][what]
                self.assertAlmostEqual(value, stored(f"{what}"), delta=1e-5 * (1 + abs(value)), msg=f"run {run}, {name} {what}")
        return parts

    def check_predict(self, run, weights, data, parts):
        """The outputs, with the targets in the file, give what evaluate printed for each part."""
        text = self.run_program("predict", "out.h5", "--run", run, "--weights", weights, data).stdout
        rows = list(csv.DictReader(io.StringIO(text)))
        for part, found in parts.items():
            if len(rows) == ROWS:
                self.check_outputs(data, rows, np.flatnonzero(self.parts[run] == list(PARTS).index(part)), found)
            elif data == f"{part}.csv":
                self.check_outputs(data, rows, range(len(rows)), found)

    def check_outputs(self, data, rows, chosen, found):
        self.assertEqual(found["rows"], len(chosen))
        if "rmse" in found:
            errors = [[float(rows[i][name]) - t for name, t in self.targets(data, i).items()] for i in chosen]
            self.assertAlmostEqual(np.sqrt(np.mean(np.square(errors))), found["rmse"], delta=1e-5 * found["rmse"])
            return self.assertAlmostEqual(np.mean(np.square(errors)), found["loss"], delta=1e-5 * found["loss"])
        names, confusion, losses = list(found["classes"]), np.zeros((len(found["classes"]),) * 2, int), []
        for i in chosen:
            true, shares = self.targets(data, i)["target"], [float(rows[i][f"p_{name}"]) for name in names]
            self.assertAlmostEqual(sum(shares), 1, delta=1e-6)
            confusion[names.index(true), names.index(rows[i]["class"])] += 1
            losses.append(-np.log(shares[names.index(true)]))
        self.assertEqual(confusion.tolist(), found["confusion"])
        return self.assertAlmostEqual(np.mean(losses), found["loss"], delta=1e-5 * found["loss"])

    @functools.cache
    def targets(self, data, row):
        """Returns {name of the output, or "target": target}."""
        if data == "many.h5":
            with h5py.File(self.folder / data) as file:
                return {f"y{k + 1}": value for k, value in enumerate(file["t"][row])}
        value = (self.folder / data).read_text().split("\n")[row + 1].split(",")[-1]
        return {"target": float(value) if data == "value.csv" else value}

    def check_show_run(self, run):
        printed = self.run_program("show", "out.h5", "--run", run).stdout
        for name in ("best_train_loss", "final_train_error", "best_epoch"):
            shown = float(re.search(rf"(?m)^{name} +(\S+)", printed)[1])
            self.assertAlmostEqual(shown, self.runs[name][run], delta=6e-4 * abs(shown))

    def mean(self, cell, metric):
        return np.mean(self.runs[metric][self.cells == cell])

    def check_show_cell(self, cell):
        printed = self.run_program("show", "out.h5", "--cell", cell).stdout
        for metric in ("best_train_loss", "final_train_loss"):
            shown = float(re.search(rf"(?m)^{metric} +(?:\d+ +)?(\S+)", printed)[1])
            self.assertAlmostEqual(shown, self.mean(cell, metric), delta=6e-4 * abs(shown), msg=printed)

    def check_compare(self, cell):
        other = (cell + 1) % (self.cells.max() + 1)
        printed = self.run_program("show", "out.h5", "--compare", f"{cell},{other}", "--by", "best_train_loss").stdout
        for which in (cell, other):
            shown = float(re.search(rf"mean of cell {which} +(\S+)", printed)[1])
            self.assertAlmostEqual(shown, self.mean(which, "best_train_loss"), delta=6e-4 * abs(shown))

    # ---- all of them ----

    def test_every_engine_optimizer_and_precision(self):
        for engine in self.engines[1:]:  # the first chooses among the others, by size
            with self.subTest(engine=engine):
                self.train("--engine", engine, more=RULES + POINTS, repeats=2)
                cells = range(self.cells.max() + 1)
                self.assertEqual(len(cells), len(self.precisions) * len(self.optimizers + self.of_batches))
                whole = len(self.precisions) * len(self.optimizers)  # cells of the full batch: they come first
                self.every(lambda cell: self.check_cell(cell, cell < whole), cells)
                self.check_endpoints()
                self.check_recompute(engine)

    def check_cell(self, cell, shown):
        run = np.flatnonzero(self.cells == cell)[0]
        parts = self.check_evaluate(run, "best")
        if shown:
            self.check_predict(run, "best", "three.csv", parts)
            self.check_show_run(run)
            self.check_show_cell(cell)
        if shown and cell % 2 == 0:
            self.check_compare(cell)

    def check_endpoints(self):
        np.testing.assert_allclose(self.runs["endpoint_gradient_norm"], self.runs["final_gradient_norm"], rtol=1e-9)
        self.assertTrue(np.all(self.runs["endpoint_eigenvalue_lowest"] <= self.runs["endpoint_eigenvalue_highest"]))
        self.assertTrue(np.all(self.runs["endpoint_cost"] <= self.runs["endpoint_cost_before"]))
        self.assertTrue(np.all(np.isin(self.runs["endpoint_shape"], range(1, 7))))

    def check_recompute(self, engine):
        """After a change of rule and success nothing is trained, and the file is as if it were."""
        took = self.seconds()
        self.train("--engine", engine, more=OTHER_RULES + POINTS, repeats=2)
        self.assertEqual(self.seconds(), took)
        changed = (self.folder / "out.h5").rename(self.folder / "changed.h5")
        self.train("--engine", engine, more=OTHER_RULES + POINTS, repeats=2)
        out = self.folder / "out.h5"
        self.assert_same_files(out, changed)
        out.unlink()

    def seconds(self):
        with h5py.File(self.folder / "out.h5", "r") as file:
            return file["timing/seconds"][:].tolist()

    def test_every_kind_of_data(self):
        """Trains sizes for the lanes and for the tile engine, by an optimizer of core and by the library of lbfgs."""
        self.optimizers, self.of_batches = [self.optimizers[0], self.optimizers[-1]], self.of_batches[:1]
        for kind in DATA:
            with self.subTest(data=kind):
                runs = self.train(kind=kind, hidden=(SMALL, LARGE))
                self.every(lambda run: self.check_run(run, kind), runs)
                (self.folder / "out.h5").unlink()

    def check_run(self, run, kind):
        weights = ["best", "final"][bin(run).count("1") % 2]  # each with every size and precision
        parts = self.check_evaluate(run, weights)
        if kind in NEW and self.runs["batch_size"][run] == 0:
            self.check_predict(run, weights, NEW[kind], parts)

    def test_noisy_labels_are_those_of_training_alone(self):
        """evaluate uses the targets of the data that it is given; with those of training it gives the metrics of the file."""
        self.optimizers, self.of_batches = self.optimizers[:1], self.of_batches[:1]
        for kind in ("three classes", "values"):
            for run in self.train(kind=kind, hidden=(SMALL, LARGE), settings="label_noise: 0.5, "):
                with self.subTest(data=kind, run=run):
                    parts = json.loads(self.run_program("evaluate", "out.h5", "--run", run, "--json").stdout)["parts"]
                    self.assertNotEqual(parts["train"]["loss"], self.runs["best_train_loss"][run])
                    self.assertEqual(parts["test"]["loss"], self.runs["best_test_loss"][run])
                    self.check_predict(run, "best", NEW[kind], parts)
            (self.folder / "out.h5").unlink()

    def test_gradients_of_every_kind_of_data(self):
        def check(kind):
            self.assertIn("below 1e-08", self.run_program("gradcheck", grids[kind]).stdout)

        grids = {kind: self.grid(kind=kind).rename(self.folder / f"{kind}.yaml") for kind in DATA}
        self.every(check, DATA)

    def test_gradients_whose_slopes_cancel(self):
        """Slopes of mae have one size: over an even number of rows they may add up to 0, and differences are rounding alone."""
        self.optimizers, self.of_batches = self.optimizers[:1], self.of_batches[:1]
        grid = self.grid(kind="values", hidden=[f"[{n}]" for n in range(1, 11)], settings="loss: mae, ")
        self.assertIn("below 1e-08", self.run_program("gradcheck", grid).stdout)

    def test_new_data_for_a_network_of_files(self):
        """Data files, with their targets, may follow the name of the results."""
        self.optimizers, self.of_batches = self.optimizers[-1:], self.of_batches[:1]
        for run in self.train(kind="files", hidden=[LARGE])[:2]:
            own = self.check_evaluate(run, "best")["test"]
            printed = json.loads(self.run_program("evaluate", "out.h5", "--run", run, "test.csv", "--json").stdout)["parts"]
            self.assertEqual(printed["new data"], own)

    def missing_codes(self, header, codes):
        """A network whose target comes first; returns what it predicts for new data, by what stands for missing there."""
        rows = np.round(np.random.default_rng(1).normal(size=(40, 3)), 2)
        lines = [f"{int(row[1] > row[2])}," + ",".join(map(str, row[1:])) for row in rows]
        lines[3], lines[5] = "1,-9,0.3", "0,0.1,-9"
        self.write("train.csv", "\n".join([header] * (header != "") + lines) + "\n")
        self.write("codes.yaml", "name: codes\ndata: {file: train.csv, target: first, task: classification, missing: mean, "
                   f"missing_values: {codes}}}\nbase: {{hidden: [3], epochs: 5}}\n")
        self.run_program("run", "codes.yaml", "-q", "-o", "codes.h5")
        return lambda text: (self.write("new.csv", text),
                             self.run_program("predict", "codes.h5", "--run", "0", "new.csv").stdout)[1]

    def test_missing_values_mean_the_same_columns_in_new_data(self):
        new = "0.5,0.25\n{0},0.5\n0.5,-9\n"
        predict = self.missing_codes("", "{1: -9}")  # the first input: column 0 is the target
        self.assertEqual(predict(new.format("-9")), predict(new.format("")))
        self.assertNotEqual(predict(new.format("-9")), predict(new.format("-8")))
        self.assertNotEqual(predict(new.format("")), predict(new.format("").replace("0.5,-9", "0.5,")))
        whole = "1,0.5,0.25\n0,{0},0.5\n1,0.5,-9\n"
        self.assertEqual(predict(whole.format("-9")), predict(whole.format("")))
        predict = self.missing_codes("class,a,b", "{a: -9}")
        self.assertEqual(predict(new.format("-9")), predict(new.format("")))
        self.assertEqual(predict("b,a\n" + "0.25,0.5\n0.5,-9\n"), predict("b,a\n" + "0.25,0.5\n0.5,\n"))


if __name__ == "__main__":
    system.main()
