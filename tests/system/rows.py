"""Reads the rows of a results file as bytes, by key. No kill, no full disk and no power cut may change those of
finished runs."""
import ctypes
import pathlib
import time

import h5py
import numpy as np

PENDING, FAILED = 0, 3
# The place of a run in its grid changes when the grid grows; nothing else of a row does.
PLACES = ("runs/run", "runs/cell", "runs/active", "curves/run", "curves/epoch")


def columns(file):
    """Returns [(name, array [run, byte])] of every dataset with a row for each run; /weights are spread over all runs."""
    n = len(file["runs/status"])
    found = []

    def visit(name, thing):
        group = name.split("/")[0]
        if not isinstance(thing, h5py.Dataset) or name in PLACES or thing.ndim == 0 or name.endswith("/run"):
            return
        if group in ("runs", "curves", "stops") and thing.shape[0] == n:
            found.append((name, as_bytes(thing[()], n)))
        elif group == "weights" and "run" in thing.parent and len(thing) == len(thing.parent["run"]):
            spread = np.zeros((n,) + thing.shape[1:], thing.dtype)
            spread[thing.parent["run"][()]] = thing[()]
            found.append((name, as_bytes(spread, n)))

    file.visititems(visit)
    return sorted(found, key=lambda column: column[0])


def as_bytes(array, n):
    return np.ascontiguousarray(array).view(np.uint8).reshape(n, -1) if n > 0 else np.zeros((0, 0), np.uint8)


def final_rows(path):
    """Returns {key: bytes} of the final rows, by plain h5py; {} where there is no file yet."""
    if not pathlib.Path(path).exists():
        return {}
    with h5py.File(path, "r") as file:
        status = file["runs/status"][()]  # first: a row that is final then is whole
        keys = file["runs/key"][()]
        table = np.hstack([array for _, array in columns(file)])
        return {int(keys[i]): table[i].tobytes() for i in np.flatnonzero((status != PENDING) & (status != FAILED))}


def checked_rows(path):
    """Returns {name: bytes} of the columns that `check` covers."""
    with h5py.File(path, "r") as file:
        covers = file["runs/check"].attrs["covers"]
        names = (covers.decode() if isinstance(covers, bytes) else covers).split()
        return {name: file[name][()].tobytes() for name in names}


def check_of(file, run):
    """Returns the checksum of a row of an open file, as the program computes it."""
    xxh = ctypes.CDLL("libxxhash.so.0").XXH3_64bits
    xxh.restype, xxh.argtypes = ctypes.c_uint64, [ctypes.c_char_p, ctypes.c_size_t]
    row = file["runs/key"][run].tobytes() + file["runs/record_key"][run].tobytes()
    for name in file["runs/check"].attrs["covers"].decode().split():
        array, group = file[name], file[name].parent
        at = run if not name.startswith("/weights") else np.flatnonzero(group["run"][()] == run)
        if np.size(at) == 1:
            part = array[int(np.squeeze(at))].tobytes()
            row += part + bytes(-len(part) % 8)
    return xxh(row, len(row))


def is_complete(path):
    with h5py.File(path, "r") as file:
        return int(file["state"][()]) == 2


def seconds(path):
    """Returns {key: seconds} of the final rows: the seconds of a row that is trained again change."""
    with h5py.File(path, "r") as file:
        status, keys, took = (file[name][()] for name in ("runs/status", "runs/key", "timing/seconds"))
        return {int(k): float(t) for k, s, t in zip(keys, status, took) if s != PENDING}


def count(path):
    """Returns (final rows, all rows) as a reader of a live file sees them."""
    try:
        with h5py.File(path, "r") as file:
            status = file["runs/status"][()]
            return int(np.count_nonzero(status)), len(status)
    except FileNotFoundError:
        return 0, 0


def wait(condition, process, limit=30):
    """Waits until the condition holds, the process has ended, or the time is over; tells whether the condition holds."""
    end = time.monotonic() + limit
    while not condition():
        if process.poll() is not None or time.monotonic() > end:
            return condition()
        time.sleep(0.0005)
    return True
