"""A grid that grows trains only what is new; one that shrinks loses nothing; a finished one trains nothing."""
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


class Growth(system.SystemTest):
    def grid(self, rates, repeats=3):
        self.write("growth.yaml", GRID.format(rates=rates, repeats=repeats))

    def rows(self):
        """{(learning_rate, repeat): (key, check, seconds)}"""
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
        before = (self.folder / "out.h5").read_bytes()
        self.grid("[0.1]")
        refused = self.run_program("run", "growth.yaml", "-o", "out.h5", code=3)
        self.assertIn("--prune", refused.stderr)
        self.assertTrue((self.folder / "out.h5").read_bytes() == before)
        self.run_program("run", "growth.yaml", "-o", "out.h5", "--prune")
        self.assertEqual(len(self.rows()), 3)

    def test_a_finished_grid_trains_nothing(self):
        self.grid("[0.1, 0.3]")
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        before = self.rows()
        self.run_program("run", "growth.yaml", "-o", "out.h5")
        self.assertEqual(self.rows(), before)
        self.assertTrue(np.isfinite([row[2] for row in before.values()]).all())


if __name__ == "__main__":
    system.main()
