"""Lists the whole programs that are measured: one row each, with its grid and its goal.

A row's grid is what nngrid reads; `runs` lists the same runs for the peers. `full` and `quick` fill in the sizes.
"""
import dataclasses
import itertools
import math

XOR_GRID = """
name: xor
repeats: {repeats}
data: {{builtin: xor}}
base: {{activation: sigmoid, output: sigmoid, loss: half_squared_error, reduction: sum, init: normal,
        batch_size: full, epochs: {epochs}}}
grid: {{hidden: [[2], [4], [8]], learning_rate: [0.1, 0.3, 1, 3], momentum: [0, 0.5, 0.9]}}
record: {{per_decade: 50, weights: [final]}}
"""
DIGITS_GRID = """
name: digits
data: {{file: {file}, scale: standardize, split: {{train: 0.6, validation: 0.2, test: 0.2, stratify: true}}}}
base: {{activation: relu, batch_size: 32, momentum: 0.9, epochs: {epochs}}}
grid: {{hidden: [[16], [64], [256]], learning_rate: [0.01, 0.1], lambda: [0, 1e-4], dropout: [0, 0.5]}}
record: {{parts: [validation], weights: [final]}}
limits: {{diverge: 1e30}}  # some do at rate 0.1; all are to train as long as the peers' do
"""
EX4_GRID = """
name: {name}
data: {{file: {file}, target: {{inputs: X, targets: y}}, split: {{train: all}}}}
base: {{hidden: [25], activation: sigmoid, loss: binary_cross_entropy, batch_size: {batch}, epochs: {epochs}}}
grid: {{lambda: [0, 0.1, 1, 3], learning_rate: [0.3, 1]}}
record: {{every: {epochs}, weights: [final]}}
"""
MNIST_GRID = """
name: {name}
repeats: 4
data: {{file: {file}, target: {{inputs: X, targets: y}}, scale: 255,
        split: {{train: {rows}, validation: rest, order: file}}}}
base: {{hidden: {hidden}, activation: relu, batch_size: 64, learning_rate: 0.01, momentum: 0.9, epochs: 2}}
record: {{parts: [validation], weights: [final]}}
"""
SWARM_GRID = """
name: swarm
repeats: {repeats}
data: {{builtin: xor}}
base: {{hidden: [4], activation: sigmoid, output: sigmoid, loss: half_squared_error, reduction: sum, init: normal,
        batch_size: full, learning_rate: 1, epochs: 100}}
record: {{per_decade: 10, weights: [final]}}
"""


def product(**axes):
    return [dict(zip(axes, values)) for values in itertools.product(*axes.values())]


@dataclasses.dataclass
class Grid:
    name: str
    goal: float  # times as fast as the best peer; None: not compared
    text: str
    data: str  # which data set (data.py)
    axes: dict  # for the peers: what the grid sweeps
    activation: str = "sigmoid"
    loss: str = "squares"  # squares, binary, classes
    batch: int = 0  # 0: full
    full: dict = dataclasses.field(default_factory=dict)
    quick: dict = dataclasses.field(default_factory=dict)
    running: bool = False  # the mean loss of the batches of an epoch as well
    evaluate: str = "ends"  # ends, every (epoch, the validation part), decades (50 a decade)

    def sizes(self, quick):
        """Sizes with all that the full ones say and the quick ones change."""
        return {**self.full, **(self.quick if quick else {})}

    def yaml(self, quick, file):
        return self.text.format(name=self.name, file=file, batch=self.batch or "full", **self.sizes(quick)).lstrip()

    def runs(self, quick):
        """[{hidden, learning_rate, momentum, lambda, dropout}], one for each run."""
        rest = {"momentum": 0.0, "lambda": 0.0, "dropout": 0.0}
        return [{**rest, **run} for run in product(**self.axes)] * self.sizes(quick).get("repeats", 1)

    def evaluated(self, quick):
        """Epochs whose loss is recorded."""
        epochs = self.sizes(quick)["epochs"]
        if self.evaluate == "every":
            return frozenset(range(epochs + 1))
        if self.evaluate == "decades":
            steps = range(1 + int(50 * math.log10(epochs)))
            return frozenset({0, epochs} | {round(10 ** (i / 50)) for i in steps})
        return frozenset({0, epochs})

    def flops(self, quick):
        """Operations of the matrix products of all runs, 2mnk each: training, and evaluation of every epoch."""
        sizes, (inputs, outputs, rows, held) = self.sizes(quick), SHAPES[self.data]
        rows, held = sizes.get("rows", rows), sizes.get("held", held)
        looked_at = held * len(self.evaluated(quick)) if self.evaluate == "every" else 0
        total = 0
        for run in self.runs(quick):
            widths = [inputs, *run["hidden"], outputs]
            products = [a * b for a, b in zip(widths, widths[1:])]
            total += 2 * rows * sizes["epochs"] * (3 * sum(products) - products[0]) + 2 * looked_at * sum(products)
        return total


SHAPES = {"xor": (2, 1, 4, 0), "digits": (64, 10, 1078, 359), "ex4": (400, 10, 5000, 0), "mnist": (784, 10, None, None)}
EX4_AXES = {"hidden": [[25]], "lambda": [0, 0.1, 1, 3], "learning_rate": [0.3, 1]}
GRIDS = [
    Grid("xor", 20, XOR_GRID, "xor", {"hidden": [[2], [4], [8]], "learning_rate": [0.1, 0.3, 1, 3],
                                      "momentum": [0, 0.5, 0.9]},
         full={"repeats": 16, "epochs": 10000}, quick={"repeats": 4, "epochs": 1000}, evaluate="decades"),
    Grid("digits", 4.5, DIGITS_GRID, "digits", {"hidden": [[16], [64], [256]], "learning_rate": [0.01, 0.1],
                                                "lambda": [0, 1e-4], "dropout": [0, 0.5], "momentum": [0.9]},
         "relu", "classes", 32, {"epochs": 30}, {"epochs": 5}, True, "every"),
    Grid("ex4-full", 2.0, EX4_GRID, "ex4", EX4_AXES, "sigmoid", "binary", 0, {"epochs": 200}, {"epochs": 10}),
    Grid("ex4-stochastic", 2.3, EX4_GRID, "ex4", EX4_AXES, "sigmoid", "binary", 1, {"epochs": 1}),
    Grid("mnist-128", 1.7, MNIST_GRID, "mnist", {"hidden": [[128]], "learning_rate": [0.01], "momentum": [0.9]},
         "relu", "classes", 64, {"hidden": "[128]", "repeats": 4, "epochs": 2, "rows": 60000, "held": 10000},
         {"rows": 3000, "held": 500}, evaluate="every"),
    Grid("mnist-512-512", 1.5, MNIST_GRID, "mnist", {"hidden": [[512, 512]], "learning_rate": [0.01],
                                                     "momentum": [0.9]},
         "relu", "classes", 64, {"hidden": "[512, 512]", "repeats": 4, "epochs": 2, "rows": 60000, "held": 10000},
         {"rows": 3000, "held": 500}, evaluate="every"),
    Grid("swarm", None, SWARM_GRID, "xor", {"hidden": [[4]]}, full={"repeats": 100000, "epochs": 100},
         quick={"repeats": 4000}),
]


def find(name):
    return next(grid for grid in GRIDS if grid.name == name)
