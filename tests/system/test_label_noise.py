"""Tests that a file says which labels a run replaced, and by what: the weights after one step from 0 show the labels that
the rows of a unit matrix had. The ranks are those of the draws that nngrid-results(5) describes."""
import h5py
import numpy as np
import system
from test_trajectories import philox, stream_key

ROWS, CLASSES = 40, 4
GRID = """
name: noise
seed: 3
repeats: {repeats}
data: {{file: eye.csv, task: classification, split: {split}}}
base: {{hidden: [], init: zeros, learning_rate: 1, batch_size: full, epochs: 1}}
grid: {{label_noise: {noise}, precision: [float32, float64]}}
record: {{weights: [final]}}
"""
SPLITS = {"all": "{train: all}", "random": "{train: 0.7, validation: 0.3}", "folds": "{folds: 3}",
          "file": "{train: 26, validation: 14, order: file}"}


class LabelNoise(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.classes = np.arange(ROWS) * 7 % CLASSES
        lines = [",".join(map(str, row)) + f",c{c}" for row, c in zip(np.eye(ROWS, dtype=int), self.classes)]
        self.write("eye.csv", "\n".join(lines) + "\n")

    def train(self, split, noise="[0, 0.1, 0.5, 1]", out="out.h5", repeats=3):
        self.write("grid.yaml", GRID.format(split=SPLITS[split], noise=noise, repeats=repeats))
        self.run_program("run", "grid.yaml", "-o", out, "-q")
        return h5py.File(self.folder / out, "r")

    def check(self, file):
        """Compares every run's labels with the file; returns how many runs replaced some."""
        n_noisy = 0
        names = [name if isinstance(name, str) else name.decode() for name in file["data"].attrs["class_names"]]
        own = np.array([names.index(f"c{c}") for c in self.classes])
        for net in file["weights"].values():
            for at, run in enumerate(net["run"][:]):
                split = file["data/splits"][run]
                train = file["data/split"][split] == 0
                share = file["runs/label_noise"][run]
                rank, new_class = file["data/noise_rank"][split], file["data/noise_class"][split]
                self.assertTrue((rank[~train] == -1).all() and (new_class[~train] == -1).all())
                self.assertEqual(sorted(rank[train]), list(range(train.sum())))
                noisy = train & (rank < np.floor(share * train.sum() + 0.5))
                want = np.where(noisy, new_class, own)
                labels = net["final_W1"][at].argmax(axis=1)
                np.testing.assert_array_equal(labels[train], want[train])
                self.assertEqual((labels != own)[train].sum(), np.floor(share * train.sum() + 0.5))
                n_noisy += noisy.any()
        return n_noisy

    def test_the_file_says_which_labels_are_replaced(self):
        for split in SPLITS:
            with self.subTest(split=split), self.train(split, out=f"{split}.h5") as file:
                folds = 3 if split == "folds" else 1
                self.assertEqual(file["data/noise_rank"].shape, (3 * folds, ROWS))
                self.assertEqual(self.check(file), 3 * 2 * 3 * folds)
                ranks = file["data/noise_rank"][:]
                self.assertFalse((ranks[0] == ranks[folds]).all())  # another repeat, other labels
        self.assertEqual(self.run_program("plan", "grid.yaml", "-o", f"{split}.h5").stdout.count("0 to train"), 1)

    def test_the_draws_are_those_of_the_manual(self):
        with self.train("all") as file:
            key = [stream_key(3, repeat, 5) for repeat in range(3)]  # 5: NN_FOR_LABEL_NOISE
            names = [name if isinstance(name, str) else name.decode() for name in file["data"].attrs["class_names"]]
            own = np.array([names.index(f"c{c}") for c in self.classes])
            for repeat in range(3):
                words = np.array([philox(key[repeat], (0, row, 0, 0)) for row in range(ROWS)], np.uint64)
                order = sorted(range(ROWS), key=lambda row: (words[row, 0], row))
                np.testing.assert_array_equal(file["data/noise_rank"][repeat][order], np.arange(ROWS))
                more = 1 + (words[:, 1] * (CLASSES - 1) >> np.uint64(32)).astype(int)
                np.testing.assert_array_equal(file["data/noise_class"][repeat], (own + more) % CLASSES)

    def test_without_noise_the_file_is_as_before(self):
        with self.train("all", "[0]") as file:
            self.assertNotIn("noise_rank", file["data"])
            self.assertEqual(file["data/split"].shape, (1, ROWS))

    def test_inactive_runs_keep_their_noise(self):
        for split in ("random", "all", "folds"):
            out = f"inactive-{split}.h5"
            self.train(split, "[0, 0.5]", out=out).close()
            self.train(split, "[0]", out=out).close()
            with h5py.File(self.folder / out, "r") as file:
                self.assertEqual(np.count_nonzero(file["runs/active"][:] == 0), len(file["runs/active"]) // 2)
                own = file["data/splits"][:][file["runs/active"][:] == 1]
                self.assertTrue((file["data/noise_rank"][:][own] == -1).all())
                inactive = np.flatnonzero(file["runs/active"][:] == 0)
                for net in file["weights"].values():
                    rows = {run: at for at, run in enumerate(net["run"][:])}
                    for run in inactive[np.isin(inactive, list(rows))]:
                        at = file["data/splits"][run]
                        train = file["data/split"][at] == 0
                        n = np.floor(0.5 * train.sum() + 0.5)
                        self.assertEqual((file["data/noise_rank"][at][train] < n).sum(), n)
                        labels = net["final_W1"][rows[run]].argmax(axis=1)
                        noisy = train & (file["data/noise_rank"][at] < n)
                        np.testing.assert_array_equal(labels[noisy], file["data/noise_class"][at][noisy])
            self.train(split, "[0, 0.5]", out=out).close()
            whole = self.train(split, "[0, 0.5]", out="whole.h5")
            whole.close()
            self.assert_same_files(self.folder / "whole.h5", self.folder / out)
            (self.folder / "whole.h5").unlink()


if __name__ == "__main__":
    system.main()
