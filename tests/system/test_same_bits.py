"""Tests that a grid has the same bits on one thread or two, on every instruction set and engine, whole or killed and resumed, and
that no kill loses a row."""
import os
import random
import re
import time
import unittest.mock

import h5py
import numpy as np
import system

GRID = """
name: bits
seed: 3
repeats: {repeats}
data: {{builtin: moons, rows: 120, split: {{train: 0.5, validation: 0.25, test: rest, stratify: true}}}}
base: {{activation: tanh, batch_size: 8, epochs: {epochs}, momentum: 0.5, precision: {precision}}}
grid:
  hidden: [[6], [16], [8, 8]]
  learning_rate: {{log: [0.01, 1], num: 3}}
  dropout: [0, 0.25]
stop: {{rules: [{{patience: 5}}, {{target: {{train_loss: 0.1}}}}]}}
record: {{weights: [initial, best, final]}}
"""
# Networks of one kind for lanes, a larger one for tiles; runs that stop early, so that lanes are filled again.
ENGINES = """
name: engines
seed: 4
repeats: 12
data: {{builtin: spirals, rows: 300, split: {{train: 0.5, validation: 0.25, test: rest, stratify: true}}}}
base: {{activation: tanh, batch_size: 16, epochs: 30, precision: {precision}}}
grid:
  optimizer: [sgd, adam]
  hidden: [[8], [64, 48]]
  dropout: [0, 0.25]
stop: {{mode: first, rules: [{{patience: 1}}]}}
record: {{weights: [best, final]}}
"""
FINAL = (1, 2)  # status codes of done and diverged


class SameBits(system.SystemTest):
    def reference(self, precision, repeats, epochs):
        self.write("grid.yaml", GRID.format(precision=precision, repeats=repeats, epochs=epochs))
        self.run_program("run", "grid.yaml", "-j", 1, "-o", f"{precision}.h5")
        return self.folder / f"{precision}.h5"

    def test_one_thread_or_two(self):
        for precision in ("float32", "float64"):
            with self.subTest(precision):
                one = self.reference(precision, repeats=2, epochs=10)
                self.run_program("run", "grid.yaml", "-j", 2, "-o", f"{precision}-2.h5")
                self.assert_same_files(one, self.folder / f"{precision}-2.h5")

    def test_every_instruction_set(self):
        """On two threads, every instruction set gives the file that one thread makes on the best set."""
        words = re.search(r"compiled in: (.*) \(NNGRID_ISA", self.run_program("--version").stdout).group(1)
        names = re.sub(r"\w+ \(not on this CPU\)", "", words).split()
        self.assertGreater(len(names), 0)
        for precision in ("float32", "float64"):
            self.write("engines.yaml", ENGINES.format(precision=precision))
            one = self.folder / f"one-{precision}.h5"
            self.run_program("run", "engines.yaml", "-j", 1, "-o", one.name)
            with h5py.File(one, "r") as file:
                trained = file["runs/epochs_trained"][:]
            self.assertGreater(len(np.unique(trained)), 3, "runs end at different epochs")
            for name in names:
                with self.subTest(f"{name}, {precision}"), unittest.mock.patch.dict(os.environ, NNGRID_ISA=name):
                    self.run_program("run", "engines.yaml", "-j", 2, "-o", f"{name}-{precision}.h5")
                    self.assert_same_files(one, self.folder / f"{name}-{precision}.h5")
        print(f"instruction sets: {' '.join(names)}")

    def test_every_engine(self):
        """Lanes alone, tile alone and what the program chooses give the same numbers, on one thread and on two, where runs
        end apart, so that packs become thin and put their runs back."""
        for precision in ("float32", "float64"):
            self.write("engines.yaml", ENGINES.format(precision=precision))
            for engine, threads in (("tile", 1), ("lanes", 2), ("fast", 1), ("fast", 2)):
                self.run_program("run", "engines.yaml", "--engine", engine, "-j", threads, "-o", "engine.h5")
                found = system.contents(self.folder / "engine.h5", attributes=False)
                keys = {name for name in found if name.split("/")[-1] in ("key", "check")}  # the engine is in the key
                self.assertTrue(keys)
                if engine == "tile":
                    first = found
                with self.subTest(f"{engine}, {threads} threads, {precision}"):
                    self.assertEqual([name for name in first.keys() - keys if found.get(name) != first[name]], [])
                (self.folder / "engine.h5").unlink()

    def finished(self, path):
        """Returns the indices of the final rows of a live or abandoned file."""
        try:
            with h5py.File(path, "r") as file:
                return np.flatnonzero(np.isin(file["runs/status"][:], FINAL))
        except FileNotFoundError:
            return np.array([], int)

    def kill_once(self, path, rng):
        """Starts the grid and kills it when some more rows are done; returns the final rows before and after."""
        before = self.finished(path)
        wanted = len(before) + rng.randint(1, 12)
        process = self.start("run", "grid.yaml", "-j", 2, "-o", path.name)
        end = time.monotonic() + 60
        while len(self.finished(path)) < wanted and process.poll() is None and time.monotonic() < end:
            time.sleep(rng.random() * 0.01)
        in_flight = process.poll() is None
        process.kill()
        process.wait()
        return before, self.finished(path), in_flight

    def assert_rows_equal(self, path, reference, rows):
        """Rows that are final equal those of the undisturbed run, in every column and curve."""
        with h5py.File(path, "r") as file, h5py.File(reference, "r") as truth:
            for group in ("runs", "curves"):
                for name, column in file[group].items():
                    if column.shape[:1] == file["runs/status"].shape and name != "run":
                        self.assertEqual(column[:][rows].tobytes(), truth[group][name][:][rows].tobytes(), name)

    def kill_and_resume(self, precision, seed):
        reference = self.reference(precision, repeats=48 // system.FEWER, epochs=400)
        path = self.folder / "killed.h5"
        rng = random.Random(seed)
        kills = 0
        while kills < 20 // system.FEWER:
            before, after, in_flight = self.kill_once(path, rng)
            self.assertTrue(set(before) <= set(after), "a finished row was lost")
            self.assert_rows_equal(path, reference, after)
            self.assertTrue(in_flight, f"the grid was finished after {kills} kills: make it longer")
            kills += 1
        self.assertGreater(len(after), 0)
        self.run_program("run", "grid.yaml", "-j", 2, "-o", path.name)
        self.assert_same_files(reference, path)
        print(f"{precision}: {kills} kills, {len(after)} rows were done at the last")

    def test_killed_and_resumed_float32(self):
        self.kill_and_resume("float32", 1)

    def test_killed_and_resumed_float64(self):
        self.kill_and_resume("float64", 2)


if __name__ == "__main__":
    system.main()
