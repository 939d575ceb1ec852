"""Tests 20,000 tiny runs: they take under 30 seconds on two cores, and memory does not grow with them beyond their
list."""
import os
import subprocess
import time

import h5py
import system

GRID = """
name: swarm
repeats: {repeats}
data: {{builtin: xor}}
base: {{hidden: [4], activation: tanh, output: sigmoid, loss: mse, batch_size: full, epochs: 100}}
grid: {{learning_rate: [0.3, 1]}}
record: {{per_decade: 10, weights: [final]}}
"""
BYTES_OF_A_RUN = 400  # the run list, its order, and the program's own accounts of a run


class Swarm(system.SystemTest):
    def run_swarm(self, repeats):
        """Returns seconds and peak resident bytes of the process."""
        self.write("swarm.yaml", GRID.format(repeats=repeats))
        start = time.monotonic()
        with open(self.folder / "log", "ab") as log:
            process = subprocess.Popen([system.PROGRAM, "run", "swarm.yaml", "-j", "2", "-o", f"{repeats}.h5"],
                                       cwd=self.folder, stdout=log, stderr=log)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, (self.folder / "log").read_text())
        with h5py.File(self.folder / f"{repeats}.h5", "r") as file:
            self.assertTrue((file["runs/status"][:] == 1).all())
            self.assertEqual(len(file["runs/status"]), 2 * repeats)
        return time.monotonic() - start, usage.ru_maxrss * 1024

    def test_twenty_thousand_runs(self):
        self.run_swarm(100)
        _, small = self.run_swarm(1000)
        seconds, large = self.run_swarm(10000)
        print(f"20,000 runs: {seconds:.1f} s, {large / 2**20:.1f} MiB resident ({small / 2**20:.1f} MiB for 2,000)")
        self.assertLess(seconds, 30)
        self.assertLess(large - small, 18000 * BYTES_OF_A_RUN + 2**20)


if __name__ == "__main__":
    system.main()
