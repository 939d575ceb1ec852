"""Tests the Python reader on files of the program: what it reads must reproduce what the program stored."""
import csv
import os
import sys
import tempfile
import unittest

import h5py
import numpy as np
import pandas as pd

import nngrid

FOLDER = sys.argv.pop(1)
XOR_X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)
XOR_T = np.array([[0], [1], [1], [0]], dtype=float)


def load_three():
    with open(os.path.join(FOLDER, "three.csv")) as f:
        rows = list(csv.reader(f))
    X = np.array([[float(x) if x else np.nan for x in row[:-1]] for row in rows])
    return X, np.array([ord(row[-1]) - ord("a") for row in rows])


def cross_entropy(y, classes):
    return -np.log(y[np.arange(len(classes)), classes]).mean()


class Xor(unittest.TestCase):
    def setUp(self):
        self.r = nngrid.open(os.path.join(FOLDER, "xor.h5"))

    def test_runs_and_cells(self):
        runs = self.r.runs
        self.assertEqual(len(runs), 12)
        self.assertEqual(set(runs.status), {"done"})
        self.assertEqual(set(runs.hidden), {"4", "3-2"})
        self.assertEqual(set(runs.loss), {"half_squared_error"})
        self.assertEqual(runs["bias"].dtype, bool)
        self.assertEqual(set(self.r.axes), {"hidden", "learning_rate"})
        self.assertEqual(self.r.state, "complete")
        cells = self.r.cells
        self.assertEqual(len(cells), 4)
        mean = runs.groupby("cell")["final_train_loss"].mean()
        np.testing.assert_allclose(cells["final_train_loss_mean"], mean, rtol=1e-12)
        self.assertIn("learning_rate 0.5", self.r.cell_name(0))
        self.assertIn("name: xor", self.r.yaml)

    def test_curves(self):
        curves = self.r.curves
        self.assertEqual(dict(curves.sizes), {"run": 12, "epoch": 31})
        self.assertEqual(list(curves.epoch.values[[0, 1, -1]]), [0, 10, 300])
        runs = self.r.runs
        np.testing.assert_array_equal(curves.train_loss[:, 0], runs.initial_train_loss)
        np.testing.assert_array_equal(curves.train_loss[:, -1], runs.final_train_loss)

    def test_weights_reproduce_losses(self):
        runs = self.r.runs
        for run in range(12):
            for when in ("initial", "best", "final"):
                y = self.r.model(run, when).predict(XOR_X)
                loss = 0.5 * ((y - XOR_T) ** 2).sum(axis=1).mean()
                self.assertAlmostEqual(loss, runs[f"{when}_train_loss"][run], delta=2e-6)
        self.assertEqual(len(self.r.weights(11)), 3 if runs.hidden[11] == "3-2" else 2)

    def test_solved(self):
        runs = self.r.runs
        self.assertEqual(runs.solved.dtype, bool)
        worst = runs.final_train_max_abs_error
        np.testing.assert_array_equal(runs.solved, worst < 0.4)
        np.testing.assert_array_equal(self.r.cells.solved, runs.groupby("cell").solved.sum())

    def test_pending_runs_are_nan(self):
        """A half-written row, as a live file may have: its status is not final yet."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "live.h5")
            with open(self.r.path, "rb") as source, open(path, "wb") as copy:
                copy.write(source.read())
            with h5py.File(path, "r+") as f:
                f["runs/status"][5] = 0
            live = nngrid.open(path)
            self.assertEqual(live.runs.status[5], "pending")
            self.assertTrue(np.isnan(live.runs.final_train_loss[5]))
            self.assertFalse(np.isnan(live.runs.learning_rate[5]))
            self.assertTrue(np.isnan(live.curves.train_loss[5]).all())
            self.assertFalse(np.isnan(live.curves.train_loss[4]).all())
            with self.assertRaisesRegex(ValueError, "pending"):
                live.weights(5)

    def test_another_file_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "other.h5")
            h5py.File(path, "w").close()
            with self.assertRaisesRegex(ValueError, "no results file"):
                nngrid.open(path)

    def test_plots(self):
        self.r.plot_curves(run=0, what=["train_loss"])
        self.r.plot_curves(cell=1, what=["train_loss"])
        ax = self.r.plot_heatmap("final_train_loss", "learning_rate", "hidden")
        self.assertEqual([t.get_text() for t in ax.get_xticklabels()], ["0.5", "2"])
        with self.assertRaises(ValueError):
            self.r.plot_curves(cell=99)


class Left(unittest.TestCase):
    """A file that keeps runs which have left its grid: 3 of 12 runs of xor.h5 are still in it."""

    def setUp(self):
        path = os.path.join(FOLDER, "left.h5")
        self.r, self.all = nngrid.open(path), nngrid.open(path, inactive=True)
        self.xor = nngrid.open(os.path.join(FOLDER, "xor.h5"))

    def test_inactive_runs_are_left_out(self):
        self.assertEqual(len(self.r.runs), 6)
        self.assertEqual(len(self.r.status), 6)
        self.assertEqual(len(self.r.cells), 2)
        self.assertEqual(self.r.curves.sizes["run"], 6)
        self.assertEqual(set(self.r.runs.hidden), {"4"})
        self.assertNotIn("active", self.r.runs)

    def test_inactive_runs_can_be_shown(self):
        runs = self.all.runs
        self.assertEqual(runs.active.tolist(), [True] * 6 + [False] * 9)
        self.assertEqual(self.all.cells.active.tolist(), [True] * 2 + [False] * 3)
        self.assertEqual(self.all.curves.sizes["run"], 15)
        for group in (runs, self.all.cells):
            self.assertEqual(set(group.hidden), {"4", "3-2"})
        old = self.xor.runs.set_index("key")
        for run in range(6, 15):
            key = runs.key[run]
            self.assertEqual(runs.final_train_loss[run], old.final_train_loss[key])
            y = self.all.model(run, "final").predict(XOR_X)
            self.assertAlmostEqual(0.5 * ((y - XOR_T) ** 2).sum(axis=1).mean(), runs.final_train_loss[run], delta=2e-6)
        means = runs.groupby("cell")["final_train_loss"].mean()
        np.testing.assert_allclose(self.all.cells["final_train_loss_mean"], means, rtol=1e-12)


class Three(unittest.TestCase):
    def setUp(self):
        self.r = nngrid.open(os.path.join(FOLDER, "three.h5"))
        self.X, self.classes = load_three()

    def test_losses_of_every_part_from_raw_data(self):
        """Weights, scaling, imputation, split and classes together: any of them wrong would move the loss."""
        runs = self.r.runs
        for run in range(len(runs)):
            y = self.r.model(run).predict(self.X)
            parts = self.r.split(run)
            for part in ("train", "validation", "test"):
                rows = parts == part
                self.assertGreater(rows.sum(), 40)
                delta = 1e-9 if runs.precision[run] == "float64" else 1e-5
                self.assertAlmostEqual(cross_entropy(y[rows], self.classes[rows]), runs[f"best_{part}_loss"][run], delta=delta)
                wrong = (self.r.model(run).classify(self.X[rows]) != self.classes[rows]).mean()
                self.assertAlmostEqual(wrong, runs[f"best_{part}_error"][run], delta=1e-9)

    def test_class_names(self):
        self.assertEqual(self.r.model(0).classes, ["a", "b", "c"])

    def test_scaling_is_fitted_on_training_rows(self):
        model, rows = self.r.model(0), self.r.split(0) == "train"
        scaled = model.scale(self.X)[rows].astype(float)
        scaled[np.isnan(self.X[rows])] = np.nan  # what was filled in is no measure of spread
        np.testing.assert_allclose(np.nanmean(scaled, axis=0), 0, atol=1e-5)
        np.testing.assert_allclose(np.nanstd(scaled, axis=0), 1, atol=1e-5)

    def test_stops(self):
        (frame,) = self.r.stops.values()
        fired = frame.epoch >= 0
        self.assertTrue((frame.best_epoch[fired] <= frame.epoch[fired]).all())

    def test_sklearn(self):
        runs = self.r.runs
        whole = ~np.isnan(self.X).any(axis=1)
        for run in runs.index[runs.activation.isin(["relu", "tanh"])]:
            model, pipeline = self.r.model(run), self.r.to_sklearn(run)
            np.testing.assert_allclose(pipeline.predict_proba(self.X[whole]), model.predict(self.X[whole]), atol=1e-5)
        with self.assertRaisesRegex(ValueError, "softsign"):
            self.r.to_sklearn(runs.index[runs.activation == "softsign"][0])

    def test_wrong_width_is_named(self):
        with self.assertRaisesRegex(ValueError, "takes 5 inputs, not 4"):
            self.r.model(0).predict(self.X[:, :4])


class CompactForm(unittest.TestCase):
    """The compact form of a file reads as the file does."""

    def test_the_same(self):
        one, other = (nngrid.open(os.path.join(FOLDER, name)) for name in ("long.h5", "compact.h5"))
        for what in ("runs", "cells"):
            pd.testing.assert_frame_equal(getattr(one, what), getattr(other, what))
        for rule, frame in one.stops.items():
            pd.testing.assert_frame_equal(frame, other.stops[rule])
        self.assertTrue(one.curves.identical(other.curves))
        for run in range(len(one.runs)):
            self.assertEqual(list(one.split(run)), list(other.split(run)))
            for when in ("initial", "best", "final"):
                for (W, b), (V, c) in zip(one.weights(run, when), other.weights(run, when)):
                    np.testing.assert_array_equal(W, V)
                    np.testing.assert_array_equal(b, c)

    def test_pandas_reads_columns(self):
        for name in ("long.h5", "compact.h5"):
            with h5py.File(os.path.join(FOLDER, name), "r") as file:
                frame = pd.DataFrame({k: file["runs"][k][()] for k in ("lambda", "best_epoch", "status")})
            self.assertEqual(list(frame[frame["status"] == 1].groupby("lambda").size()), [4, 4])


class AsNetcdf(unittest.TestCase):
    """The file is a netCDF-4 file too: both netCDF readers of xarray name its dimensions."""

    def test_xarray(self):
        import xarray as xr

        for engine in ("netcdf4", "h5netcdf"):
            for name in ("xor.h5", "compact.h5"):
                with xr.open_dataset(os.path.join(FOLDER, name), group="curves", engine=engine) as curves:
                    self.assertEqual(curves.train_loss.dims, ("run", "epoch"))
                    self.assertEqual(curves.epoch.values[-1], 300)


if __name__ == "__main__":
    unittest.main()
