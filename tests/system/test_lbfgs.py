"""Tests `optimizer: lbfgs`: it finds the minimum that SciPy finds, with the same numbers for any number of threads and
after a stop."""
import h5py
import numpy as np
import system

try:
    import scipy.optimize
except ImportError:
    scipy = None

ROWS, INPUTS, CLASSES = 60, 5, 3
GRID = """
name: convex
data: {file: data.h5, target: {inputs: X, targets: y}, task: classification, scale: none, split: {train: all}}
base: {hidden: [], bias: false, optimizer: lbfgs, batch_size: full, epochs: 500, precision: float64}
grid: {lambda: [0.1, 1, 10]}
record: {every: 500, weights: [final]}
"""
MANY = """
name: many
repeats: 3000
data: {builtin: xor}
base: {hidden: [4], activation: tanh, optimizer: lbfgs, batch_size: full, epochs: 40}
grid: {lambda: [0, 0.01], precision: [float32, float64]}
"""


class Lbfgs(system.SystemTest):
    @system.unittest.skipIf(scipy is None, "SciPy (python3-scipy) is not there")
    def test_the_minimum_is_that_of_scipy(self):
        random = np.random.default_rng(3)
        X, y = random.normal(size=(ROWS, INPUTS)), random.integers(0, CLASSES, ROWS)
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["y"] = X, y
        self.run_program("run", self.write("grid.yaml", GRID), "-o", "out.h5")

        def cost(w, penalty):
            W = w.reshape(INPUTS, CLASSES)
            z = X @ W
            log_p = z - scipy.special.logsumexp(z, axis=1, keepdims=True)
            slope = np.exp(log_p) - np.eye(CLASSES)[y]
            value = -log_p[range(ROWS), y].mean() + penalty / 2 * (W**2).sum() / ROWS
            return value, ((X.T @ slope + penalty * W) / ROWS).ravel()

        with h5py.File(self.folder / "out.h5") as file:
            weights = file[f"weights/{INPUTS}-{CLASSES}_no_bias/final_W1"]
            for run, penalty in enumerate(file["runs/lambda"][:]):
                found = scipy.optimize.minimize(cost, np.zeros(INPUTS * CLASSES), penalty, "L-BFGS-B", True, options={"ftol": 0, "gtol": 1e-10})
                ours = cost(weights[run].ravel(), penalty)[0]
                self.assertLess(abs(ours - found.fun), 1e-12 * found.fun)
                np.testing.assert_allclose(weights[run].ravel(), found.x, rtol=0, atol=1e-6)
            words = file["runs/stop_reason"].attrs["flag_meanings"]
            self.assertEqual({words.split()[code] for code in file["runs/stop_reason"][:]}, {b"converged"})
            self.assertEqual(set(file["runs/same_bits"][:]), {0})

    def test_threads_and_stops_change_nothing(self):
        grid = self.write("many.yaml", MANY)
        self.run_program("run", grid, "-o", "one.h5", "-j", "1")
        self.run_program("run", grid, "-o", "two.h5", "-j", "2")
        command, codes = [system.PROGRAM, "run", grid, "-o", "stopped.h5", "--quiet", "--max-time"], []
        while len(codes) < 40 and 0 not in codes:  # ever longer, on however slow a machine
            allowed = f"{0.1 * 1.2 ** len(codes):.3f}s"
            codes.append(system.subprocess.run([*command, allowed], cwd=self.folder, capture_output=True).returncode)
        self.assertEqual(set(codes[:-1]), {75})
        self.assertEqual(codes[-1], 0)
        for name in ("two.h5", "stopped.h5"):
            self.assert_same_files(self.folder / "one.h5", self.folder / name)


if __name__ == "__main__":
    system.main()
