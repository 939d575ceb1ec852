"""Reads the results file of nngrid.

    import nngrid
    r = nngrid.open("results/xor.h5")
    r.runs                      # pandas: a row for each run, settings, status and metrics as columns
    r.cells                     # pandas: a row for each cell of the grid, statistics over its repeats
    r.curves                    # xarray: train_loss[run, epoch], ...
    r.weights(7)                # [(W1, b1), (W2, b2)], W[in][out]
    r.model(7).predict(X)       # NumPy alone; X raw, as in the data file
    r.plot_curves(cell=3)       # mean and band over the repeats
    r.plot_heatmap("best_test_error", "lambda", "dropout")

The file may be live, that is, nngrid may be training into it. It is opened anew at every access, and the status of the
runs is read first, so that the data of a finished run are complete; metrics and curves of unfinished runs are NaN.
nngrid-results(5) describes the file itself.

The file keeps runs and cells that are no longer in the grid behind the others, as inactive ones. They are left out here
unless asked for: nngrid.open("results/xor.h5", inactive=True). Their weights can be read by their number in any case.

The reader needs h5py, NumPy and pandas; xarray for curves, matplotlib for plots, scikit-learn or PyTorch for to_sklearn
and to_torch.
"""
import json
import math
import os
import shutil
import subprocess

import h5py
import numpy as np
import pandas as pd


def open(path, inactive=False):
    """Opens a results file; with `inactive`, runs and cells that are no longer in the grid are shown too."""
    return Results(path, inactive)


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _flags(dataset):
    """Returns {code: name} of a categorical column, or None for any other."""
    if "flag_meanings" not in dataset.attrs:
        return None
    values = np.atleast_1d(dataset.attrs["flag_values"])
    words = _text(dataset.attrs["flag_meanings"]).split()
    return {int(value): word for value, word in zip(values, words)}


def _column(dataset):
    """Returns a column in its natural type: names for categorical values, bool for truth values."""
    values = dataset[()]
    if values.dtype == np.uint8:
        return values == 1  # the type of truth values and of nothing else
    flags = _flags(dataset)
    if flags is None:
        return values
    return np.array([flags.get(int(code), str(code)) for code in values], dtype=object)


def _is_dimension(dataset):
    """Tells whether the dataset is a dimension without values of its own."""
    return _text(dataset.attrs.get("NAME", b"")).startswith("This is a netCDF dimension but not")


def _columns(group, index, shown):
    """Reads the first `shown` rows of every one-dimensional dataset of the group along the dimension `index`."""
    n = group[index].shape[0]
    return {
        name: _column(item)[:shown]
        for name, item in group.items()
        if isinstance(item, h5py.Dataset) and item.shape == (n,) and name != index and not _is_dimension(item)
    }


def _sigmoid(z):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-z))


def _gelu(z):
    return z * (0.5 * np.vectorize(math.erfc, otypes=[float])(-z / math.sqrt(2))).astype(z.dtype)


def _softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


ACTIVATIONS = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z.dtype.type(0.01) * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
    "softplus": lambda z: np.logaddexp(z, z.dtype.type(0)),
    "softsign": lambda z: z / (1 + np.abs(z)),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": _gelu,
    "linear": lambda z: z,
    "softmax": _softmax,
}


# ---- statistics of a cell, as the program computes them (runner/results/statistics.c), to 1e-12 ----

STUDENT_975 = [12.70620473643, 4.302652729911, 3.182446305284, 2.776445105198, 2.570581836615, 2.446911848792, 2.36462425101,
               2.306004135033, 2.262157162741, 2.228138851965, 2.200985160083, 2.178812829663, 2.160368656461, 2.144786687917,
               2.131449545559, 2.119905299221, 2.109815577833, 2.100922040241, 2.093024054408, 2.085963447266, 2.079613844728,
               2.073873067904, 2.068657610419, 2.063898561628, 2.059538552753, 2.055529438643, 2.05183051648, 2.048407141795,
               2.045229642133, 2.042272456301]
NORMAL_975 = 1.959963984540054


def _student_975(n):
    """The 97.5% quantile of Student's t for n degrees of freedom (Abramowitz and Stegun 26.7.5 past a table)."""
    z, z2 = NORMAL_975, NORMAL_975**2
    if n <= len(STUDENT_975):
        return STUDENT_975[n - 1]
    terms = [z * (z2 + 1) / 4, z * ((5 * z2 + 16) * z2 + 3) / 96, z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
             z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160]
    return z + sum(term / n ** (i + 1) for i, term in enumerate(terms))


def _statistics(values):
    """mean, sd, median, q1, q3, low, high and n of the finite values."""
    values = np.sort(values[np.isfinite(values)])
    n, nan = len(values), math.nan
    if n == 0:
        return dict(mean=nan, sd=nan, median=nan, q1=nan, q3=nan, low=nan, high=nan, n=0)
    mean = float((values / n).sum())
    sd = float(np.sqrt(((values - mean) ** 2).sum() / (n - 1))) if n > 1 else nan
    half = _student_975(n - 1) * sd / math.sqrt(n) if n > 1 else nan
    q1, median, q3 = (float(np.quantile(values, q)) for q in (0.25, 0.5, 0.75))
    return dict(mean=mean, sd=sd, median=median, q1=q1, q3=q3, low=mean - half, high=mean + half, n=n)


def _wilson(k, n):
    """The 95% Wilson interval of k successes in n."""
    if n == 0:
        return 0.0, 1.0
    z2, p = NORMAL_975**2, k / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_975 / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return 0.0 if k == 0 else max(0.0, centre - half), 1.0 if k == n else min(1.0, centre + half)


STATISTICS = ("mean", "sd", "median", "q1", "q3", "low", "high", "n")


def program():
    """Returns the path of the program: $NNGRID, else nngrid on the path, else in the build folder of these sources; or None."""
    beside = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build", "nngrid")
    found = os.environ.get("NNGRID") or shutil.which("nngrid")
    return found or (beside if os.access(beside, os.X_OK) else None)


class Results:
    def __init__(self, path, inactive=False):
        self.path, self.inactive = path, inactive
        with self._file() as f:
            if "nngrid_format" not in f.attrs:
                raise ValueError(f"{path} is no results file of nngrid")

    def __repr__(self):
        status = self.status
        done = int((status != "pending").sum())
        return f"<nngrid results {self.path}: {self.state}, {done} of {len(status)} runs finished>"

    def _file(self):
        return h5py.File(self.path, "r")

    def _shown(self, group):
        """Returns how many rows of /runs or /cells are shown: inactive ones are the last. None stands for all."""
        if self.inactive or "active" not in group:
            return None
        return int(np.count_nonzero(group["active"][()] == 1))

    def _table(self, group, index):
        """Reads the columns of /runs or /cells; `active` only where inactive ones are shown."""
        columns = _columns(group, index, self._shown(group))
        if not self.inactive:
            columns.pop("active", None)
        return columns

    @property
    def state(self):
        """The state of the file: running, stopped or complete."""
        with self._file() as f:
            return _flags(f["state"])[int(f["state"][()])]

    @property
    def status(self):
        """The status of each run: pending, done, diverged or failed."""
        with self._file() as f:
            return _column(f["runs/status"])[: self._shown(f["runs"])]

    @property
    def axes(self):
        """The names of the swept settings."""
        with self._file() as f:
            axes = f["grid"].attrs.get("axes", [])
            return [_text(axis) for axis in np.atleast_1d(axes) if _text(axis)]

    @property
    def yaml(self):
        """The text of the grid file."""
        with self._file() as f:
            return _text(f["grid"].attrs["yaml"])

    @property
    def runs(self):
        """A DataFrame with a row for each run. In batch_size, 0 stands for `full`."""
        with self._file() as f:
            group = f["runs"]
            shown = self._shown(group)
            status = _column(group["status"])[:shown]
            columns = {"status": status}
            columns.update((k, v) for k, v in self._table(group, "run").items() if k != "status")
            settings = set(f["cells"])
        pending = status == "pending"
        for name, values in columns.items():
            # The row of an unfinished run may be half written.
            if values.dtype.kind == "f" and name not in settings and pending.any():
                columns[name] = np.where(pending, np.nan, values)
        return pd.DataFrame(columns, index=pd.RangeIndex(len(status), name="run"))

    @property
    def cells(self):
        """A DataFrame with a row for each cell of the grid: its settings, and statistics over its runs.

        The means are over done runs alone. They are those of the file where they are up to date; else the program computes
        them (see `program`), or this reader, with fewer columns."""
        with self._file() as f:
            before = self._computed(f)
            final = int(np.count_nonzero(f["runs/status"][()]))
            columns = self._table(f["cells"], "cell")
            n = len(f["cells/cell"][: self._shown(f["cells"])])
            settings = [name for name in columns if name in f["runs"] or name == "key"]
            fresh = before == final == self._computed(f)
            lacks_folds = "curves/validation_loss" in f and "folds_best_epoch_mean" not in columns and f["runs/fold"][()].any()
        if not fresh:
            computed = self._ask_program(n) or {}
            computed = self._own_statistics(n, besides=computed) | computed
            columns = {name: columns[name] for name in settings if name != "solved"} | computed
        elif lacks_folds:  # an older program wrote the file: this reader has no formula of its own for them
            computed = self._ask_program(n) or {}
            columns |= {name: values for name, values in computed.items() if name.startswith("folds_")}
        return pd.DataFrame(columns, index=pd.RangeIndex(n, name="cell"))

    @staticmethod
    def _computed(f):
        """Returns for how many final runs the statistics in the file are; -1 where that is not known."""
        return int(f["cells/computed"][()]) if "computed" in f["cells"] else -1

    def _ask_program(self, n):
        """Returns the columns that `nngrid cells` computes, or None."""
        found = program()
        if found is None:
            return None
        command = [found, "cells", self.path, "--json"] + ["--inactive"] * self.inactive
        try:
            done = subprocess.run(command, capture_output=True, timeout=600)
            answer = json.loads(done.stdout) if done.returncode == 0 else {}
        except (OSError, ValueError, subprocess.TimeoutExpired):
            return None
        if answer.get("cells") != n:
            return None
        counts = {"n", "solved"} | {name for name in answer["columns"] if name.startswith("n_") or name.endswith("_n")}
        return {name: np.array([math.nan if v is None else float(v) for v in values or n * [None]]).astype(int if name in counts else float)
                for name, values in answer["columns"].items()}

    def _own_statistics(self, n, besides=()):
        """Returns counts, shares and the statistics of each metric over the done runs of each cell, but those of `besides`."""
        runs = self.runs
        with self._file() as f:
            metrics = [name for name in f["runs"] if f"{name}_mean" in f["cells"] and f"{name}_mean" not in besides]
        status, cells = runs["status"].values, runs["cell"].values
        rows = [cells == cell for cell in range(n)]
        counts = {name: np.array([int((status[row] == name).sum()) for row in rows])
                  for name in ("done", "diverged", "failed", "pending")}
        columns = {"n": counts["done"] + counts["diverged"]} | {f"n_{name}": values for name, values in counts.items()}
        if "solved" in runs:
            columns["solved"] = np.array([int(runs["solved"].values[row & (status == "done")].sum()) for row in rows])
            ends = [_wilson(k, m) for k, m in zip(columns["solved"].tolist(), columns["n"].tolist())]
            columns["solved_low"], columns["solved_high"] = (np.array(end) for end in zip(*ends)) if ends else ([], [])
        for name in metrics:
            of = [_statistics(runs[name].values[row & (status == "done")]) for row in rows]
            columns.update((f"{name}_{what}", np.array([s[what] for s in of])) for what in STATISTICS)
        return columns

    @property
    def stops(self):
        """{rule: DataFrame}: where each stopping rule would have stopped each run, and the scores there."""
        frames = {}
        with self._file() as f:
            shown = self._shown(f["runs"])
            pending = _column(f["runs/status"])[:shown] == "pending"
            for rule, group in f.get("stops", {}).items():
                frame = pd.DataFrame(_columns(group, "run", shown))
                frame.index.name = "run"
                frame.loc[pending] = np.nan
                frames[rule] = frame
        return frames

    @property
    def curves(self):
        """An xarray Dataset of every curve over run and epoch, with cell, repeat and status of each run as coordinates."""
        import xarray as xr

        with self._file() as f:
            shown = self._shown(f["runs"])
            status = _column(f["runs/status"])[:shown]
            curves = f["curves"]
            variables = {
                name: (("run", "epoch"), item[:shown], {"long_name": _text(item.attrs.get("long_name", name))})
                for name, item in curves.items()
                if isinstance(item, h5py.Dataset) and item.ndim == 2
            }
            coordinates = {
                "run": curves["run"][:shown],
                "epoch": curves["epoch"][()],
                "status": ("run", status),
                "cell": ("run", f["runs/cell"][:shown]),
                "repeat": ("run", f["runs/repeat"][:shown]),
            }
        pending = status == "pending"
        for _, values, _ in variables.values():
            values[pending] = np.nan
        return xr.Dataset(variables, coords=coordinates)

    def weights(self, run, when="best"):
        """Returns [(W1, b1), (W2, b2), ...] of a run; when: initial, best, final or endpoint. b is None without biases."""
        with self._file() as f:
            status = _column(f["runs/status"])[run]
            if status in ("pending", "failed"):
                raise ValueError(f"run {run} has no weights: it is {status}")
            for group in f.get("weights", {}).values():
                rows = np.flatnonzero(group["run"][()] == run)
                if rows.size == 0:
                    continue
                if f"{when}_W1" not in group:
                    raise ValueError(f"{when} weights were not recorded; the grid chooses them by record: {{weights: ...}}")
                return self._layers(f, group, int(rows[0]), when, run)
        raise ValueError(f"no weights of run {run}: the grid recorded none (record: {{weights: none}})")

    def weights_by_epoch(self, run):
        """Returns (epochs, weights): the weights [epoch][parameter] of a run at the epochs that it recorded, in float64.

        The grid keeps them by record: {weights: [..., every]}. Parameters are W1 [in][out], b1, W2, b2, ..., one behind
        the other.
        """
        with self._file() as f:
            for group in f.get("weights", {}).values():
                rows = np.flatnonzero(group["run"][()] == run)
                if rows.size > 0 and "every" in group:
                    weights = group["every"][int(rows[0])]
                    there = ~np.isnan(weights).all(axis=1)
                    if there.any():
                        return group["epoch"][()][there], weights[there]
        raise ValueError(f"no weights of each epoch of run {run}: the grid keeps them by record: {{weights: [..., every]}}")

    @staticmethod
    def _layers(f, group, row, when, run):
        # float32 runs that share a group with float64 runs are stored as float64: the numbers are the same.
        dtype = np.float64 if _column(f["runs/precision"])[run] == "float64" else np.float32
        layers, k = [], 1
        while f"{when}_W{k}" in group:
            b = group[f"{when}_b{k}"][row].astype(dtype) if f"{when}_b{k}" in group else None
            layers.append((group[f"{when}_W{k}"][row].astype(dtype), b))
            k += 1
        # A file with inactive runs has columns in which this run has no values.
        if _column(f["runs/status"])[run] == "done" and all(np.isnan(W).all() for W, _ in layers):
            raise ValueError(f"{when} weights of run {run} were not recorded")
        return layers

    def split(self, run):
        """Returns the part of each row of the data for a run: `train`, `validation`, `test`, or `-1` where it is in none."""
        with self._file() as f:
            data = f["data"]
            flags = _flags(data["split"])
            codes = data["split"][self._split_of(f, run)]
        return np.array([flags.get(int(code), str(code)) for code in codes], dtype=object)

    @staticmethod
    def _split_of(f, run):
        """Returns the row of /data/split of a run; an inactive run may be of data that the grid no longer has."""
        split = int(f["data/splits"][run])
        if split < 0:
            raise ValueError(f"run {run} was trained on other data, whose scaling the file does not have")
        return split

    def model(self, run, when="best"):
        """Returns the network of a run, with the scaling of its data."""
        layers = self.weights(run, when)
        with self._file() as f:
            runs, data = f["runs"], f["data"]
            split = self._split_of(f, run)
            scaling = {name: data[name][split] for name in SCALINGS if name in data}
            classes = data.attrs.get("class_names")
            return Model(
                layers=layers,
                activation=_column(runs["activation"])[run],
                output=_column(runs["output"])[run],
                classes=None if classes is None else [_text(c) for c in np.atleast_1d(classes)],
                **scaling,
            )

    def to_sklearn(self, run, when="best"):
        """Returns the network as a fitted scikit-learn pipeline (scaling, then MLPClassifier or MLPRegressor)."""
        return self.model(run, when).to_sklearn()

    def to_torch(self, run, when="best"):
        """Returns the network as a torch.nn.Sequential whose first layer is the scaling; it ends before softmax or sigmoid."""
        return self.model(run, when).to_torch()

    # ---- plots: each draws into `ax` (by default a new figure) and returns it ----

    def plot_curves(self, run=None, cell=None, what=("train_loss", "validation_loss"), ax=None):
        """Draws curves of one run, or of a cell: the mean over its done runs and a band of one standard deviation."""
        import matplotlib.pyplot as plt

        curves = self.curves
        ax = ax or plt.subplots()[1]
        if run is None and not (curves.cell == cell).any():
            raise ValueError(f"there is no cell {cell}")
        in_mean = (curves.cell == cell) & (curves.status == "done") if run is None else None
        chosen = curves.sel(run=[run]) if run is not None else curves.isel(run=np.flatnonzero(in_mean))
        if chosen.sizes["run"] == 0:
            raise ValueError(f"no run of cell {cell} is done" if run is None else f"there is no run {run}")
        for name in what:
            values = chosen[name].values
            reached = ~np.isnan(values).all(axis=0)
            mean = np.nanmean(values[:, reached], axis=0)
            band = np.nanstd(values[:, reached], axis=0)
            epochs = chosen.epoch.values[reached]
            (line,) = ax.plot(epochs, mean, label=name.replace("_", " "))
            if chosen.sizes["run"] > 1:
                ax.fill_between(epochs, mean - band, mean + band, alpha=0.2, color=line.get_color())
        ax.set_xlabel("epoch")
        ax.set_title(f"run {run}" if run is not None else self.cell_name(cell))
        ax.legend()
        return ax

    def cell_name(self, cell):
        """Returns the swept settings of a cell as text."""
        row, zeros = self.cells.loc[cell], self._zeros()
        return ", ".join(f"{axis} {_value_name(row[axis], zeros.get(axis))}" for axis in self.axes)

    def _zeros(self):
        """Returns the names that 0 stands for: {"batch_size": "full"}."""
        with self._file() as f:
            return {name: _text(item.attrs["zero_means"]) for name, item in f["cells"].items() if "zero_means" in item.attrs}

    def plot_heatmap(self, metric, x, y, ax=None):
        """Draws the mean of a metric over two settings, over done runs; the mean includes all values of other settings."""
        import matplotlib.pyplot as plt

        runs = self.runs
        runs = runs[runs.status.isin(["done", "diverged"] if metric == "solved" else ["done"])]
        table = runs.pivot_table(index=y, columns=x, values=metric, aggfunc="mean")
        ax = ax or plt.subplots()[1]
        zeros = self._zeros()
        image = ax.imshow(table.values, origin="lower", aspect="auto")
        for axis, labels, name in ((ax.xaxis, table.columns, x), (ax.yaxis, table.index, y)):
            axis.set_ticks(range(len(labels)), [_value_name(value, zeros.get(name)) for value in labels])
            axis.set_label_text(name.replace("_", " "))
        ax.figure.colorbar(image, ax=ax, label=metric.replace("_", " "))
        return ax


def _value_name(value, zero_means=None):
    if zero_means is not None and value == 0:
        return zero_means
    return f"{value:g}" if isinstance(value, (float, np.floating)) else str(value)


# What /data has of each split: a network sees (raw - shift) * factor of its inputs, `fill` where one is missing, and
# (raw - target_shift) / target_scale of its targets.
SCALINGS = ("shift", "factor", "fill", "target_shift", "target_scale")


class Model:
    """A trained network in NumPy: layers [(W, b), ...], W[in][out], and the scaling of its inputs and targets.

    With shortcuts the inputs of a layer are the inputs of the layer before it, followed by that layer's outputs.
    """

    def __init__(
        self,
        layers,
        activation,
        output,
        classes=None,
        shift=None,
        factor=None,
        fill=None,
        target_shift=None,
        target_scale=None,
    ):
        self.layers, self.activation, self.output, self.classes = layers, activation, output, classes
        self.shift, self.factor, self.fill = shift, factor, fill
        self.target_shift, self.target_scale = target_shift, target_scale
        self.shortcuts = len(layers) > 1 and layers[1][0].shape[0] > layers[0][0].shape[1]

    def scale(self, X):
        """Returns raw inputs as the network gets them: missing ones filled in, then (raw - shift) * factor."""
        X = np.atleast_2d(np.asarray(X, dtype=np.float64))
        if X.shape[1] != self.layers[0][0].shape[0]:
            raise ValueError(f"the network takes {self.layers[0][0].shape[0]} inputs, not {X.shape[1]}")
        if self.fill is not None:
            X = np.where(np.isnan(X), self.fill, X)
        if self.shift is not None:
            X = (X - self.shift) * self.factor
        return X.astype(self.layers[0][0].dtype)

    def predict(self, X):
        """Returns the outputs of the network [rows][outputs] for raw inputs [rows][inputs], in the units of raw targets."""
        y = self._outputs(self.scale(X))
        return y if self.target_scale is None else y * self.target_scale + self.target_shift

    def _outputs(self, a):
        last = len(self.layers) - 1
        for i, (W, b) in enumerate(self.layers):
            z = a @ W if b is None else a @ W + b
            if i == last:
                return ACTIVATIONS[self.output](z)
            units = ACTIVATIONS[self.activation](z)
            a = np.hstack([a, units]) if self.shortcuts else units

    def classify(self, X):
        """Returns the index of the class of each row: the largest output; of a single output, whether it is at least 1/2."""
        y = self.predict(X)
        return (y[:, 0] >= 0.5).astype(int) if y.shape[1] == 1 else y.argmax(axis=1)

    def to_sklearn(self):
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import LabelBinarizer, StandardScaler

        if self.shortcuts:
            raise ValueError("scikit-learn has no networks with shortcuts")
        names = {"sigmoid": "logistic", "tanh": "tanh", "relu": "relu", "linear": "identity"}
        if len(self.layers) > 1 and self.activation not in names:
            raise ValueError(f"scikit-learn has no activation {self.activation}")
        layers = [(W, np.zeros(W.shape[1], W.dtype) if b is None else b) for W, b in self.layers]
        output, n_inputs = self.output, layers[0][0].shape[0]
        if self.target_scale is not None and output == "linear":  # the scaling of the targets goes into the last layer
            W, b = layers[-1]
            layers[-1] = (W * self.target_scale, b * self.target_scale + self.target_shift)
        if output == "softmax" and layers[-1][0].shape[1] == 2:
            # scikit-learn has one logistic unit for two classes: softmax of two is the logistic of their difference.
            W, b = layers[-1]
            layers[-1], output = (W[:, 1:] - W[:, :1], b[1:] - b[:1]), "sigmoid"
        if output == "sigmoid" and self.classes is not None and len(self.classes) == 2 == layers[-1][0].shape[1]:
            raise ValueError("scikit-learn has one logistic unit for two classes, and this network has two")
        kind = MLPClassifier if output in ("softmax", "sigmoid") and self.classes is not None else MLPRegressor
        if kind is MLPRegressor and output != "linear":
            raise ValueError(f"scikit-learn has no regression with output {output}")
        net = kind(hidden_layer_sizes=[W.shape[1] for W, _ in layers[:-1]], activation=names.get(self.activation, "relu"))
        net.coefs_, net.intercepts_ = [W for W, _ in layers], [b for _, b in layers]
        net.n_layers_, net.n_outputs_ = len(layers) + 1, layers[-1][0].shape[1]
        net.n_features_in_, net.out_activation_ = n_inputs, {"sigmoid": "logistic", "linear": "identity"}.get(output, output)
        if kind is MLPClassifier:
            net.classes_ = np.arange(len(self.classes))
            net._label_binarizer = LabelBinarizer().fit(net.classes_)
        scaler = StandardScaler()
        scaler.mean_ = np.zeros(n_inputs) if self.shift is None else np.asarray(self.shift)
        scaler.scale_ = np.ones(n_inputs) if self.factor is None else 1 / np.asarray(self.factor)
        scaler.var_, scaler.n_features_in_ = scaler.scale_**2, n_inputs
        return make_pipeline(scaler, net)

    def to_torch(self):
        import torch

        modules = {
            "sigmoid": torch.nn.Sigmoid,
            "tanh": torch.nn.Tanh,
            "relu": torch.nn.ReLU,
            "leaky_relu": torch.nn.LeakyReLU,
            "elu": torch.nn.ELU,
            # From about 37 on, softplus is z to the last bit; float32 overflows in exp from 89 on.
            "softplus": lambda: torch.nn.Softplus(threshold=50),
            "silu": torch.nn.SiLU,
            "gelu": torch.nn.GELU,
            "softsign": torch.nn.Softsign,
            "linear": torch.nn.Identity,
        }

        class Beside(torch.nn.Sequential):
            """Returns the inputs of a layer followed by its outputs."""

            def forward(self, x):
                return torch.cat([x, super().forward(x)], dim=1)

        parts = []
        if self.shift is not None:
            parts.append(self._torch_linear(torch, np.diag(self.factor), -self.shift * self.factor))
        for i, (W, b) in enumerate(self.layers):
            layer = [self._torch_linear(torch, W, b)]
            if i < len(self.layers) - 1:
                layer.append(modules[self.activation]())
            parts += [Beside(*layer)] if self.shortcuts and len(layer) > 1 else layer
        if self.output not in ("softmax", "sigmoid", "linear") or self.target_scale is not None:
            parts.append(modules[self.output]())
        if self.target_scale is not None:
            parts.append(self._torch_linear(torch, np.diag(self.target_scale), self.target_shift))
        return torch.nn.Sequential(*parts)

    def _torch_linear(self, torch, W, b):
        """torch.nn.Linear stores [out][in]."""
        dtype = torch.float64 if self.layers[0][0].dtype == np.float64 else torch.float32
        layer = torch.nn.Linear(W.shape[0], W.shape[1], bias=b is not None, dtype=dtype)
        with torch.no_grad():
            layer.weight.copy_(torch.as_tensor(np.ascontiguousarray(W.T)))
            if b is not None:
                layer.bias.copy_(torch.as_tensor(np.asarray(b)))
        return layer
