"""Checks results files, contiguous and compact, against what nngrid-results(5) promises to readers: h5py, xarray, ncdump,
NeXus.

    test_results_file.py FILE.h5 | FOLDER
"""
import functools
import pathlib
import subprocess
import sys
import unittest
import warnings

import h5py
import numpy as np
import xarray

PLACE = pathlib.Path(sys.argv[1])
# The statistics in stale.h5 are wrong on purpose.
FILES = [PLACE] if PLACE.is_file() else sorted(path for path in PLACE.rglob("*.h5") if path.name != "stale.h5")
BLANK = "This is a netCDF dimension but not a netCDF variable."


def text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


@functools.cache
def opened(path):
    return h5py.File(path, "r")


@functools.cache
def datasets(file):
    found = []
    file.visititems(lambda name, thing: found.append(thing) if isinstance(thing, h5py.Dataset) else None)
    return found


class ResultsFile(unittest.TestCase):
    def each_file(self):
        self.assertTrue(FILES, f"no results file in {PLACE}")
        for path in FILES:
            yield path, opened(path)

    def test_root(self):
        for _, file in self.each_file():
            self.assertEqual(file.attrs["nngrid_format"], 1)
            self.assertEqual(text(file.attrs["Conventions"]), "CF-1.10")
            self.assertEqual(text(file.attrs["NX_class"]), "NXroot")
            self.assertEqual(text(file.attrs["default"]), "plots")
            self.assertEqual(text(file["plots"].attrs["NX_class"]), "NXentry")
            self.assertEqual(text(file["plots"].attrs["default"]), "learning_curves")
            self.assertIn(int(file["state"][()]), (0, 1, 2))
            self.assertEqual(text(file["state"].attrs["flag_meanings"]), "running stopped complete")

    def test_every_dimension_has_a_scale_in_the_same_group(self):
        address = lambda dataset: h5py.h5o.get_info(dataset.id).addr
        for _, file in self.each_file():
            # HDF5 would search the whole file for the name of each scale.
            folders = {address(dataset): dataset.name.rpartition("/")[0] for dataset in datasets(file)}
            for dataset in datasets(file):
                if text(dataset.attrs.get("CLASS", "")) == "DIMENSION_SCALE":
                    continue
                for length, dim in zip(dataset.shape, dataset.dims):
                    self.assertEqual(len(dim), 1, dataset.name)
                    scale = dim[0]
                    self.assertEqual(folders[address(scale)], dataset.name.rpartition("/")[0], dataset.name)
                    self.assertEqual(scale.shape, (length,), dataset.name)

    def test_no_type_that_a_reader_stumbles_over(self):
        for _, file in self.each_file():
            for dataset in datasets(file):
                self.assertIn(dataset.dtype.kind, "fiu", dataset.name)
                if dataset.dtype.byteorder == ">":
                    self.assertTrue(text(dataset.attrs["NAME"]).startswith(BLANK), dataset.name)

    def test_chunks_only_where_compact(self):
        for path, file in self.each_file():
            chunked = [dataset.name for dataset in datasets(file) if dataset.chunks is not None]
            self.assertEqual("/curves/train_loss" in chunked, path.name == "compact.h5", path)
            self.assertEqual(len(chunked) > 0, path.name == "compact.h5", path)

    def test_flags_name_every_code(self):
        for _, file in self.each_file():
            for dataset in datasets(file):
                if "flag_values" not in dataset.attrs:
                    continue
                codes = np.atleast_1d(dataset.attrs["flag_values"])
                self.assertEqual(codes.dtype, dataset.dtype, dataset.name)
                self.assertEqual(len(codes), len(text(dataset.attrs["flag_meanings"]).split()), dataset.name)
                values = np.unique(dataset[()])
                allowed = np.append(codes, -1) if dataset.name == "/data/split" else codes
                self.assertTrue(np.isin(values, allowed).all(), dataset.name)

    def test_status_comes_first(self):
        for _, file in self.each_file():
            names = []
            group = h5py.h5g.open(file.id, b"runs")
            group.links.iterate(lambda name: names.append(name), idx_type=h5py.h5.INDEX_CRT_ORDER)
            self.assertEqual(names[0], b"status")

    def test_curves_are_nexus_data(self):
        for _, file in self.each_file():
            curves = file["curves"]
            self.assertEqual(text(curves.attrs["NX_class"]), "NXdata")
            self.assertEqual([text(axis) for axis in curves.attrs["axes"]], ["run", "epoch"])
            self.assertEqual(text(curves.attrs["interpretation"]), "spectrum")
            signal = curves[text(curves.attrs["signal"])]
            self.assertEqual(signal.shape, (len(curves["run"]), len(curves["epoch"])))
            for name in curves.attrs.get("auxiliary_signals", []):
                self.assertEqual(curves[text(name)].shape, signal.shape)

    def test_pending_rows_are_nan_and_finished_ones_are_not(self):
        for _, file in self.each_file():
            status = file["runs/status"][:]
            loss = file["runs/final_train_loss"][:]
            self.assertTrue(np.isnan(loss[status == 0]).all())
            self.assertTrue(np.isfinite(loss[status == 1]).all())
            curve = file["curves/train_loss"][:]
            self.assertTrue(np.isnan(curve[status == 0]).all())
            self.assertTrue(np.isfinite(curve[status == 1, 0]).all())

    def test_cells_are_the_statistics_of_their_runs(self):
        for _, file in self.each_file():
            if file["state"][()] == 0:
                continue
            finished = np.isin(file["runs/status"][:], (1, 2))
            cell, values = file["runs/cell"][:], file["runs/final_train_loss"][:]
            for c in range(len(file["cells/cell"])):
                mine = values[finished & (cell == c)]
                self.assertEqual(file["cells/n"][c], len(mine))
                mine = mine[np.isfinite(mine)]
                expected = {
                    "mean": mine.mean() if len(mine) else np.nan,
                    "sd": mine.std(ddof=1) if len(mine) > 1 else np.nan,
                    "median": np.median(mine) if len(mine) else np.nan,
                    "q1": np.quantile(mine, 0.25) if len(mine) else np.nan,
                    "q3": np.quantile(mine, 0.75) if len(mine) else np.nan,
                }
                for name, value in expected.items():
                    np.testing.assert_allclose(file[f"cells/final_train_loss_{name}"][c], value, rtol=1e-12)

    def test_weights_belong_to_runs(self):
        for _, file in self.each_file():
            for group in file.get("weights", {}).values():
                runs = group["run"][:]
                self.assertTrue((np.diff(runs) > 0).all())
                widths = group.attrs["widths"]
                params = sum(a * b for a, b in zip(widths, widths[1:])) + group.attrs["bias"] * sum(widths[1:])
                self.assertTrue((file["runs/n_params"][:][runs] == params).all())
                for name, dataset in group.items():
                    if "_W" in name:
                        k = int(name.rsplit("_W")[1])
                        self.assertEqual(dataset.shape, (len(runs), widths[k - 1], widths[k]))

    def test_xarray_names_the_axes(self):
        for path, file in self.each_file():
            groups = ["runs", "curves", "cells", "data", "timing"]
            groups += [f"{parent}/{name}" for parent in ("stops", "weights", "plots") for name in file.get(parent, {})]
            # netCDF looks at the whole file for each group: one plain and one compact file have all of them.
            few = len(FILES) == 1 or path.name in ("three.h5", "compact.h5")
            for group in groups if few else groups[:1]:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with xarray.open_dataset(path, group=group, engine="netcdf4") as data:
                        for name, variable in data.variables.items():
                            self.assertFalse(any(d.startswith("phony") for d in variable.dims), f"{group}/{name}")
                        data.load()
            with xarray.open_dataset(path, group="curves", engine="netcdf4") as curves:
                self.assertEqual(curves["train_loss"].dims, ("run", "epoch"))
                self.assertIn("epoch", curves.coords)

    def test_ncdump_shows_named_dimensions(self):
        for path, _ in self.each_file():
            header = subprocess.run(["ncdump", "-h", str(path)], capture_output=True, text=True, check=True).stdout
            self.assertIn("train_loss(run, epoch)", header)
            self.assertIn("status(run)", header)
            self.assertNotIn("phony", header)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
