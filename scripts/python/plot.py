"""plot.py RESULTS.h5 [FOLDER]: draws the learning curves of a results file, and a heat map where two settings were swept.

scripts/plot calls it.
"""
import os
import sys

import h5py
import matplotlib.pyplot as plt
import numpy as np

import nngrid

MAX_PANELS = 24


def draw_curves(results, path):
    """Draws a panel for each cell, with the same scales."""
    curves = results.curves
    runs = results.runs
    drawn = sorted(runs.cell[runs.status == "done"].unique())[:MAX_PANELS]
    if not drawn:
        raise ValueError("no run is done")
    n = len(drawn)
    columns = min(n, 4)
    rows = -(-n // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(3.6 * columns, 2.8 * rows), squeeze=False, sharex=True, sharey=True)
    names = [name for name in ("train_loss", "validation_loss") if name in curves]
    for cell, ax in zip(drawn, axes.flat):
        results.plot_curves(cell=cell, what=names, ax=ax)
        ax.set_title(results.cell_name(cell), fontsize=8)
        if cell != drawn[0]:
            ax.get_legend().remove()
    for ax in axes.flat[n:]:
        ax.axis("off")
    top = np.nanquantile(np.concatenate([curves[name].values.ravel() for name in names]), 0.99)
    if np.isfinite(top) and top > 0:
        axes[0, 0].set_ylim(0, 1.1 * top)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    return n


def main():
    results = nngrid.open(sys.argv[1])
    folder = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(sys.argv[1]))
    stem = os.path.join(folder, os.path.splitext(os.path.basename(sys.argv[1]))[0])
    n = draw_curves(results, stem + "-curves.png")
    more = len(results.cells) - n
    print(f"{stem}-curves.png" + (f" (the first {n} cells; {more} more)" if more else ""))
    draw_heatmap(results, stem + "-heatmap.png")


def most_important_pair(path):
    """Returns the two settings of that heat map of /plots whose pair has the largest importance, or None."""
    with h5py.File(path, "r") as file:
        found = {tuple(group.attrs["axes"]): group["importance"][()] for name, group in file["plots"].items()
                 if name.startswith("heatmap") and "importance" in group}
    found = {pair: share for pair, share in found.items() if share == share}
    pair = max(found, key=found.get, default=None)
    return pair and [name.decode() if isinstance(name, bytes) else str(name) for name in pair]


def draw_heatmap(results, path):
    """Draws a heat map over the two settings that act together most, else over the first two, if each value of one was
    trained with each of the other."""
    axes, runs = most_important_pair(sys.argv[1]) or results.axes[:2], results.runs
    if len(axes) < 2:
        return
    # The test part is for the end: no picture chooses by it.
    metric = "best_validation_error" if runs["best_validation_error"].notna().any() else "final_train_loss"
    if "solved" in runs:
        metric = "solved"
    points = runs[axes].drop_duplicates()
    if len(points) < runs[axes[0]].nunique() * runs[axes[1]].nunique():
        return
    results.plot_heatmap(metric, axes[0], axes[1]).figure.savefig(path, dpi=110, bbox_inches="tight")
    print(path)


main()
