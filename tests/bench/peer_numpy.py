"""Trains by NumPy: a plain loop over runs, and for xor all runs in one array."""
import numpy as np
from peer_problem import loss_of, start_weights


minus_one = np.float32(-1)


def sigmoid(z):
    """In place."""
    z *= minus_one  # faster than np.negative
    np.exp(z, z)
    z += 1
    return np.reciprocal(z, z)


def softmax(z):
    """In place."""
    z -= z.max(1, keepdims=True)
    np.exp(z, z)
    z /= z.sum(1, keepdims=True)
    return z


class Network:
    """One network, trained in place with as few temporaries as can be."""

    def __init__(self, p, run, seed):
        self.p, self.run = p, run
        self.rng = np.random.default_rng(seed)
        self.layers = start_weights(self.rng, p.widths(run), p.loss == "squares")
        self.velocity = [(np.zeros_like(w), np.zeros_like(b)) for w, b in self.layers]
        self.decay = np.float32(run["lambda"] / len(p.x))

    def forward(self, a, masks=None):
        """Activations of all layers, inputs first."""
        out, last = [a], len(self.layers) - 1
        for i, (w, b) in enumerate(self.layers):
            z = out[-1] @ w
            z += b
            if i == last:
                out.append(softmax(z) if self.p.loss == "classes" else sigmoid(z))
                break
            out.append(np.maximum(z, 0, z) if self.p.activation == "relu" else sigmoid(z))
            if masks is not None and self.run["dropout"]:
                keep = 1 - self.run["dropout"]
                masks.append((self.rng.random(z.shape, np.float32) < keep) * np.float32(1 / keep))
                z *= masks[-1]
        return out

    def slope(self, delta, a):
        """delta times the activation's slope, in place."""
        if self.p.activation == "relu":
            delta *= a > 0
        else:
            delta *= a
            delta *= 1 - a

    def step(self, x, targets):
        """One update."""
        masks, run = [], self.run
        a = self.forward(x, masks)
        delta = a[-1] - targets
        if self.p.running:
            loss_of(self.p.loss, a[-1], targets)
        if self.p.loss == "squares":  # on the sum over rows, as xor's grid says
            delta *= a[-1] * (1 - a[-1])
        else:
            delta *= np.float32(1 / len(x))
        for i in reversed(range(len(self.layers))):
            w, b = self.layers[i]
            gw, gb = a[i].T @ delta, delta.sum(0)
            if i > 0:
                delta = delta @ w.T
                if masks:
                    delta *= masks[i - 1]
                self.slope(delta, a[i])
            if self.decay:
                gw += self.decay * w
            self.update(i, gw, gb, np.float32(run["learning_rate"]), np.float32(run["momentum"]))

    def update(self, i, gw, gb, rate, momentum):
        for value, v, g in zip(self.layers[i], self.velocity[i], (gw, gb)):
            if momentum:
                v *= momentum
                v += g
                value -= rate * v
            else:
                g *= rate
                value -= g

    def evaluate(self):
        x, y = self.p.part()
        outputs = self.forward(x)[-1]
        if self.p.on_held:
            (outputs.argmax(1) == y).mean()
        return float(loss_of(self.p.loss, outputs, self.p.targets(y)))


def loop(p, limit):
    """Trains the first `limit` runs, one after the other; returns their mean loss at the end."""
    targets, losses = p.targets(p.y), []
    for seed, run in enumerate(p.runs[:limit]):
        net = Network(p, run, seed)
        net.evaluate()
        for epoch, batches in enumerate(p.orders(seed), 1):
            for rows in batches:
                net.step(p.x[rows], targets[rows])
            if epoch in p.evaluated:
                loss = net.evaluate()
        losses.append(loss)
    return float(np.mean(losses))


def blocks_of(units, outputs, counts):
    """For each width of hidden layer: views of [rows][units] as [rows][width][runs], and of its runs' [rows][runs]."""
    run = at = 0
    for width in sorted(set(counts)):
        n = counts.count(width)
        yield units[:, at:at + n * width].reshape(-1, width, n), outputs[:, run:run + n]
        run, at = run + n, at + n * width


def owners(counts):
    """Which run each column of [rows][units] belongs to."""
    first = 0
    for width in sorted(set(counts)):
        n = counts.count(width)
        yield from list(range(first, first + n)) * width
        first += n


def all_at_once(p, limit):
    """xor: the hidden units of all runs are the columns of one array, so that a step is some thirty calls.

    Runs are sorted by width; the columns of a width are its runs, times its units: sums over the units of a run, and
    what its units share, then run along memory.
    """
    runs = sorted(p.runs[:limit], key=lambda run: run["hidden"][0])
    counts = [run["hidden"][0] for run in runs]
    owner = list(owners(counts))
    rng = np.random.default_rng(0)
    x1 = np.hstack([p.x, np.ones((len(p.x), 1), np.float32)])  # the last column carries the bias
    x1t, ones = np.ascontiguousarray(x1.T), np.ones(len(p.x), np.float32)
    w1, w2 = (rng.normal(size=n).astype(np.float32) for n in ((3, len(owner)), len(owner)))
    w1[2], b2 = 0, np.zeros(len(runs), np.float32)
    g1, g2, gb = np.empty_like(w1), np.empty_like(w2), np.empty_like(b2)
    rate, momentum = (np.array([run[k] for run in runs], np.float32) for k in ("learning_rate", "momentum"))
    state = [(w1, np.zeros_like(w1), g1, momentum[owner], rate[owner]),
             (w2, np.zeros_like(w2), g2, momentum[owner], rate[owner]), (b2, np.zeros_like(b2), gb, momentum, rate)]
    a, y = np.empty((len(p.x), len(owner)), np.float32), np.empty((len(p.x), len(runs)), np.float32)
    d, s = np.empty_like(a), np.empty_like(y)
    sums, spreads = list(blocks_of(d, y, counts)), list(blocks_of(d, s, counts))

    def forward():
        np.dot(x1, w1, a)
        sigmoid(a)
        np.multiply(a, w2, d)
        for units, outputs in sums:
            np.add.reduce(units, 1, out=outputs)
        np.add(y, b2, y)
        sigmoid(y)

    for epoch in range(p.epochs):
        forward()
        if epoch in p.evaluated:
            loss_of("squares", y.T[..., None], p.y)
        np.subtract(1, y, s)
        s *= y
        y -= p.y
        s *= y  # dcost/dz of the output
        for units, shared in spreads:
            units[:] = shared[:, None]
        np.einsum("ij,ij->j", a, d, out=g2)
        np.dot(ones, s, gb)
        d *= w2
        d *= a
        np.subtract(1, a, a)
        d *= a
        np.dot(x1t, d, g1)
        for value, v, g, mu, eta in state:
            v *= mu
            v += g
            np.multiply(v, eta, g)
            value -= g
    forward()
    return float(loss_of("squares", y.T[..., None], p.y).mean())

