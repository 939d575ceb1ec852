"""Tests what show concludes from its table: which cells are like the best, the simplest good one, the ends of axes."""
import json
import re

import h5py
import numpy as np
import system
from scipy import stats

GRID = """
name: best
repeats: {repeats}
data: {{builtin: moons, rows: 120, noise: 0.3, seed: 3, split: {{train: 30, validation: 40, test: 50}}}}
base: {{hidden: [8], activation: tanh, epochs: {epochs}, learning_rate: 0.3, batch_size: 8}}
success: {{final_validation_error: "< 0.2"}}
grid: {grid}
"""
EXTRA = (30 / 120) / (1 - 30 / 120)  # rho = min(30/120, 40/70)


class Best(system.SystemTest):
    def make(self, grid, repeats=8, epochs=60):
        self.write("best.yaml", GRID.format(grid=grid, repeats=repeats, epochs=epochs))
        (self.folder / "best.h5").unlink(missing_ok=True)
        self.run_program("run", "best.yaml", "-q", "-o", "best.h5")
        self.read()

    def read(self):
        with h5py.File(self.folder / "best.h5", "r") as file:
            self.runs = {key: value[()] for key, value in file["runs"].items() if value.ndim == 1}

    def show(self, *more):
        text = self.run_program("show", "best.h5", *more).stdout
        return json.loads(self.run_program("show", "best.h5", "--json", *more).stdout), text

    def values(self, by):
        """{cell: values over its repeats}"""
        return {cell: self.runs[by][self.runs["cell"] == cell] for cell in np.unique(self.runs["cell"])}

    def alike(self, by, shown):
        """Holm by hand, over the corrected tests of the shown cells against the first."""
        values, p = self.values(by), {}
        for cell in shown[1:]:
            d = values[cell] - values[shown[0]]
            keep = np.isfinite(d)
            d = d[keep]
            if len(d) < 2:
                continue
            error = np.sqrt((1 / len(d) + EXTRA) * d.var(ddof=1))
            p[cell] = 2 * stats.t.sf(abs(d.mean()) / error, len(d) - 1) if error > 0 else float((d == 0).all())
        told, m = set(), len(p)
        for k, cell in enumerate(sorted(p, key=p.get)):
            if p[cell] > 0.05 / (m - k):
                break
            told.add(cell)
        return {shown[0], *p} - told, told

    def test_cells_like_the_best_are_marked(self):
        self.make("{lambda: [0, 0.1, 20], learning_rate: [0.003, 0.3]}", repeats=12)
        for by in ("best_validation_loss", "best_validation_error", "final_train_loss", "best_validation_accuracy"):
            lines, text = self.show("--by", by, "--top", "0")
            alike, told = self.alike(by, [line["cell"] for line in lines])
            self.assertEqual({line["cell"] for line in lines if line["alike"]}, alike, by)
            if by == "best_validation_loss":
                self.assertGreater(min(len(alike), len(told)), 1, "the example tells nothing")
            marked = re.findall(r"(?m)^ *(\d+) .*  (?:best|\*)  ", text)
            self.assertEqual({int(cell) for cell in marked}, alike if len(alike) > 1 else set())
            self.assertIn(f"* cannot be told from cell {lines[0]['cell']}" if len(alike) > 1 else "is told from all", text)

    def test_the_tests_are_of_the_shown_cells(self):
        """The more cells are shown, the smaller the chance has to be."""
        self.make("{learning_rate: [0.3, 0.25, 0.2, 0.15, 0.1, 0.05, 0.03, 0.02, 0.01]}", repeats=4)
        for top in ("3", "6", "0"):
            lines, _ = self.show("--top", top)
            alike, _ = self.alike("best_validation_loss", [line["cell"] for line in lines])
            self.assertEqual({line["cell"] for line in lines if line["alike"]}, alike, top)

    def test_repeats_in_common(self):
        self.make("{learning_rate: [0.3, 0.1, 0.03, 0.01]}")
        order = [line["cell"] for line in self.show()[0]]
        with h5py.File(self.folder / "best.h5", "r+") as file:
            for cell, lost in ((order[0], slice(6, 8)), (order[1], slice(0, 3)), (order[3], slice(1, 8))):
                runs = np.flatnonzero(self.runs["cell"] == cell)
                file["runs/status"][runs[lost]] = 3  # failed
                file["runs/best_validation_loss"][runs[lost]] = np.nan
        self.read()
        lines, text = self.show()
        shown = [line["cell"] for line in lines]
        alike, told = self.alike("best_validation_loss", shown)
        self.assertEqual({line["cell"] for line in lines if line["alike"]}, alike)
        self.assertEqual(len(alike | told), 3)
        self.assertIn("1 not tested, with fewer than two repeats in common", text)

    def test_one_repeat_marks_nothing(self):
        self.make("{learning_rate: [0.3, 0.1]}", repeats=1)
        lines, text = self.show()
        self.assertEqual([(line["alike"], line["simplest"]) for line in lines], [(None, None)] * 2)
        self.assertIn("no cell is marked as alike to the best: that takes at least two repeats", text)
        self.assertNotIn("simplest", text)

    def test_no_order_no_marks(self):
        self.make("{learning_rate: [0.3, 0.1]}", repeats=3)
        for more in (("--by", "best_epoch"), ("--highest",)):
            lines, text = self.show(*more)
            self.assertEqual([(line["alike"], line["simplest"]) for line in lines], [(None, None)] * 2)
            self.assertNotIn("cannot be told", text)

    def test_solved(self):
        self.make("{learning_rate: [0.3, 0.1, 0.001]}")
        lines, _ = self.show("--by", "solved")
        alike, _ = self.alike("solved", [line["cell"] for line in lines])
        self.assertEqual({line["cell"] for line in lines if line["alike"]}, alike)

    def simplest(self, by, lines):
        """Of the cells within one standard error: fewest parameters, most penalty, most dropout, the first."""
        values = self.values(by)
        best = values[lines[0]["cell"]]
        within = [line["cell"] for line in lines
                  if values[line["cell"]].mean() <= best.mean() + best.std(ddof=1) / np.sqrt(len(best))]
        first = {cell: np.flatnonzero(self.runs["cell"] == cell)[0] for cell in within}
        of = {name: {cell: self.runs[name][first[cell]] for cell in within} for name in ("n_params", "lambda", "l1", "dropout")}
        return min(within, key=lambda c: (of["n_params"][c], -of["lambda"][c] - of["l1"][c], -of["dropout"][c],
                                          within.index(c))), within

    def test_the_simplest_within_one_error(self):
        for grid in ("{hidden: [[30], [8], [4]], lambda: [0, 0.1, 1]}", "{lambda: [0, 0.01, 0.1], l1: [0, 0.02]}",
                     "{dropout: [0, 0.05, 0.1], momentum: [0, 0.3]}"):
            self.make(grid)
            lines, text = self.show("--top", "0")
            simplest, within = self.simplest("best_validation_loss", lines)
            self.assertGreater(len(within), 1)
            self.assertEqual([line["cell"] for line in lines if line["simplest"]], [simplest])
            self.assertRegex(text, rf"simplest within one standard error of the best \(.*\): cell {simplest}[ ,]")

    def test_ends(self):
        self.make("{learning_rate: [0.001, 0.01, 0.1], lambda: [0, 20], batch_size: [full, 8, 4], bias: [true, false],"
                  " hidden: [[2], [20]]}", repeats=2, epochs=3)
        lines, text = self.show("--by", "final_train_loss")
        best = lines[0]
        self.assertEqual((best["lambda"], best["learning_rate"], best["batch_size"]), (0, 0.1, 4), "another example is needed")
        self.assertEqual(re.findall(r"(?m)^(\w+): the best lies at the end of the axis \((\S+) is the (\w+) of the grid\)$", text),
                         [("learning_rate", "0.1", "largest"), ("batch_size", "4", "smallest"),
                          ("hidden", {0: "2", 1: "20"}.get(best["hidden"], str(best["hidden"])),
                           {"2": "smallest", "20": "largest"}[str(best["hidden"])])])

    def test_a_loss_that_still_falls(self):
        self.make("{learning_rate: [0.01, 0.03]}", repeats=5, epochs=4)
        lines, text = self.show()
        of = self.runs["cell"] == lines[0]["cell"]
        falling = (self.runs["best_epoch"][of] == self.runs["epochs_trained"][of]).sum()
        self.assertGreater(falling, 2)
        self.assertIn(f"the loss of cell {lines[0]['cell']} is lowest at the last epoch in {falling} of 5 runs", text)

    def test_inside(self):
        self.make("{learning_rate: [0.0001, 0.1, 100]}", epochs=200)
        _, text = self.show()
        self.assertNotIn("end of the axis", text)
        self.assertNotIn("last epoch", text)


if __name__ == "__main__":
    system.main()
