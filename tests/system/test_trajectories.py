"""Compares trajectories: the weights after 100 updates are those of PyTorch and scikit-learn from the same start, to
1e-10.

Rows come in file order (shuffle: false); the results file gives the starting weights. With an odd number of rows in
each batch few sums of slopes of one size (mae) can be 0, where rounding would decide a sign.
tests/golden/trajectories.json keeps PyTorch's results too, one number a run, so that they are compared where PyTorch is
missing. They hold every optimizer x activation x loss; PyTorch itself, which is slow in small steps, takes one loss in turn
for each pair of optimizer and activation, or all with NNGRID_LONG=1.
"""
import itertools
import json
import os

import h5py
import numpy as np
import system

try:
    import torch
    import torch.nn.functional as F
except ImportError:
    torch = None
try:
    import sklearn.neural_network
except ImportError:
    sklearn = None

ROWS, INPUTS, OUTPUTS, BATCH = 15, 4, 3, 5
LONG = bool(os.environ.get("NNGRID_LONG"))
EPOCHS = 34  # of 3 updates
TOLERANCE = 1e-10
ACTIVATIONS = "sigmoid tanh relu leaky_relu elu softplus softsign silu gelu linear".split()
LOSSES = "mse half_squared_error mae huber binary_cross_entropy kl_divergence".split()  # of shares; classes: cross_entropy
ALL_LOSSES = [*LOSSES, "cross_entropy"]
# Settings of each variant. With smaller constants beside the roots, a last bit would grow beyond 1e-10.
VARIANTS = {
    "sgd": dict(optimizer="sgd", learning_rate=0.05, l2=0.6),
    "momentum": dict(optimizer="sgd", learning_rate=0.02, momentum=0.9),
    "nesterov": dict(optimizer="sgd", learning_rate=0.02, momentum=0.9, nesterov=True, l2=0.6),
    "clipped": dict(optimizer="sgd", learning_rate=0.05, momentum=0.5, clip_norm=0.2),
    "adagrad": dict(optimizer="adagrad", learning_rate=0.05, epsilon=1e-3, l2=0.6),
    "rmsprop": dict(optimizer="rmsprop", learning_rate=0.005, epsilon=1e-2, rho=0.8),
    "adam": dict(optimizer="adam", learning_rate=0.01, epsilon=1e-3, beta1=0.8, beta2=0.99, l2=0.6),
    "adamw": dict(optimizer="adamw", learning_rate=0.01, epsilon=1e-3, l2=3),
    "rprop": dict(optimizer="rprop", learning_rate=0.01, eta_plus=1.3, eta_minus=0.4, step_min=1e-4, step_max=0.2, batch_size="full", epochs=20),
}


def made_data():
    """Returns inputs, shares of a whole, and classes."""
    random = np.random.default_rng(18)
    shares = random.uniform(0.1, 1, (ROWS, OUTPUTS))
    return random.normal(size=(ROWS, INPUTS)), shares / shares.sum(axis=1, keepdims=True), np.arange(ROWS) % OUTPUTS


def philox(key, counter):
    """Returns the four words of Philox4x32-10 (Salmon and others, SC11)."""
    c, k = list(counter), [key & 0xFFFFFFFF, key >> 32]
    for _ in range(10):
        p, q = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [q >> 32 ^ c[1] ^ k[0], q & 0xFFFFFFFF, p >> 32 ^ c[3] ^ k[1], p & 0xFFFFFFFF]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


def stream_key(seed, repeat, purpose):
    def mix(x):
        x = (x + 0x9E3779B97F4A7C15) % 2**64
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        x = (x ^ x >> 27) * 0x94D049BB133111EB % 2**64
        return x ^ x >> 31

    return mix(mix(mix(seed) ^ repeat) ^ purpose << 32)


def mask(seed, epoch, first, rows, layer, width, rate):
    """Returns masks of dropout: 0 where the 16 bits u % 8 of counter (epoch, position, layer, u / 8) are below 65536 rate."""
    key = stream_key(seed, 0, 4)  # 4: NN_FOR_DROPOUT
    words = [[philox(key, (epoch, first + r, layer, u // 8))[u % 8 // 2] for u in range(width)] for r in range(rows)]
    bits = np.array(words) >> np.arange(width) % 2 * 16 & 0xffff
    below = round(rate * 65536)
    return (bits >= below) / (1 - below / 65536)


def torch_loss(name, z, target):
    return {
        "mse": lambda: F.mse_loss(z, target),
        "half_squared_error": lambda: ((z - target) ** 2).sum(1).mean() / 2,
        "mae": lambda: F.l1_loss(z, target),
        "huber": lambda: F.huber_loss(z, target),
        "binary_cross_entropy": lambda: F.binary_cross_entropy_with_logits(z, target, reduction="none").sum(1).mean(),
        "cross_entropy": lambda: F.cross_entropy(z, target),
        "kl_divergence": lambda: F.kl_div(F.log_softmax(z, 1), target, reduction="batchmean"),
    }[name]()


def torch_activation(name, z):
    named = {"linear": lambda x: x, "leaky_relu": lambda x: F.leaky_relu(x, 0.01), "sigmoid": torch.sigmoid, "tanh": torch.tanh}
    return named.get(name, getattr(F, name, None))(z)


def torch_optimizer(v, weights, biases):
    """Returns the optimizer, with PyTorch's weight decay lambda/n on the weights alone."""
    lr, eps = v["learning_rate"], v.get("epsilon")
    groups = [{"params": weights, "weight_decay": v.get("l2", 0) / ROWS}, {"params": biases, "weight_decay": 0}]
    betas = (v.get("beta1", 0.9), v.get("beta2", 0.999))
    return {
        "sgd": lambda: torch.optim.SGD(groups, lr, v.get("momentum", 0), nesterov=v.get("nesterov", False)),
        "adagrad": lambda: torch.optim.Adagrad(groups, lr, eps=eps),
        "rmsprop": lambda: torch.optim.RMSprop(groups, lr, alpha=v["rho"], eps=eps),
        "adam": lambda: torch.optim.Adam(groups, lr, betas, eps),
        "adamw": lambda: torch.optim.AdamW(groups, lr, betas, eps),
        "rprop": lambda: torch.optim.Rprop(weights + biases, lr, (v["eta_minus"], v["eta_plus"]), (v["step_min"], v["step_max"])),
    }[v["optimizer"]]()


def torch_train(v, activation, loss, start, X, t, dropout=(0, 0), seed=1, shortcuts=False):
    """Trains, and returns the weights as [(W, b), ...] with W [in][out]."""
    weights = [torch.tensor(W, dtype=torch.float64, requires_grad=True) for W, _ in start]
    biases = [torch.tensor(b, dtype=torch.float64, requires_grad=True) for _, b in start]
    optimizer = torch_optimizer(v, weights, biases)
    X, t = torch.tensor(X), torch.tensor(t)
    batch = ROWS if v.get("batch_size") == "full" else BATCH
    for epoch, first in itertools.product(range(1, v.get("epochs", EPOCHS) + 1), range(0, ROWS, batch)):
        a = X[first : first + batch]
        before = a[:, :0]  # what else a layer reads
        for layer, (W, b) in enumerate(zip(weights, biases)):
            rate = dropout[min(layer, 1)]
            if rate > 0:
                a = a * torch.tensor(mask(seed, epoch, first, batch, layer, a.shape[1], rate))
            if shortcuts:
                a = before = torch.cat([before, a], dim=1)
            z = a @ W + b
            a = torch_activation(activation, z)
        optimizer.zero_grad()
        torch_loss(loss, z, t[first : first + batch]).backward()
        if v.get("clip_norm"):
            torch.nn.utils.clip_grad_norm_(weights + biases, v["clip_norm"])
        optimizer.step()
    return [(W.detach().numpy(), b.detach().numpy()) for W, b in zip(weights, biases)]


def golden_of(layers):
    """Returns one number that depends on all weights, and their norm."""
    flat = np.concatenate([x.ravel() for layer in layers for x in layer])
    return float(flat @ np.cos(np.arange(1, flat.size + 1))), float(np.linalg.norm(flat))


class Trajectories(system.SystemTest):
    def setUp(self):
        super().setUp()
        self.X, self.shares, self.classes = made_data()
        with h5py.File(self.folder / "data.h5", "w") as file:
            file["X"], file["shares"], file["classes"] = self.X, self.shares, self.classes

    def train(self, v, axes, target, **more):
        """Trains a grid; yields (settings, weights at the start, weights at the end) of each run."""
        settings = {"hidden": [6], "init_bias": 0.3, "batch_size": BATCH, "epochs": EPOCHS, "shuffle": "false", "precision": "float64", **v, **more}
        settings["lambda"] = settings.pop("l2", 0)
        if settings["batch_size"] == "full":
            del settings["shuffle"]
        base = "".join(f"  {key}: {str(value).lower() if isinstance(value, bool) else value}\n" for key, value in settings.items())
        lists = ", ".join(f"{name}: [{', '.join(values)}]" for name, values in axes.items())
        task = "classification" if target == "classes" else "regression"
        self.write(
            "grid.yaml",
            f"name: t\nseed: 1\ndata: {{file: data.h5, target: {{inputs: X, targets: {target}}}, task: {task}, scale: none, split: {{train: all}}}}\n"
            f"base:\n{base}grid: {{{lists}}}\n"
            "record: {every: 100, weights: [initial, final]}\n",
        )
        (self.folder / "out.h5").unlink(missing_ok=True)
        self.run_program("run", "grid.yaml", "-o", "out.h5", "--quiet")
        import nngrid

        results = nngrid.open(str(self.folder / "out.h5"))
        for run in results.runs.index:
            yield results.runs.loc[run], results.weights(run, "initial"), results.weights(run, "final")

    def assert_near(self, got, want, what):
        for layer, (mine, other) in enumerate(zip(got, want)):
            for name, a, b in zip("Wb", mine, other):
                apart = np.linalg.norm(a - b) / np.linalg.norm(b)
                self.assertLess(apart, TOLERANCE, f"{what}: {name}{layer + 1}")
                self.worst = max(self.worst, apart)

    worst = 0.0

    def every_run(self, of_torch=False):
        """Yields (variant, its settings, run, weights at the start, at the end, targets) of every optimizer x activation x loss;
        of_torch: of those that PyTorch trains, too."""
        for i, (name, v) in enumerate(VARIANTS.items()):
            for target, losses, t in (("shares", LOSSES, self.shares), ("classes", ["cross_entropy"], self.classes)):
                for run, start, end in self.train(v, {"activation": ACTIVATIONS, "loss": losses}, target):
                    turn = (i + ACTIVATIONS.index(run.activation)) % len(ALL_LOSSES)
                    if LONG or not of_torch or ALL_LOSSES[turn] == run.loss:
                        yield name, v, run, start, end, t

    def test_golden_numbers(self):
        golden = json.loads((system.SOURCE / "tests/golden/trajectories.json").read_text())
        n = 0
        for name, _, run, _, end, _ in self.every_run():
            got, size = golden_of(end)
            want = golden[name][run.loss][run.activation]
            self.assertLess(abs(got - want), TOLERANCE * size, f"{name}, {run.activation}, {run.loss}")
            n += 1
        self.assertEqual(n, sum(len(runs) for losses in golden.values() for runs in losses.values()))

    @system.unittest.skipIf(torch is None, "PyTorch (python3-torch) is not there")
    def test_pytorch(self):
        """Compares every optimizer x activation, and each optimizer and activation with every loss."""
        n = 0
        for name, v, run, start, end, t in self.every_run(of_torch=True):
            want = torch_train(v, run.activation, run.loss, start, self.X, t)
            self.assert_near(end, want, f"{name}, {run.activation}, {run.loss}")
            n += 1
        print(f"{n} trajectories as PyTorch's, the largest relative difference {self.worst:.1e}")
        self.assertEqual(n, len(VARIANTS) * len(ACTIVATIONS) * (len(ALL_LOSSES) if LONG else 1))

    @system.unittest.skipIf(torch is None, "PyTorch (python3-torch) is not there")
    def test_dropout_by_the_same_masks(self):
        v = VARIANTS["adam"]
        for activation in ("tanh", "relu"):
            more = dict(dropout=0.4, input_dropout=0.2, hidden=[6, 5])
            for run, start, end in self.train(v, {"activation": [activation]}, "shares", loss="mse", **more):
                want = torch_train(v, activation, "mse", start, self.X, self.shares, (0.2, 0.4))
                self.assert_near(end, want, f"dropout, {activation}")

    @system.unittest.skipIf(torch is None, "PyTorch (python3-torch) is not there")
    def test_shortcuts(self):
        """Compares networks of three hidden layers, with dropout and without; the reader predicts what the program predicts."""
        for (name, v), dropout in itertools.product((("momentum", VARIANTS["momentum"]), ("rprop", VARIANTS["rprop"])), (0, 0.4)):
            more = dict(dropout=dropout, input_dropout=dropout / 2, hidden=[6, 5, 4], shortcuts=True)
            for run, start, end in self.train(v, {"activation": ["tanh", "softsign", "relu"]}, "shares", loss="mse", **more):
                self.assertEqual([W.shape for W, _ in start], [(4, 6), (10, 5), (15, 4), (19, 3)])
                want = torch_train(v, run.activation, "mse", start, self.X, self.shares, (dropout / 2, dropout), shortcuts=True)
                self.assert_near(end, want, f"shortcuts, {name}, {run.activation}, dropout {dropout}")

    @system.unittest.skipIf(torch is None, "PyTorch (python3-torch) is not there")
    def test_readers_know_shortcuts(self):
        import nngrid

        list(self.train(VARIANTS["momentum"], {"activation": ["tanh"]}, "shares", loss="mse", hidden=[6, 5], shortcuts=True))
        np.savetxt(self.folder / "new.csv", self.X, delimiter=",")
        model = nngrid.open(str(self.folder / "out.h5")).model(0, "final")
        printed = self.run_program("predict", "out.h5", "--run", "0", "--weights", "final", "new.csv")
        rows = np.array([line.split(",") for line in printed.stdout.split()[1:]], float)
        np.testing.assert_allclose(model.predict(self.X), rows[:, -OUTPUTS:], rtol=1e-6)
        there = model.to_torch()(torch.tensor(self.X)).detach().numpy()
        np.testing.assert_allclose(model.predict(self.X), there, rtol=1e-12)

    @system.unittest.skipIf(sklearn is None, "scikit-learn (python3-sklearn) is not there")
    def test_scikit_learn(self):
        """Compares sgd with scikit-learn, whose alpha is lambda B/n and whose squared error is half_squared_error."""
        names = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "linear": "identity"}
        kinds = {"half_squared_error": ("shares", sklearn.neural_network.MLPRegressor, self.shares, {}),
                 "cross_entropy": ("classes", sklearn.neural_network.MLPClassifier, self.classes, {"classes": [0, 1, 2]})}
        for name, (loss, (target, kind, t, more)) in itertools.product(("sgd", "momentum", "nesterov"), kinds.items()):
            v = VARIANTS[name]
            for run, start, end in self.train(v, {"activation": list(names)}, target, loss=loss):
                net = kind((6,), activation=names[run.activation], solver="sgd", batch_size=BATCH, shuffle=False,
                           alpha=v.get("l2", 0) * BATCH / ROWS, learning_rate_init=v["learning_rate"],
                           momentum=v.get("momentum", 0), nesterovs_momentum=v.get("nesterov", False))
                net.partial_fit(self.X[:BATCH], t[:BATCH], **more)
                for (W, b), coefficients, intercepts in zip(start, net.coefs_, net.intercepts_):
                    coefficients[:], intercepts[:] = W, b
                for velocity in net._optimizer.velocities:
                    velocity[:] = 0
                for _, first in itertools.product(range(EPOCHS), range(0, ROWS, BATCH)):
                    net.partial_fit(self.X[first : first + BATCH], t[first : first + BATCH])
                self.assert_near(end, list(zip(net.coefs_, net.intercepts_)), f"{name}, {run.activation}, {loss}")


system.sys.path.insert(0, str(system.SOURCE / "scripts/python"))
if __name__ == "__main__":
    system.main()
