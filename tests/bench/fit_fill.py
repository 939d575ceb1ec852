"""Times drawn shapes of networks by fill_times, and fits the weights of core/train/fill.c to them: those that make the
relative errors least, none below 0 (Lawson and Hanson's least squares). Prints the weights, and how far the predicted
number of runs that are worth a pack is from the measured one.

    fit_fill.py BUILD [SHAPES]
"""
import pathlib
import random
import subprocess
import sys

import numpy as np
from scipy.optimize import nnls

WAYS = ("ALONE", "SHARED", "OWN")


def shapes(n):
    """Draws networks of at most 2,500 parameters."""
    draw = random.Random(1)
    while n > 0:
        inputs, hidden = draw.choice((1, 2, 4, 8, 13, 20, 30, 40, 64, 100, 200, 400)), draw.choice((2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 50))
        layers, classes, batch = draw.choice((1, 1, 1, 2, 3)), draw.choice((2, 2, 3, 10, 26)), draw.choice((1, 4, 8, 16, 32, 32, 64, 100, 0))
        if inputs * hidden + (layers - 1) * hidden * hidden + hidden * classes <= 2400:
            n -= 1
            rows = draw.choice((4, 60, 300)) if batch == 0 else max(256, 4 * batch)
            yield inputs, hidden, layers, classes, batch, rows, draw.choice((0, 0, 0, 0.5))


def main():
    program, n = pathlib.Path(sys.argv[1]) / "tests" / "bench" / "fill_times", int(sys.argv[2]) if len(sys.argv) > 2 else 80
    for precision in ("float32", "float64"):
        lines = np.array([[[float(x) for x in line.split()] for line in subprocess.run(
            [program, *map(str, shape), precision], capture_output=True, text=True, check=True).stdout.splitlines()]
            for shape in shapes(n)])
        times, asked = lines[:, :, 0], lines[:, :, 1:]
        fitted = np.array([nnls(asked[:, way] / times[:, way, None], np.ones(n))[0] for way in range(3)])
        predicted = np.einsum("swa,wa->sw", asked, fitted)
        for way, weights in zip(WAYS, fitted):
            print(f"{precision} {way}: " + ", ".join(f"{w:.3g}" for w in weights))
        for way in (1, 2):
            off = (predicted[:, way] / predicted[:, 0]) / (times[:, way] / times[:, 0])
            print(f"{precision}: {WAYS[way]} worth, predicted / measured: " + " ".join(f"{q:.2f}" for q in np.quantile(off, (0, .1, .5, .9, 1))))


if __name__ == "__main__":
    main()
