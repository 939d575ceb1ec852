"""Tests where `diagnose: endpoint` says that runs got stuck, on costs of which that is known.

- 2-2-1 XOR has no local minimum: its finite stationary points are solutions or saddles (I. Sprinkhuizen-Kuyper, E. Boers,
  Neural Computation 8, 1996; L. Hamey, Neural Networks 11, 1998), and what is left lies at infinity.
- A linear network under squared error has none either (P. Baldi, K. Hornik, Neural Networks 2, 1989).
- A single tanh unit on two rows has exactly two, which NumPy finds on a grid of its one weight.

With NNGRID_LONG=1 the XOR networks start 1,000 times each.
"""
import os

import h5py
import numpy as np
from scipy.special import expit

import system

RESTARTS = 1000 if os.environ.get("NNGRID_LONG") else 25
XOR = """
name: xor
seed: 3
repeats: {repeats}
data: {{builtin: xor}}
base: {{hidden: [2], activation: sigmoid, output: sigmoid, loss: half_squared_error, init: normal, init_bias: 1,
  batch_size: full, epochs: {epochs}}}
grid:
  - {{reduction: [sum], learning_rate: [1], momentum: [0, 0.9, 0.99], precision: [float32, float64]}}
  - {{reduction: [mean], learning_rate: [4], momentum: [0, 0.9, 0.99], precision: [float32, float64]}}
  - {{optimizer: [lbfgs], reduction: [sum, mean], precision: [float32, float64]}}
record: {{per_decade: 1, weights: [final, endpoint]}}
success: {{final_train_max_abs_error: "< 0.1"}}
diagnose: endpoint
"""
# y = tanh(w x): x = 0.1 with target 0.9 wants w = 14.7, x = 10 with target -0.9 wants w = -0.147.
TWO_X, TWO_T = np.array([0.1, 10.0]), np.array([0.9, -0.9])
TWO = """
name: two
seed: 5
repeats: 60
data: {{file: two.csv, task: regression, split: {{train: rest}}}}
base: {{hidden: [], output: tanh, loss: half_squared_error, bias: false, init: uniform, init_scale: 30, batch_size: full,
  epochs: {epochs}, learning_rate: {rate}, momentum: {momentum}, precision: float64}}
record: {{per_decade: 1, weights: [initial, final, endpoint]}}
diagnose: endpoint
"""


def two_cost(w):
    return np.mean((np.tanh(np.multiply.outer(w, TWO_X)) - TWO_T) ** 2, axis=-1) / 2


def words(column):
    """The words of the codes of a column."""
    text = column.attrs["flag_meanings"]
    return (text.decode() if isinstance(text, bytes) else text).split()


class Endpoints(system.SystemTest):
    """Trains a grid and reads what became of its runs."""

    def train(self, grid, *options, name="out.h5"):
        self.write("grid.yaml", grid)
        self.run_program("run", "grid.yaml", "-q", "-o", name, *options)
        self.read(name)

    def read(self, name="out.h5"):
        with h5py.File(self.folder / name, "r") as file:
            self.runs = {key: values[:] for key, values in file["runs"].items()}
            self.cells = {key: values[()] for key, values in file["cells"].items()}
            self.basin = file["endpoints/basin"][:]
            self.outputs = file["endpoints/outputs"][:]
            self.done = words(file["runs/status"]).index("done")
            self.kinds = words(file["runs/endpoint"])
            self.weights = {}
            for shape, group in file.get("weights", {}).items():
                self.weights[shape] = {key: values[:] for key, values in group.items()}
        self.kind = np.array(self.kinds)[self.runs["endpoint"]]
        self.shape = np.array(self.kinds)[np.nan_to_num(self.runs["endpoint_shape"]).astype(int)]

    def share(self, kind, which=slice(None)):
        return np.mean(self.kind[which] == kind)

    def check_cells(self, tolerance=1e-4):
        """Recomputes the shares of the kinds and the basins from the rows; all targets have a range of `tolerance` 1e4."""
        for cell in np.unique(self.runs["cell"]):
            which = np.flatnonzero(self.runs["cell"] == cell)
            which = which[self.kind[which] != "none"]
            for kind in self.kinds[1:]:
                self.assertAlmostEqual(self.cells["share_" + kind][cell], np.mean(self.kind[which] == kind), places=12)
            founders = []
            for run in which:
                same = [np.max(np.abs(self.outputs[run] - self.outputs[f])) <= tolerance for f in founders]
                self.assertEqual(self.basin[run], same.index(True) if True in same else len(founders))
                founders += [] if True in same else [run]
            self.assertEqual(self.cells["n_basins"][cell], len(founders))


class LocalMinima(Endpoints):
    # ---- XOR ----

    def test_xor_has_no_local_minimum(self):
        self.train(XOR.format(repeats=RESTARTS, epochs=10000 if RESTARTS > 100 else 3000))
        print({kind: int(np.sum(self.kind == kind)) for kind in self.kinds}, end=" ")
        self.assertEqual(np.sum(self.shape == "minimum"), 0)
        self.assertEqual(set(self.kind[self.runs["solved"] == 1]), {"solution"})
        self.assertLessEqual(self.share("moving"), 0.05)
        self.assertGreater(self.share("at_infinity"), 0.1)
        self.check_cells()
        # The sum over the four rows is four times the mean, and a rate of 1 then does what 4 does.
        cell = self.runs["cell"]
        for a in range(6):
            self.assertEqual(self.kind[cell == a].tolist(), self.kind[cell == a + 6].tolist())
        self.check_polished()

    def test_the_simplest_xor_network_has_none_either(self):
        """One hidden unit and shortcuts: all that is left lies at infinity, where outputs are saturated, one of them
        wrongly (I. Sprinkhuizen-Kuyper, E. Boers, Neural Computation 8, 1996)."""
        self.train(XOR.format(repeats=RESTARTS // 5 * 4, epochs=1000).split("grid:")[0].replace("init_bias: 1,", "momentum: 0.9,") + """
grid: {hidden: [[1], [2], [3]], shortcuts: [true, false], learning_rate: [1, 4]}
record: {per_decade: 1, weights: [final]}
diagnose: endpoint
""")
        self.assertEqual(np.sum((self.kind == "minimum") & (self.runs["shortcuts"] == 1)), 0)
        self.assertGreater(self.share("at_infinity"), 0)
        self.check_cells()

    def test_a_unit_that_is_constant_up_to_polishing_is_a_plateau(self):
        """One hidden unit without shortcuts. Where it is constant and the output 1/2 everywhere, the cost is 1/2 whatever
        bias and outgoing weight go with it: a flat region, from which a way on the level leads to saddles and down."""
        self.train(XOR.format(repeats=255, epochs=3000).split("grid:")[0].replace("seed: 3", "seed: 4").replace("[2]", "[1]") + """
grid: {optimizer: [lbfgs]}
record: {per_decade: 1, weights: [final, endpoint]}
diagnose: endpoint
""")
        flat = np.abs(self.runs["endpoint_cost"] * 4 - 0.5) < 1e-9
        self.assertGreater(flat.sum(), 0)
        self.assertLessEqual(set(self.kind[flat]), {"plateau", "saddle"})
        self.assertNotIn("minimum", self.kind)
        weights = self.weights["2-1-1"]
        for slot in np.flatnonzero(self.kind[weights["run"]] == "plateau"):
            b, v = (weights[f"endpoint_{name}"][slot].astype(float).item() for name in ("b1", "W2"))
            self.assertTrue(any(self.falls(b, share * v) for share in (1, 0.3, 0.1, 0.01)), (b, v))

    def falls(self, bias, out):
        """Does the Hessian by the incoming weights, both 0, have a negative eigenvalue, where the output is 1/2? Their
        cost is 1/2 + (v h')^2 (w1^2 + w2^2) / 32 + v h'' w1 w2 / 8 up to third order, after the output bias."""
        h = expit(bias)
        slope, bend = h * (1 - h), h * (1 - h) * (1 - 2 * h)
        return abs(out * bend) / 8 > (out * slope) ** 2 / 16

    def check_polished(self):
        """The polished weights have the cost that is said, by NumPy, and next to no gradient in it."""
        w, x = self.weights["2-2-1"], np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
        for slot, run in enumerate(w["run"]):
            hidden = expit(x @ w["endpoint_W1"][slot] + w["endpoint_b1"][slot])
            y = expit(hidden @ w["endpoint_W2"][slot] + w["endpoint_b2"][slot])[:, 0]
            cost = np.sum((y - [0, 1, 1, 0]) ** 2) / 2 / (1 if self.runs["reduction"][run] else 4)
            # single precision stores outputs within about 1e-6
            self.assertAlmostEqual(cost, self.runs["endpoint_cost"][run], delta=1e-10 if self.wide(run) else 2e-6)
            np.testing.assert_allclose(self.outputs[run, :, 0], y, atol=1e-4 if not self.wide(run) else 1e-7)

    def wide(self, run):
        return self.runs["precision"][run] == 1

    # ---- linear networks ----

    def least_squares(self, x, t, rank):
        """The least cost of outputs of this rank, by the singular values of the part that the inputs explain."""
        x1 = np.column_stack([x, np.ones(len(x))])
        fit = x1 @ np.linalg.lstsq(x1, t, rcond=None)[0]
        lost = np.linalg.svd(fit - t.mean(0), compute_uv=False)[rank:]
        return (np.sum((t - fit) ** 2) + np.sum(lost**2)) / len(x) / 2

    def test_linear_networks_reach_least_squares_or_are_at_saddles(self):
        random = np.random.default_rng(4)
        x = random.normal(size=(40, 4)) * [1, 3, 0.2, 1]
        labels = np.argmax(x @ random.normal(size=(4, 3)) + random.normal(size=(40, 3)), axis=1)
        rows = ["a,b,c,d,class"] + [",".join(map(repr, map(float, row))) + f",c{k}" for row, k in zip(x, labels)]
        self.write("three.csv", "\n".join(rows) + "\n")
        self.train("""
name: linear
repeats: 6
data: {file: three.csv, split: {train: rest}}
base: {activation: linear, output: linear, loss: half_squared_error, batch_size: full, epochs: 20, learning_rate: 0.01,
  precision: float64}
grid:
  - {hidden: [[], [1], [2], [3], [3, 2]], init: [glorot_uniform]}
  - {hidden: [[1], [2], [3], [3, 2]], init: [zeros]}
record: {weights: [final]}
diagnose: endpoint
""")
        names = {"none": 3, "1": 1, "2": 2, "3": 3, "3-2": 2}
        with h5py.File(self.folder / "out.h5", "r") as file:
            names_of = words(file["runs/hidden"])
            zeros = words(file["runs/init"]).index("zeros")
        t = np.eye(3)[labels]
        for run, hidden in enumerate(self.runs["hidden"]):
            least = self.least_squares(x, t, names[names_of[hidden]])
            cost = self.runs["endpoint_cost"][run]
            self.assertGreaterEqual(cost, least * (1 - 1e-9))
            if self.runs["init"][run] == zeros:  # the output biases alone move
                self.assertIn(self.kind[run], ("saddle", "plateau"), names_of[hidden])
                self.assertGreater(cost, least * 1.01)
            else:
                self.assertEqual(self.kind[run], "solution", (names_of[hidden], cost / least - 1))
                self.assertLessEqual(cost, least * (1 + 2e-9))

    # ---- two minima, and descents that get stuck in the higher one ----

    def two(self, **settings):
        self.write("two.csv", "x,y\n0.1,0.9\n10,-0.9\n")
        self.train(TWO.format(**settings))
        self.start, self.end = (self.weights["1-1_no_bias"][f"{w}_W1"][:, 0, 0] for w in ("initial", "endpoint"))

    def test_both_minima_are_found_and_named(self):
        grid = np.arange(-60, 60, 1e-4)
        cost = two_cost(grid)
        minima = grid[1:-1][(cost[1:-1] < cost[:-2]) & (cost[1:-1] < cost[2:])]
        barrier = grid[1:-1][(cost[1:-1] > cost[:-2]) & (cost[1:-1] > cost[2:])]
        self.assertEqual((len(minima), len(barrier)), (2, 1))
        self.two(epochs=2000, rate=0.02, momentum=0)
        self.assertEqual(set(self.kind), {"minimum"})
        nearest = np.argmin(np.abs(self.end[:, None] - minima), axis=1)
        self.assertEqual(set(nearest), {0, 1})
        np.testing.assert_allclose(self.end, minima[nearest], atol=2e-3)  # 1e-10 of the cost
        np.testing.assert_allclose(self.runs["endpoint_cost"], two_cost(self.end), rtol=1e-12)
        # plain descent by small steps goes to the minimum on whose side it starts
        far = np.abs(self.start - barrier[0]) > 1
        np.testing.assert_array_equal(nearest[far], (self.start > barrier[0])[far])
        self.assertEqual(self.cells["n_basins"].tolist(), [2])
        self.check_cells(1.8e-4)
        # with a condition that the lower one meets, it is the solution; nothing is trained for that
        self.train(TWO.format(epochs=2000, rate=0.02, momentum=0) + f"success: {{endpoint_cost: \"< {cost.min() * 1.1}\"}}\n")
        self.assertEqual(set(zip(self.kind.tolist(), nearest.tolist())), {("solution", 0), ("minimum", 1)})
        self.assertEqual(set(self.shape), {"minimum"})
        self.assertAlmostEqual(self.cells["share_minimum"][0], np.mean(nearest), places=12)


class EveryNetwork(Endpoints):
    """Whatever is trained, each run that is done has an end, and the cost does not rise on the way to it."""

    def check(self):
        done = self.runs["status"] == self.done
        self.assertTrue(done.any())
        self.assertTrue(np.all(self.kind[done] != "none"))
        self.assertTrue(np.all(self.kind[~done] == "none"))
        before, after = self.runs["endpoint_cost_before"][done], self.runs["endpoint_cost"][done]
        self.assertTrue(np.all(after <= before * (1 + 1e-12)))
        self.assertTrue(np.all(self.runs["endpoint_residual"][done & (self.shape == "minimum")] <= 1e-10))

    def test_classes_that_can_be_told_apart_have_no_finite_minimum(self):
        self.write("apart.csv", "x,y,class\n" + "".join(f"{i % 4},{i // 4},{'ab'[i % 4 > 1]}\n" for i in range(16)))
        self.train("""
name: apart
repeats: 5
data: {file: apart.csv, split: {train: rest}}
base: {epochs: 100, batch_size: full}
grid:
  loss: [cross_entropy, binary_cross_entropy]
  hidden: [[], [2]]
  lambda: [0, 0.1]
record: {weights: [final]}
diagnose: endpoint
""")
        self.check()
        plain = self.runs["lambda"] == 0
        self.assertLessEqual(set(self.kind[plain]), {"solution", "at_infinity", "moving", "saddle"})  # a relu may be 0 everywhere
        self.assertGreater(np.mean(np.isin(self.kind[plain], ("solution", "at_infinity"))), 0.8)
        self.assertNotIn("at_infinity", self.kind[~plain])
        # a convex cost with a penalty has one minimum, which a network without hidden layer reaches
        self.assertEqual(set(self.kind[~plain & (self.runs["n_params"] < 7)]), {"minimum"})

    def test_activations_losses_and_layers(self):
        self.train("""
name: every
repeats: 2
data: {builtin: moons, rows: 60}
base: {epochs: 20, hidden: [3], learning_rate: 0.1}
grid:
  - {activation: [relu, tanh, elu, gelu, softsign], shortcuts: [false, true], bias: [false, true]}
  - {optimizer: [sgd, adam, rprop, rmsprop], batch_size: [full], dropout: [0, 0.3]}
  - {optimizer: [lbfgs], batch_size: [full], shortcuts: [false, true]}
  - {hidden: [[], [2, 2], [3, 1]], activation: [sigmoid], label_noise: [0, 0.2]}
record: {weights: [final]}
diagnose: endpoint
""")
        self.check()

    def test_regressions(self):
        self.train("""
name: regression
repeats: 3
data: {builtin: noisy_sine, rows: 40}
base: {epochs: 30, hidden: [3], activation: tanh, learning_rate: 0.05}
grid:
  - {loss: [mse, half_squared_error, mae, huber], lambda: [0, 0.01]}
  - {activation: [relu], l1: [0, 0.01]}
  - {hidden: [[30, 20]]}
record: {weights: [final]}
diagnose: endpoint
""")
        self.check()

    def test_its_weights_predict(self):
        self.write("xy.csv", "x1,x2\n0,0\n0,1\n1,0\n1,1\n")
        self.train(XOR.format(repeats=2, epochs=100))
        printed = self.run_program("predict", "out.h5", "--run", 1, "--weights", "endpoint", "xy.csv").stdout
        last = [float(line.split(",")[-1]) for line in printed.split()[1:]]
        np.testing.assert_allclose(last, self.outputs[1, :, 0], atol=1e-4)
        self.run_program("evaluate", "out.h5", "--run", 1, "--weights", "endpoint")
        self.assertIn(f"endpoint {self.kind[1]}, basin ", self.run_program("show", "out.h5", "--run", 1).stdout)


if __name__ == "__main__":
    system.main()
