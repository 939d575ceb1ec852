"""Trains experiments/mnist.yaml on MNIST's IDX files, with a fifth of the images and four epochs. With NNGRID_FULL=1 it
trains the grid's cell of lambda 5 in full, 60 epochs of 50,000 images: at least 97.7% of the last 10,000 training
images must be classified right (half a minute a run on a core of 2023)."""
import os

import h5py
import system

GRID = system.SOURCE / "experiments" / "mnist.yaml"
# Rows, epochs, share read wrong at the most: 8.7% and 12.8% were measured.
SHORT = (10000, 4, 0.11) if system.FEWER == 1 else (5000, 2, 0.16)


class Mnist(system.SystemTest):
    def train(self, *more):
        """Returns for each repeat the share of the 10,000 validation images that is classified wrong at the end."""
        data = system.need_data("mnist").parent
        changes = [part for change in more for part in ("--set", change)]
        self.run_program("run", GRID, "--data", data, "-o", "out.h5", "--quiet", *changes)
        with h5py.File(self.folder / "out.h5") as file:
            return file["runs/final_validation_error"][:]

    def test_short(self):
        rows, epochs, wrong = SHORT
        errors = self.train(f"data.split.train={rows}", f"epochs={epochs}", "lambda=0.5", "repeats=1")
        self.assertLess(errors[0], wrong)
        images = system.need_data("mnist") / "t10k-images-idx3-ubyte.gz"
        labels = system.need_data("mnist") / "t10k-labels-idx1-ubyte.gz"
        printed = self.run_program("evaluate", "out.h5", images, "--targets", labels, "--run", 0, "--weights", "final")
        self.assertIn("new data  10000", printed.stdout)

    if os.environ.get("NNGRID_FULL"):

        def test_full(self):
            errors = self.train("lambda=5")
            self.assertEqual(len(errors), 3)
            self.assertLessEqual(errors.max(), 0.023)
            with h5py.File(self.folder / "out.h5") as file:
                parts = file["data/split"][0]
            self.assertEqual((parts[:50000].max(), parts[50000:].min(), parts[50000:].max()), (0, 1, 1))


if __name__ == "__main__":
    system.main()
