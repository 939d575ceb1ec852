"""Has what every peer is given, and small functions that peers share."""
import dataclasses

import data
import grids
import numpy as np


@dataclasses.dataclass
class Problem:
    x: np.ndarray  # [rows][inputs] float32, scaled
    y: np.ndarray  # [rows] class numbers; for loss `squares` [rows][outputs] float32
    x_held: np.ndarray  # the validation part; may be empty
    y_held: np.ndarray
    runs: list
    batch: int  # rows; 0: full
    epochs: int
    activation: str
    loss: str
    evaluated: frozenset  # epochs whose loss is recorded
    on_held: bool  # of the validation part, with accuracy; else of the training part
    running: bool  # the loss of every batch too
    n_outputs: int

    def part(self):
        """The part that is evaluated."""
        return (self.x_held, self.y_held) if self.on_held else (self.x, self.y)

    def targets(self, y):
        """[rows][outputs] float32."""
        return y if self.loss == "squares" else np.eye(self.n_outputs, dtype=np.float32)[y]

    def widths(self, run):
        return [self.x.shape[1], *run["hidden"], self.n_outputs]

    def orders(self, seed):
        """For each epoch the batches, as arrays of rows; a full batch is one slice."""
        rng = np.random.default_rng(seed)
        n, size = len(self.x), self.batch or len(self.x)
        for _ in range(self.epochs):
            if size == n:
                yield [slice(None)]
            else:
                order = rng.permutation(n)
                yield [order[i:i + size] for i in range(0, n, size)]


def load(name, quick, file):
    grid = grids.find(name)
    x, y, x_held, y_held = data.arrays(grid, quick, file)
    epochs = grid.sizes(quick)["epochs"]
    return Problem(x, y, x_held, y_held, grid.runs(quick), grid.batch, epochs, grid.activation, grid.loss,
                   grid.evaluated(quick), grid.evaluate == "every", grid.running, 1 if grid.loss == "squares" else 10)


def loss_of(loss, y, targets):
    """Mean loss over rows of outputs y (after the output's activation); the last axis is the outputs."""
    if loss == "squares":
        return 0.5 * np.square(y - targets).sum(-1).mean(-1)
    tiny = np.float32(1e-30)
    if loss == "binary":
        return -(targets * np.log(y + tiny) + (1 - targets) * np.log(1 - y + tiny)).sum(-1).mean(-1)
    return -(targets * np.log(y + tiny)).sum(-1).mean(-1)


def start_weights(rng, widths, normal=False):
    """[(W [in][out], b [out])], Glorot's uniform or standard normal."""
    layers = []
    for n_in, n_out in zip(widths, widths[1:]):
        limit = np.sqrt(6 / (n_in + n_out))
        w = rng.normal(size=(n_in, n_out)) if normal else rng.uniform(-limit, limit, (n_in, n_out))
        layers.append((w.astype(np.float32), np.zeros(n_out, np.float32)))
    return layers
