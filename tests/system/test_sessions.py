"""Tests what a file records of the sessions that wrote it: the first start, the last end, how many, how long, on how
many threads."""
import json
import signal
import time

import h5py
import rows
import system

# Every run has another shape, so that none shares a pack, and they end one after the other.
GRID = """
name: sessions
data: {{builtin: moons, rows: 300}}
base: {{epochs: 150, batch_size: 8}}
grid: {{hidden: {{int: [16, {widest}]}}}}
"""
NAMES = ("started", "ended", "elapsed", "sessions", "threads", "pid")


class Sessions(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "out.h5"
        self.write("grid.yaml", GRID.format(widest=47))

    def timing(self):
        with h5py.File(self.path, "r") as file:
            return {name: file[f"timing/{name}"][()].item() for name in NAMES}

    def session(self, how, n_rows, threads):
        """Trains some rows until a signal stops it; returns what the file records then, and how long the session was."""
        before = rows.count(self.path)[0]
        began = time.time()
        process = self.start("run", "grid.yaml", "-q", "-j", threads, "-o", "out.h5")
        self.assertTrue(rows.wait(lambda: rows.count(self.path)[0] >= before + n_rows, process, 60))
        process.send_signal(how)
        self.assertEqual(process.wait(), {signal.SIGTERM: 75, signal.SIGKILL: -9}[how])
        self.assertEqual(self.timing()["pid"], process.pid)
        return self.timing(), began, time.time()

    def check(self, timing, first, sessions, threads):
        self.assertAlmostEqual(timing["started"], first["started"])
        self.assertEqual((timing["sessions"], timing["threads"]), (sessions, threads))

    def test_stopped_killed_grown_and_complete(self):
        first, began, ended = self.session(signal.SIGTERM, 1, 2)
        self.check(first, first, 1, 2)
        self.assertTrue(began <= first["started"] <= first["ended"] <= ended)
        self.assertAlmostEqual(first["elapsed"], first["ended"] - first["started"], delta=0.2)
        second, began, ended = self.session(signal.SIGTERM, 1, 1)
        self.check(second, first, 2, 1)
        self.assertTrue(began <= second["ended"] <= ended)
        self.assertTrue(first["elapsed"] < second["elapsed"] <= first["elapsed"] + ended - began)
        killed, *_ = self.session(signal.SIGKILL, 1, 2)
        self.check(killed, first, 3, 2)
        self.assertNotEqual(killed["ended"], killed["ended"])  # it never ended
        self.assertGreaterEqual(killed["elapsed"], second["elapsed"])
        self.write("grid.yaml", GRID.format(widest=19))  # a new file takes the place of this one
        self.run_program("run", "grid.yaml", "-q", "-j", 2, "-o", "out.h5")
        grown = self.timing()
        self.check(grown, first, 4, 2)
        self.assertGreater(grown["elapsed"], killed["elapsed"])
        look = json.loads(self.run_program("status", "out.h5", "--json").stdout)
        self.assertEqual((look["sessions"], look["threads"], look["state"]), (4, 2, "complete"))
        self.assertEqual(look["elapsed"], grown["elapsed"])
        self.assertIn(" in 4 sessions on 2 threads", self.run_program("status", "out.h5").stdout)

    def test_the_time_of_a_killed_session_counts(self):
        """The file records the session's end every few seconds."""
        self.write("grid.yaml", GRID.format(widest=35).replace("150,", "30000,") + "record: {every: 1000}\n")
        began = time.time()
        process = self.start("run", "grid.yaml", "-q", "-o", "out.h5")
        self.addCleanup(process.kill)
        self.assertTrue(rows.wait(lambda: self.path.exists() and self.timing()["elapsed"] > 0, process, 60))
        self.assertLess(self.timing()["elapsed"], time.time() - began)
        process.kill()
        process.wait()

    def test_retried_runs_are_not_retried_by_what_goes_on(self):
        """--retry makes its runs pending; the command that is printed after a stop does not have it."""
        self.write("grid.yaml", GRID.format(widest=45).replace("batch_size: 8", "batch_size: 8, learning_rate: 1e6"))
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        with h5py.File(self.path, "r") as file:
            self.assertEqual(set(file["runs/status"][:]), {2})
        plan = json.loads(self.run_program("plan", "grid.yaml", "-o", "out.h5", "--retry", "diverged", "--json").stdout)
        self.assertEqual((plan["to_train"], plan["done"]), (30, 0))
        plan = json.loads(self.run_program("plan", "grid.yaml", "-o", "out.h5", "--retry=failed", "--json").stdout)
        self.assertEqual((plan["to_train"], plan["done"]), (0, 30))
        before = rows.final_rows(self.path)
        stopped = self.run_program("run", "grid.yaml", "-o", "out.h5", "--retry", "failed,diverged", "--max-time",
                                   "0.000001s", code=75)
        self.assertIn("out.h5 --max-time", stopped.stderr)
        self.assertNotIn("--retry", stopped.stderr.splitlines()[-1])
        self.assertLess(rows.count(self.path)[0], 30)
        self.run_program("run", "grid.yaml", "-q", "-o", "out.h5")
        self.assertEqual(rows.final_rows(self.path), before)
        self.assertIn("--retry takes", self.run_program("run", "grid.yaml", "--retry", "done", code=2).stderr)


if __name__ == "__main__":
    system.main()
