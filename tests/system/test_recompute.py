"""Tests changes of rules, success and recording: where the stored curves suffice, results are computed from them, with
the bits of training again; elsewhere the runs are trained again, and the old rows stay until they are pruned."""
import json
import shutil

import h5py
import system

# Classes with all three parts; regression; no validation part; runs that diverge; single and double precision.
GRIDS = {
    "classes": """
name: change
repeats: 3
data: {builtin: moons, rows: 120, noise: 0.3, seed: 3}
base: {hidden: [8], epochs: 30, batch_size: 8}
grid: {learning_rate: [0.03, 0.5], precision: [float32, float64]}
""",
    "regression": """
name: change
repeats: 2
data: {builtin: noisy_sine, rows: 60}
base: {epochs: 25, batch_size: 8, lambda: 0.01}
grid: {hidden: [[6], [4, 4]], learning_rate: [0.05, 300]}
""",
    "training": """
name: change
repeats: 2
data: {builtin: xor}
base: {hidden: [3], epochs: 40, batch_size: full, output: sigmoid, loss: mse, bias: false}
grid: {learning_rate: [0.3, 3]}
""",
}
RULES = "stop: {rules: [{target: {train_loss: 0.4}}, {target: {train_error: 0.2}}]}\n"
OTHER_RULES = "stop: {rules: [{target: {train_loss: 0.3}}]}\n"
PATIENCE = "stop: {rules: [{patience: 2}, {patience: {epochs: 4, min_delta: 0.01}}, {target: {train_loss: 0.4}}]}\n"
SUCCESS = 'success: {final_train_loss: "< 0.5"}\n'
OTHER_SUCCESS = 'success: {best_train_error: "< 0.3", gap_max: "< 10"}\n'
ALL_WEIGHTS = "record: {weights: [initial, best, final]}\n"


class Recompute(system.SystemTest):
    def train(self, text, out, *options):
        self.write("grid.yaml", text)
        self.run_program("run", "grid.yaml", "-q", "-o", out, *options)

    def fresh(self, text):
        """Trains this grid alone, once, and returns its file."""
        name = f"fresh{abs(hash(text))}.h5"
        if not (self.folder / name).exists():
            self.train(text, name)
        return self.folder / name

    def plan(self, text, *options):
        self.write("grid.yaml", text)
        return json.loads(self.run_program("plan", "grid.yaml", "-o", "out.h5", "--json", *options).stdout)

    def seconds(self, out):
        """Returns {(key, record key): seconds}: the seconds of a row that is trained again change."""
        with h5py.File(self.folder / out, "r") as file:
            columns = (file[name][:].tolist() for name in ("runs/key", "timing/seconds"))
            return dict(zip(*columns))

    def check(self, grid, before, after, *options):
        """A changed grid gives the file of training anew; returns how many runs were computed, and trained."""
        shutil.copy(self.fresh(grid + before), self.folder / "out.h5")
        took = self.seconds("out.h5")
        plan = self.plan(grid + after, *options)
        self.train(grid + after, "out.h5", *options)
        now = self.seconds("out.h5")
        kept = sum(now[key] == took[key] for key in took if key in now)
        self.assertEqual((plan["recomputed"], plan["to_train"]), (kept, len(took) - kept))
        self.assertEqual(plan["recorded_otherwise"], plan["to_train"])
        return plan["recomputed"], plan["to_train"]

    def check_same(self, grid, before, after, *options):
        counts = self.check(grid, before, after, *options)
        self.assert_same_files(self.fresh(grid + after), self.folder / "out.h5")
        return counts

    def test_rules_and_success_come_from_the_curves(self):
        for name, grid in GRIDS.items():
            rules = OTHER_RULES if name == "training" else PATIENCE
            changes = [("", RULES), (RULES, ""), (RULES, rules), (SUCCESS, OTHER_SUCCESS), ("", SUCCESS), (SUCCESS, ""),
                       (RULES + SUCCESS + ALL_WEIGHTS, rules + OTHER_SUCCESS + ALL_WEIGHTS)]
            for before, after in changes if name == "classes" else changes[-1:]:
                with self.subTest(grid=name, before=before, after=after):
                    n, trained = self.check_same(grid, before, after)
                    self.assertEqual((n > 0, trained), (True, 0))

    def test_runs_that_diverged_are_among_them(self):
        self.train(GRIDS["regression"], "out.h5")
        with h5py.File(self.folder / "out.h5", "r") as file:
            self.assertIn(2, file["runs/status"][:])

    def test_success_under_rules_that_stop(self):
        rules = "stop: {mode: first, rules: [{patience: 2}]}\n"
        n, trained = self.check_same(GRIDS["classes"], rules + SUCCESS, rules + OTHER_SUCCESS)
        self.assertEqual((n, trained), (12, 0))

    def test_a_recording_that_holds_more_is_enough(self):
        """Best weights may be those of an epoch that is not recorded any more: then the run is trained again."""
        some = []
        for name, grid in GRIDS.items():
            for before, after in (("", "record: {weights: [final]}\n"), (ALL_WEIGHTS, "record: {weights: none}\n"),
                                  ("", "record: {every: 2}\n"), ("record: {every: 2}\n", "record: {every: 6}\n"),
                                  ("record: {per_decade: 10}\n", "record: {per_decade: 5, weights: [best]}\n"),
                                  ("", "record: {parts: [train]}\n")):
                with self.subTest(grid=name, before=before, after=after):
                    some.append(self.check_same(grid, before, after, "--prune"))
        self.assertGreater(sum(trained == 0 for _, trained in some), 5)
        self.assertGreater(sum(n > 0 and trained > 0 for n, trained in some), 2)

    def test_a_recording_that_holds_less_is_not(self):
        for before, after in (("record: {every: 2}\n", ""), ("record: {weights: [final]}\n", ""),
                              ("record: {parts: [train, validation]}\n", ""), ("", "record: {per_decade: 5}\n"),
                              ("record: {every: 2}\n", "record: {every: 5}\n")):
            with self.subTest(before=before, after=after):
                n, trained = self.check_same(GRIDS["classes"], before, after, "--prune")
                self.assertEqual((n, trained), (0, 12) if "decade" not in after else (n, 12 - n))

    def test_gradients(self):
        """A file that has them serves a grid that does not ask for them; otherwise the runs are trained again."""
        asked = "record: {gradient: true}\n"
        for name, grid in GRIDS.items():
            with self.subTest(grid=name):
                n, trained = self.check_same(grid, asked, "", "--prune")
                self.assertEqual((n > 0, trained), (True, 0))
        n, trained = self.check_same(GRIDS["training"], "", asked, "--prune")
        self.assertEqual((n, trained), (0, 4))

    def test_what_another_recording_would_lose_stays(self):
        grid, less = GRIDS["classes"], "record: {weights: none, every: 3}\n"
        self.train(grid, "whole.h5")
        self.train(grid, "out.h5")
        self.train(grid + less, "out.h5")
        with h5py.File(self.folder / "out.h5", "r") as file:
            self.assertEqual(file["runs/active"][:].tolist(), [1] * 12 + [0] * 12)
        plan = self.plan(grid)
        self.assertEqual((plan["to_train"], plan["recomputed"], plan["done"]), (0, 0, 12))
        self.train(grid, "out.h5", "--prune")
        self.assert_same_files(self.folder / "whole.h5", self.folder / "out.h5")

    def test_rules_change_beside_inactive_runs(self):
        """The file keeps the columns of inactive runs; those of the grid are as in a file without such runs."""
        self.train(GRIDS["classes"] + RULES, "out.h5")
        smaller = GRIDS["classes"].replace("[0.03, 0.5]", "[0.5]")
        self.train(smaller + RULES, "out.h5")
        self.train(smaller + PATIENCE, "out.h5")
        self.train(GRIDS["classes"] + PATIENCE, "out.h5")
        self.assert_same_files(self.fresh(GRIDS["classes"] + PATIENCE), self.folder / "out.h5")


if __name__ == "__main__":
    system.main()
