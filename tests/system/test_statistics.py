"""Tests that one question has one answer: the statistics of cells are the same in show, cells, export, /cells and the Python
reader, and those of NumPy and SciPy, whatever happened to the runs."""
import csv
import io
import json
import math
import os
import shutil
import sys

import h5py
import numpy as np
import system

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import nngrid

ROUNDS = int(os.environ.get("NNGRID_STATISTICS_ROUNDS", 3))
PENDING, DONE, DIVERGED, FAILED = range(4)
GRID = """
name: statistics
repeats: 5
data: {builtin: moons, rows: 40, split: {train: 0.5, validation: 0.25, test: rest}}
base: {epochs: 12, hidden: [4], learning_rate: 0.1}
grid: {learning_rate: [RATES], lambda: [0, 0.1]}
stop: {rules: [{target: {train_loss: 0.5}}]}
success: {final_train_loss: "< 0.6"}
"""


def number(text):
    return math.nan if text in (None, "") else float(text)


class Statistics(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.addCleanup(os.environ.pop, "NNGRID", None)
        self.path = self.folder / "out.h5"
        for rates in ("0.02, 0.1, 1, 3", "0.1, 1, 1.0e+30, 2"):  # the second leaves inactive runs of the first
            self.write("grid.yaml", GRID.replace("RATES", rates))
            self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")

    # ---- what each of them says: {column: [value of each cell]} ----

    def exported(self):
        rows = list(csv.DictReader(io.StringIO(self.run_program("export", self.path, "--what", "cells").stdout)))
        return {name: [row[name] for row in rows] for name in rows[0]}

    def asked(self):
        answer = json.loads(self.run_program("cells", self.path, "--json").stdout)
        columns = {name: values or answer["cells"] * [None] for name, values in answer["columns"].items()}
        self.assertTrue(all(values is None or any(value is not None for value in values)
                            for values in answer["columns"].values()))
        return {name: [number(value) for value in values] for name, values in columns.items()}

    def stored(self):
        with h5py.File(self.path, "r") as file:
            shown = file["cells/active"][:] == 1
            return {name: item[:][shown] for name, item in file["cells"].items()
                    if isinstance(item, h5py.Dataset) and item.shape == shown.shape}

    def read_by_python(self, has_program):
        os.environ["NNGRID"] = str(system.PROGRAM) if has_program else "/nowhere/nngrid"
        return nngrid.open(str(self.path)).cells

    # ---- the same, by NumPy and SciPy ----

    def runs(self):
        with h5py.File(self.path, "r") as file:
            active = file["runs/active"][:] == 1
            return {name: item[:][active] for name, item in file["runs"].items() if item.shape == active.shape}

    def expected(self):
        from scipy import stats
        runs, found = self.runs(), {}
        metrics = [name[:-5] for name in self.stored() if name.endswith("_mean")]
        for cell in range(int(runs["cell"].max()) + 1):
            of = runs["cell"] == cell
            counts = [int((runs["status"][of] == status).sum()) for status in (DONE, DIVERGED, FAILED, PENDING)]
            row = dict(zip(("n_done", "n_diverged", "n_failed", "n_pending"), counts), n=counts[0] + counts[1])
            row["solved"] = int(runs["solved"][of & (runs["status"] == DONE)].sum())
            if row["n"]:
                ends = stats.binomtest(row["solved"], row["n"]).proportion_ci(method="wilson")
                row["solved_low"], row["solved_high"] = ends
            row["restarts_99"] = self.restarts(row["solved"], row["n"])
            for name in metrics:
                values = runs[name][of & (runs["status"] == DONE)]
                values = values[np.isfinite(values)]
                row[name + "_n"] = len(values)
                row[name + "_mean"] = values.mean() if len(values) else math.nan
                row[name + "_sd"] = values.std(ddof=1) if len(values) > 1 else math.nan
                for what, q in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
                    row[f"{name}_{what}"] = np.quantile(values, q) if len(values) else math.nan
                half = stats.t.ppf(0.975, len(values) - 1) * row[name + "_sd"] / len(values) ** 0.5 if len(values) > 1 else math.nan
                row[name + "_low"], row[name + "_high"] = row[name + "_mean"] - half, row[name + "_mean"] + half
            for name, value in row.items():
                found.setdefault(name, []).append(value)
        return found

    @staticmethod
    def restarts(k, n):
        if n == 0 or k == 0:
            return math.nan if n == 0 else math.inf
        return next(m for m in range(1, 10000) if 100 * (n - k) ** m <= n**m)

    # ---- comparisons ----

    def compare(self, found, expected, where, rtol=1e-12):
        for name, values in expected.items():
            got = np.array([number(value) for value in found[name]])
            wanted = np.array(values, float)
            scale = np.max(np.abs(wanted[np.isfinite(wanted)]), initial=0)
            np.testing.assert_allclose(got, wanted, rtol=rtol, atol=1e-12 * scale, err_msg=f"{where}: {name}")

    def check_shown(self, expected):
        lines = json.loads(self.run_program("show", self.path, "--json", "--top", "0").stdout)
        self.assertEqual(sorted(line["cell"] for line in lines), list(range(len(lines))))
        for line in lines:
            cell = line["cell"]
            for name in ("done", "diverged", "failed", "pending"):
                self.assertEqual(line[name], expected["n_" + name][cell])
            self.assertEqual(line["solved"], expected["solved"][cell])
            for name in (name for name in line if f"{name}_mean" in expected):
                for what in ("mean", "sd", "n"):
                    self.close(line[name][what], expected[f"{name}_{what}"][cell], (cell, name))
        self.check_order(lines)
        cell = json.loads(self.run_program("show", self.path, "--cell", "1", "--json").stdout)
        for name, row in cell["statistics"].items():
            for what in ("n", "mean", "sd", "q1", "median", "q3", "low", "high"):
                self.close(row[what], expected[f"{name}_{what}"][1], name)
        for name, value in cell["counts"].items():
            if name in expected:
                self.close(value, expected[name][1], name)

    def close(self, found, wanted, where):
        np.testing.assert_allclose(number(found), wanted, rtol=1e-11, atol=1e-12, err_msg=str(where))

    def check_order(self, lines):
        """Cells with a mean come first; of these the larger share of done runs with a finite loss; then the lower mean."""
        runs, keys = self.runs(), []
        for line in lines:
            of = (runs["cell"] == line["cell"])
            counted = of & (runs["status"] == DONE) & ~np.isinf(runs["best_validation_loss"])
            mean = line["best_validation_loss"]["mean"]
            keys.append((mean is None, -counted.sum() / of.sum() if mean is not None else 0, mean or 0, line["cell"]))
        self.assertEqual(keys, sorted(keys))

    def check_all(self, is_fresh):
        expected = self.expected()
        self.compare(self.exported(), expected, "export", rtol=1e-11)
        asked = self.asked()
        self.compare(asked, expected, "cells --json", rtol=1e-11)
        self.compare(self.read_by_python(True), asked, "Python", rtol=0)
        own = self.read_by_python(False)
        self.compare(own, {name: asked[name] for name in own if name in asked}, "Python alone")
        self.assertGreater(len(set(own) & set(asked)), 500)
        if is_fresh:
            self.compare(self.stored(), asked, "/cells", rtol=0)
        self.check_shown(expected)

    def test_as_the_program_wrote_it(self):
        runs = self.runs()
        self.assertEqual(set(runs["status"].tolist()), {DONE, DIVERGED})
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["cells/computed"][()], len(file["runs/status"]))
            self.assertIn(0, file["runs/active"][:])
        self.check_all(is_fresh=True)

    def test_whatever_became_of_the_runs(self):
        whole = self.folder / "whole.h5"
        shutil.copy(self.path, whole)
        for seed in range(ROUNDS):
            random = np.random.default_rng(seed)
            shutil.copy(whole, self.path)
            os.chmod(self.path, 0o644)
            with h5py.File(self.path, "r+") as file:
                n = len(file["runs/status"])
                file["runs/status"][:] = random.choice(4, n, p=[0.1, 0.6, 0.2, 0.1])
                file["runs/solved"][:] = random.integers(0, 2, n)
                for name in ("best_validation_loss", "final_test_error", "gap_final"):
                    values = file[f"runs/{name}"][:]
                    values[random.random(n) < 0.2] = random.choice([np.nan, np.inf, -np.inf])
                    file[f"runs/{name}"][:] = values
                file["cells/computed"][...] = -1
            self.check_all(is_fresh=False)

    def test_an_infinite_loss_is_no_missing_one(self):
        """One validation row is so far out that its squared error is no number of float32."""
        rows = [f"{0.01 * i},{0.02 * i}" for i in range(40)] + ["1e25,1"] * 20
        self.write("far.csv", "\n".join(["a,b", *rows]) + "\n")
        self.write("far.yaml", "data: {file: far.csv, task: regression, split: {train: 40, validation: 20, order: file}}\n"
                               "base: {epochs: 3, hidden: [4], learning_rate: 0.01}\n")
        self.run_program("run", "far.yaml", "-q", "-o", "far.h5")
        table = self.run_program("export", "far.h5", "--columns", "status,best_validation_loss").stdout
        self.assertEqual(table.splitlines()[1], "done,inf")
        shown = json.loads(self.run_program("show", "far.h5", "--run", "0", "--json").stdout)
        self.assertEqual(shown["metrics"]["best_validation_loss"], "Infinity")
        self.assertIsInstance(shown["metrics"]["best_train_loss"], float)


if __name__ == "__main__":
    system.main()
