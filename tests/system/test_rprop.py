"""Compares the forms of rprop with NumPy, written here from the papers, in every engine and precision.

The forms and their names are those of C. Igel and M. Huesken, Neurocomputing 50 (2003): zero is iRprop-, keep Rprop-,
backtrack Rprop+ of Riedmiller and Braun (1993).
"""
import itertools

import h5py
import numpy as np
import system
from test_trajectories import philox, stream_key

FORMS = ("zero", "keep", "backtrack")
ENGINES = ("reference", "tile", "lanes")
ROWS, INPUTS, SEED = 41, 4, 3
GRID = """
name: rprop
seed: 3
repeats: 2
data: {{file: data.csv, task: regression, scale: none, split: {{train: all}}}}
base: {{output: linear, loss: mse, activation: tanh, optimizer: rprop, batch_size: full, init: uniform, init_scale: 0.3,
       init_bias: 0.3, epochs: {epochs}, precision: {precision}, lambda: 0.1, {steps}}}
grid: {{sign_change: [{forms}], hidden: [[], [5]]}}
record: {{weights: [initial, final]}}
"""
STEPS = ({"learning_rate": 0.01, "step_min": 0, "step_spread": 2}, {"learning_rate": 0.1, "step_min": 1e-3, "step_max": 0.12, "eta_plus": 1.4, "eta_minus": 0.3})


def gradient(layers, X, t, penalty):
    """Returns the gradient of mean squared error and penalty, in the form of layers: [(W, b), ...]."""
    a, outputs = X, []
    for W, b in layers[:-1]:
        outputs.append(a)
        a = np.tanh(a @ W + b)
    outputs.append(a)
    delta = 2 * (a @ layers[-1][0] + layers[-1][1] - t) / len(X)
    found = []
    for k in reversed(range(len(layers))):
        found.insert(0, (outputs[k].T @ delta + penalty * layers[k][0], delta.sum(axis=0)))
        delta = (delta @ layers[k][0].T) * (1 - outputs[k] ** 2)
    return found


# Precision: epochs, and how far weights may be apart. Near the end rounding decides signs, each worth a step.
PRECISIONS = {"float64": (25, 1e-9), "float32": (10, 1e-4)}


def first_steps(shapes, s, repeat):
    """Draws the first steps of arrays W1, b1, W2, ..., as nngrid-results(5) says."""
    spread, key = s.get("step_spread", 1), stream_key(SEED, repeat, 7)  # 7: NN_FOR_FIRST_STEPS
    low, high = s["learning_rate"] / spread, s["learning_rate"] * spread
    found = []
    for k, (n_in, n_out) in enumerate(shapes):
        words = [[philox(key, (0, i, k, o // 4))[o % 4] for o in range(n_out)] for i in range(n_in + 1)]
        drawn = low + (high - low) * (np.array(words, float) + 0.5) / 2**32
        found += [drawn[:n_in], drawn[n_in]]
    return found


def train(layers, X, t, form, s, precision, repeat):
    """Trains by the pseudocode of the papers, one array at a time."""
    dtype = np.dtype(precision).type
    arrays = [x.astype(dtype) for layer in layers for x in layer]
    size = [x.astype(dtype) for x in first_steps([W.shape for W, b in layers], s, repeat)]
    before, moved = [np.zeros_like(x) for x in arrays], [np.zeros_like(x) for x in arrays]
    for _ in range(PRECISIONS[precision][0]):
        pairs = list(zip(arrays[::2], arrays[1::2]))
        for k, g in enumerate(x for pair in gradient(pairs, X.astype(dtype), t.astype(dtype), dtype(0.1 / ROWS)) for x in pair):
            longer, turned = g * before[k] > 0, g * before[k] < 0
            size[k][longer] = np.minimum(size[k][longer] * dtype(s.get("eta_plus", 1.2)), dtype(s.get("step_max", 50)))
            size[k][turned] = np.maximum(size[k][turned] * dtype(s.get("eta_minus", 0.5)), dtype(s["step_min"]))
            counted = g if form == "keep" else np.where(turned, 0, g)
            step = -np.sign(counted) * size[k]
            moved[k] = np.where(turned, -moved[k], step) if form == "backtrack" else step
            arrays[k] = arrays[k] + moved[k]
            before[k] = counted
    return np.concatenate([x.ravel() for x in arrays])


class Rprop(system.SystemTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(5)
        self.X = random.normal(size=(ROWS, INPUTS)).round(3)
        self.t = np.sin(self.X.sum(axis=1, keepdims=True)).round(3)
        np.savetxt(self.folder / "data.csv", np.hstack([self.X, self.t]), fmt="%.3f", delimiter=",")

    def test_every_form_is_that_of_the_papers(self):
        n = 0
        for precision, steps in itertools.product(PRECISIONS, STEPS):
            text = ", ".join(f"{key}: {value}" for key, value in steps.items())
            self.write("grid.yaml", GRID.format(precision=precision, steps=text, forms=", ".join(FORMS), epochs=PRECISIONS[precision][0]))
            whole = {}
            for engine in ENGINES:
                self.run_program("run", "grid.yaml", "-o", f"{engine}.h5", "--quiet", "--engine", engine)
                with h5py.File(self.folder / f"{engine}.h5", "r") as file:
                    whole[engine] = self.weights(file)
                (self.folder / f"{engine}.h5").unlink()  # or the next grid would keep its rows
            for (form, *which), (start, end) in whole["lanes"].items():
                want = train(start, self.X, self.t, form, steps, precision, which[1])
                apart = max(np.abs(whole[engine][(form, *which)][1] - want).max() for engine in ENGINES)
                self.assertLess(apart, PRECISIONS[precision][1], (precision, steps, form, which))
                n += 1
            ends = {form: np.concatenate([end for (f, *_), (_, end) in whole["lanes"].items() if f == form]) for form in FORMS}
            for one, other in itertools.combinations(FORMS, 2):
                self.assertGreater(np.abs(ends[one] - ends[other]).max(), 1e-3, (one, other))
        self.assertEqual(n, 2 * len(STEPS) * len(FORMS) * 2 * 2)

    def weights(self, file):
        """Returns {(form, network, repeat): (layers at the start, all weights at the end)}."""
        found = {}
        names = np.array(FORMS)
        for net in file["weights"].values():
            layers = sum(name.startswith("final_W") for name in net)
            for at, run in enumerate(net["run"][:]):
                pick = lambda keep: [(net[f"{keep}_W{k + 1}"][at].astype(float), net[f"{keep}_b{k + 1}"][at].astype(float)) for k in range(layers)]
                end = np.concatenate([x.ravel() for layer in pick("final") for x in layer])
                key = (str(names[file["runs/sign_change"][run]]), layers, int(file["runs/repeat"][run]))
                found[key] = (pick("initial"), end)
        return found


if __name__ == "__main__":
    system.main()
