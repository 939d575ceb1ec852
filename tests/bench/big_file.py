"""big_file.py PROGRAM [FOLDER]: figures of a file of 100,000 runs x 100 points x 6 curves x 1,000 weights, as JSON.

PROGRAM is build/tests/big_file. Lays the file out, writes every row from two threads with made-up outcomes, then reads
it in plain h5py, opened anew for each look: one column, one curve, the weights of one run. The file (about 1.1 GB) is made in
FOLDER (the current one) and removed. NNGRID_BIG_RUNS sets another number of runs: memory must not grow with it.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import h5py

LOOKS = 21


def milliseconds(path, look):
    """Median, worst of some looks at the file, each from opening it to closing it."""
    times = []
    for i in range(LOOKS):
        begin = time.perf_counter()
        with h5py.File(path, "r") as file:
            look(file, i)
        times.append(1e3 * (time.perf_counter() - begin))
    return round(statistics.median(times), 2), round(max(times), 2)


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ".")
    runs = int(os.environ.get("NNGRID_BIG_RUNS", 100000))
    path = folder / "big.h5"
    path.unlink(missing_ok=True)
    try:
        done = subprocess.run([program, path, str(runs), "100", "2"], check=True, capture_output=True, text=True)
        figures = json.loads(done.stdout)
        figures["megabytes"] = round(path.stat().st_size / 1e6, 1)
        with h5py.File(path, "r") as file:
            weights = next(iter(file["weights"].values()))
            figures["curves"] = sum(data.ndim == 2 for data in file["curves"].values())
            figures["weights"] = sum(data[0].size for name, data in weights.items() if name.startswith("final"))
            shape, n = weights.name, len(file["runs/status"])
            names = [name for name in weights if name.startswith("final")]
        looks = {
            "column": lambda file, i: file["runs/best_train_loss"][:],
            "curve": lambda file, i: file["curves/train_loss"][i * 4999 % n],
            "weights_of_a_run": lambda file, i: [file[shape][name][i * 4999 % n] for name in names],
        }
        for name, look in looks.items():
            figures[f"{name}_ms"], figures[f"{name}_ms_worst"] = milliseconds(path, look)
        print(json.dumps(figures, indent=1))
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
