"""Tests that a file of the first version grows: runs without a feature whose numbers have changed are kept as they are, and
nothing but the others and what is new is trained.

tests/golden/first_format.h5.xz was made by the program of commit a80de70 from first_format.yaml beside it, with arithmetic 7.
Under a later arithmetic its runs are accepted, and only those that are trained today can be compared with others.
"""
import csv
import json
import lzma
import shutil

import h5py
import numpy as np
import system

GOLDEN = system.SOURCE / "tests" / "golden"


class OldFiles(system.SystemTest):
    def setUp(self):
        super().setUp()
        shutil.copy(GOLDEN / "first_format.yaml", self.folder / "grid.yaml")
        (self.folder / "out.h5").write_bytes(lzma.decompress((GOLDEN / "first_format.h5.xz").read_bytes()))

    def plan(self):
        return json.loads(self.run_program("plan", "grid.yaml", "-o", "out.h5", "--accept-arithmetic", "--json").stdout)

    def grow(self, name="out.h5"):
        self.run_program("run", "grid.yaml", "-o", name, "--accept-arithmetic")

    def assert_same_today(self, fresh, grown, names):
        """Runs of today's arithmetic are equal in both open files, and so are cells of which all runs are."""
        arithmetic, cell = grown["runs/arithmetic"][:], grown["runs/cell"][:]
        today = arithmetic == grown["provenance"].attrs["arithmetic"]
        cells = np.array([today[cell == i].all() for i in range(len(grown["cells/cell"]))])
        for name in names:
            n = len(fresh[name])
            which = (cells if name.startswith("cells") else today)[:n]
            self.assertTrue(which.any())
            np.testing.assert_array_equal(fresh[name][:][which], grown[name][:n][which], name)

    def rows(self):
        """Returns {key: (seconds, validation_loss, best_W1, label_noise, active)} of the finished runs."""
        with h5py.File(self.folder / "out.h5", "r") as file:
            runs = file["runs"]
            columns = [file["timing/seconds"][:], file["curves/validation_loss"][:], file["weights/2-2-2/best_W1"][:],
                       runs["label_noise"][:], runs["active"][:]]
            self.assertTrue((runs["status"][:] == 1).all())
            return dict(zip(runs["key"][:], zip(*columns)))

    def test_an_old_file_grows(self):
        before = self.rows()
        plan = self.plan()
        self.assertEqual((plan["runs"], plan["to_train"], plan["done"], plan["inactive"]), (10, 4, 6, 4))
        grid = (self.folder / "grid.yaml").read_text().replace("[sgd, rprop, adam]", "[sgd, rprop, adam, rmsprop]")
        self.write("grid.yaml", grid)
        self.assertEqual(self.plan()["to_train"], 6)
        self.grow()
        after = self.rows()
        self.assertEqual(sum(row[4] for row in after.values()), 12)
        for key, row in before.items():  # the seconds too: the row was taken over, not trained again
            for old, new in zip(row[:4], after[key][:4]):
                np.testing.assert_array_equal(old, new)
            self.assertEqual(after[key][4], row[3] == 0)
        self.assertEqual(self.plan()["to_train"], 0)
        self.run_program("run", "grid.yaml", "-o", "fresh.h5")  # old rows and new ones stand beside each other
        with h5py.File(self.folder / "fresh.h5", "r") as fresh, h5py.File(self.folder / "out.h5", "r") as grown:
            self.assert_same_today(fresh, grown, ("runs/key", "runs/record_key", "curves/train_loss",
                                                  "weights/2-2-2/best_W1"))

    def test_accuracies_are_renewed(self):
        """The first program took 1 - error; what is kept, read or merged has the share of right rows to the last bit."""
        shutil.copy(self.folder / "out.h5", self.folder / "old.h5")
        self.run_program("run", "grid.yaml", "-o", "fresh.h5")
        self.grow()
        names = [f"{group}/{name}" for group, names in (
            ("runs", ["best_train_accuracy", "best_test_accuracy", "final_validation_accuracy"]),
            ("curves", ["train_accuracy", "validation_accuracy", "test_accuracy"]),
            ("cells", ["best_train_accuracy_mean", "final_test_accuracy_sd"])) for name in names]
        with h5py.File(self.folder / "fresh.h5") as fresh, h5py.File(self.folder / "out.h5") as grown, \
                h5py.File(self.folder / "old.h5") as old:
            self.assert_same_today(fresh, grown, names)
            self.assertFalse(np.array_equal(old["curves/train_accuracy"][:6], fresh["curves/train_accuracy"][:6]))
            labels = fresh["data/split"][fresh["data/splits"][0]] == 0  # inactive rows, too, by the counts of their split
            right = np.rint((1 - grown["curves/train_error"][:]) * labels.sum()) / labels.sum()
            np.testing.assert_array_equal(grown["curves/train_accuracy"][:], right)
        for what, columns in (("runs", ["run", "best_train_accuracy"]), ("curves", ["run", "epoch", "train_accuracy"])):
            tables = [list(csv.DictReader(self.run_program("export", file, "--what", what).stdout.splitlines()))
                      for file in ("old.h5", "out.h5")]
            self.assertEqual(*([[row[name] for name in columns] for row in table if int(row["run"]) < 6]
                               for table in tables))

    def test_an_old_file_merges_with_a_fresh_one(self):
        old, part = self.folder / "out.h5", self.folder / "part.h5"
        self.run_program("run", "grid.yaml", "-o", "fresh.h5")
        self.run_program("run", "grid.yaml", "-o", "part.h5", "--shard", "2/2")
        shutil.copy(old, self.folder / "grown.h5")
        self.grow("grown.h5")
        with h5py.File(self.folder / "fresh.h5") as file:
            later = file["provenance"].attrs["arithmetic"] > 7
            fresh = {name: file[name][:] for name in ("runs/check", "runs/best_test_brier", "curves/train_accuracy",
                                                      "cells/best_test_accuracy_mean", "weights/2-2-2/best_W1")}
        for files in (("out.h5", "fresh.h5"), ("fresh.h5", "out.h5"), ("grown.h5", "fresh.h5")):
            if later and "out.h5" in files:
                self.run_program("merge", "grid.yaml", *files, "-o", "merged.h5", code=2)
                continue
            self.run_program("merge", "grid.yaml", *files, "-o", "merged.h5")
            with h5py.File(self.folder / "merged.h5") as merged:
                for name, values in fresh.items():
                    np.testing.assert_array_equal(merged[name][:], values, f"{name} of {files}")
            (self.folder / "merged.h5").unlink()
        if not later:
            self.run_program("merge", "grid.yaml", "out.h5", "part.h5", "-o", "merged.h5", code=75)  # 6 from the old file
            with h5py.File(self.folder / "merged.h5") as merged:
                np.testing.assert_array_equal(merged["curves/train_accuracy"][:6], fresh["curves/train_accuracy"][:6])
        part.write_bytes(old.read_bytes())
        with h5py.File(part, "a") as file:
            file["grid"].attrs["layout"] = np.uint64(1)
        self.write("other.yaml", (self.folder / "grid.yaml").read_text().replace("rows: 30", "rows: 31"))
        self.assertIn("of another grid", self.run_program("merge", "other.yaml", "part.h5", "-o", "no.h5", code=3).stderr)


if __name__ == "__main__":
    system.main()
