"""Recomputes whole runs by nngrid-results(5), "RECOMPUTING A RUN", alone: splits, starting weights, noise, orders,
dropout, training, curves. NumPy works here in float64, so that results agree to rounding."""
import h5py
import numpy as np

from system import SystemTest, main

SEED, EPOCHS, BATCH, RATE, MOMENTUM, LAMBDA = 5, 3, 8, 0.05, 0.9, 2.0
SPLIT, INIT, SHUFFLE, DROPOUT, NOISE = 1, 2, 3, 4, 5
MASK = (1 << 64) - 1


def mix(x):
    x = (x + 0x9E3779B97F4A7C15) & MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
    return x ^ (x >> 31)


def stream(repeat, purpose):
    return mix(mix(mix(SEED) ^ repeat) ^ (purpose << 32))


def words(key, c0, c1, c2, c3):
    """Philox4x32-10 of Salmon and others (2011)."""
    k0, k1 = key & 0xFFFFFFFF, key >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c0, c1, c2, c3


def word(key, c0, c1, c2, i):
    return words(key, c0, c1, c2, i // 4)[i % 4]


def uniform(w):
    return (w + 0.5) / 2**32


def permutation(key, epoch, n):
    order = list(range(n))
    for i in range(n - 1):
        j = i + (word(key, epoch, 0, 0, i) * (n - i) >> 32)
        order[i], order[j] = order[j], order[i]
    return order


def mask(key, epoch, position, layer, rate, width):
    below = int(rate * 2**16 + 0.5)
    halves = [word(key, epoch, position, layer, u // 2) >> u % 2 * 16 & 0xFFFF for u in range(width)]
    return np.array([0.0 if half < below else 1 / (1 - below / 2**16) for half in halves])


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


# Per loss: output, loss of each row, and the gradient of a row's loss by z, from y and t [row, output].
LOSSES = {
    "cross_entropy": (softmax, lambda y, t: -np.log((y * t).sum(axis=1)), lambda y, t: y - t),
    "kl_divergence": (softmax, lambda y, t: -np.log((y * t).sum(axis=1)), lambda y, t: y - t),
    "binary_cross_entropy": (sigmoid, lambda y, t: -(t * np.log(y) + (1 - t) * np.log(1 - y)).sum(axis=1),
                             lambda y, t: y - t),
    "mse": (lambda z: z, lambda y, t: ((y - t) ** 2).mean(axis=1), lambda y, t: 2 * (y - t) / y.shape[1]),
    "half_squared_error": (lambda z: z, lambda y, t: ((y - t) ** 2).sum(axis=1) / 2, lambda y, t: y - t),
    "mae": (lambda z: z, lambda y, t: abs(y - t).mean(axis=1), lambda y, t: np.sign(y - t) / y.shape[1]),
    "huber": (lambda z: z, lambda y, t: np.where(abs(y - t) <= 1, (y - t) ** 2 / 2, abs(y - t) - 0.5).mean(axis=1),
              lambda y, t: np.clip(y - t, -1, 1) / y.shape[1]),
}


class Replica:
    """One run, trained by the manual."""

    def __init__(self, x, classes, n_classes, loss, sizes, repeat, settings):
        self.x, self.classes, self.n_classes, self.repeat, self.settings = x, classes, n_classes, repeat, settings
        self.output, self.loss, self.slope = LOSSES[loss]
        order = permutation(stream(repeat, SPLIT), 0, len(x))
        bounds = np.cumsum([0, *sizes])
        self.parts = [sorted(order[bounds[p]:bounds[p + 1]]) for p in range(3)]
        self.weights = self.start([x.shape[1], settings["hidden"], n_classes])
        self.speed = [np.zeros_like(w) for w in self.weights]
        self.noisy = self.replace_labels(settings["label_noise"])

    def start(self, widths):
        """init: uniform with init_scale 0.7, init_bias 0.3; W1, b1, W2, b2."""
        made = []
        for layer, (n_in, n_out) in enumerate(zip(widths, widths[1:])):
            key = stream(self.repeat, INIT)
            draws = [[2 * uniform(word(key, 0, i, layer, o)) - 1 for o in range(n_out)] for i in range(n_in + 1)]
            made += [0.7 * np.array(draws[:-1]), 0.3 * np.array(draws[-1])]
        return made

    def replace_labels(self, share):
        """Returns {row: class} of the training rows of lowest draw, floor(share n + 1/2) of them."""
        key, rows = stream(self.repeat, NOISE), self.parts[0]
        drawn = sorted((words(key, 0, row, 0, 0)[0], row) for row in rows)[:int(np.floor(share * len(rows) + 0.5))]
        more = {row: 1 + (words(key, 0, row, 0, 0)[1] * (self.n_classes - 1) >> 32) for _, row in drawn}
        return {row: (self.classes[row] + m) % self.n_classes for row, m in more.items()}

    def targets(self, rows, training):
        own = [self.noisy.get(r, self.classes[r]) if training else self.classes[r] for r in rows]
        return np.eye(self.n_classes)[own]

    def forward(self, x):
        w1, b1, w2, b2 = self.weights
        return self.output(np.tanh(x @ w1 + b1) @ w2 + b2)

    def loss_of(self, part):
        rows = self.parts[part]
        return self.loss(self.forward(self.x[rows]), self.targets(rows, part == 0)).mean()

    def epoch(self, number):
        """Trains an epoch (from 1), and returns running_train_loss."""
        rows = self.parts[0]
        order = [rows[i] for i in permutation(stream(self.repeat, SHUFFLE), number, len(rows))]
        total = 0.0
        for first in range(0, len(order), BATCH):
            total += self.step(number, first, order[first:first + BATCH])
        return total / len(order)

    def step(self, number, first, batch):
        """A step of sgd with momentum; returns the sum of the losses of the batch, before the step."""
        w1, b1, w2, b2 = self.weights
        key = stream(self.repeat, DROPOUT)
        rates = self.settings["input_dropout"], self.settings["dropout"]
        keep = [np.array([mask(key, number, first + r, layer, rate, width) for r in range(len(batch))])
                for layer, (rate, width) in enumerate(zip(rates, (len(w1), len(w2))))]
        x = self.x[batch] * keep[0]
        hidden = np.tanh(x @ w1 + b1)
        dropped = hidden * keep[1]
        y, t = self.output(dropped @ w2 + b2), self.targets(batch, True)
        delta = self.slope(y, t) / len(batch)
        back = (delta @ w2.T) * keep[1] * (1 - hidden**2)
        penalty = LAMBDA / len(self.parts[0])
        slopes = [x.T @ back + penalty * w1, back.sum(axis=0), dropped.T @ delta + penalty * w2, delta.sum(axis=0)]
        for i, slope in enumerate(slopes):
            self.speed[i] = MOMENTUM * self.speed[i] + slope
            self.weights[i] = self.weights[i] - RATE * self.speed[i]
        return self.loss(y, t).sum()


class Definitions(SystemTest):
    def recompute(self, loss):
        rng = np.random.default_rng(1)
        rows, n_classes, settings = 45, 3, {"hidden": 6, "dropout": 0.3, "input_dropout": 0.2, "label_noise": 0.15}
        x, classes = rng.normal(size=(rows, 5)).round(3), rng.integers(0, n_classes, rows)
        lines = [",".join("abcde") + ",y"] + [",".join(map(repr, r)) + f",{c}" for r, c in zip(x.tolist(), classes)]
        self.write("d.csv", "\n".join(lines) + "\n")
        self.write("g.yaml", f"seed: {SEED}\nrepeats: 2\n"
                   "data: {file: d.csv, task: classification, split: {train: 27, validation: 10, test: 8}}\n"
                   f"base: {{hidden: [6], activation: tanh, loss: {loss}, init: uniform, init_scale: 0.7, "
                   f"init_bias: 0.3, learning_rate: {RATE}, momentum: {MOMENTUM}, lambda: {LAMBDA}, dropout: 0.3, "
                   f"input_dropout: 0.2, label_noise: 0.15, batch_size: {BATCH}, epochs: {EPOCHS}, "
                   "precision: float64}\nrecord: {weights: [initial, final]}\n")
        self.run_program("run", "g.yaml", "-q", "-o", f"{loss}.h5")
        with h5py.File(self.folder / f"{loss}.h5") as file:
            for repeat in range(2):
                self.compare(file, repeat, Replica(x, classes, n_classes, loss, (27, 10, 8), repeat, settings))

    def compare(self, file, repeat, run):
        close = dict(rtol=1e-11, atol=1e-13)
        parts = file["data/split"][file["data/splits"][repeat]]
        for part in range(3):
            self.assertEqual(np.flatnonzero(parts == part).tolist(), run.parts[part])
        group, names = file["weights/5-6-3"], ("W1", "b1", "W2", "b2")
        for name, weights in zip(names, run.weights):
            np.testing.assert_allclose(group[f"initial_{name}"][repeat], weights, **close)
        for epoch in range(EPOCHS + 1):
            if epoch > 0:
                running = run.epoch(epoch)
                np.testing.assert_allclose(file["curves/running_train_loss"][repeat, epoch], running, **close)
            for part, name in enumerate(("train", "validation", "test")):
                np.testing.assert_allclose(file[f"curves/{name}_loss"][repeat, epoch], run.loss_of(part), **close)
            squares = sum((w**2).sum() for w in run.weights[::2])
            np.testing.assert_allclose(file["curves/train_cost"][repeat, epoch],
                                       run.loss_of(0) + LAMBDA / (2 * 27) * squares, **close)
        for name, weights in zip(names, run.weights):
            np.testing.assert_allclose(group[f"final_{name}"][repeat], weights, **close)


for one in LOSSES:
    setattr(Definitions, f"test_{one}", lambda self, loss=one: self.recompute(loss))

if __name__ == "__main__":
    main()
