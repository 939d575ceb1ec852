"""Tests show --compare: the test that it chooses fits how the rows were split, and its numbers are those of SciPy."""
import json

import h5py
import numpy as np
import system
from scipy import stats

GRID = """
name: compare
repeats: {repeats}
data: {data}
base: {{hidden: [5], activation: tanh, epochs: {epochs}, learning_rate: 0.3}}
grid: {{lambda: [0, 2], momentum: [0, 0.5]}}
{more}
"""


def moons(split, rows=90):
    return f"{{builtin: moons, rows: {rows}, noise: 0.3, seed: 3, split: {split}}}"


class Compare(system.SystemTest):
    def make(self, data, repeats=4, epochs=8, more="", name="compare.h5"):
        self.write("compare.yaml", GRID.format(data=data, repeats=repeats, epochs=epochs, more=more))
        self.run_program("run", "compare.yaml", "-q", "-o", name)
        with h5py.File(self.folder / name, "r") as file:
            self.runs = {key: value[()] for key, value in file["runs"].items()}
            self.parts = file["data/split"][()][file["data/splits"][()]]  # [run][row]

    def compare(self, cells="0,3", by="best_validation_loss", *more, code=0):
        done = self.run_program("show", "compare.h5", "--compare", cells, "--by", by, "--json", *more, code=code)
        return json.loads(done.stdout) if code == 0 else done.stderr

    def values(self, cell, by, average=False):
        of = (self.runs["cell"] == cell) & (self.runs["status"] == 1)
        x, repeats = self.runs[by][of], self.runs["repeat"][of]
        return np.array([x[repeats == r].mean() for r in np.unique(repeats)]) if average else x

    def check(self, found, a, b, extra):
        """The test used is a paired one with this addition to 1/n."""
        d = a - b
        error = np.sqrt((1 / len(d) + extra) * d.var(ddof=1))
        t, degrees = d.mean() / error, len(d) - 1
        half = stats.t.ppf(0.975, degrees) * error
        self.assertEqual((found["a"]["n"], found["b"]["n"], found["degrees"]), (len(d), len(d), degrees))
        expected = {"difference": d.mean(), "t": t, "p": 2 * stats.t.sf(abs(t), degrees), "sd": d.std(ddof=1),
                    "standard_error": error, "low": d.mean() - half, "high": d.mean() + half}
        for name, value in expected.items():
            np.testing.assert_allclose(found[name], value, rtol=1e-8, err_msg=name)
        plain = stats.ttest_rel(a, b)
        np.testing.assert_allclose([found["plain"]["t"], found["plain"]["p"]], plain, rtol=1e-8)

    def test_splits_of_their_own_are_corrected_by_the_smaller_share(self):
        for split, n_train, held in (("{train: 10, validation: 30, test: 50}", 10, (30, 50)),
                                     ("{train: 0.6, validation: 0.2, test: 0.2}", 54, (18, 18))):
            self.make(moons(split))
            for by, n_held in zip(("best_validation_loss", "best_test_error"), held):
                rho = min(n_train / 90, n_held / (n_train + n_held))
                found = self.compare(by=by)
                self.assertEqual(found["test"], "corrected")
                self.assertAlmostEqual(found["correction"]["rho"], rho, places=15)
                self.check(found, self.values(0, by), self.values(3, by), rho / (1 - rho))
        self.assertEqual(found["settings"], {"lambda": {"a": 0, "b": 2}, "momentum": {"a": 0, "b": 0.5}})
        self.assertEqual(self.compare("0,1")["settings"], {"momentum": {"a": 0, "b": 0.5}})

    def test_folds(self):
        self.make(moons("{folds: 5}"), repeats=2)
        found = self.compare()
        self.assertEqual((found["test"], found["pairs"]), ("corrected", 10))
        self.assertAlmostEqual(found["correction"]["rho"], 0.2, places=15)
        self.check(found, self.values(0, "best_validation_loss"), self.values(3, "best_validation_loss"), 0.25)

    def test_repeats_of_one_split_differ_by_starts_alone(self):
        self.make(moons("{train: 30, validation: 30, test: 30, order: file}"))
        found = self.compare()
        self.assertEqual(found["test"], "plain")
        self.assertNotIn("correction", found)
        self.check(found, self.values(0, "best_validation_loss"), self.values(3, "best_validation_loss"), 0)
        self.assertIn("plain paired test, since all repeats have the same split",
                      self.run_program("show", "compare.h5", "--compare", "0,3").stdout)

    def write_parts(self):
        rng = np.random.default_rng(5)
        for name, n in (("train", 60), ("test", 400)):
            x = rng.normal(size=(n, 2))
            rows = np.column_stack([x, x @ [1, -1] + rng.normal(size=n) > 0])
            np.savetxt(self.folder / f"{name}.csv", rows, delimiter=",", header="a,b,c", comments="", fmt="%g")

    def test_a_test_file_is_no_row_that_splits_draw_from(self):
        self.write_parts()
        self.make("{file: {train: train.csv, test: test.csv}, split: {train: 0.8, validation: 0.2}}")
        found = self.compare(by="best_test_loss")
        self.assertEqual(found["correction"]["n_rows"], 60)
        self.check(found, self.values(0, "best_test_loss"), self.values(3, "best_test_loss"), 0.8 / 0.2)
        found = self.compare(by="best_validation_loss")
        self.check(found, self.values(0, "best_validation_loss"), self.values(3, "best_validation_loss"), 0.25)

    def test_the_test_part_under_folds(self):
        self.write_parts()
        self.make("{file: {train: train.csv, test: test.csv}, split: {folds: 3}}", repeats=3)
        found = self.compare(by="best_test_error")
        self.assertEqual((found["pairs"], found["a"]["n"]), (9, 3))
        rho = min(40 / 60, 400 / 440)
        self.check(found, self.values(0, "best_test_error", True), self.values(3, "best_test_error", True),
                   rho / (1 - rho))
        self.assertIn("averaged over the folds of each repeat",
                      self.run_program("show", "compare.h5", "--compare", "0,3", "--by", "best_test_error").stdout)

    def test_folds_that_return_count_once(self):
        self.make(moons("{folds: 5, order: file}"), repeats=3)
        found = self.compare()
        x, y = (self.values(cell, "best_validation_loss").reshape(3, 5).mean(0) for cell in (0, 3))
        self.assertEqual((found["pairs"], found["a"]["n"]), (15, 5))
        self.check(found, x, y, 0.25)

    def test_cells_of_other_rows_are_no_pairs(self):
        self.make(moons("{train: 30, validation: 30, test: 30}"), repeats=3)
        self.make(moons("{train: 20, validation: 30, test: 40}"), repeats=5)
        old = [c for c in np.unique(self.runs["cell"]) if (self.runs["active"][self.runs["cell"] == c] == 0).all()]
        self.assertEqual(len(old), 4)
        found = self.compare(f"1,{old[0]}", "best_validation_loss", "--inactive")
        self.assertEqual((found["test"], found["a"]["n"], found["b"]["n"]), ("welch", 5, 3))
        a, b = self.values(1, "best_validation_loss"), self.values(old[0], "best_validation_loss")
        expected = stats.ttest_ind(a, b, equal_var=False)
        np.testing.assert_allclose([found["t"], found["p"]], expected, rtol=1e-8)
        text = self.run_program("show", "compare.h5", "--compare", f"1,{old[0]}", "--inactive").stdout
        self.assertIn("Welch's test, since the runs of the two cells have different rows", text)
        text = self.run_program("show", "compare.h5", "--inactive", "--top", "0").stdout
        self.assertIn("paired t-tests, Welch's where cells have different rows,", text)

    def test_pairs_without_a_value_are_counted(self):
        self.make(moons("{train: 30, validation: 30, test: 30}"), repeats=3)
        with h5py.File(self.folder / "compare.h5", "r+") as file:
            file["runs/best_validation_loss"][1] = np.nan
        self.assertEqual([self.compare()[key] for key in ("pairs", "left_out")], [2, 1])
        with h5py.File(self.folder / "compare.h5", "r+") as file:
            file["runs/best_validation_loss"][0] = np.nan
        self.assertIn("1 pair of finished runs of cells 0 and 3", self.compare(code=2))


if __name__ == "__main__":
    system.main()
