"""Makes the data of the grids: a file for nngrid, and arrays for the peers."""
import gzip
import pathlib

import numpy as np
import scipy.io

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGITS = ROOT / "experiments" / "data" / "digits.csv.gz"
EX4 = ROOT.parent / "shared" / "data" / "ex4" / "ex4data1.mat"


def make_up(path, rows, inputs, dtype, seed):
    """Writes X and y of a classification problem with ten classes that a network can learn."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (rows, inputs), dtype=np.uint8)
    seen = x[:, :64].astype(np.float32) - 127.5  # of mean 0, so that all classes come up
    labels = (seen @ rng.normal(size=(64, 10)).astype(np.float32)).argmax(1)
    x = x if dtype == np.uint8 else x.astype(dtype) / 256
    scipy.io.savemat(path, {"X": x, "y": labels[:, None].astype(np.uint8)})
    return path


def file_of(grid, quick, folder):
    """Path of the grid's data, made up in `folder` where it does not lie ready; None for built-in data."""
    sizes = grid.sizes(quick)
    if grid.data == "digits":
        return DIGITS
    if grid.data == "ex4":
        return EX4 if EX4.exists() else make_up(folder / "ex4.mat", 5000, 400, np.float64, 4)
    if grid.data == "mnist":
        path = folder / f"mnist-{sizes['rows']}.mat"
        return path if path.exists() else make_up(path, sizes["rows"] + sizes["held"], 784, np.uint8, 5)
    return None


def arrays(grid, quick, path):
    """X, y, X of the validation part, y of it: float32 and class numbers (xor: targets), scaled as the grid says."""
    if grid.data == "xor":
        x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
        y = np.array([[0], [1], [1], [0]], np.float32)
        return x, y, x[:0], y[:0]
    if grid.data == "digits":
        with gzip.open(path, "rt") as file:
            table = np.loadtxt(file, delimiter=",")
        table = np.random.default_rng(1).permutation(table)
        x, y = table[:, :-1], table[:, -1]
        train, held = round(0.6 * len(x)), round(0.2 * len(x))
        mean, deviation = x[:train].mean(0), x[:train].std(0)
        x = (x - mean) / np.where(deviation > 0, deviation, 1)
    else:
        file = scipy.io.loadmat(path)
        x, y = file["X"], file["y"][:, 0]
        train = grid.sizes(quick).get("rows", len(x))
        held = len(x) - train
        x = x.astype(np.float32) / 255 if grid.data == "mnist" else x
    x = np.ascontiguousarray(x, np.float32)
    y = (y % 10).astype(np.int64)
    return x[:train], y[:train], x[train:train + held], y[train:train + held]
