"""Tests a grid in shards (run --shard) and their union (merge): it is the file of one machine, dataset for dataset.
Wrong shards are refused, missing runs are named, and no kill does harm."""
import os
import unittest

import h5py
import numpy as np
import rows
import system

GRID = """
name: parts
seed: 3
repeats: 4
data: {{builtin: moons, rows: 90, split: {{train: 0.5, validation: 0.25, test: rest}}}}
base: {{activation: tanh, epochs: {epochs}, batch_size: 8, learning_rate: 0.1}}
grid: {{hidden: [[5], [3, 3]], momentum: [0, 0.9], precision: [float32, float64]}}
stop: {{rules: [{{patience: 5}}]}}
record: {{weights: [initial, best, final]}}
success: {{final_train_error: "< 0.2"}}
"""
RUNS = 32
SHARDS = ["one.h5", "two.h5", "three.h5"]


class Shards(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.write("grid.yaml", GRID.format(epochs=25))

    def run_grid(self, out, *more):
        return self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", out, *more)

    def shards(self):
        return [self.run_grid(out, "--shard", f"{i}/3") for i, out in enumerate(SHARDS, 1)]

    def merge(self, *files, out="all.h5", code=0):
        return self.run_program("merge", "grid.yaml", *files, "-o", out, code=code)

    def test_merged_is_the_file_of_one_machine(self):
        self.run_grid("whole.h5")
        for i, done in enumerate(self.shards()):
            self.assertIn(f"shard {i + 1}/3 is complete", done.stderr)
            self.assertIn("nngrid merge grid.yaml SHARD.h5... -o ALL.h5", done.stderr)
        sets = [set(rows.final_rows(self.folder / out)) for out in SHARDS]
        self.assertEqual([len(s) for s in sets], [11, 11, 10])
        self.assertEqual(len(set.union(*sets)), RUNS)
        before = [(self.folder / out).read_bytes() for out in SHARDS]
        printed = self.merge(*SHARDS).stdout
        self.assertEqual(printed, f"all.h5: {RUNS} of {RUNS} runs; {RUNS} from 3 files\n")
        self.assertEqual([(self.folder / out).read_bytes() for out in SHARDS], before)
        self.assert_same_files(self.folder / "whole.h5", self.folder / "all.h5")
        self.assertTrue(rows.is_complete(self.folder / "all.h5"))
        took = rows.seconds(self.folder / "all.h5")
        for out in SHARDS:
            self.assertLessEqual(rows.seconds(self.folder / out).items(), took.items())
        self.assertIn("nothing to train", self.run_grid("all.h5").stdout)
        self.run_program("compact", "all.h5")

    def test_the_same_shard_again_trains_nothing(self):
        self.run_grid("one.h5", "--shard", "1/3")
        took = rows.seconds(self.folder / "one.h5")
        self.assertIn("shard 1/3 is complete", self.run_grid("one.h5", "--shard", "1/3").stderr)
        self.assertEqual(rows.seconds(self.folder / "one.h5"), took)

    def test_what_is_missing_is_named(self):
        self.run_grid("whole.h5")
        self.shards()
        printed = self.merge("one.h5", "three.h5", code=75)
        self.assertIn("21 of 32 runs; 21 from 2 files", printed.stdout)
        self.assertRegex(printed.stderr, r"11 runs are missing: 1, 4, 7, .*31; merge the file that has them, too, or train them:\n  \S+ run grid.yaml -o all.h5")
        with h5py.File(self.folder / "all.h5", "r") as file:
            self.assertEqual(file["state"][()], 1)
        (self.folder / "all.h5").rename(self.folder / "other.h5")
        self.merge("one.h5", "three.h5", code=75)
        self.merge("two.h5", "one.h5")  # one.h5 again: the same results
        self.assert_same_files(self.folder / "whole.h5", self.folder / "all.h5")
        self.run_grid("other.h5")  # or they are trained
        self.assert_same_files(self.folder / "whole.h5", self.folder / "other.h5")

    def change_a_result(self, path):
        """Changes a result and the row's checksum with it, as faulty hardware would."""
        with h5py.File(path, "r+") as file:
            run = int(np.flatnonzero(file["runs/status"][()] == 1)[0])
            file["runs/final_train_loss"][run] *= 1.5
            file["runs/check"][run] = rows.check_of(file, run)
        return run

    def test_different_results_are_refused(self):
        self.shards()
        (self.folder / "copy.h5").write_bytes((self.folder / "two.h5").read_bytes())
        self.merge(*SHARDS, "copy.h5", out="fine.h5")
        run = self.change_a_result(self.folder / "copy.h5")
        self.assertNotIn("damaged", self.run_program("plan", "grid.yaml", "-o", "copy.h5").stdout)
        printed = self.merge(*SHARDS, "copy.h5", code=3).stderr
        self.assertIn(f"run {run} is not the same in two.h5 and in copy.h5; nothing was merged", printed)
        self.assertFalse((self.folder / "all.h5").exists())

    def test_what_a_library_made_may_differ(self):
        """Rows that a library computed a part of may differ between machines (endpoints, under the same weights and curves):
        the first file counts then."""
        self.write("grid.yaml", GRID.format(epochs=3).replace("{hidden: [[5], [3, 3]],", "{hidden: [[2]],") + "diagnose: endpoint\n")
        self.shards()
        (self.folder / "copy.h5").write_bytes((self.folder / "two.h5").read_bytes())
        run = self.change_a_result(self.folder / "copy.h5")
        self.merge("copy.h5", *SHARDS)
        with h5py.File(self.folder / "all.h5", "r") as merged, h5py.File(self.folder / "copy.h5", "r") as copy:
            self.assertEqual(set(merged["runs/same_bits"][()]), {1})
            self.assertEqual(merged["runs/final_train_loss"][run], copy["runs/final_train_loss"][run])

    def test_damaged_rows_are_missing(self):
        self.shards()
        with h5py.File(self.folder / "two.h5", "r+") as file:
            file["runs/final_train_loss"][1] += 1
        self.assertIn("1 run is missing: 1;", self.merge(*SHARDS, code=75).stderr)

    def test_what_is_refused(self):
        self.shards()
        self.write("grid.yaml", GRID.format(epochs=26))
        self.assertIn("one.h5 is of another grid", self.merge(*SHARDS, code=3).stderr)
        self.write("grid.yaml", GRID.format(epochs=25))
        self.assertIn("one.h5 is one of the files to merge", self.merge(*SHARDS, out="one.h5", code=2).stderr)
        self.assertIn("four.h5", self.merge("one.h5", "four.h5", code=3).stderr)
        self.write("text.h5", "no results")
        self.assertIn("text.h5 is no results file", self.merge("one.h5", "text.h5", code=3).stderr)
        self.assertIn("SHARD.h5... is missing", self.run_program("merge", "grid.yaml", "-o", "all.h5", code=2).stderr)
        self.assertFalse((self.folder / "all.h5").exists())
        for word in ("0/3", "4/3", "1", "1/0", "a/b", "1/3x", "-1/3"):
            printed = self.run_program("run", "grid.yaml", "--shard", word, code=2).stderr
            self.assertIn("--shard takes I/N", printed)

    def test_shards_of_other_data_are_refused(self):
        def data(shift):
            self.write("data.csv", "a,b,y\n" + "".join(f"{i * 7 % 31 + shift},{i * 5 % 29},{i % 2}\n" for i in range(40)))
        self.write("grid.yaml", "name: other\nrepeats: 4\ndata: {file: data.csv, scale: standardize}\nbase: {epochs: 2}\n")
        for i, out in enumerate(("one.h5", "two.h5")):
            data(i)
            self.run_grid(out, "--shard", f"{i + 1}/2")
        for now, of in ((0, "two.h5"), (1, "one.h5")):
            data(now)
            said = self.merge("one.h5", "two.h5", code=3).stderr
            self.assertRegex(said, f"{of} was trained with another content of .*data .*data.csv \\(digest [0-9a-f]+ then, ")
            self.assertFalse((self.folder / "all.h5").exists())

    def test_default_names(self):
        self.run_program("run", "grid.yaml", "-q", "--shard", "2/3")
        self.assertTrue((self.folder / "results/parts-2of3.h5").exists())

    @unittest.skipUnless(os.environ.get("NNGRID_FAULTS"), "NNGRID_FAULTS names no library")
    def test_killed_at_any_write(self):
        self.run_grid("whole.h5")
        self.shards()
        command = [system.PROGRAM, "merge", "grid.yaml", *SHARDS, "-o", "all.h5"]
        kills = 0
        for n in range(1, 100000, 397 * system.FEWER):
            environment = system.with_faults(os.environ["NNGRID_FAULTS"], NNGRID_FAULT=f"pwrite:{n}:kill")
            done = system.subprocess.run(command, cwd=self.folder, env=environment, capture_output=True)
            if done.returncode == 0:
                break
            self.assertEqual(done.returncode, -9, done.stderr)
            kills += 1
            self.merge(*SHARDS)
            self.assert_same_files(self.folder / "whole.h5", self.folder / "all.h5")
            (self.folder / "all.h5").unlink()
        self.assertGreater(kills, 2)


if __name__ == "__main__":
    system.main()
