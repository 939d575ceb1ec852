"""Tests init_file and order_file: the weights are those of a NumPy program that starts from the same weights and takes
the rows in the same order."""
import h5py
import numpy as np
import system

ROWS, INPUTS, HIDDEN, OUTPUTS, EPOCHS, BATCH, REPEATS = 23, 3, 4, 2, 3, 7, 3
RATE, MOMENTUM = 0.1, 0.9
GRID = f"""
name: given
repeats: {REPEATS}
data: {{file: data.h5, target: {{inputs: X, targets: t}}, task: regression, scale: none, split: {{train: all}}}}
base: {{hidden: [{HIDDEN}], activation: tanh, loss: half_squared_error, batch_size: {BATCH}, epochs: {EPOCHS}, learning_rate: {RATE},
       precision: float64, init_file: start.h5, order_file: order.h5}}
grid: {{momentum: [0, {MOMENTUM}]}}
record: {{weights: [initial, final]}}
"""


def train(X, t, start, order, momentum):
    """Trains in plain NumPy; returns [W1, b1, W2, b2] after the epochs."""
    params = [p.copy() for p in start]
    speed = [np.zeros_like(p) for p in params]
    for rows in order:
        for first in range(0, ROWS, BATCH):
            x, target = X[rows[first : first + BATCH]], t[rows[first : first + BATCH]]
            W1, b1, W2, b2 = params
            h = np.tanh(x @ W1 + b1)
            delta = (h @ W2 + b2 - target) / len(x)
            back = delta @ W2.T * (1 - h**2)
            for p, v, g in zip(params, speed, (x.T @ back, back.sum(0), h.T @ delta, delta.sum(0))):
                v *= momentum
                v += g
                p -= RATE * v
    return params


class Given(system.SystemTest):
    def setUp(self):
        super().setUp()
        random = np.random.default_rng(11)
        self.X, self.t = random.normal(size=(ROWS, INPUTS)), random.normal(size=(ROWS, OUTPUTS))
        shapes = {"W1": (INPUTS, HIDDEN), "b1": (HIDDEN,), "W2": (HIDDEN, OUTPUTS), "b2": (OUTPUTS,)}
        self.start = {name: random.normal(size=(REPEATS, *shape)) for name, shape in shapes.items()}
        self.order = np.array([[random.permutation(ROWS) for _ in range(EPOCHS)] for _ in range(REPEATS)])
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["t"] = self.X, self.t
        self.put("start.h5", **self.start)
        self.put("order.h5", order=self.order)
        self.grid = self.write("grid.yaml", GRID)

    def put(self, name, **arrays):
        with h5py.File(self.folder / name, "w") as file:
            for key, value in arrays.items():
                file[key] = value

    def compare(self, *options):
        """Trains, and compares every weight with NumPy's."""
        (self.folder / "out.h5").unlink(missing_ok=True)
        self.run_program("run", self.grid, "-o", "out.h5", "--quiet", *options)
        with h5py.File(self.folder / "out.h5") as file:
            momenta, repeats = file["runs/momentum"][:], file["runs/repeat"][:]
            weights = file[f"weights/{INPUTS}-{HIDDEN}-{OUTPUTS}"]
            self.assertEqual(len(repeats), 2 * REPEATS)
            for run, repeat in enumerate(repeats):
                own = [value[repeat] for value in self.start.values()]
                order = self.order[repeat] if self.order.ndim == 3 else self.order
                for name, want in zip(self.start, train(self.X, self.t, own, order, momenta[run])):
                    got = weights[f"final_{name}"][run]
                    self.assertLess(np.linalg.norm(got - want), 1e-10 * np.linalg.norm(want), f"run {run}: {name}")
                    np.testing.assert_array_equal(weights[f"initial_{name}"][run], self.start[name][repeat])

    def test_every_engine_follows_numpy(self):
        for engine in ("fast", "reference", "tile", "lanes"):
            self.compare("--engine", engine)

    def test_one_order_for_all_repeats(self):
        self.order = self.order[0]
        self.put("order.h5", order=np.concatenate([self.order, self.order]).astype(np.uint8))  # more epochs than needed, as bytes
        self.compare()

    def test_other_files_are_other_runs(self):
        self.run_program("run", self.grid, "-o", "out.h5", "--quiet")

        def keys():
            with h5py.File(self.folder / "out.h5") as file:
                return file["runs/key"][:][file["runs/active"][:] == 1].tolist()

        before = keys()
        self.run_program("run", self.grid, "-o", "out.h5", "--quiet")
        self.assertEqual(keys(), before)
        for name, change in (("order", {"order": self.order[:, ::-1]}),
                             ("start", {key: 2 * value for key, value in self.start.items()})):
            self.put(f"{name}.h5", **change)
            whole = (self.folder / "out.h5").read_bytes()
            for command in (("plan",), ("run", "--quiet")):
                said = self.run_program(*command, self.grid, "-o", "out.h5", code=3).stderr
                self.assertRegex(said, rf"_file {name}.h5 \(digest [0-9a-f]{{16}} then, [0-9a-f]{{16}} now\); nothing was")
            self.assertTrue(whole == (self.folder / "out.h5").read_bytes())
            self.run_program("run", self.grid, "-o", "out.h5", "--quiet", "--accept-new-data")
            self.assertFalse(set(keys()) & set(before))
            before += keys()
            self.run_program("run", self.grid, "-o", "out.h5", "--quiet")
        with h5py.File(self.folder / "out.h5") as file:
            self.assertEqual(sorted(file["runs/key"][:].tolist()), sorted(before))
        self.assertEqual(len(list(self.folder.glob("out*.h5"))), 1)

    def mistake(self, message):
        done = self.run_program("check", "grid.yaml", code=3)
        self.assertIn(message, done.stderr)
        self.assertRegex(done.stderr, r"grid\.yaml:\d+:\d+: (init|order)_file: ")

    def test_mistakes_in_orders(self):
        twice, foreign, half = self.order.copy(), self.order.copy(), self.order.astype(float)
        twice[1, 2, 5] = twice[1, 2, 4]
        foreign[0, 1, 3] = ROWS
        half[2, 0, 0] += 0.5
        for order, message in (
            (twice, "order[epoch 2, row 5]: in repeat 1 this row is a duplicate"),
            (foreign, "order[epoch 1, row 3]: in repeat 0 this row is not in the training part"),
            (half, "order[epoch 0, row 0]: in repeat 2 this row is not in the training part"),
            (self.order[:, :2], "order has 2 epochs; the grid trains 3"),
            (self.order[:2], "order is for 2 repeats; the grid has 3"),
            (self.order[0, :, 1:], f"order is 3 x {ROWS - 1}; there are {ROWS} training rows"),
        ):
            self.put("order.h5", order=order)
            self.mistake(message)
        self.put("order.h5", rows=self.order)
        self.mistake("has no dataset 'order'; it has: rows")
        self.put("order.h5", order=self.order)
        self.write("grid.yaml", GRID.replace(f"batch_size: {BATCH}", "batch_size: full"))
        self.mistake("no run draws an order: batch_size is full, or shuffle is false")
        (self.folder / "order.h5").write_bytes(b"no HDF5 at all")
        self.mistake("order.h5")
        (self.folder / "order.h5").unlink()
        self.mistake("order_file: order.h5: cannot be read: No such file")

    def test_mistakes_in_weights(self):
        for name, change, message in (
            ("W1", lambda a: a[:, :2], f"W1 is 3 x 8; this network needs {INPUTS} x {HIDDEN}, or as much for each repeat"),
            ("b2", lambda a: a[:2], "b2 is for 2 repeats, but the arrays before it are for 3"),
            ("W2", lambda a: a * np.nan, "W2(1,1) is not a finite number"),
            ("b1", lambda a: None, "has no dataset 'b1'; it has: W1, W2, b2"),
        ):
            arrays = {key: change(value) if key == name else value for key, value in self.start.items()}
            self.put("start.h5", **{key: value for key, value in arrays.items() if value is not None})
            self.mistake(message)
        self.put("start.h5", **{key: value[:2] for key, value in self.start.items()})
        self.mistake("there are starting weights for 2 repeats; the grid has 3")


if __name__ == "__main__":
    system.main()
