#!/usr/bin/env python3
"""Computes every value of /stops anew from /curves, and says where the file differs: recompute_stops.py RESULTS.h5

Written from the definitions (L. Prechelt, "Early stopping - but when?", 1998; nngrid-grid(5)) and not from the program,
with every rule seen as a question about a whole curve rather than as a step. Values must agree to the last bit. Needs
h5py and NumPy. Exit code 0: all agree, 1: some differ.
"""
import sys

import h5py
import numpy as np


def running_minimum(curve):
    """Lowest value up to each point; NaN counts for nothing, unless there is no other."""
    return np.fmin.accumulate(curve)


def generalization_loss(validation):
    lowest = running_minimum(validation)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = 100 * (validation / lowest - 1)
    loss = np.where((lowest <= 0) & (validation > lowest), np.inf, loss)
    return np.where(validation <= lowest, 0.0, loss)


def progress(train, ends, k):
    """P_k at each end of a strip."""
    values = np.full(len(train), np.nan)
    for end in ends:
        strip = train[end - k + 1 : end + 1]
        mean, least = sum(strip.tolist()) / k, np.fmin.reduce(strip)
        if mean <= least:
            values[end] = 0
        elif least <= 0:
            values[end] = np.nan if np.isnan(mean) else np.inf
        else:
            values[end] = 1000 * (mean / least - 1)
    return values


def strip_ends(n_points, k):
    return np.arange(k, n_points, k)


def only_at(where, fires):
    mask = np.zeros(len(fires), bool)
    mask[where] = True
    return fires & mask


def patience(curve, epochs, rule):
    """The age of the lowest value is counted from the last point that improved on the lowest before by min_delta."""
    best, since, fires = None, None, np.zeros(len(curve), bool)
    for i, value in enumerate(curve):
        if best is None or (np.isnan(best) and not np.isnan(value)) or value < best - rule["min_delta"]:
            best, since = value, epochs[i]
        fires[i] = epochs[i] - since >= rule["parameter"]
    return fires


def fires_at(rule, curves, epochs):
    """Truth for each recorded epoch: would the rule stop there?"""
    kind, value = rule["rule"], rule["parameter"]
    n = len(epochs)
    train, validation = curves["train_loss"], curves["validation_loss"]
    if kind == "patience":
        return patience(validation, epochs, rule)
    if kind == "patience_error":
        return patience(curves["validation_error"], epochs, rule)
    if kind == "target":
        reached = curves[rule["curve"]]
        return reached >= value if rule["curve"].endswith("accuracy") else reached <= value
    ends = strip_ends(n, rule["strip"])
    if kind == "gl":
        return only_at(ends, generalization_loss(validation) > value)
    if kind == "progress":
        return only_at(ends, progress(train, ends, rule["strip"]) < value)
    if kind == "pq":
        loss, rate = generalization_loss(validation), progress(train, ends, rule["strip"])
        with np.errstate(divide="ignore", invalid="ignore"):
            return only_at(ends, np.where(rate == 0, loss > 0, loss / rate > value))
    if kind == "up":
        ends = np.concatenate([[0], ends])
        rises = np.concatenate([[False], validation[ends[1:]] > validation[ends[:-1]]])
        fires = np.zeros(n, bool)
        for i in range(int(value), len(ends)):
            fires[ends[i]] = rises[i - int(value) + 1 : i + 1].all()
        return fires
    raise ValueError(f"an unknown rule, {kind}")


def lowest_at(curve):
    """Index of the lowest value, the first of equals; 0 if there is none."""
    return 0 if np.isnan(curve).all() else int(np.nanargmin(curve))


NAMES = ("epoch", "best_epoch", "best_train_loss", "best_validation_loss", "best_test_loss", "best_train_error",
         "best_validation_error", "best_test_error", "slowness", "badness")


def observe(rule, curves, epochs):
    """The row of /stops that follows from the curves of a run, cut at its end."""
    row = dict.fromkeys(NAMES, np.nan) | {"epoch": -1.0, "best_epoch": -1.0}
    fires = np.flatnonzero(fires_at(rule, curves, epochs))
    if len(fires) == 0:
        return row
    stop = fires[0]
    validated = not np.isnan(curves["validation_loss"]).all()
    best = lowest_at(curves["validation_loss" if validated else "train_loss"][: stop + 1])
    row |= {"epoch": float(epochs[stop]), "best_epoch": float(epochs[best])}
    row |= {f"best_{name}": curves[name][best] for part in ("train", "validation", "test")
            for name in (f"{part}_loss", f"{part}_error")}
    if epochs[best] > 0:
        row["slowness"] = float(epochs[stop]) / float(epochs[best])
    tests = curves["test_loss"]
    if tests[lowest_at(tests)] > 0:
        row["badness"] = tests[best] / tests[lowest_at(tests)] - 1
    return row


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def rule_of(group):
    number = {name: float(group.attrs[name]) for name in ("parameter", "min_delta")}
    return number | {"rule": text(group.attrs["rule"]), "curve": text(group.attrs.get("curve", "")),
                     "strip": int(group.attrs.get("strip", 0))}


def recorded(group, run, trained):
    """The curves of one run at the epochs that it recorded, and these. Epochs of runs of other length are NaN in all."""
    epochs = group["epoch"][()]
    all_curves = {name: group[name][run] for name in group if group[name].ndim == 2}
    here = (epochs <= trained) & ~np.all([np.isnan(curve) for curve in all_curves.values()], axis=0)
    curves = {name: curve[here] for name, curve in all_curves.items()}
    nothing = np.full(here.sum(), np.nan)
    for part in ("train", "validation", "test"):
        for what in ("loss", "error"):
            curves.setdefault(f"{part}_{what}", nothing)
    return curves, epochs[here].astype(float)


def compare(path):
    """(values compared, [(group, run, column, stored, computed)] that differ) of the finished runs."""
    compared, wrong = 0, []
    with h5py.File(path, "r") as f:
        finished = np.flatnonzero(np.isin(f["runs/status"][()], (1, 2)))
        for name, group in f.get("stops", {}).items():
            rule, columns = rule_of(group), {column: group[column][()] for column in NAMES}
            for run in finished:
                curves, epochs = recorded(f["curves"], run, f["runs/epochs_trained"][run])
                for column, value in observe(rule, curves, epochs).items():
                    stored = columns[column][run]
                    compared += 1
                    if not (stored == value or (np.isnan(stored) and np.isnan(value))):
                        wrong.append((name, int(run), column, float(stored), float(value)))
    return compared, wrong


def main(path):
    compared, wrong = compare(path)
    for name, run, column, stored, value in wrong:
        print(f"/stops/{name}/{column}[{run}] is {stored!r}, and {value!r} from the curves")
    print(f"{compared} values compared, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
