"""Compares with Proben1 (L. Prechelt, report 21/94, tables 10 and 11): test errors of its networks without shortcuts by
rprop and GL_5.

The experiment experiments/proben1.yaml explains how starting weights and steps were chosen, on mushroom1.
"""
import sys

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


if __name__ == "__main__":
    system.main()
