#!/usr/bin/env python3
"""recompute_stops.py RESULTS.h5: computes every value of /stops anew from /curves, and prints where the file differs.

It is written from the definitions (L. Prechelt, "Early stopping - but when?", 1998; nngrid-grid(5)) and not from the
program, and each rule looks at a whole curve at once rather than at one epoch after the other. Values must agree to the
last bit. It needs h5py and NumPy. The exit code is 0 if all agree, 1 if some differ.
"""
import sys

import h5py
import numpy as np


def running_minimum(curve):
    """Returns the lowest value up to each point; NaN is ignored unless there is no other value."""
    return np.fmin.accumulate(curve)


def generalization_loss(validation):
    lowest = running_minimum(validation)
    with np.errstate(divide="ignore", invalid="ignore"):
        loss = 100 * (validation / lowest - 1)
    loss = np.where((lowest <= 0) & (validation > lowest), np.inf, loss)
    return np.where(validation <= lowest, 0.0, loss)


def progress(train, ends, k):
    """Returns P_k at each end of a strip, NaN elsewhere."""
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
    """Counts epochs since the last point that was below the lowest value before it by min_delta."""
    best, since, fires = None, None, np.zeros(len(curve), bool)
    for i, value in enumerate(curve):
        if best is None or (np.isnan(best) and not np.isnan(value)) or value < best - rule["min_delta"]:
            best, since = value, epochs[i]
        fires[i] = epochs[i] - since >= rule["parameter"]
    return fires


def patience_train(curve, epochs, rule):
    """Counts epochs since the last loss that was at least min_delta below the lowest before it, as scikit-learn does."""
    lowest, since, fires = np.inf, None, np.zeros(len(curve), bool)
    for i, value in enumerate(curve):
        if epochs[i] == 0:
            continue
        if since is None or not value > lowest - rule["min_delta"]:
            since = epochs[i]
        lowest = value if value < lowest else lowest
        fires[i] = epochs[i] - since > rule["parameter"]
    return fires


def fires_at(rule, curves, epochs):
    """Tells for each recorded epoch whether the rule would stop there."""
    kind, value = rule["rule"], rule["parameter"]
    n = len(epochs)
    train, validation = curves["train_loss"], curves["validation_loss"]
    if kind == "patience":
        return patience(validation, epochs, rule)
    if kind == "patience_error":
        return patience(curves["validation_error"], epochs, rule)
    if kind == "patience_train":
        return patience_train(curves["running_train_loss"], epochs, rule)
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
    raise ValueError(f"unknown stopping rule {kind}")


def lowest_at(curve):
    """Returns the index of the lowest value, the first of equals; 0 if all are NaN."""
    return 0 if np.isnan(curve).all() else int(np.nanargmin(curve))


NAMES = ("epoch", "fired", "best_epoch", "best_train_loss", "best_validation_loss", "best_test_loss", "best_train_error",
         "best_validation_error", "best_test_error", "slowness", "badness")


def observe(rule, curves, epochs):
    """Returns the row of /stops that follows from the curves of a run up to its end; a rule that never fires trains to the
    end."""
    row = dict.fromkeys(NAMES, np.nan)
    fires = np.flatnonzero(fires_at(rule, curves, epochs))
    fired = len(fires) > 0
    stop = fires[0] if fired else len(epochs) - 1
    validated = not np.isnan(curves["validation_loss"]).all()
    best = lowest_at(curves["validation_loss" if validated else "train_loss"][: stop + 1])
    row |= {"epoch": float(epochs[stop]) if fired else -1.0, "fired": float(fired), "best_epoch": float(epochs[best])}
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
    """Returns the curves of one run at the epochs that it recorded, and these epochs. All curves are NaN at others."""
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
    """Returns, of the finished runs, how many values were compared, and [(group, run, column, stored, computed)] where they
    differ."""
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
        print(f"/stops/{name}/{column}[{run}] is {stored!r}, but {value!r} by the curves")
    print(f"{compared} values compared, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
