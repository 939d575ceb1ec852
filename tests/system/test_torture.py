"""Kills the program at random moments while a grid is laid out, run, resumed, grown and compacted: no finished row is
lost or changed.

NNGRID_TORTURE_KILLS=240 sets the number of kills (20 without it); NNGRID_TORTURE_SEED selects another series of
moments.
"""
import collections
import os
import random
import time

import h5py
import rows
import system

KILLS = int(os.environ.get("NNGRID_TORTURE_KILLS", 20))
SEED = int(os.environ.get("NNGRID_TORTURE_SEED", 1))
COMPACTIONS = 4  # of each file that is killed to its end
SECONDS = 5  # that the last stage takes undisturbed at least: rows come to the file about twice a second
GRID = """
name: torture
seed: 5
repeats: {repeats}
data: {{builtin: moons, rows: 120, split: {{train: 0.5, validation: 0.25, test: rest, stratify: true}}}}
base: {{activation: tanh, batch_size: 8, epochs: {epochs}, momentum: 0.5}}
grid:
  hidden: [[6], [12]]
  learning_rate: {rates}
stop: {{rules: [{{patience: 5}}]}}
record: {{per_decade: 20, weights: [initial, best, final]}}
"""
# Each stage changes the one before it: a value more, then most of the values fewer (their rows stay as inactive ones) and
# more repeats, then all of them again.
STAGES = [("[0.03, 0.3]", 40), ("[0.03, 0.1, 0.3]", 40), ("[0.1]", 80), ("[0.03, 0.1, 0.3]", 80)]
# What is killed in each stage, in this order. `rows`: when some more rows are done; `file`: while a new file is laid
# out or an old one grown, and the stage runs to its end where it is laid out already; `start`: anywhere from the start of
# the process; `end`: when the last row is done.
MOMENTS = ["file", "rows", "start", "rows", "rows", "rows", "rows", "file"]


class Torture(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.rng = random.Random(SEED)
        self.path = self.folder / "out.h5"
        self.acknowledged = {}  # {key: bytes} of every row that was ever seen final in this file
        self.kills = collections.Counter()
        self.epochs = 200
        while self.seconds_of_training() < SECONDS:  # what a start takes is a large part of a short one
            self.epochs *= 2

    def use_stage(self, stage):
        rates, repeats = STAGES[stage]
        self.write("grid.yaml", GRID.format(rates=rates, repeats=repeats, epochs=self.epochs))

    def seconds_of_training(self):
        self.use_stage(len(STAGES) - 1)
        began = time.monotonic()
        self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", f"trial{self.epochs}.h5")
        return time.monotonic() - began

    def undisturbed(self, stage):
        """Returns the undisturbed file of a stage, which is trained once."""
        path = self.folder / f"undisturbed{stage}.h5"
        if not path.exists():
            self.use_stage(stage)
            self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", path.name)
        return path

    def laying_out(self):
        return any(self.folder.glob("out.h5.tmp-*"))

    def wait_for(self, moment, process):
        """Waits for the moment, and a random time more."""
        before, total = rows.count(self.path)
        if moment == "rows":
            wanted = before + self.rng.randint(1, 3)
            rows.wait(lambda: rows.count(self.path)[0] >= wanted, process)
            time.sleep(self.rng.random() * 0.004)
        elif moment == "file":
            rows.wait(self.laying_out, process)
            time.sleep(self.rng.random() * 0.025)
        elif moment == "end":
            rows.wait(lambda: rows.count(self.path)[0] >= total, process)
            time.sleep(self.rng.random() * 0.002)
        else:
            time.sleep(self.rng.random() * 0.25)

    def kill(self, moment):
        """Runs the grid, kills it, and checks the file; returns False if the process had ended before."""
        before = rows.count(self.path)[0]
        process = self.start("run", "grid.yaml", "-q", "-j", 2, "-o", self.path.name)
        self.wait_for(moment, process)
        process.kill()
        killed = process.wait() < 0
        self.assertIn(process.returncode, (0, -9), (self.folder / "log").read_text())
        after, total = rows.count(self.path)
        self.check()
        if killed:
            self.kills["all"] += 1
            self.kills["in flight"] += before < after < total  # this process has trained and had more to train
            self.kills["half made"] += self.laying_out()
            self.kills["finishing"] += after == total > 0
        return killed

    def kill_compaction(self):
        """Kills anywhere from start to end: the file is the original to the last bit, or a copy that holds the same."""
        original, inode = self.path.read_bytes(), self.path.stat().st_ino
        process = self.start("compact", self.path.name, "-j", 2)
        time.sleep(self.rng.random() * self.compaction_time)
        half_made = self.laying_out()
        process.kill()
        if process.wait() >= 0:
            self.compaction_time *= 0.8
        else:
            self.kills["all"] += 1
            self.kills["compaction"] += 1
            self.kills["compaction, half made"] += half_made
        self.check()
        if self.path.stat().st_ino == inode:
            self.assertTrue(self.path.read_bytes() == original, "the original was changed")
        else:
            self.assert_same_files(self.undisturbed(len(STAGES) - 1), self.path)
        self.path.write_bytes(original)

    def compact(self):
        for _ in range(COMPACTIONS):
            self.kill_compaction()
        size = self.path.stat().st_size
        self.run_program("compact", self.path.name)
        self.assertLess(self.path.stat().st_size, size)
        self.check()
        self.assert_same_files(self.undisturbed(len(STAGES) - 1), self.path)

    def check(self):
        """The file opens, no row that was final is lost, and the final ones are those of the undisturbed run."""
        found = rows.final_rows(self.path)
        self.assertEqual(self.acknowledged.keys() - found.keys(), set(), "finished rows were lost")
        wrong = [key for key, row in found.items() if row != self.truth[key]]
        self.assertEqual(wrong, [], "rows differ from those of the undisturbed run")
        self.acknowledged = found

    def round(self):
        """Takes one file from its first layout to the end of its last growth."""
        self.acknowledged = {}
        self.path.unlink(missing_ok=True)
        for stage in range(len(STAGES)):
            self.use_stage(stage)
            for moment in MOMENTS:
                if self.kills["all"] < KILLS:
                    # On a slow machine fewer of the others fall into the training.
                    self.kill(moment if 3 * self.kills["in flight"] >= 2 * self.kills["all"] else "rows")
        while self.kills["all"] < KILLS and self.kill("rows"):
            if rows.count(self.path)[0] + 6 > rows.count(self.path)[1]:
                break
        for _ in range(2):
            if self.kills["all"] < KILLS:
                self.kill("end")
        self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", self.path.name)
        self.check()
        self.assert_same_files(self.undisturbed(len(STAGES) - 1), self.path)
        with h5py.File(self.path, "r") as file:
            self.assertEqual(file["state"][()], 2)
        self.assertFalse(self.laying_out(), "a half-made file was left behind")
        self.compact()
        self.assertFalse(self.laying_out(), "a half-made copy was left behind")

    def test_kills(self):
        self.truth = rows.final_rows(self.undisturbed(len(STAGES) - 1))
        began = time.monotonic()
        self.run_program("compact", self.undisturbed(len(STAGES) - 1).name, "-j", 2, "-o", "compact.h5")
        self.compaction_time = time.monotonic() - began
        began = time.monotonic()
        while self.kills["all"] < KILLS:
            self.round()
        print(f"{dict(self.kills)}; {time.monotonic() - began:.0f} s")
        self.assertGreaterEqual(2 * self.kills["in flight"], self.kills["all"])
        self.assertGreater(self.kills["half made"], 0)
        self.assertGreater(self.kills["compaction"], 0)


if __name__ == "__main__":
    system.main()
