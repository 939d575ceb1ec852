"""Compares with Proben1 (L. Prechelt, report 21/94): epochs and errors of its linear networks (table 3), and test errors
of its networks without shortcuts (tables 10 and 11), by rprop and GL_5.

The experiment experiments/proben1.yaml explains how starting weights and steps were chosen, on mushroom1.
"""
import sys

import h5py
import numpy as np
import system

sys.path.insert(0, str(system.SOURCE / "scripts" / "python"))
import nngrid  # noqa: E402

# Problem: hidden layers, the report's squared error percentage and percentage of wrong classes, mean and deviation.
PROBLEMS = {
    "cancer": ("[4, 2]", (1.32, 0.13), (1.38, 0.49)),
    "card": ("[32]", (10.35, 0.29), (14.05, 1.03)),
    "diabetes": ("[32]", (16.99, 0.91), (24.10, 1.91)),
}

# Table 3: total epochs, relevant epochs (until the lowest validation error) and squared test error percentage there, each
# a mean and a deviation.
LINEAR = {
    "cancer1": ((129, 13), (104, 31), (3.52, 0.04)),
    "cancer2": ((87, 51), (79, 51), (4.77, 0.39)),
    "cancer3": ((115, 18), (92, 29), (4.11, 0.03)),
    "card1": ((62, 9), (26, 3), (10.61, 0.11)),
    "card2": ((65, 10), (23, 5), (14.91, 0.55)),
    "card3": ((102, 9), (44, 12), (12.67, 0.17)),
    "diabetes1": ((209, 50), (203, 47), (17.22, 0.06)),
    "diabetes2": ((209, 32), (204, 34), (17.69, 0.04)),
    "diabetes3": ((214, 22), (185, 46), (16.50, 0.05)),
}
# Section 3.3: rprop with 1.2 and 0.5, first steps from 0.005 to 0.02, steps up to 50, weights from -0.01 to 0.01.
LINEAR_GRID = """
name: linear
repeats: 40
data: {file: FILE, task: regression}
base: {hidden: [], output: linear, loss: mse, optimizer: rprop, sign_change: keep, learning_rate: 0.01, step_spread: 2,
       step_min: 0, init: uniform, init_scale: 0.01, init_bias: 0.01, batch_size: full, epochs: 600}
"""


def stop(train, validation):
    """Returns total and relevant epochs by the report's rules: strips of 5 epochs; validation errors are measured at
    their ends only; ends where GL exceeds 5 or training progress is below 0.1."""
    lowest = 0
    for end in range(5, len(train), 5):
        strip = train[end - 4 : end + 1]
        if validation[end] < validation[lowest]:
            lowest = end
        if 100 * (validation[end] / validation[lowest] - 1) > 5 or 1000 * (strip.mean() / strip.min() - 1) < 0.1:
            return end, lowest
    return end, lowest


def test_part(path):
    """Returns inputs and coded outputs of the last rows of a .dt file."""
    header, rows = {}, []
    for line in path.read_text().splitlines():
        if "=" in line:
            key, value = line.split("=")
            header[key.strip()] = int(value)
        elif line.strip():
            rows.append(np.array(line.split(), float))
    n_outputs = header["bool_out"] + header["real_out"]
    rows = np.array(rows)[-header["test_examples"] :]
    return rows[:, :-n_outputs], rows[:, -n_outputs:]


class Proben1(system.SystemTest):
    def test_errors_of_the_report(self):
        data = system.need_data("proben1")
        for name, (hidden, squared, wrong) in PROBLEMS.items():
            with self.subTest(problem=name):
                file = f"{name}/{name}1.dt"
                self.run_program("run", system.SOURCE / "experiments" / "proben1.yaml", "--data", data, "-q", "-o",
                                 f"{name}.h5", "--set", f"data.file={file}", "--set", f"hidden={hidden}")
                results = nngrid.open(self.folder / f"{name}.h5")
                runs = results.runs
                self.assertEqual((len(runs), set(runs.status)), (60, {"done"}))
                inputs, targets = test_part(data / file)
                outputs = [results.model(run).predict(inputs) for run in range(60)]
                errors = np.array([100 * np.mean((y - targets) ** 2) for y in outputs])
                np.testing.assert_allclose(errors, 100 * runs.best_test_loss, rtol=1e-4)
                misses = [100 * np.mean(y.argmax(axis=1) != targets.argmax(axis=1)) for y in outputs]
                self.assertLess(abs(errors.mean() - squared[0]), squared[1])
                self.assertLess(abs(np.mean(misses) - wrong[0]), wrong[1])

    def test_linear_networks_of_the_report(self):
        """At least 7 of the 9 means lie within one deviation of the report's, as for another sample of its kind."""
        data, near = system.need_data("proben1"), {"total": [], "relevant": [], "error": []}
        for name, wanted in LINEAR.items():
            self.write("grid.yaml", LINEAR_GRID.replace("FILE", f"{name[:-1]}/{name}.dt"))
            self.run_program("run", "grid.yaml", "--data", data, "-q", "-o", f"{name}.h5")
            with h5py.File(self.folder / f"{name}.h5", "r") as file:
                curves = [file[f"curves/{part}_loss"][:] for part in ("train", "validation", "test")]
            found = []
            for train, validation, test in zip(*curves):
                total, relevant = stop(train, validation)
                found.append((total, relevant, 100 * test[relevant]))
            for what, mean, (middle, deviation) in zip(near, np.mean(found, axis=0), wanted):
                near[what].append((name, round(mean, 2), middle, deviation, abs(mean - middle) <= deviation))
        for what in ("total", "relevant"):
            self.assertGreaterEqual(sum(row[-1] for row in near[what]), 7, near[what])


if __name__ == "__main__":
    system.main()
