"""Tests what nngrid status prints while a grid runs, after a kill, after a stop, and at the end."""
import csv
import io
import json
import signal
import time

import h5py
import numpy as np
import system

GRID = """
name: status
repeats: 20
data: {builtin: spirals, rows: 300}
base: {hidden: [64, 64], epochs: 240, batch_size: 16} # too large for lanes: it takes its time
grid: {learning_rate: [0.03, 0.1, 0.3]}
stop: {rules: [{patience: 5}, {target: {train_loss: 0.1}}]}
"""


class Status(system.SystemTest):
    def status(self):
        return json.loads(self.run_program("status", "out.h5", "--json").stdout)

    def begin(self):
        self.write("status.yaml", GRID)
        process = self.start("run", "status.yaml", "-o", "out.h5", "-j", "2")
        self.addCleanup(process.kill)
        while process.poll() is None and not (self.folder / "out.h5").exists():
            time.sleep(0.01)
        return process

    def look_until(self, process, n_done):
        """Calls status again and again until `n_done` runs are done; returns the last result."""
        looks = [self.status()]
        while process.poll() is None and looks[-1]["done"] < n_done:
            looks.append(self.status())
        done = [look["done"] for look in looks]
        self.assertEqual(done, sorted(done))
        for look in looks:
            self.assertEqual(look["pending"] + look["done"] + look["diverged"] + look["failed"], 60)
        return looks[-1]

    def test_running_killed_resumed_and_complete(self):
        process = self.begin()
        look = self.look_until(process, 5)
        self.assertEqual((look["state"], look["pid"]), ("running", process.pid))
        self.assertGreater(look["seconds_left"], 0)
        self.assertEqual(look["best"]["metric"], "best_validation_loss")
        self.assertLess(look["now"] - look["last_write"], 30)
        process.send_signal(signal.SIGKILL)
        process.wait()
        look = self.status()
        self.assertEqual((look["state"], look["pid"]), ("interrupted", None))
        told = self.run_program("status", "out.h5").stdout
        self.assertIn("interrupted", told)
        self.assertIn("run status.yaml -o out.h5 -j 2", told)
        self.run_program("run", "status.yaml", "-o", "out.h5")
        look = self.status()
        self.assertEqual((look["state"], look["done"], look["seconds_left"]), ("complete", 60, 0))
        self.check_best(look)
        self.check_export()

    def check_best(self, look):
        with h5py.File(self.folder / "out.h5", "r") as file:
            losses = file["runs/best_validation_loss"][:]
            self.assertEqual(look["best"]["run"], int(np.argmin(losses)))
            self.assertEqual(look["best"]["value"], losses.min())
            self.assertEqual(look["best"]["settings"]["learning_rate"],
                             file["runs/learning_rate"][look["best"]["run"]])
            self.assertAlmostEqual(look["thread_seconds"], file["timing/seconds"][:].sum())

    def rows(self, *options):
        text = self.run_program("export", "out.h5", *options).stdout
        return list(csv.DictReader(io.StringIO(text)))

    def check_export(self):
        """Every number of the CSV is that of the file, to the last bit."""
        with h5py.File(self.folder / "out.h5", "r") as file:
            self.check_columns(self.rows(), file["runs"])
            self.check_columns(self.rows("--what", "cells"), file["cells"])
            curves = self.rows("--what", "curves", "--columns", "test_loss,train_loss")
            self.assertEqual(list(curves[0]), ["run", "epoch", "test_loss", "train_loss"])
            for name in ("test_loss", "train_loss"):
                self.assertEqual([float(row[name]) for row in curves], file["curves"][name][:].ravel().tolist())
            self.assertEqual([row["run"] for row in self.rows("--what", "curves", "--run", "7")], 241 * ["7"])
            stops = self.rows("--what", "stops")
            self.assertEqual(len(stops), 120)
            for rule, group in file["stops"].items():
                self.check_columns([row for row in stops if row["rule"] == rule], group)

    def check_columns(self, rows, group):
        names = [name for name in rows[0] if name != "rule"]
        there = {name for name, item in group.items() if isinstance(item, h5py.Dataset)}
        self.assertEqual(sorted(names), sorted(there - {"computed"}))
        for name in names:
            self.check_column([row[name] for row in rows], group[name])

    def check_column(self, texts, dataset):
        values = dataset[:]
        if "flag_values" in dataset.attrs:
            words = dict(zip(dataset.attrs["flag_values"].tolist(), dataset.attrs["flag_meanings"].decode().split()))
            self.assertEqual(texts, [words[value] for value in values.tolist()], dataset.name)
        elif values.dtype == np.uint8:
            self.assertEqual(texts, ["true" if value else "false" for value in values], dataset.name)
        elif values.dtype.kind == "f":
            read = np.array([float(text) if text else np.nan for text in texts])
            self.assertTrue(np.array_equal(read, values, equal_nan=True),
                            dataset.name)
        else:
            zero = dataset.attrs.get("zero_means", b"").decode() or "0"
            self.assertEqual([int("0" if text == zero else text) for text in texts], values.tolist(), dataset.name)

    def test_a_stopped_grid_and_a_part_of_it(self):
        process = self.begin()
        self.look_until(process, 2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(), 75)
        look = self.status()
        self.assertEqual(look["state"], "stopped")
        self.assertTrue(0 < look["done"] < 60)
        curves = self.rows("--what", "curves", "--columns", "train_loss")
        self.assertEqual(len(curves), 241 * look["done"])  # pending runs have no points
        self.assertEqual(len(self.rows("--what", "stops")), 2 * look["done"])
        pending = [row for row in self.rows() if row["status"] == "pending"]
        self.assertEqual(len(pending), look["pending"])
        self.assertEqual({row["best_validation_loss"] for row in pending}, {""})


if __name__ == "__main__":
    system.main()
