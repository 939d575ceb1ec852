"""Tests that a first signal stops at the next batch and keeps what is finished, that a second one quits at once, and
that --max-time acts like a first signal."""
import json
import os
import signal
import time
import unittest.mock

import h5py
import numpy as np
import system

# A batch of a full second or so on a slow machine: signals must not wait for an epoch, only for a batch.
LONG_BATCH = """
name: long
data: {builtin: moons, rows: 20000}
base: {hidden: [128, 128], epochs: 100000, batch_size: full}
record: {every: 1000, weights: none}
"""

MANY_RUNS = f"""
name: many
repeats: 20
data: {{builtin: spirals, rows: 300}}
base: {{hidden: [64, 64], epochs: {240 // system.FEWER}, batch_size: 16}} # too large for lanes: it takes its time
grid: {{learning_rate: [0.03, 0.1, 0.3]}}
"""


class Signals(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "out.h5"

    def finished(self):
        """Returns the statuses of all runs; none while there is no file."""
        if not self.path.exists():
            return np.zeros(0)
        with h5py.File(self.path, "r") as file:
            return file["runs/status"][:]

    def begin(self, grid, *options, until):
        """Starts a new grid; returns once `until(statuses)` holds. The program catches signals before it makes the file."""
        self.path.unlink(missing_ok=True)
        self.write("grid.yaml", grid)
        process = self.start("run", "grid.yaml", "-o", "out.h5", *options)
        self.addCleanup(process.kill)
        while process.poll() is None and not until(self.finished()):
            time.sleep(0.01)
        self.assertIsNone(process.poll(), self.log())
        return process

    def log(self):
        return (self.folder / "log").read_text()

    def stop(self, process, number):
        """Sends a signal; returns the exit code and the seconds until it."""
        began = time.monotonic()
        process.send_signal(number)
        code = process.wait(timeout=60)
        return code, time.monotonic() - began

    def state(self):
        return json.loads(self.run_program("status", "out.h5", "--json").stdout)

    def test_each_signal_stops_a_long_batch_within_5_seconds(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGHUP):
            with self.subTest(signal=number.name):
                process = self.begin(LONG_BATCH, until=lambda statuses: len(statuses) > 0)
                time.sleep(0.5)
                code, seconds = self.stop(process, number)
                self.assertEqual(code, 75, self.log())
                self.assertLess(seconds, 5)
                self.assertIn("stopped: 0 of 1 runs are in out.h5", self.log())
                self.assertEqual(self.state()["state"], "stopped")

    def test_each_signal_ends_a_crew_with_fewer_threads_than_asked_for(self):
        stopped = "stopped: 0 of 1 runs are in out.h5"
        for number, expected, printed in ((signal.SIGTERM, 75, stopped), (signal.SIGINT, 75, stopped),
                                          (signal.SIGUSR1, 75, stopped), (signal.SIGHUP, 75, stopped)):
            with self.subTest(signal=number.name), unittest.mock.patch.dict(os.environ, OMP_THREAD_LIMIT="1"):
                process = self.begin(LONG_BATCH, "-j", "64", until=lambda statuses: len(statuses) > 0)
                time.sleep(0.5)
                code, seconds = self.stop(process, number)
                self.assertEqual(code, expected, self.log())
                self.assertLess(seconds, 5)
                self.assertIn(printed, self.log())

    def test_a_second_signal_quits_at_once(self):
        # Of many seconds by the reference engine, which looks once a batch: the first signal waits for its end.
        grid = LONG_BATCH.replace("128, 128", "512, 512")
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                process = self.begin(grid, "--engine", "reference", until=lambda statuses: len(statuses) > 0)
                time.sleep(1)  # until it is in the midst of it, on a busy machine too
                process.send_signal(number)
                time.sleep(0.3)
                self.assertIsNone(process.poll(), "the batch was too short for this test")
                code, seconds = self.stop(process, number)
                self.assertEqual(code, 128 + number)
                self.assertLess(seconds, 2)
                self.assertEqual(self.state()["state"], "interrupted")

    def test_a_second_hangup_changes_nothing_and_nohup_ignores_both(self):
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        process = self.begin(LONG_BATCH, until=lambda statuses: len(statuses) > 0)
        signal.signal(signal.SIGHUP, before)
        process.send_signal(signal.SIGHUP)
        time.sleep(0.3)
        self.assertIsNone(process.poll(), "nohup")
        process.kill()
        process.wait()
        process = self.begin(LONG_BATCH.replace("128, 128", "512, 512"), "--engine", "reference",
                             until=lambda statuses: len(statuses) > 0)
        time.sleep(1)
        for _ in range(2):  # the kernel and the shell
            process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
        code, _ = self.stop(process, signal.SIGHUP)
        self.assertEqual(code, 75, self.log())
        self.assertEqual(self.state()["state"], "stopped")

    def check_nothing_lost(self, before):
        """Finished rows stay the same, and the same command ends with the file of an undisturbed run."""
        with h5py.File(self.path, "r") as file:
            done = {i: file["runs/check"][i] for i in np.flatnonzero(before)}
        self.assertTrue(0 < len(done) < 60, f"{len(done)} of 60 runs were done")
        self.run_program("run", "grid.yaml", "-o", "out.h5")
        with h5py.File(self.path, "r") as file:
            self.assertEqual({i: file["runs/check"][i] for i in done}, done)
        self.run_program("run", "grid.yaml", "-o", "whole.h5")
        self.assert_same_files(self.folder / "whole.h5", self.path)

    def test_nothing_is_lost_by_a_signal(self):
        process = self.begin(MANY_RUNS, "-j", "2", until=lambda statuses: (statuses > 0).sum() >= 3)
        seen = self.finished() > 0
        code, _ = self.stop(process, signal.SIGTERM)
        self.assertEqual(code, 75, self.log())
        self.assertIn("run grid.yaml -o out.h5 -j 2", self.log())
        after = self.finished() > 0
        self.assertTrue((after[seen]).all())
        self.check_nothing_lost(after)

    def test_max_time_stops_like_a_signal(self):
        self.write("grid.yaml", LONG_BATCH)
        for _ in range(2):  # the second time it goes on, in a file of one run
            began = time.monotonic()
            stopped = self.run_program("run", "grid.yaml", "-o", "out.h5", "--max-time", "2s", code=75)
            self.assertTrue(1.5 < time.monotonic() - began < 7)
            self.assertIn("stopped by --max-time: 0 of 1 runs", stopped.stderr)
            self.assertIn("run grid.yaml -o out.h5 --max-time 2s", stopped.stderr)

    def test_max_time_that_is_not_reached_changes_nothing(self):
        self.write("grid.yaml", MANY_RUNS)
        self.run_program("run", "grid.yaml", "-o", "out.h5", "--max-time", "1d", "--set", "epochs=2")
        self.assertEqual(self.state()["state"], "complete")


if __name__ == "__main__":
    system.main()
