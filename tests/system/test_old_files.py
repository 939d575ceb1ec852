"""Tests that a file of the first version grows: runs without a feature whose numbers have changed are kept as they are, and
nothing but the others and what is new is trained.

tests/golden/first_format.h5.xz was made by the program of commit a80de70 from first_format.yaml beside it.
"""
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
        return json.loads(self.run_program("plan", "grid.yaml", "-o", "out.h5", "--json").stdout)

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
        self.run_program("run", "grid.yaml", "-o", "out.h5")
        after = self.rows()
        self.assertEqual(sum(row[4] for row in after.values()), 12)
        for key, row in before.items():  # the seconds too: the row was taken over, not trained again
            for old, new in zip(row[:4], after[key][:4]):
                np.testing.assert_array_equal(old, new)
            self.assertEqual(after[key][4], row[3] == 0)
        self.assertEqual(self.plan()["to_train"], 0)
        self.run_program("run", "grid.yaml", "-o", "fresh.h5")  # old rows and new ones stand beside each other
        with h5py.File(self.folder / "fresh.h5", "r") as fresh, h5py.File(self.folder / "out.h5", "r") as grown:
            for name in ("runs/key", "runs/record_key", "curves/train_loss", "weights/2-2-2/best_W1"):
                np.testing.assert_array_equal(fresh[name][:], grown[name][:12])


if __name__ == "__main__":
    system.main()
